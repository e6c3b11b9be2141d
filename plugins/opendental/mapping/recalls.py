"""Sorts of recall, and when each patient is due."""

import re

from plugins.opendental.mapping.book import pattern, procedures
from plugins.opendental.mapping.reading import Record, Row, cents, day, flag, is_number, number, one_of, reference, words, written_day
from plugins.opendental.mapping.setup import Setup

SPECIAL = {"prophy": "prophy", "childprophy": "child_prophy", "perio": "perio"}
PRIORITIES = ("Normal", "ASAP")
_PARTS = re.compile(r"(\d{1,4})\s*([ymwd])", re.IGNORECASE)
_MONTHS, _DAYS = {"y": 12, "m": 1}, {"w": 7, "d": 1}
MOST_MONTHS, MOST_DAYS = 120, 3650


def interval(said: str) -> tuple[int, int]:
    """An interval such as "6m1d", or the number in which their database packs years, months, weeks and days, as months and days."""
    if is_number(said.strip()):
        packed = int(said)
        parts = [(packed >> 24 & 255, "y"), (packed >> 16 & 255, "m"), (packed >> 8 & 255, "w"), (packed & 255, "d")]
    else:
        parts = [(int(count), unit.casefold()) for count, unit in _PARTS.findall(said)]
    months = sum(count * _MONTHS.get(unit, 0) for count, unit in parts)
    days = sum(count * _DAYS.get(unit, 0) for count, unit in parts)
    return min(months, MOST_MONTHS), min(days, MOST_DAYS)


def recall_type(row: Row, setup: Setup) -> Record:
    """A sort of recall. What it is called for patients is set here by the office; which one is special follows from its name."""
    name = words(row, "Description", 200) or f"Recall {number(row, 'RecallTypeNum')}"
    months, days = interval(words(row, "DefaultInterval", 40))
    return {
        "kind": "recall_type",
        "external_id": number(row, "RecallTypeNum"),
        "name": name,
        "words": words(row, "Description", 200),
        "pattern": pattern(row, "TimePattern"),
        "procedures": procedures(words(row, "Procedures", 500), setup),
        "special": SPECIAL.get(name.casefold().replace(" ", ""), ""),
        "joins_special": flag(row, "AppendToSpecial"),
        "interval_months": months,
        "interval_days": days,
    }


def recall(row: Row, setup: Setup) -> Record:
    """When a patient is due for one sort of recall."""
    months, days = interval(words(row, "RecallInterval", 40))
    until = day(row, "DisableUntilDate")
    return {
        "kind": "recall",
        "external_id": number(row, "RecallNum"),
        "patient": reference(row, "PatNum"),
        "recall_type": reference(row, "RecallTypeNum"),
        "previous_on": written_day(day(row, "DatePrevious")),
        "due_on": written_day(day(row, "DateDue")),
        "interval_months": months if months or days else None,
        "interval_days": days if months or days else None,
        "pattern": pattern(row, "TimePatternOverride"),
        "priority": one_of(row, "Priority", PRIORITIES).casefold() or "normal",
        "status": words(row, "recallStatus", 100) or setup.name(reference(row, "RecallStatus")),
        "note": words(row, "Note", 1000),
        "is_disabled": flag(row, "IsDisabled") or cents(row, "DisableUntilBalance") > 0,
        "disabled_until": written_day(until),
        "scheduled_on": written_day(day(row, "DateScheduled")),
    }



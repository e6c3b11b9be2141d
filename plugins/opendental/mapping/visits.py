"""Visits, and what takes them out of the book."""

import re
from datetime import datetime

from plugins.opendental.mapping.book import pattern
from plugins.opendental.mapping.reading import Record, Row, deleted, flag, moment, number, one_of, reference, words, written
from plugins.opendental.mapping.setup import Setup

STATUSES = ("None", "Scheduled", "Complete", "UnschedList", "ASAP", "Broken", "Planned", "PtNote", "PtNoteCompleted")
OURS = {
    "Scheduled": "scheduled", "ASAP": "scheduled", "Complete": "complete", "UnschedList": "unscheduled", "Broken": "broken", "Planned": "planned",
}  # fmt: skip
PRIORITIES = ("Normal", "ASAP")
SIGN_MINUTES = 5
LEAST, MOST, USUAL = 5, 720, 30
MARK = re.compile(r"\(portal ([0-9a-f]{32})\)")
_DELETED = {"Deleted", "4"}


def appointment(row: Row, setup: Setup) -> Record | None:
    """A visit. Notes in the book are none; what has no date, such as a planned visit, is not in the patient's book either."""
    number_, clinic = number(row, "AptNum"), _clinic(row, setup)
    status = OURS.get(one_of(row, "AptStatus", STATUSES))
    starts_at = moment(row, "AptDateTime", setup.zone(clinic))
    if status is None or starts_at is None:
        return deleted("appointment", number_)
    signs = pattern(row, "Pattern")
    return {
        "kind": "appointment",
        "external_id": number_,
        "patient": reference(row, "PatNum"),
        "clinic": clinic,
        **_who_and_where(row),
        "starts_at": written(starts_at),
        "minutes": min(MOST, max(LEAST, len(signs) * SIGN_MINUTES)) if signs else USUAL,
        "status": status,
        "confirmation_status": reference(row, "Confirmed"),
        "confirmation": setup.confirmation(reference(row, "Confirmed")),
        **_what(row, setup),
        "pattern": signs,
        "arrive_at": written(_asked_to_arrive(row, setup.zone(clinic), starts_at)),
        "wants_earlier": one_of(row, "Priority", PRIORITIES) == "ASAP" or one_of(row, "AptStatus", STATUSES) == "ASAP",
        "is_new_patient": flag(row, "IsNewPatient"),
        "entered_at": written(moment(row, "SecDateTEntry", setup.time_zone)),
    } | _made_here(row, setup)


def deleted_appointment(row: Row, setup: Setup) -> Record:
    """What the event of a deleted visit says."""
    return deleted("appointment", number(row, "AptNum"))


def past_change(row: Row, setup: Setup) -> Record | None:
    """A line of the history of visits: the deletion of one, or None for the changes that its own row tells."""
    return deleted_appointment(row, setup) if words(row, "HistApptAction") in _DELETED else None


def _made_here(row: Row, setup: Setup) -> Record:
    """A visit that was booked in the portal has our mark in its note: it is the same one."""
    found = MARK.search(words(row, "Note", 100_000))
    portal_id = setup.made.get(found[1]) if found else None
    return {"portal_id": portal_id} if portal_id else {}


def _clinic(row: Row, setup: Setup) -> str | None:
    return reference(row, "ClinicNum") or setup.chairs.get(reference(row, "Op") or "")


def _who_and_where(row: Row) -> Record:
    return {
        "provider": reference(row, "ProvNum"),
        "hygienist": reference(row, "ProvHyg"),
        "operatory": reference(row, "Op"),
        "appointment_type": reference(row, "AppointmentTypeNum"),
        "is_hygiene": flag(row, "IsHygiene"),
    }


def _what(row: Row, setup: Setup) -> Record:
    """What is done, in words for patients: their description is made of short names that the office has for its codes."""
    by_short = {code.short.casefold(): code for code in setup.codes.values() if code.short}
    parts = (part.strip().rpartition("-")[2].casefold() for part in words(row, "ProcDescript", 500).split(","))
    found = list(dict.fromkeys(by_short[part] for part in parts if part in by_short))
    return {
        "reason": ", ".join(dict.fromkeys(code.words for code in found))[:500],
        "procedures": [{"code": code.code, "words": code.words} for code in found],
    }


def _asked_to_arrive(row: Row, zone: str, starts_at: datetime) -> datetime | None:
    at = moment(row, "DateTimeAskedToArrive", zone)
    return at if at and at.date() == starts_at.date() else None

"""Times as HL7 writes them (YYYY, YYYYMM, YYYYMMDD, with or without time and offset): precision is kept, midnight is not invented."""

import re
from datetime import date, time

_TIME = re.compile(r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})([0-9]{2})?[0-9]{0,2}(?:\.[0-9]+)?)?)?)?(?:[+-][0-9]{1,4}|Z)?")


def as_date(value: str) -> date | None:
    """The day, or None when it is not told to the day or is none."""
    match = _TIME.fullmatch(value)
    if not match or not match[3]:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def in_words(value: str) -> str:
    """The time for people, as exactly as it was told: a year, a month, a day or a moment; empty when it is none."""
    match = _TIME.fullmatch(value)
    if not match:
        return ""
    try:
        return _worded(*match.groups())
    except ValueError:
        return ""


def _worded(year: str, month: str | None, day: str | None, hour: str | None, minute: str | None) -> str:
    if not month:
        return year
    if not day:
        return f"{date(int(year), int(month), 1):%B %Y}"
    on, clock = date(int(year), int(month), int(day)), time(int(hour or 0), int(minute or 0))
    words = f"{on:%B} {on.day}, {on.year}"
    return f"{words} at {clock.hour % 12 or 12}:{clock:%M %p}" if minute else words

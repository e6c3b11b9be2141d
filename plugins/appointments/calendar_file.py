"""A calendar file (RFC 5545), from plain values. Times stand in it in UTC, so no clock change and no list of zones can make them wrong."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

LINE_BYTES = 75
"""A line that is longer goes on in the next one."""
CONTENT_TYPE = "text/calendar"
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"} | dict.fromkeys((*range(10), *range(11, 32), 127)))


class Event(NamedTuple):
    """One entry. `revision` counts its changes: a program that has it already takes the higher one. `link` leads to its page."""

    id: UUID
    revision: int
    made_at: datetime
    starts_at: datetime
    minutes: int
    title: str
    place: str = ""
    text: str = ""
    link: str = ""
    is_off: bool = False


def write(name: str, events: Iterable[Event]) -> str:
    """The file; `name` is what calendar programs call it."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cuspid//Appointments//EN", "CALSCALE:GREGORIAN", f"X-WR-CALNAME:{escape(name)}"]
    refresh = ["REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"]
    lines = [*head, *refresh, *(line for event in events for line in _event(event)), "END:VCALENDAR"]
    return "".join(f"{fold(line)}\r\n" for line in lines)


def escape(text: str) -> str:
    """Text as a value: what would end it is marked, what cannot stand in it is left out."""
    return text.replace("\r\n", "\n").translate(_ESCAPES)


def fold(line: str) -> str:
    """A line as lines of at most 75 bytes, none of which ends within a sign."""
    parts, room = [""], LINE_BYTES
    for sign in line:
        size = len(sign.encode())
        if size > room:
            parts.append("")
            room = LINE_BYTES - 1  # the space with which a line that goes on begins
        parts[-1] += sign
        room -= size
    return "\r\n ".join(parts)


def _event(event: Event) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.id}@cuspid"
    yield f"SEQUENCE:{event.revision}"
    yield f"DTSTAMP:{_moment(event.made_at)}"
    yield f"DTSTART:{_moment(event.starts_at)}"
    # From one moment to another, not from one clock reading to another: the hour between them may be there twice.
    yield f"DTEND:{_moment(event.starts_at.astimezone(UTC) + timedelta(minutes=event.minutes))}"
    yield f"SUMMARY:{escape(event.title)}"
    texts = {"LOCATION": event.place, "DESCRIPTION": event.text}
    yield from (f"{name}:{escape(text)}" for name, text in texts.items() if text)
    if event.link:
        yield f"URL:{event.link}"
    yield f"STATUS:{'CANCELLED' if event.is_off else 'CONFIRMED'}"
    yield f"TRANSP:{'TRANSPARENT' if event.is_off else 'OPAQUE'}"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"

"""Dates of every precision: a year, a month, a day or a moment. What is not told is not made up."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from plugins.formats.fhir.plain import Resource, part, text

_WRITTEN = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?", re.ASCII
)


@dataclass(frozen=True)
class When:
    """A date as it was told. `day` and `moment` are there where it is told so exactly; `words` are for people."""

    words: str = ""
    day: date | None = None
    moment: datetime | None = None

    @property
    def reached(self) -> datetime | None:
        """The moment; of a day of which no hour is told, noon, so that it is the same day all over the country."""
        return self.moment or (datetime.combine(self.day, time(17), UTC) if self.day else None)

    @property
    def vague(self) -> str:
        """The words, where there is no day to be kept as one."""
        return "" if self.day else self.words


def when(value: str) -> When:
    """Read a date; one that is none says nothing."""
    match = _WRITTEN.fullmatch(value)
    if not match:
        return When()
    year, month, day, clock, seconds, offset = match.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
        if not day:
            return When(f"{first:%B %Y}" if month else year)
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{seconds or ''}{'+00:00' if offset == 'Z' else offset}") if clock and offset else None
        return When(f"{first:%B} {first.day}, {year}", first, moment.astimezone(UTC) if moment else None)
    except (ValueError, OverflowError):
        return When()


def date_of(resource: Resource, name: str) -> When:
    """The date of an element that may be a date or a period, as in `onsetDateTime` and `onsetPeriod`; the beginning counts."""
    written = text(resource, f"{name}DateTime") or text(resource, f"{name}Date") or text(resource, f"{name}Instant")
    return when(written or text(part(resource, f"{name}Period"), "start") or text(part(resource, f"{name}Period"), "end"))


def end_of(resource: Resource, name: str) -> When:
    """The end of a period."""
    return when(text(part(resource, f"{name}Period"), "end"))


def as_text(day: date | None) -> str | None:
    """A day as records say it."""
    return day.isoformat() if day else None

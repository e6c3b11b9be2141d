"""Times on a clinic's clock, which goes forward one night a year, and back on another."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.web.formats import long_day, name_of_time

HOUR, DAY = 60, 1440


class NoSuchTime(Exception):
    """A time that the clock leaves out that day, or shows twice; the text says what to do."""


def time_at(minutes: int) -> time:
    """Minutes from midnight as a time; the end of the day is midnight."""
    return time(minutes % DAY // HOUR, minutes % HOUR)


def clock_words(minutes: int) -> str:
    """Minutes from midnight as "9:20 AM"."""
    return name_of_time(time_at(minutes))


def span_words(starts: int, ends: int) -> str:
    """Two of them as "9:20 AM to 12:00 PM"."""
    return f"{clock_words(starts)} to {clock_words(ends)}"


def span_brief(starts: int, ends: int) -> str:
    """Two of them where there is little room: "9:20 – 10:10 AM", "11:20 AM – 12:10 PM"."""
    first, last = clock_words(starts), clock_words(ends)
    return f"{first[:-3] if first[-2:] == last[-2:] else first} – {last}"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def moment_at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """A time on the clock as a moment. Raises NoSuchTime for one that is left out that day, or comes twice."""
    local = datetime.combine(day + timedelta(days=minutes // DAY), time_at(minutes))
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    assert first is not None
    assert second is not None
    if first < second:
        raise NoSuchTime(f"On {long_day(local.date())} the clocks go forward and leave out {clock_words(minutes)}. Choose a time before that hour, or after it.")
    if first > second:
        raise NoSuchTime(f"On {long_day(local.date())} the clocks go back and {clock_words(minutes)} comes twice. Choose a time before that hour, or after it.")
    return local.replace(tzinfo=zone).astimezone(UTC)


def check_clock(days: Iterable[date], times: Iterable[tuple[int, int]], zone: ZoneInfo) -> None:
    """Whether each of these spans begins and ends at a time that there is once. Raises NoSuchTime for the first that does not."""
    ends = {minutes for span in times for minutes in span}
    for day in days:
        # One look a day is enough on nearly all of them: only where the clocks change is each time looked at.
        if midnight(day + timedelta(days=1), zone) - midnight(day, zone) != timedelta(days=1):
            for minutes in ends:
                moment_at(day, minutes, zone)

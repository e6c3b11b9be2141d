"""Open times as a page shows them: a month with the days that have some, and the times of one day. On the clinic's clock."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_name

from core.web.formats import LOCALE, time_of

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_STAMP = "%Y%m%dT%H%MZ"
_PARTS = (("Morning", 0), ("Afternoon", 12), ("Evening", 17))


class Day(NamedTuple):
    """A day of the month in view: how many times are open, and `name` for whoever hears the page."""

    value: str
    number: int
    times: int
    name: str
    is_chosen: bool
    is_today: bool


class Month(NamedTuple):
    """A month in weeks that begin on Sunday, days of other months are None; `before` and `after` are the months to go on to, if any."""

    title: str
    weeks: list[list[Day | None]]
    before: str
    after: str


class Time(NamedTuple):
    """An open time: `value` stands for it in an address."""

    value: str
    words: str


class Part(NamedTuple):
    """The times of a morning, an afternoon or an evening."""

    title: str
    times: list[Time]


def month_of(first: date, moments: Iterable[datetime], zone: ZoneInfo, chosen: date | None, today: date, last: date) -> Month:
    """The month that begins with `first`; nobody can go on to one before today's, or after the last day that can be booked."""
    counts: dict[date, int] = {}
    for moment in moments:
        day = moment.astimezone(zone).date()
        counts[day] = counts.get(day, 0) + 1
    lead = (first.weekday() + 1) % 7
    after = next_month(first)
    days: list[Day | None] = [None] * lead
    days += [_day(first + timedelta(days=number), counts, chosen, today) for number in range((after - first).days)]
    days += [None] * (-len(days) % 7)
    before = first_of(first - timedelta(days=1))
    title = format_date(first, "MMMM y", locale=LOCALE)
    weeks = [days[place : place + 7] for place in range(0, len(days), 7)]
    return Month(title, weeks, f"{before:%Y-%m}" if before >= first_of(today) else "", f"{after:%Y-%m}" if after <= last else "")


def parts_of(day: date, moments: Iterable[datetime], zone: ZoneInfo) -> list[Part]:
    """The times of a day by morning, afternoon and evening; a part without any is left out."""
    here = sorted(moment for moment in moments if moment.astimezone(zone).date() == day)
    ends = [start for _, start in _PARTS[1:]] + [24]
    parts = [
        Part(title, [Time(stamp(moment), time_of(moment, zone)) for moment in here if start <= moment.astimezone(zone).hour < end])
        for (title, start), end in zip(_PARTS, ends, strict=True)
    ]
    return [part for part in parts if part.times]


def stamp(moment: datetime) -> str:
    """How a time stands in an address; it means the same on days on which the clock is changed."""
    return moment.astimezone(UTC).strftime(_STAMP)


def read_stamp(text: str) -> datetime | None:
    """The time that stands in an address; None for what is none."""
    try:
        moment = datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if stamp(moment) == text else None


def read_day(text: str) -> date | None:
    """A day such as 2026-12-07; None for what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def read_month(text: str) -> date | None:
    """The first day of a month such as 2026-12."""
    return read_day(f"{text}-01")


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(first: date) -> date:
    """The first day of the month after."""
    return first_of(first + timedelta(days=31))


def name_of_zone(zone: ZoneInfo) -> str:
    """A zone as people call it: Mountain Time."""
    return get_timezone_name(zone, locale=LOCALE)


def _day(day: date, counts: dict[date, int], chosen: date | None, today: date) -> Day:
    times = counts.get(day, 0)
    name = format_date(day, "EEEE, MMMM d", locale=LOCALE)
    open_times = "1 open time" if times == 1 else f"{times} open times" if times else "nothing open"
    return Day(day.isoformat(), day.day, times, f"{name}, {open_times}", day == chosen, day == today)

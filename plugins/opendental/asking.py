"""Asking Open Dental for the next rows of a table: a page of a list, or a query that goes on behind the last number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plugins.opendental.mapping.reading import Row, words
from plugins.opendental.resources import Resource
from plugins.opendental.wire import PracticeSystem

QUERY_ROWS = 100
"""So many rows a query gives at most."""
OVERLAP = timedelta(minutes=5)
AHEAD = timedelta(days=183)
"""So far ahead the book is read."""
_CHANGING = timedelta(hours=2)


@dataclass(frozen=True)
class Asked:
    """Where a pass stands, and so what is asked for next."""

    since: str
    taken: int
    last: str


@dataclass(frozen=True)
class Page:
    """The rows that are new, where the pass stands after them, and whether they are the last ones."""

    rows: Sequence[Row]
    taken: int
    last: str
    is_last: bool


def ask(system: PracticeSystem, resource: Resource, asked: Asked, today: datetime) -> Page:
    """The next rows of a pass."""
    return _query(system, resource, asked) if resource.way == "query" else _list(system, resource, asked, today)


def written_since(now: datetime, skew: timedelta, zone: str) -> str:
    """From when on the next pass asks for changes, by their clock, which says no zone.

    An hour that the clock shows twice is asked for from its first beginning, so that nothing of the second one is passed over.
    """
    there = now + skew
    local, later = there.astimezone(ZoneInfo(zone)), (there + _CHANGING).astimezone(ZoneInfo(zone))
    back = (local.utcoffset() or timedelta()) - (later.utcoffset() or timedelta())
    since = local.replace(tzinfo=None) - OVERLAP - max(back, timedelta())
    return since.strftime("%Y-%m-%d %H:%M:%S")


def skew(rows: Iterable[Row], now: datetime, zone: str) -> timedelta | None:
    """How far their clock is ahead of ours, where a row says what it shows."""
    for row in rows:
        try:
            there = datetime.strptime(words(row, "serverDateTime", 19), "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            continue
        return there - now
    return None


def statement(table: str, where: str, key: str) -> str:
    """A query of the first rows of a table by their number. The names are words of our code, and what is compared with are numbers and times of ours."""
    return f"SELECT * FROM {table} WHERE {where} ORDER BY {key} LIMIT {QUERY_ROWS}"  # noqa: S608


def _query(system: PracticeSystem, resource: Resource, asked: Asked) -> Page:
    """Behind the last number, so that rows which come or go meanwhile move nothing."""
    where = f"{resource.key} > {int(asked.last or 0)}" + (f" AND {resource.since} >= '{asked.since}'" if asked.since and resource.since else "")
    rows = system.query(statement(resource.table, where, resource.key))
    return Page(rows, asked.taken + len(rows), _last(resource, rows) or asked.last, len(rows) < QUERY_ROWS)


def _list(system: PracticeSystem, resource: Resource, asked: Asked, today: datetime) -> Page:
    """The next page of a list, beginning with the row before: when that is no longer there, rows have gone meanwhile, and the page before is read again."""
    known = 1 if asked.last else 0
    offset = max(0, asked.taken - known)
    rows = list(system.page(resource.path, _parameters(resource, asked, today), offset))
    is_last = len(rows) < system.limit
    if known and [words(row, resource.key, 80) for row in rows[:1]] != [asked.last]:
        return Page([], max(0, offset - system.limit), "", False)
    return Page(rows[known:], offset + len(rows), _last(resource, rows), is_last)


def _parameters(resource: Resource, asked: Asked, today: datetime) -> dict[str, str]:
    if resource.way == "range":
        return {"dateStart": today.date().isoformat(), "dateEnd": (today + AHEAD).date().isoformat()}
    if not (resource.since and asked.since):
        return {}
    # A parameter that begins small is a day.
    return {resource.since: asked.since[:10] if resource.since[0].islower() else asked.since}


def _last(resource: Resource, rows: Sequence[Row]) -> str:
    return words(rows[-1], resource.key, 80) if rows else ""

"""How long the first load takes, and how far a pull has come: worked out of the rows that there are and of how often may be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugins.opendental.asking import QUERY_ROWS
from plugins.opendental.models import Connection, Cursor
from plugins.opendental.resources import OF_PATIENT, RESOURCES, Resource
from plugins.opendental.wire import PracticeSystem

PACES = {"read": timedelta(seconds=5), "write": timedelta(seconds=1), "enterprise": timedelta(milliseconds=500)}
"""How often may be asked over Open Dental's own service. In the office's own network there is no limit; a request then takes about so long:"""
AT_HOME = timedelta(milliseconds=150)
A_FILE = timedelta(milliseconds=700)
"""A file goes two ways, and is looked through before anybody sees it."""
REMOTE_ROWS, HOME_ROWS, ENTERPRISE = 100, 1000, 10
PATIENTS = "patients"
_TABLES = {resource.table: resource.name for resource in RESOURCES if resource.table} | {
    "patient": PATIENTS, "appointment": "appointments", "procedurelog": "procedurelogs", "treatplan": "treatplans",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """How one table stands: rows that are in, rows that are expected, and when it was last pulled."""

    title: str
    taken: int
    expected: int
    is_done: bool
    is_going: bool
    pulled_at: datetime | None


@dataclass(frozen=True)
class Progress:
    """How far the round has come, and how long it still takes."""

    lines: list[Line]
    percent: int
    rest: timedelta


def pace(connection: Connection) -> timedelta:
    """The time from one request to the next."""
    return PACES[connection.level] if connection.way == "remote" else AT_HOME


def rows_at_once(connection: Connection) -> int:
    """How many rows a page of a list has at most."""
    rows = REMOTE_ROWS if connection.way == "remote" else HOME_ROWS
    return rows * ENTERPRISE if connection.level == "enterprise" else rows


def count(system: PracticeSystem) -> dict[str, int]:
    """How many rows each of their tables has, by our names for them: one query."""
    # The names are words of our code.
    parts = (f"SELECT '{name}' AS TableName, COUNT(*) AS RowCount FROM {name}" for name in sorted(_TABLES))  # noqa: S608
    return {_TABLES[str(row["TableName"])]: int(row["RowCount"]) for row in system.query(" UNION ALL ".join(parts))}


def expected(resource: Resource, counts: Mapping[str, int]) -> int:
    """How many rows a table has, as it was counted, or as is usual for so many patients."""
    usual = resource.usual if resource.is_setup else resource.usual * counts.get(PATIENTS, 0)
    return counts.get(resource.name, round(usual))


def requests(resource: Resource, rows: int, at_once: int) -> int:
    """How many requests so many rows take: pages until one is not full."""
    size = QUERY_ROWS if resource.way == "query" else at_once
    return rows // max(1, size) + 1


def first_load(connection: Connection) -> timedelta:
    """How long the first load takes, from the first request to the last; what can only be asked for patient by patient comes afterwards."""
    at_once = rows_at_once(connection)
    whole = sum(requests(resource, expected(resource, connection.counts), at_once) for resource in RESOURCES)
    return whole * pace(connection)


def details(connection: Connection) -> timedelta:
    """How long it takes until everything was asked for once that can only be asked for patient by patient."""
    return int(connection.counts.get(PATIENTS, 0)) * len(OF_PATIENT) * pace(connection)


def files(connection: Connection, number: int) -> timedelta:
    """How long it takes until so many files are in."""
    return number * max(pace(connection), A_FILE)


def progress(session: Session, practice_id: UUID, connection: Connection) -> Progress:
    """How far the round has come that goes on, or was the last."""
    cursors = {cursor.resource: cursor for cursor in session.scalars(select(Cursor).where(Cursor.practice_id == practice_id))}
    lines = [_line(resource, cursors.get(resource.name), connection) for resource in RESOURCES]
    at_once = rows_at_once(connection)
    pairs = list(zip(RESOURCES, lines, strict=True))
    whole = sum(requests(resource, line.expected, at_once) for resource, line in pairs)
    left = sum(requests(resource, max(0, line.expected - line.taken), at_once) for resource, line in pairs if not line.is_done)
    going = next((line for line in lines if not line.is_done), None)
    shown = [Line(line.title, line.taken, line.expected, line.is_done, line is going, line.pulled_at) for line in lines]
    return Progress(shown, min(99, 100 * (whole - left) // max(1, whole)) if left else 100, left * pace(connection))


def in_words(time: timedelta) -> str:
    """A length of time as people say it."""
    minutes = round(time.total_seconds() / 60)
    if minutes < 2:
        return "a minute or two"
    if minutes < 90:
        return f"about {minutes} minutes"
    hours = round(minutes / 60)
    return f"about {hours} hours" if hours < 48 else f"about {round(hours / 24)} days"


def _line(resource: Resource, cursor: Cursor | None, connection: Connection) -> Line:
    known = expected(resource, connection.counts)
    if cursor is None:
        return Line(resource.title, 0, known, False, False, None)
    mine = cursor.run_id == connection.run_id
    taken = cursor.taken if mine else 0
    return Line(resource.title, taken, max(known, taken) if not cursor.loaded_at else taken, mine and cursor.is_done, False, cursor.pulled_at)

"""Which files of statements and images are wanted: those that are new or have changed over there, and that a patient would see. Whoever signs in comes first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.db import uuid7
from core.people.models import Grant, Patient
from core.records import RecordKind
from plugins.opendental.mapping import documents, statements
from plugins.opendental.mapping.practice import is_shown
from plugins.opendental.mapping.reading import Record, Row, Unreadable, number
from plugins.opendental.models import Chart, Connection, Cursor, WantedFile
from plugins.opendental.resources import Resource

Whose = Literal["waiting", "members", "everybody"]
"""Of whoever signed in a short while ago, of all who have an account, or of any patient."""
SIGNED_IN = timedelta(hours=1)
_KINDS = {"statements": ("statement", statements.paper), "documents": ("image", documents.bytes_of)}
OPEN = ("waiting", "asked")


@dataclass(frozen=True)
class Counts:
    """How many files are in, still to come, and refused."""

    done: int
    waiting: int
    refused: int


def note(session: Session, practice_id: UUID, resource: Resource, rows: Sequence[Row], records: Sequence[Record]) -> None:
    """Want the files of these records, where they are new or have changed; forget those of records that are gone, or have none any more."""
    if resource.name not in _KINDS:
        return
    kind, named = _KINDS[resource.name]
    by_number = {number_: row for row in rows if (number_ := _number(row, resource.key))}
    mine = {record["external_id"]: record for record in records if record["kind"] == kind and record["external_id"] in by_number}
    found = {number_: file for number_, record in mine.items() if "deleted" not in record and (file := named(by_number[number_], record))}
    values = [
        {"practice_id": practice_id, "id": uuid7(), "kind": kind, "external_id": number_, "record": mine[number_], "state": "waiting", "name": "", "problem": "", "attempts": 0} | file
        for number_, file in sorted(found.items())
    ]  # fmt: skip
    if values:
        new = insert(WantedFile).values(values)
        names = ("document", "chart", "folder", "dated_on", "stamp", "record", "state", "problem", "attempts")
        changed = {name: new.excluded[name] for name in names} | {"next_at": None}
        is_other = tuple_(WantedFile.stamp, WantedFile.document) != tuple_(new.excluded.stamp, new.excluded.document)
        session.execute(new.on_conflict_do_update(index_elements=["practice_id", "kind", "external_id"], set_=changed, where=is_other))
    gone = mine.keys() - found.keys()
    if gone:
        session.execute(delete(WantedFile).where(WantedFile.practice_id == practice_id, WantedFile.kind == kind, WantedFile.external_id.in_(gone)))


def next_file(session: Session, practice_id: UUID, kinds: Mapping[str, RecordKind], whose: Whose, now: datetime) -> WantedFile | None:
    """The file that is next: of whoever signed in last, then of those who have an account, then of anybody; the newest first."""
    due = and_(WantedFile.state.in_(OPEN), or_(WantedFile.next_at.is_(None), WantedFile.next_at <= now))
    query = select(WantedFile).where(*_shown(session, practice_id, kinds), due)
    if whose == "everybody":
        return session.scalar(query.order_by(WantedFile.dated_on.desc(), WantedFile.id).limit(1).with_for_update())
    query = _of_accounts(query)
    if whose == "waiting":
        query = query.where(Account.signed_in_at > now - SIGNED_IN)
    order = (Account.signed_in_at.desc().nulls_last(), WantedFile.dated_on.desc(), WantedFile.id)
    return session.scalar(query.order_by(*order).limit(1).with_for_update(of=WantedFile))


def left_behind(session: Session, practice_id: UUID) -> WantedFile | None:
    """A file that was dealt with, and may still lie in the drop."""
    query = select(WantedFile).where(WantedFile.practice_id == practice_id, WantedFile.name != "", WantedFile.state.not_in(OPEN))
    return session.scalar(query.limit(1))


def counts(session: Session, practice_id: UUID, kinds: Mapping[str, RecordKind]) -> Counts:
    """How far the files are."""
    query = select(WantedFile.state, func.count()).where(*_shown(session, practice_id, kinds)).group_by(WantedFile.state)
    found: dict[str, int] = dict(session.execute(query).all())
    return Counts(found.get("done", 0), sum(found.get(state, 0) for state in OPEN), found.get("refused", 0))


def refused(session: Session, practice_id: UUID, most: int) -> list[tuple[str, int]]:
    """Why files were not taken, the most usual reason first, and how many each."""
    query = select(WantedFile.problem, func.count()).where(WantedFile.practice_id == practice_id, WantedFile.state == "refused").group_by(WantedFile.problem)
    return [(problem, count) for problem, count in session.execute(query.order_by(func.count().desc(), WantedFile.problem).limit(most))]


def try_again(session: Session, practice_id: UUID) -> None:
    """Want anew what was not taken, and try at once where nothing came."""
    again = update(WantedFile).where(WantedFile.practice_id == practice_id, WantedFile.state == "refused")
    session.execute(again.values(state="waiting", problem="", attempts=0, next_at=None).execution_options(synchronize_session=False))
    free = update(Connection).where(Connection.practice_id == practice_id).values(files_next_at=None)
    session.execute(free.execution_options(synchronize_session=False))


def _shown(session: Session, practice_id: UUID, kinds: Mapping[str, RecordKind]) -> tuple[Any, ...]:
    """What is of use to somebody: of a kind that is taken in, in a folder that patients see, of a chart that is in the portal."""
    taken = sorted(kind for kind, _ in _KINDS.values() if kind in kinds)
    gone = select(Chart.number).where(Chart.practice_id == practice_id, Chart.is_gone)
    seen = or_(WantedFile.folder == "", WantedFile.folder.in_(_folders(session, practice_id)))
    return WantedFile.practice_id == practice_id, WantedFile.kind.in_(taken), seen, WantedFile.chart.not_in(gone)


def _folders(session: Session, practice_id: UUID) -> list[str]:
    rows = session.scalar(select(Cursor.kept).where(Cursor.practice_id == practice_id, Cursor.resource == "definitions")) or []
    choices = session.scalar(select(Connection.choices).where(Connection.practice_id == practice_id)) or {}
    return [number(row, "DefNum") for row in rows if is_shown(row, choices.get("categories", {}))]


def _of_accounts(query: Select) -> Select:
    """The same, of the charts that somebody's account opens."""
    opens = and_(Grant.practice_id == Patient.practice_id, Grant.patient_id == Patient.id)
    return (
        query.join(Patient, and_(Patient.practice_id == WantedFile.practice_id, Patient.external_id == WantedFile.chart))
        .join(Grant, opens)
        .join(Account, and_(Account.practice_id == Grant.practice_id, Account.id == Grant.account_id))
    )


def _number(row: Row, name: str) -> str:
    try:
        return number(row, name)
    except Unreadable:
        return ""

"""Pulling what is in Open Dental: rows of one table after another, a page at a time.

A page is taken in through the one door for records, and the cursor moves in the same transaction. So whatever dies goes on where it stopped: a page
is taken in and counted, or neither. Rows that come twice change nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import SessionFactory, bind_tenant, uuid7
from core.records import RecordKind, runs, snapshots
from core.records.changes import ChangeFile
from plugins.opendental import asking, wanting
from plugins.opendental.asking import Asked, Page, skew, statement, written_since
from plugins.opendental.known import kept_of, setup_of
from plugins.opendental.mapping import people, statements
from plugins.opendental.mapping.reading import Record, Row, Unreadable, cents, number
from plugins.opendental.mapping.setup import Setup
from plugins.opendental.models import Chart, Connection, Cursor
from plugins.opendental.resources import BY_NAME, RESOURCES, Resource, records_of
from plugins.opendental.wire import PracticeSystem

SOURCE = "opendental"
TURNS = 2
"""Patients may name a head of their family who comes later: then the pass is made once more."""
COMPARED, NIGHT = timedelta(days=6), frozenset({22, 23, 0, 1, 2, 3})
"""How long after everything was compared it is compared again, and at which hours."""
_NO_TABLE = "histappointments"


@dataclass(frozen=True)
class Office:
    """The practice that is pulled for, with the kinds of record that are taken in there. `file_of` reads the file of a change."""

    engine: Engine
    practice_id: UUID
    time_zone: str
    kinds: dict[str, RecordKind]
    file_of: Callable[[Session, UUID], ChangeFile | None] = lambda session, change_id: None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction of its own, committed at the end."""
        with SessionFactory(bind=self.engine) as session:
            bind_tenant(session, self.practice_id)
            yield session
            session.commit()


def step(office: Office, system: PracticeSystem, now: datetime) -> bool:
    """Ask for the next page and take it in; False when the round is over."""
    with office.transaction() as session:
        cursor = next_cursor(session, office, now)
        if cursor is None:
            _end_round(session, office, now)
            return False
        resource, asked = BY_NAME[cursor.resource], Asked(cursor.since, cursor.taken, cursor.last)
    page = asking.ask(system, resource, asked, now.astimezone(ZoneInfo(office.time_zone)))
    more = _follow(system, resource, page.rows)
    with office.transaction() as session:
        take_in(session, office, resource, asked, page, more, now)
    return True


def next_cursor(session: Session, office: Office, now: datetime) -> Cursor | None:
    """The table that is next in this round; a round begins when none goes on."""
    connection = connection_of(session, office.practice_id)
    if connection.run_id is None or connection.ended_at is not None:
        connection.run_id, connection.run_started_at, connection.ended_at = uuid7(), now, None
        connection.is_whole = _is_time_to_compare(connection, now, office.time_zone)
    cursors = {cursor.resource: cursor for cursor in session.scalars(select(Cursor).where(Cursor.practice_id == office.practice_id))}
    for resource in RESOURCES:
        cursor = cursors.get(resource.name) or _new_cursor(session, office, resource)
        if cursor.run_id != connection.run_id:
            _begin_pass(cursor, resource, connection, office, now)
        if not cursor.is_done:
            return cursor
    return None


def connection_of(session: Session, practice_id: UUID) -> Connection:
    """The connection of the practice, held until the transaction ends."""
    return session.scalars(select(Connection).where(Connection.practice_id == practice_id).with_for_update()).one()


def take_in(session: Session, office: Office, resource: Resource, asked: Asked, page: Page, more: Sequence[Record], now: datetime) -> None:
    """Take a page in and move the cursor. A page that somebody else has taken in meanwhile is left."""
    connection = connection_of(session, office.practice_id)
    cursor = session.scalars(select(Cursor).where(Cursor.practice_id == office.practice_id, Cursor.resource == resource.name)).one()
    if Asked(cursor.since, cursor.taken, cursor.last) != asked or cursor.is_done or connection.run_id is None:
        return
    ahead = skew(page.rows, now, office.time_zone)
    if ahead is not None:
        connection.skew_seconds = round(ahead.total_seconds())
    if resource.name == "patients":
        keep_charts(session, office.practice_id, page.rows)
    records, unreadable = read(resource, page.rows, setup_of(session, office.practice_id, office.time_zone, now))
    wanting.note(session, office.practice_id, resource, page.rows, records)
    cursor.deferred += put_off(session, office.practice_id, records) if cursor.turn < TURNS and resource.name == "patients" else 0
    plans = {record["external_id"] for record in records if record["kind"] == "payment_plan"}
    records += [record for record in more if record["payment_plan"] in plans]
    records = [record for record in records if record["kind"] in office.kinds and (cursor.loaded_at or "deleted" not in record)]
    if records or unreadable:
        runs.take_in(session, run_of(connection, office), office.kinds, records, now, unreadable)
    cursor.coming = [*cursor.coming, *kept_of(resource, page.rows)]
    cursor.taken, cursor.last = page.taken, page.last
    if page.is_last:
        _end_pass(cursor, resource, now)


def run_of(connection: Connection, office: Office) -> runs.Run:
    """The round that goes on or was the last, as the door for records knows it."""
    if connection.run_id is None or connection.run_started_at is None:
        raise LookupError("no round has begun")
    whole = tuple(sorted(BROUGHT & office.kinds.keys())) if connection.is_whole else ()
    return runs.Run(connection.run_id, SOURCE, connection.run_started_at, whole)


def keep_charts(session: Session, practice_id: UUID, rows: Sequence[Row]) -> None:
    """Note which charts there are, and which of them are not to be in the portal."""
    charts = {number_: people.is_gone(row) for row in rows if (number_ := _number(row))}
    if charts:
        new = insert(Chart).values([{"practice_id": practice_id, "id": uuid7(), "number": number_, "is_gone": gone} for number_, gone in sorted(charts.items())])
        session.execute(new.on_conflict_do_update(index_elements=["practice_id", "number"], set_={"is_gone": new.excluded.is_gone}))


def _number(row: Row) -> str:
    try:
        return number(row, "PatNum")
    except Unreadable:
        return ""


def cursor_of(session: Session, office: Office, resource: Resource) -> Cursor:
    """The cursor of a table, a new one where it was never pulled."""
    mine = (Cursor.practice_id == office.practice_id, Cursor.resource == resource.name)
    return session.scalar(select(Cursor).where(*mine)) or _new_cursor(session, office, resource)


def _new_cursor(session: Session, office: Office, resource: Resource) -> Cursor:
    cursor = Cursor(practice_id=office.practice_id, resource=resource.name, next_since="", since="", taken=0, last="", kept=[], coming=[])
    session.add(cursor)
    return cursor


def _begin_pass(cursor: Cursor, resource: Resource, connection: Connection, office: Office, now: datetime) -> None:
    """Ask for what has changed since the last pass, or for everything; not yet, where it was asked for whole a while ago."""
    cursor.run_id = connection.run_id
    cursor.is_done = not connection.is_whole and cursor.pulled_at is not None and now - cursor.pulled_at < resource.every
    if cursor.is_done:
        return
    since = written_since(now, timedelta(seconds=connection.skew_seconds), office.time_zone)
    # What was deleted before the first load never comes.
    changed = "" if connection.is_whole and resource.name != _NO_TABLE else cursor.next_since
    cursor.since = changed or (since if resource.name == _NO_TABLE else "")
    cursor.next_since = since if resource.since else ""
    cursor.taken, cursor.last, cursor.turn, cursor.deferred, cursor.coming = 0, "", 1, 0, []


def _end_pass(cursor: Cursor, resource: Resource, now: datetime) -> None:
    if cursor.deferred:
        cursor.taken, cursor.last, cursor.turn, cursor.deferred, cursor.coming = 0, "", cursor.turn + 1, 0, []
        return
    cursor.is_done, cursor.pulled_at, cursor.loaded_at = True, now, cursor.loaded_at or now
    if resource.kept:
        cursor.kept, cursor.coming = cursor.coming, []


def _end_round(session: Session, office: Office, now: datetime) -> None:
    """All of the round is in; of what brought nothing it is known that nothing has changed."""
    connection = connection_of(session, office.practice_id)
    if connection.run_id is None or connection.ended_at is not None:
        return
    run = run_of(connection, office)
    try:
        runs.end(session, run, office.kinds, now, unchanged=BROUGHT & office.kinds.keys())
    except snapshots.TooManyGone as doubt:
        # Nothing is taken out; what is there goes on being pulled.
        runs.fail(session, run, str(doubt), now)
    if connection.is_whole or connection.loaded_at is None:
        connection.compared_at = now
    connection.ended_at, connection.loaded_at = now, connection.loaded_at or now
    connection.problem = ""


def _is_time_to_compare(connection: Connection, now: datetime, time_zone: str) -> bool:
    """Once a week, at night: what was deleted over there stands in no list, so everything is asked for."""
    at_night = now.astimezone(ZoneInfo(time_zone)).hour in NIGHT
    return at_night and connection.compared_at is not None and now - connection.compared_at >= COMPARED


def read(resource: Resource, rows: Sequence[Row], setup: Setup) -> tuple[list[Record], int]:
    """The records of rows, and how many rows were unreadable."""
    found: list[Record] = []
    unreadable = 0
    for row in rows:
        try:
            found += records_of(resource, [row], setup)
        except Unreadable:
            unreadable += 1
    return found, unreadable


def put_off(session: Session, practice_id: UUID, records: Sequence[Record]) -> int:
    """Heads of families who have not come yet: until the second turn, whoever names them is their own. Returns how many."""
    heads = {head for record in records if (head := record.get("guarantor"))}
    there = set(session.scalars(select(Chart.number).where(Chart.practice_id == practice_id, Chart.number.in_(heads))))
    late = [record for record in records if record.get("guarantor") and record["guarantor"] not in there]
    for record in late:
        record["guarantor"] = record["external_id"]
    return len(late)


def _follow(system: PracticeSystem, resource: Resource, rows: Sequence[Row]) -> list[Record]:
    """Payment plans bring their installments, which are told from all charges and payments of a plan together."""
    if resource.name != "payplans" or not rows:
        return []
    plans = ", ".join(str(int(number(row, "PayPlanNum"))) for row in rows)
    paid: dict[str, int] = {}
    charges: dict[str, list[Row]] = {}
    for row in _all(system, "paysplit", "SplitNum", plans):
        paid[number(row, "PayPlanNum")] = paid.get(number(row, "PayPlanNum"), 0) + cents(row, "SplitAmt")
    for row in _all(system, "payplancharge", "PayPlanChargeNum", plans):
        charges.setdefault(number(row, "PayPlanNum"), []).append(row)
    return [record for plan, of_plan in charges.items() for record in statements.installments(of_plan, paid.get(plan, 0))]


def _all(system: PracticeSystem, table: str, key: str, plans: str) -> Iterator[Row]:
    last = "0"
    while True:
        rows = system.query(statement(table, f"PayPlanNum IN ({plans}) AND {key} > {int(last)}", key))
        yield from rows
        if len(rows) < asking.QUERY_ROWS:
            return
        last = number(rows[-1], key)


BROUGHT: frozenset[str] = frozenset({
    "clinic", "provider", "operatory", "confirmation_status", "blockout_type", "image_folder", "appointment_type", "recall_type", "patient", "relationship", "schedule",
    "appointment", "recall", "ledger_entry", "procedure", "claim", "payment_plan", "installment", "statement", "treatment_plan", "planned_procedure", "allergy", "problem",
    "medication", "image",
})  # fmt: skip
"""The kinds that a round brings, as far as the office has the tabs for them."""

"""Pulling all that concerns one patient: when somebody signs in who is to see it now, and in rounds what can only be asked for patient by patient."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.people.models import Grant, Patient
from core.records import runs
from plugins.opendental import wanting
from plugins.opendental.asking import QUERY_ROWS, statement
from plugins.opendental.known import setup_of
from plugins.opendental.mapping.reading import Record, Row, number
from plugins.opendental.models import Chart
from plugins.opendental.pulling import Office, connection_of, read, run_of
from plugins.opendental.resources import OF_PATIENT, RESOURCES, Resource
from plugins.opendental.wire import PracticeSystem

FRESH = timedelta(hours=1)
"""Whoever signs in again within so long finds what was pulled then."""
OLD = timedelta(days=7)
_WITHOUT = frozenset({"guardians", "schedules", "histappointments", "payplans", "patients"})
WHOLE: tuple[Resource, ...] = tuple(resource for resource in RESOURCES if not resource.is_setup and resource.name not in _WITHOUT)


def want_signed_in(session: Session, practice_id: UUID, since: datetime, now: datetime) -> None:
    """Whoever has signed in since finds what is in Open Dental now: the charts that their account opens are next."""
    opened = (
        select(Patient.external_id)
        .join(Grant, and_(Grant.practice_id == Patient.practice_id, Grant.patient_id == Patient.id))
        .join(Account, and_(Account.practice_id == Grant.practice_id, Account.id == Grant.account_id))
        .where(Patient.practice_id == practice_id, Account.signed_in_at > since)
    )
    stale = or_(Chart.detailed_at.is_(None), Chart.detailed_at < now - FRESH)
    session.execute(update(Chart).where(Chart.practice_id == practice_id, Chart.number.in_(opened), stale).values(wanted_at=now))


def next_chart(session: Session, practice_id: UUID, now: datetime, wanted_only: bool) -> Chart | None:
    """The chart that is next: first those that somebody waits for, then those that were never looked into, or long ago."""
    wanted = Chart.wanted_at.is_not(None)
    old = and_(Chart.is_gone.is_(False), or_(Chart.detailed_at.is_(None), Chart.detailed_at < now - OLD))
    query = select(Chart).where(Chart.practice_id == practice_id, wanted if wanted_only else or_(wanted, old))
    return session.scalar(query.order_by(Chart.wanted_at.nulls_last(), Chart.detailed_at.nulls_first(), Chart.number).limit(1))


def pull_next(office: Office, system: PracticeSystem, now: datetime, wanted_only: bool) -> bool:
    """Pull what concerns the next chart; False where none waits."""
    with office.transaction() as session:
        chart = next_chart(session, office.practice_id, now, wanted_only)
        if chart is None:
            return False
        number_, everything = chart.number, chart.wanted_at is not None
    rows = [(resource, rows_of(system, resource, number_)) for resource in (*(WHOLE if everything else ()), *OF_PATIENT)]
    with office.transaction() as session:
        take_in(session, office, number_, rows, now)
    return True


def rows_of(system: PracticeSystem, resource: Resource, number_: str) -> Sequence[Row]:
    """All rows of a table that concern one patient."""
    if "{}" in resource.path:
        return system.rows(resource.path.format(number_))
    found: list[Row] = []
    while True:
        rows, most = _next_rows(system, resource, number_, found)
        found += rows
        if len(rows) < most:
            return found


def take_in(session: Session, office: Office, number_: str, rows: Sequence[tuple[Resource, Sequence[Row]]], now: datetime) -> None:
    """Take in what concerns a chart, as a part of the round that goes on or was the last: a run for each chart would bury the others."""
    setup = setup_of(session, office.practice_id, office.time_zone, now)
    found: list[Record] = []
    unreadable = 0
    for resource, of_resource in rows:
        records, bad = read(resource, of_resource, setup)
        wanting.note(session, office.practice_id, resource, of_resource, records)
        found, unreadable = found + records, unreadable + bad
    found = [record for record in found if record["kind"] in office.kinds and "deleted" not in record]
    connection = connection_of(session, office.practice_id)
    if (found or unreadable) and connection.run_id:
        runs.take_in(session, run_of(connection, office), office.kinds, found, now, unreadable)
    looked = {"detailed_at": now, "wanted_at": None}
    session.execute(update(Chart).where(Chart.practice_id == office.practice_id, Chart.number == number_).values(**looked))


def _next_rows(system: PracticeSystem, resource: Resource, number_: str, found: Sequence[Row]) -> tuple[Sequence[Row], int]:
    if resource.way != "query":
        return system.page(resource.path, {"PatNum": number_}, len(found)), system.limit
    last = number(found[-1], resource.key) if found else "0"
    return system.query(statement(resource.table, f"PatNum = {int(number_)} AND {resource.key} > {int(last)}", resource.key)), QUERY_ROWS

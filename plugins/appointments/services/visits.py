"""Showing visits."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Table, Text, Uuid, bindparam, case, func, literal_column, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from core.plugins import Count
from core.prepared import Prepared
from core.records.freshness import in_statement
from core.tenant import TeamMember, Tenant
from plugins.appointments.models import Appointment
from plugins.appointments.offering import SOON
from plugins.appointments.services import needs

PAGE = 50


class Visit(NamedTuple):
    """A visit as it is shown; `zone` is its clinic's time zone."""

    id: str
    starts_at: datetime
    minutes: int
    status: str
    confirmation: str
    reason: str
    provider: TeamMember | None
    clinic: str
    zone: ZoneInfo
    is_past: bool
    needs_answer: bool
    patient_id: str = ""


class Listed(NamedTuple):
    """One page of visits, newest first; whether there are more, and whether there is something that waits besides; when the practice's system last sent visits."""

    visits: list[Visit]
    more: bool
    has_needs: bool
    came_at: datetime | None


# Tables, not classes, and statements put together once: these run on every page, and rows are all that is wanted.
_visit = cast(Table, Appointment.__table__).c
_OF_PATIENT = (_visit.practice_id == bindparam("practice_id"), _visit.patient_id == bindparam("patient_id"))
_SCHEDULED: ColumnElement[str] = literal_column("'scheduled'")
_COMPLETE: ColumnElement[str] = literal_column("'complete'")
# Whom the patient sees (see `worker_of`) and the clinic as ids only: the tenant knows their names, and joining them costs more than reading the visits.
_COLUMNS = (
    sql_cast(_visit.id, Text), _visit.starts_at, _visit.minutes, _visit.status, _visit.confirmation, _visit.reason,
    sql_cast(func.coalesce(case((_visit.is_hygiene, _visit.hygienist_id)), _visit.provider_id), Text), sql_cast(_visit.clinic_id, Text),
)  # fmt: skip
"""Every statement has more, which say what is its own."""
_CAME_AT = in_statement("appointment")
_CAME = text(f"{_CAME_AT}")
_VISITS = select(*_COLUMNS, literal_column("''")).where(*_OF_PATIENT)
# Whether there is more to ask for is found once for the statement, not for each row. Most people have asked nothing and are due for nothing.
_LIST = select(*_COLUMNS, needs.IS_THERE_MORE, _CAME).where(*_OF_PATIENT).order_by(_visit.starts_at.desc()).limit(literal_column(str(PAGE + 1)))
_SHOWN = _LIST.where(_visit.status.in_([_SCHEDULED, _COMPLETE]))
# With every number in words, the database keeps one plan for the first page, which nearly everybody asks for.
_FIRST_PAGE, _LATER_PAGE = Prepared(_SHOWN), Prepared(_SHOWN.offset(bindparam("first")))
_CHOSEN = _visit.status == func.any(bindparam("statuses", type_=ARRAY(Text)))
_CHOSEN_PAGE = Prepared(_LIST.where(_CHOSEN).offset(bindparam("first")))
_PEOPLE = func.any(bindparam("people", type_=ARRAY(Uuid)))
_FAMILY_PAGE = Prepared(
    select(*_COLUMNS, sql_cast(_visit.patient_id, Text), _CAME)
    .where(_visit.practice_id == bindparam("practice_id"), _visit.patient_id == _PEOPLE, _CHOSEN)
    .order_by(_visit.starts_at.desc(), _visit.id).limit(literal_column(str(PAGE + 1))).offset(bindparam("first"))
)  # fmt: skip
_NEXT = Prepared(
    _VISITS.where(_visit.status == _SCHEDULED, _visit.starts_at > bindparam("now")).order_by(_visit.starts_at).limit(bindparam("most"))
)
_ALWAYS = ("scheduled", "complete")
ANSWERED = frozenset({"confirmed", "callback"})
"""The answers of patients, after which nobody asks any more."""
_WAITS = (
    _visit.status == _SCHEDULED, _visit.confirmation.not_in([literal_column("'confirmed'"), literal_column("'callback'")]),
    _visit.starts_at > bindparam("now"),
)  # fmt: skip
_UNANSWERED = select(func.count()).where(*_OF_PATIENT, *_WAITS, _visit.starts_at <= bindparam("appointments_last"))
_WAITING = select(_UNANSWERED.scalar_subquery() + needs.ANSWERS.scalar_subquery() + needs.BOOKABLE.scalar_subquery() + needs.OFFERS.scalar_subquery())


def visits(session: Session, tenant: Tenant, patient_id: UUID, now: datetime, page: int = 1) -> Listed:
    """One page of the visits that the office shows; one statement."""
    given = {"practice_id": tenant.practice_id, "patient_id": patient_id, "soon": now.astimezone(tenant.time_zone).date() + SOON}
    statuses, first = shown_statuses(tenant), {"first": (page - 1) * PAGE}
    if len(statuses) > len(_ALWAYS):
        rows = _CHOSEN_PAGE.rows(session, given | first | {"statuses": statuses})
    else:
        rows = _FIRST_PAGE.rows(session, given) if page == 1 else _LATER_PAGE.rows(session, given | first)
    has_needs, came_at = rows[0][-2:] if rows else (True, None)
    return Listed(_as_visits(rows[:PAGE], tenant, now), len(rows) > PAGE, has_needs, came_at)


def of_family(session: Session, tenant: Tenant, homes: Mapping[UUID, Tenant], now: datetime, page: int = 1) -> Listed:
    """One page of the visits of several people, each with what is shown at the own home clinic (`homes`); one statement."""
    statuses = sorted({status for home in homes.values() for status in shown_statuses(home)})
    given = {"practice_id": tenant.practice_id, "people": list(homes), "statuses": statuses, "first": (page - 1) * PAGE}
    rows = _FAMILY_PAGE.rows(session, given)
    found = [
        visit._replace(patient_id=row[-2])
        for row in rows[:PAGE]
        if row[3] in shown_statuses(home := homes[UUID(row[-2])])
        for visit in _as_visits([row], home, now)
    ]
    return Listed(found, len(rows) > PAGE, False, rows[0][-1] if rows else None)


def shown_statuses(tenant: Tenant) -> list[str]:
    """Which visits patients see here."""
    broken = ["broken"] if tenant.settings["appointments.show_broken"] else []
    return [*_ALWAYS, *broken, *(["planned", "unscheduled"] if tenant.settings["appointments.show_planned"] else [])]


def next_visits(session: Session, tenant: Tenant, patient_id: UUID, now: datetime, most: int = 5) -> list[Visit]:
    """The visits that are coming, soonest first; one statement."""
    given = {"practice_id": tenant.practice_id, "patient_id": patient_id, "now": now, "most": most}
    return _as_visits(_NEXT.rows(session, given), tenant, now)


def _as_visits(rows: list[tuple], tenant: Tenant, now: datetime) -> list[Visit]:
    last = now + timedelta(days=tenant.settings["appointments.confirm_days"])
    clinics = {str(clinic.id): (clinic.name, clinic.time_zone) for clinic in tenant.clinics}
    nowhere = ("", tenant.time_zone)
    return [
        Visit(
            id_, starts_at, minutes, status, confirmation, reason, tenant.faces.get(provider_id), *clinics.get(clinic_id, nowhere),
            starts_at <= now, status == "scheduled" and confirmation not in ANSWERED and now < starts_at <= last,
        )
        for id_, starts_at, minutes, status, confirmation, reason, provider_id, clinic_id, *_ in rows
    ]  # fmt: skip


def waiting(practice_id: UUID, patient_id: UUID, now: datetime, today: date, confirm_days: int) -> Count:
    """How many things wait for the patient, for the number on the tab: visits to confirm, answers to read, recall visits to book, offers to answer."""
    about = {"practice_id": practice_id, "patient_id": patient_id, "now": now, "appointments_last": now + timedelta(days=confirm_days)}
    return Count(_WAITING, about | needs.about(today))

"""Showing visits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, DateTime, Table, Text, Uuid, bindparam, func, literal_column, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from core.plugins import Count
from core.prepared import Prepared
from core.tenant import TeamMember, Tenant
from plugins.appointments.models import Appointment

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


# Tables, not classes, and statements put together once: these run on every page, and rows are all that is wanted.
_visit = cast(Table, Appointment.__table__).c
_OF_PATIENT = (_visit.practice_id == bindparam("practice_id"), _visit.patient_id == bindparam("patient_id"))
_SCHEDULED: ColumnElement[str] = literal_column("'scheduled'")
_COMPLETE: ColumnElement[str] = literal_column("'complete'")
# Provider and clinic as ids only: the tenant knows their names, and joining them costs more than reading the visits.
_VISITS = select(
    sql_cast(_visit.id, Text),
    _visit.starts_at,
    _visit.minutes,
    _visit.status,
    _visit.confirmation,
    _visit.reason,
    sql_cast(_visit.provider_id, Text),
    sql_cast(_visit.clinic_id, Text),
).where(*_OF_PATIENT)
_SHOWN = _VISITS.where(_visit.status.in_([_SCHEDULED, _COMPLETE])).order_by(_visit.starts_at.desc()).limit(literal_column(str(PAGE + 1)))
# With every number in words, the database keeps one plan for the first page, which nearly everybody asks for.
_FIRST_PAGE, _LATER_PAGE = Prepared(_SHOWN), Prepared(_SHOWN.offset(bindparam("first")))
_NEXT = Prepared(
    _VISITS.where(_visit.status == _SCHEDULED, _visit.starts_at > bindparam("now")).order_by(_visit.starts_at).limit(bindparam("most"))
)
_ANSWERED = {"confirmed", "callback"}
_WAITS = (
    _visit.status == _SCHEDULED, _visit.confirmation.not_in([literal_column("'confirmed'"), literal_column("'callback'")]),
    _visit.starts_at > bindparam("now"),
)  # fmt: skip
_UNANSWERED = select(func.count()).where(*_OF_PATIENT, *_WAITS, _visit.starts_at <= bindparam("appointments_last"))
_ASKED = (
    func.unnest(bindparam("appointments_people", type_=ARRAY(Uuid)), bindparam("appointments_lasts", type_=ARRAY(DateTime(timezone=True))))
    .table_valued("patient_id", "last", name="asked")
    .render_derived()
)
UNANSWERED_OF = (
    select(_visit.patient_id, func.count().label("visits"))
    .join_from(_ASKED, Appointment.__table__, _visit.patient_id == _ASKED.c.patient_id)
    .where(_visit.practice_id == bindparam("practice_id"), *_WAITS, _visit.starts_at <= _ASKED.c.last)
    .group_by(_visit.patient_id)
)
"""How many visits of each of several patients wait for an answer; no row for none."""


def visits(session: Session, tenant: Tenant, patient_id: UUID, now: datetime, page: int = 1) -> tuple[list[Visit], bool]:
    """One page of scheduled and completed visits, newest first, and whether there are more; one statement."""
    given = {"practice_id": tenant.practice_id, "patient_id": patient_id}
    rows = _FIRST_PAGE.rows(session, given) if page == 1 else _LATER_PAGE.rows(session, given | {"first": (page - 1) * PAGE})
    return _as_visits(rows[:PAGE], tenant, now), len(rows) > PAGE


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
            starts_at <= now, status == "scheduled" and confirmation not in _ANSWERED and now < starts_at <= last,
        )
        for id_, starts_at, minutes, status, confirmation, reason, provider_id, clinic_id in rows
    ]  # fmt: skip


def unanswered(practice_id: UUID, patient_id: UUID, now: datetime, confirm_days: int) -> Count:
    """How many visits wait for the patient's confirmation, for the number on the tab."""
    last = now + timedelta(days=confirm_days)
    return Count(_UNANSWERED, {"practice_id": practice_id, "patient_id": patient_id, "now": now, "appointments_last": last})


def about(practice_id: UUID, confirm_days: Mapping[UUID, int], now: datetime) -> dict[str, Any]:
    """What `UNANSWERED_OF` is asked with: for each patient, how many days before a visit the office asks."""
    lasts = [now + timedelta(days=days) for days in confirm_days.values()]
    return {"practice_id": practice_id, "appointments_people": list(confirm_days), "appointments_lasts": lasts, "now": now}

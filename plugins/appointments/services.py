"""Showing visits, and confirming them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, Text, bindparam, func, literal, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from core.people.models import Provider
from core.plugins import Count
from plugins.appointments.models import Appointment
from tenants.models import Clinic

PAGE = 50
_SHOWN = ("scheduled", "complete")


class NoSuchVisit(Exception):
    """There is no such visit for this patient."""


class CannotConfirm(Exception):
    """The visit has passed, or was called off or moved in the meantime."""


class Visit(NamedTuple):
    """A visit as it is shown; `zone` is its clinic's time zone."""

    id: str
    starts_at: datetime
    minutes: int
    status: str
    confirmation: str
    reason: str
    provider: str
    clinic: str
    zone: ZoneInfo
    is_past: bool
    needs_answer: bool


# Tables, not classes, and statements put together once: these run on every page, and rows are all that is wanted.
_visit, _provider, _clinic = (cast(Table, model.__table__).c for model in (Appointment, Provider, Clinic))
_NAME = func.coalesce(
    func.nullif(_provider.preferred_name, ""),
    func.concat_ws(" ", func.nullif(_provider.title, ""), _provider.first_name, _provider.last_name)
    + func.coalesce(literal(", ") + func.nullif(_provider.suffix, ""), ""),
)
_OF_PATIENT = (_visit.practice_id == bindparam("practice_id"), _visit.patient_id == bindparam("patient_id"))
_VISITS = (
    select(
        sql_cast(_visit.id, Text), _visit.starts_at, _visit.minutes, _visit.status, _visit.confirmation, _visit.reason,
        _NAME.label("provider"), _clinic.name.label("clinic"), _clinic.time_zone,
    )
    .select_from(Appointment.__table__)
    .outerjoin(Provider.__table__, (_provider.practice_id == _visit.practice_id) & (_provider.id == _visit.provider_id))
    .outerjoin(Clinic.__table__, (_clinic.practice_id == _visit.practice_id) & (_clinic.id == _visit.clinic_id))
    .where(*_OF_PATIENT)
)  # fmt: skip
_PAGE = _VISITS.where(_visit.status.in_(_SHOWN)).order_by(_visit.starts_at.desc()).offset(bindparam("first")).limit(PAGE + 1)
_NEXT = _VISITS.where(_visit.status == "scheduled", _visit.starts_at > bindparam("now")).order_by(_visit.starts_at).limit(bindparam("most"))
_UNANSWERED = select(func.count()).where(
    *_OF_PATIENT,
    _visit.status == "scheduled",
    _visit.confirmation == "unconfirmed",
    _visit.starts_at > bindparam("now"),
    _visit.starts_at <= bindparam("appointments_last"),
)


def visits(session: Session, practice_id: UUID, patient_id: UUID, now: datetime, confirm_days: int, page: int = 1) -> tuple[list[Visit], bool]:
    """One page of scheduled and completed visits, newest first, and whether there are more; one statement."""
    given = {"practice_id": practice_id, "patient_id": patient_id, "first": (page - 1) * PAGE}
    rows = session.execute(_PAGE, given).all()
    return as_visits(rows[:PAGE], now, confirm_days), len(rows) > PAGE


def next_visits(session: Session, practice_id: UUID, patient_id: UUID, now: datetime, confirm_days: int, most: int = 5) -> list[Visit]:
    """The visits that are coming, soonest first; one statement."""
    given = {"practice_id": practice_id, "patient_id": patient_id, "now": now, "most": most}
    return as_visits(session.execute(_NEXT, given).all(), now, confirm_days)


def as_visits(rows: Sequence, now: datetime, confirm_days: int) -> list[Visit]:
    """Rows of `_VISITS` as visits."""
    last = now + timedelta(days=confirm_days)
    return [
        Visit(
            id_, starts_at, minutes, status, confirmation, reason, provider or "", clinic or "", ZoneInfo(zone or "UTC"), starts_at <= now,
            status == "scheduled" and confirmation == "unconfirmed" and now < starts_at <= last,
        )
        for id_, starts_at, minutes, status, confirmation, reason, provider, clinic, zone in rows
    ]  # fmt: skip


def unanswered(practice_id: UUID, patient_id: UUID, now: datetime, confirm_days: int) -> Count:
    """How many visits wait for the patient's confirmation, for the number on the tab."""
    last = now + timedelta(days=confirm_days)
    return Count(_UNANSWERED, {"practice_id": practice_id, "patient_id": patient_id, "now": now, "appointments_last": last})


def confirm(session: Session, practice_id: UUID, patient_id: UUID, visit_id: UUID, account_id: UUID, now: datetime) -> None:
    """Confirm a coming visit; a second time changes nothing. Raises NoSuchVisit, CannotConfirm."""
    where = (Appointment.practice_id == practice_id, Appointment.patient_id == patient_id, Appointment.id == visit_id)
    visit = session.scalars(select(Appointment).where(*where).with_for_update()).one_or_none()
    if visit is None:
        raise NoSuchVisit
    if visit.status != "scheduled" or visit.starts_at <= now:
        raise CannotConfirm
    if visit.confirmation != "confirmed":
        visit.confirmation, visit.confirmed_at, visit.confirmed_by = "confirmed", now, account_id

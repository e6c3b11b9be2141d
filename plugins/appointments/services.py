"""Showing visits, and confirming them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, literal, select
from sqlalchemy.orm import Session

from core.people.models import Provider
from plugins.appointments.models import Appointment
from tenants.models import Clinic

PAGE = 50
_SHOWN = ("scheduled", "complete")


class NoSuchVisit(Exception):
    """There is no such visit for this patient."""


class CannotConfirm(Exception):
    """The visit has passed, or was called off or moved in the meantime."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as it is shown; `zone` is its clinic's time zone."""

    id: UUID
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


def visits(session: Session, practice_id: UUID, patient_id: UUID, now: datetime, confirm_days: int, page: int = 1) -> tuple[list[Visit], bool]:
    """One page of scheduled and completed visits, newest first, and whether there are more; one statement."""
    query = _visits(practice_id, patient_id).where(Appointment.status.in_(_SHOWN))
    rows = session.execute(query.order_by(Appointment.starts_at.desc()).offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    return _as_visits(rows[:PAGE], now, confirm_days), len(rows) > PAGE


def next_visits(session: Session, practice_id: UUID, patient_id: UUID, now: datetime, confirm_days: int, most: int = 5) -> list[Visit]:
    """The visits that are coming, soonest first; one statement."""
    query = _visits(practice_id, patient_id).where(Appointment.status == "scheduled", Appointment.starts_at > now)
    return _as_visits(session.execute(query.order_by(Appointment.starts_at).limit(most)).all(), now, confirm_days)


def _visits(practice_id: UUID, patient_id: UUID) -> Select:
    provider_name = func.coalesce(
        func.nullif(Provider.preferred_name, ""),
        func.concat_ws(" ", func.nullif(Provider.title, ""), Provider.first_name, Provider.last_name),
    ) + func.coalesce(literal(", ") + func.nullif(func.nullif(Provider.suffix, ""), Provider.preferred_name), "")
    return (
        select(
            Appointment.id, Appointment.starts_at, Appointment.minutes, Appointment.status, Appointment.confirmation, Appointment.reason,
            provider_name.label("provider"), Clinic.name.label("clinic"), Clinic.time_zone,
        )
        .outerjoin(Provider, (Provider.practice_id == practice_id) & (Provider.id == Appointment.provider_id))
        .outerjoin(Clinic, (Clinic.practice_id == practice_id) & (Clinic.id == Appointment.clinic_id))
        .where(Appointment.practice_id == practice_id, Appointment.patient_id == patient_id)
    )  # fmt: skip


def _as_visits(rows: Sequence[Row], now: datetime, confirm_days: int) -> list[Visit]:
    last = now + timedelta(days=confirm_days)
    return [
        Visit(
            row.id, row.starts_at, row.minutes, row.status, row.confirmation, row.reason, row.provider or "", row.clinic or "",
            ZoneInfo(row.time_zone or "UTC"), row.starts_at <= now,
            row.status == "scheduled" and row.confirmation == "unconfirmed" and now < row.starts_at <= last,
        )
        for row in rows
    ]  # fmt: skip


def count_unanswered(session: Session, practice_id: UUID, patient_id: UUID, now: datetime, confirm_days: int) -> int:
    """How many visits wait for the patient's confirmation; one statement."""
    return session.scalar(
        select(func.count()).where(
            Appointment.practice_id == practice_id,
            Appointment.patient_id == patient_id,
            Appointment.status == "scheduled",
            Appointment.confirmation == "unconfirmed",
            Appointment.starts_at > now,
            Appointment.starts_at <= now + timedelta(days=confirm_days),
        )
    )


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

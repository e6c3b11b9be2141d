"""Confirming visits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugins.appointments.models import Appointment


class NoSuchVisit(Exception):
    """There is no such visit for this patient."""


class CannotConfirm(Exception):
    """The visit has passed, or was called off or moved in the meantime."""


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

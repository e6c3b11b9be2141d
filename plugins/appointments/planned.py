"""What is scheduled for patients, for other tabs that ask."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.plugins import Planned, PlannedLine
from plugins.appointments.models import Appointment

MOST = 500
"""So many visits at once; what is scheduled on one day of a large practice is fewer."""


def planned(session: Session, practice_id: UUID, patient_id: UUID | None, since: datetime, now: datetime) -> list[Planned]:
    """The visits of a patient that are to come, the next first; without one those of everybody that were scheduled after `since`."""
    scheduled_at = func.coalesce(Appointment.entered_at, Appointment.made_at)
    which = [Appointment.patient_id == patient_id] if patient_id else [Appointment.made_at > since]
    where = (Appointment.practice_id == practice_id, Appointment.status == "scheduled", Appointment.starts_at > now, *which)
    query = select(Appointment, scheduled_at).where(*where).order_by(Appointment.starts_at, Appointment.id).limit(MOST)
    return [_planned(visit, scheduled) for visit, scheduled in session.execute(query)]


def _planned(visit: Appointment, scheduled_at: datetime) -> Planned:
    title, lines = visit.reason or "Visit", _lines(visit.procedures, visit.reason)
    return Planned(
        f"appointments.{visit.id}", visit.patient_id, title, lines, visit.provider_id, starts_at=visit.starts_at, scheduled_at=scheduled_at
    )


def _lines(procedures: Iterable[dict[str, Any]], reason: str) -> tuple[PlannedLine, ...]:
    lines = tuple(PlannedLine(str(one.get("words", "")) or str(one.get("code", "")), str(one.get("code", ""))) for one in procedures)
    return lines or ((PlannedLine(reason),) if reason else ())

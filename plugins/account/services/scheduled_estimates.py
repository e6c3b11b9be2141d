"""Visits of patients without insurance want an estimate by themselves, within the days of the law: what was scheduled lately is looked at every hour."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from core.plugins import Planned
from core.tenant import Tenant
from plugins.account.models import Coverage, Estimate
from plugins.account.services import estimates

LOOKS_BACK = timedelta(days=2)
"""So long the worker may be away, and what was scheduled meanwhile is still seen."""


def ask_for_visits(session: Session, practice_id: UUID, visits: Iterable[Planned], place: Callable[[UUID | None], Tenant], now: datetime) -> int:
    """Ask the office for the estimates of these visits, where it wants to be asked; returns for how many patients. Nobody who has insurance on file, and nobody who
    waits for an estimate or was given one since the visit was scheduled."""
    wanted = {visit.patient_id: visit for visit in sorted(visits, key=lambda one: one.scheduled_at or now) if visit.starts_at}
    covered = set(session.scalars(select(Coverage.patient_id).where(Coverage.practice_id == practice_id, Coverage.patient_id.in_(wanted))))
    answered = _answered(session, practice_id, wanted)
    patients = session.scalars(select(Patient).where(Patient.practice_id == practice_id, Patient.id.in_(wanted.keys() - covered)).order_by(Patient.id))
    return sum(_ask(session, patient, wanted[patient.id], place(patient.clinic_id), answered.get(patient.id), now) for patient in patients)


def _ask(session: Session, patient: Patient, visit: Planned, tenant: Tenant, answered_at: datetime | None, now: datetime) -> bool:
    is_on = "account" in tenant.plugins and tenant.settings["account.estimates_for_visits"]
    is_answered = answered_at is not None and visit.scheduled_at is not None and answered_at >= visit.scheduled_at
    due_on = estimates.due_for_visit(tenant, visit)
    if not is_on or is_answered or due_on is None:
        return False
    return estimates.ask(session, patient, visit.title, None, due_on, now, "visit", visit.key) is not None


def _answered(session: Session, practice_id: UUID, patient_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When each of them was answered last, or has begun to wait."""
    last = func.max(func.coalesce(Estimate.answered_at, Estimate.asked_at))
    query = select(Estimate.patient_id, last).where(Estimate.practice_id == practice_id, Estimate.patient_id.in_(patient_ids))
    return {row[0]: row[1] for row in session.execute(query.group_by(Estimate.patient_id))}

"""What is planned for a patient, for other tabs that ask: the saved plans."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.plugins import Planned, PlannedLine
from plugins.plan.services.reading import Plan, Procedure, saved_plans


def planned(session: Session, practice_id: UUID, patient_id: UUID) -> list[Planned]:
    """Saved plans with their procedures and fees, the newest first."""
    return [_planned(plan, patient_id) for plan in saved_plans(session, practice_id, patient_id) if plan.procedures]


def _planned(plan: Plan, patient_id: UUID) -> Planned:
    return Planned(f"plan.{plan.id}", patient_id, plan.heading, tuple(_line(procedure) for procedure in plan.procedures), saved_on=plan.saved_on)


def _line(procedure: Procedure) -> PlannedLine:
    # What insurance might pay is left out: an estimate in good faith says what the office charges.
    amounts = procedure.amounts
    return PlannedLine(procedure.description, procedure.code, procedure.where, max(amounts.fee - amounts.discount, 0))

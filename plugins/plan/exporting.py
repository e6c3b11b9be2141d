"""Treatment plans for a full export, and what was signed."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.people.charts import delete_rows, rows_of
from core.plugins import ExportFile
from core.web.exports import list_files
from plugins.plan.models import Decline, PlannedProcedure, Signature, TreatmentPlan

SAVED = "saved"


def files(session: Session, practice_id: UUID, patient_id: UUID) -> Iterator[ExportFile]:
    """The plans that were saved for one patient; those that the office still works on stay with the office."""
    mine = TreatmentPlan.patient_id == patient_id
    for name, about, which in (
        ("treatment-plans", "Treatment plans that were saved", mine & (TreatmentPlan.status == SAVED)),
        ("office-treatment-plans", "Treatment plans that patients do not see", mine & (TreatmentPlan.status != SAVED)),
    ):
        plans = select(TreatmentPlan.id).where(TreatmentPlan.practice_id == practice_id, which)
        procedures = rows_of(session, practice_id, PlannedProcedure, PlannedProcedure.plan_id.in_(plans))
        hidden = name.startswith("office-")
        yield from list_files(name, about, rows_of(session, practice_id, TreatmentPlan, which), hidden)
        yield from list_files(f"{name}-procedures", f"{about}: their procedures, amounts in cents", procedures, hidden)
    signed = rows_of(session, practice_id, Signature, Signature.patient_id == patient_id)
    yield from list_files("signatures", "What was signed, word for word, by whom, when and from where", [{key: value for key, value in row.items() if key != "file_key"} for row in signed])
    yield from (ExportFile(f"{row['signed_at']:%Y-%m-%d} signed {row['id']}.pdf", "Signed copies of treatment plans", key=row["file_key"]) for row in signed)
    declined = rows_of(session, practice_id, Decline, Decline.patient_id == patient_id)
    yield from list_files("declined", "Treatment plans that were declined, and why", declined)


def erase(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Delete the plans of one patient, and before them their procedures and what was answered to them."""
    plans = select(TreatmentPlan.id).where(TreatmentPlan.practice_id == practice_id, TreatmentPlan.patient_id == patient_id)
    session.execute(delete(PlannedProcedure).where(PlannedProcedure.practice_id == practice_id, PlannedProcedure.plan_id.in_(plans)))
    delete_rows(session, practice_id, patient_id, Signature, Decline, TreatmentPlan)

"""What the connector keeps of a patient: what is on its way to Open Dental or from there, and the number of the chart."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.people.charts import delete_rows
from core.people.models import Patient
from plugins.opendental.models import Chart, Push, WantedFile


def erase(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Delete what is kept of one patient. In Open Dental nothing is deleted: that is the practice's own record."""
    delete_rows(session, practice_id, patient_id, Push)
    if patient_id:
        number = select(Patient.external_id).where(Patient.practice_id == practice_id, Patient.id == patient_id).scalar_subquery()
        session.execute(delete(WantedFile).where(WantedFile.practice_id == practice_id, WantedFile.chart == number))
        session.execute(delete(Chart).where(Chart.practice_id == practice_id, Chart.number == number))

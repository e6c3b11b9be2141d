"""Visits for a full export."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from core.people.charts import rows_of
from core.plugins import ExportFile
from core.web.exports import list_files
from plugins.appointments.models import Appointment


def files(session: Session, practice_id: UUID, patient_id: UUID) -> Iterator[ExportFile]:
    """All visits of one patient."""
    yield from list_files("appointments", "Visits, in UTC", rows_of(session, practice_id, Appointment, Appointment.patient_id == patient_id))

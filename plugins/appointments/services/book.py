"""The book of a clinic as the office reads it: the visits of some days, with whose they are and what their status is called."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from plugins.appointments.models import Appointment, AppointmentType, ConfirmationStatus, Operatory, RecallType
from plugins.appointments.services.arriving import is_here
from plugins.appointments.services.clock import midnight

IN_BOOK = ("scheduled", "complete", "broken")
ONLINE = ("recall", "existing", "new", "waiting")


class BookedVisit(NamedTuple):
    """A visit in the book; `what` is its reason, else what its type is called, `answer` the patient's, `status_words` the office's word for it."""

    id: UUID
    patient: str
    starts_at: datetime
    minutes: int
    status: str
    answer: str
    status_words: str
    what: str
    operatory_id: UUID | None
    provider_id: UUID | None
    clinic_id: UUID | None
    made_by: str
    wants_earlier: bool
    is_new_patient: bool
    arrived_at: datetime | None

    @property
    def is_online(self) -> bool:
        """Whether the patient made it in the portal."""
        return self.made_by in ONLINE

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_here(self) -> bool:
        """Whether the patient has said to be here, and is still waited for."""
        return self.status == "scheduled" and is_here(self.starts_at, self.arrived_at)


_CLINIC = func.coalesce(Appointment.clinic_id, Operatory.clinic_id, Patient.clinic_id)
_OWN_HYGIENIST = and_(Appointment.is_hygiene, Appointment.hygienist_id.is_not(None))
_VISITS = (
    select(
        Appointment.id, Patient.first_name, Patient.last_name, Patient.preferred_name, Appointment.starts_at, Appointment.minutes, Appointment.status,
        Appointment.confirmation, ConfirmationStatus.name, func.coalesce(func.nullif(Appointment.reason, ""), AppointmentType.name, RecallType.name, ""),
        Appointment.operatory_id, case((_OWN_HYGIENIST, Appointment.hygienist_id), else_=Appointment.provider_id), _CLINIC, Appointment.made_by,
        Appointment.wants_earlier, Appointment.is_new_patient, Appointment.arrived_at,
    )
    .join(Patient, and_(Patient.practice_id == Appointment.practice_id, Patient.id == Appointment.patient_id))
    .outerjoin(Operatory, and_(Operatory.practice_id == Appointment.practice_id, Operatory.id == Appointment.operatory_id))
    .outerjoin(AppointmentType, and_(AppointmentType.practice_id == Appointment.practice_id, AppointmentType.id == Appointment.appointment_type_id))
    .outerjoin(RecallType, and_(RecallType.practice_id == Appointment.practice_id, RecallType.id == Appointment.recall_type_id))
    .outerjoin(ConfirmationStatus, and_(ConfirmationStatus.practice_id == Appointment.practice_id, ConfirmationStatus.id == Appointment.confirmation_status_id))
)  # fmt: skip


def visits_between(session: Session, practice_id: UUID, clinic_id: UUID | None, with_rest: bool, first: date, last: date, zone: ZoneInfo) -> list[BookedVisit]:
    """The visits of a clinic from the first to the last day by its clock, with those that are called off, in order; one statement."""
    begin, end = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    where = (Appointment.practice_id == practice_id, Appointment.starts_at >= begin, Appointment.starts_at < end, Appointment.status.in_(IN_BOOK))
    found = _VISITS.where(*where, at_clinic(clinic_id, with_rest)).order_by(Appointment.starts_at, Appointment.id)
    return [_visit(row) for row in session.execute(found)]


def at_clinic(clinic_id: UUID | None, with_rest: bool) -> ColumnElement[bool]:
    """Whether a visit is at a clinic: its own, else its operatory's, else its patient's; with those of none."""
    of_clinic: ColumnElement = _CLINIC
    return or_(of_clinic == clinic_id, of_clinic.is_(None)) if with_rest else of_clinic == clinic_id


def _visit(row) -> BookedVisit:
    id_, first_name, last_name, preferred_name, starts_at, minutes, status, answer, words, *rest = row
    return BookedVisit(id_, f"{preferred_name or first_name} {last_name}", starts_at, minutes, status, answer, words or "", *rest)

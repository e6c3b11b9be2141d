"""All that a patient may know of one visit."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from plugins.appointments.models import Appointment, AppointmentType, RecallType
from plugins.appointments.services.confirming import NoSuchVisit


class Details(NamedTuple):
    """A visit with what the office says to everybody who has such a one; texts are Markdown, nothing where it says nothing."""

    visit: Appointment
    before: str
    after: str
    bring: str
    forms: list[dict]


def details(session: Session, practice_id: UUID, patient_id: UUID, visit_id: UUID) -> Details:
    """One visit of this patient; one statement. Raises NoSuchVisit."""
    of_type = and_(AppointmentType.practice_id == Appointment.practice_id, AppointmentType.id == Appointment.appointment_type_id)
    of_recall = and_(RecallType.practice_id == Appointment.practice_id, RecallType.id == Appointment.recall_type_id)
    mine = (Appointment.practice_id == practice_id, Appointment.patient_id == patient_id, Appointment.id == visit_id)
    rows = select(Appointment, AppointmentType, RecallType).outerjoin(AppointmentType, of_type).outerjoin(RecallType, of_recall).where(*mine)
    found = session.execute(rows).one_or_none()
    if found is None:
        raise NoSuchVisit
    visit, kind, recall = found
    if kind:
        return Details(visit, kind.instructions_before, kind.instructions_after, kind.bring, [one for one in kind.forms if is_safe(one)])
    return Details(visit, recall.instructions_before, recall.instructions_after, recall.bring, []) if recall else Details(visit, "", "", "", [])


def is_safe(form: dict) -> bool:
    """Whether a form leads somewhere that a page may lead to: here, or to an address with https."""
    address = str(form.get("address", ""))
    return bool(form.get("title")) and (address.startswith("https://") or (address.startswith("/") and not address.startswith("//")))

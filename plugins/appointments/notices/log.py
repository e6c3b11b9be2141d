"""What was sent, and what was not and why: for the whole practice, a patient, or a visit."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from plugins.appointments.models import Notice
from plugins.appointments.notices.kinds import TITLES
from plugins.appointments.notices.writing import WHY

PAGE = 50
STATES = {"waiting": ("On its way", "info"), "sent": ("Sent", "good"), "failed": ("Failed", "bad"), "skipped": ("Not sent", "")}
CHANNELS = {"email": "E-mail", "text": "Text", "": ""}


class Entry(NamedTuple):
    """One line: the notice, about whom it was, and how it stands in words."""

    notice: Notice
    patient: Patient
    title: str
    channel: str
    state: tuple[str, str]
    why: str


def entries(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], state: str = "", page: int = 1) -> tuple[list[Entry], bool]:
    """Fifty of a practice, the newest first, and whether there are more; of patients of these clinics only, where any are named."""
    where: list[ColumnElement[bool]] = [Patient.clinic_id.in_(clinic_ids)] if clinic_ids else []
    where += [Notice.state == state] if state in STATES else []
    found = _read(session, practice_id, *where, first=(page - 1) * PAGE)
    return found[:PAGE], len(found) > PAGE


def of_patient(session: Session, practice_id: UUID, patient_id: UUID) -> list[Entry]:
    """The newest of one patient, and of those whose notices come to them."""
    return _read(session, practice_id, or_(Notice.patient_id == patient_id, Notice.recipient_id == patient_id))[:PAGE]


def of_visit(session: Session, practice_id: UUID, visit_id: UUID) -> list[Entry]:
    """Those of one visit."""
    return _read(session, practice_id, Notice.appointment_id == visit_id)[:PAGE]


def _read(session: Session, practice_id: UUID, *where: ColumnElement[bool], first: int = 0) -> list[Entry]:
    patient = and_(Patient.practice_id == Notice.practice_id, Patient.id == Notice.patient_id)
    query = select(Notice, Patient).join(Patient, patient).where(Notice.practice_id == practice_id, *where)
    rows = session.execute(query.order_by(Notice.written_at.desc(), Notice.id.desc()).offset(first).limit(PAGE + 1))
    return [
        Entry(notice, who, TITLES[notice.kind], CHANNELS[notice.channel], STATES[notice.state], WHY.get(notice.reason, "")) for notice, who in rows
    ]

"""Notices when charts are joined, and when a patient is erased."""

from uuid import UUID

from sqlalchemy import and_, delete, select, update
from sqlalchemy.orm import Session, aliased

from core.people.charts import delete_rows, move_rows
from core.people.models import Patient
from core.texting import whole_number
from plugins.appointments.models import Notice, NoticeChoice, Recall, TextNumber
from plugins.appointments.notices.answers import patients_at


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Before two charts become one: what was written goes to the kept chart, and what either of them did not want is not wanted."""
    theirs = select(Recall.id).where(Recall.practice_id == practice_id, Recall.patient_id == absorbed)
    session.execute(update(Notice).where(Notice.practice_id == practice_id, Notice.recall_id.in_(theirs)).values(recall_id=None))
    session.execute(update(Notice).where(Notice.practice_id == practice_id, Notice.recipient_id == absorbed).values(recipient_id=kept))
    other = aliased(NoticeChoice)
    same = and_(other.practice_id == practice_id, other.kind == NoticeChoice.kind, other.channel == NoticeChoice.channel)
    mine = (NoticeChoice.practice_id == practice_id, NoticeChoice.patient_id == kept)
    unwanted = select(other.id).where(same, other.patient_id == absorbed, other.is_on.is_(False)).exists()
    session.execute(update(NoticeChoice).where(*mine, unwanted).values(is_on=False).execution_options(synchronize_session=False))
    doubled = select(other.id).where(same, other.patient_id == kept).exists()
    gone = (NoticeChoice.practice_id == practice_id, NoticeChoice.patient_id == absorbed, doubled)
    session.execute(delete(NoticeChoice).where(*gone).execution_options(synchronize_session=False))
    move_rows(session, practice_id, kept, absorbed, Notice, NoticeChoice)


def forget(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Before a patient is erased: what was written about them, what they wanted, and their number, unless somebody else has it, too."""
    patient = session.get(Patient, (practice_id, patient_id)) if patient_id else None
    if patient is None:
        return
    told = (Notice.practice_id == practice_id, Notice.recipient_id == patient_id, Notice.patient_id != patient_id)
    session.execute(update(Notice).where(*told).values(recipient_id=Notice.patient_id))
    delete_rows(session, practice_id, patient_id, Notice, NoticeChoice)
    number = whole_number(patient.phone)
    if number and patients_at(session, practice_id, number) <= {patient.id}:
        session.execute(delete(TextNumber).where(TextNumber.practice_id == practice_id, TextNumber.number == number))

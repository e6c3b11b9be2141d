"""The wait list when two charts become one, or one is erased."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.people.charts import delete_rows, move_rows
from plugins.appointments.models import Appointment, Offer, Opening, Recall, WaitListEntry


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """What the absorbed chart waits for is the kept one's, apart from what that waits for already; before its doubled recalls go."""
    has = select(Recall.recall_type_id).where(Recall.practice_id == practice_id, Recall.patient_id == kept)
    doubled = select(Recall.id).where(Recall.practice_id == practice_id, Recall.patient_id == absorbed, Recall.recall_type_id.in_(has))
    entries = select(WaitListEntry.id).where(WaitListEntry.practice_id == practice_id, WaitListEntry.recall_id.in_(doubled))
    session.execute(delete(Offer).where(Offer.practice_id == practice_id, Offer.entry_id.in_(entries)))
    session.execute(delete(WaitListEntry).where(WaitListEntry.practice_id == practice_id, WaitListEntry.recall_id.in_(doubled)))
    theirs = (WaitListEntry.practice_id == practice_id, WaitListEntry.patient_id == absorbed, WaitListEntry.ended_at.is_(None))
    own = (WaitListEntry.practice_id == practice_id, WaitListEntry.patient_id == kept, WaitListEntry.ended_at.is_(None))
    same = WaitListEntry.appointment_type_id.in_(select(WaitListEntry.appointment_type_id).where(*own, WaitListEntry.appointment_type_id.is_not(None)))
    over = {"ended_at": datetime.now(UTC), "end_reason": "over"}
    session.execute(update(WaitListEntry).where(*theirs, same).values(over).execution_options(synchronize_session=False))
    move_rows(session, practice_id, kept, absorbed, WaitListEntry, Offer)


def erase(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Before a patient's visits and recalls are deleted."""
    delete_rows(session, practice_id, patient_id, Offer, WaitListEntry)
    theirs = select(Appointment.id).where(Appointment.practice_id == practice_id, Appointment.patient_id == patient_id)
    session.execute(update(Opening).where(Opening.practice_id == practice_id, Opening.appointment_id.in_(theirs)).values(appointment_id=None))

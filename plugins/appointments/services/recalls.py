"""When patients are due for which visit."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from plugins.appointments.models import Preference, Recall


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Before two charts become one: a recall, or preferences, that the kept chart has too are given up by the other."""
    has_own = select(Preference.id).where(Preference.practice_id == practice_id, Preference.patient_id == kept)
    theirs = (Preference.practice_id == practice_id, Preference.patient_id == absorbed)
    session.execute(delete(Preference).where(*theirs, has_own.exists()))
    has = select(Recall.recall_type_id).where(Recall.practice_id == practice_id, Recall.patient_id == kept)
    doubled = (Recall.practice_id == practice_id, Recall.patient_id == absorbed, Recall.recall_type_id.in_(has))
    session.execute(delete(Recall).where(*doubled))

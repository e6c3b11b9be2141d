"""When patients are due for which visit."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from plugins.appointments.models import Recall


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Before two charts become one: a recall that the kept chart has too is given up by the other."""
    has = select(Recall.recall_type_id).where(Recall.practice_id == practice_id, Recall.patient_id == kept)
    doubled = (Recall.practice_id == practice_id, Recall.patient_id == absorbed, Recall.recall_type_id.in_(has))
    session.execute(delete(Recall).where(*doubled))

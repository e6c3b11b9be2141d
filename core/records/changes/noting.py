"""Noting that something was done."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import uuid7
from core.records.changes.kinds import ChangeKind, Details
from core.records.changes.models import RecordsChange
from core.records.changes.webhooks import ask_to_tell


def note(
    session: Session, practice_id: UUID, kind: ChangeKind, patient_id: UUID | None, target_id: UUID, at: datetime, details: Details | None = None
) -> RecordsChange:
    """Note a change in the running transaction, once whatever it is about is written or held: of two changes of one thing the later one stands later."""
    details = details or kind.schema()
    if not isinstance(details, kind.schema):
        raise TypeError(f"{kind.name} is told with {kind.schema.__name__}")
    # Its id says when it was noted: readers get what two transactions committed since they asked in this order.
    change = RecordsChange(
        id=uuid7(), practice_id=practice_id, kind=kind.name, patient_id=patient_id, target_kind=kind.target, target_table=kind.model.__tablename__, target_id=target_id,
        data=details.model_dump(mode="json"), at=at,
    )  # fmt: skip
    session.add(change)
    ask_to_tell(session, practice_id)
    return change

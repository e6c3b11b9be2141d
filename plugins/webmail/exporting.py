"""Messages for a full export."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.people.charts import delete_rows
from core.plugins import ExportFile
from core.web.exports import list_files
from plugins.webmail.models import Message
from plugins.webmail.services import reading


def files(session: Session, practice_id: UUID, patient_id: UUID) -> Iterator[ExportFile]:
    """All messages of one patient, with whoever wrote them."""
    yield from list_files("messages", "Messages with the office, in UTC", reading.everything(session, practice_id, patient_id))


def erase(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Delete the messages of one patient."""
    mine = (Message.practice_id == practice_id, Message.patient_id == patient_id)
    session.execute(update(Message).where(*mine).values(reply_to_id=None).execution_options(synchronize_session=False))
    delete_rows(session, practice_id, patient_id, Message)

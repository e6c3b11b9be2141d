"""Messages that are written here, as the practice's system is told of them."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.people.models import Provider
from core.records.changes import ChangeKind, Details, Thing, note, thing
from plugins.webmail.models import Message


class MessageDetails(Details):
    """A message in plain text. `thread` is the same for a whole conversation; `provider` is whom it is for, none for the office as a whole."""

    subject: str
    body: str
    sent_at: datetime
    thread: str
    provider: Thing | None
    reply_to: Thing | None


WRITTEN = ChangeKind("message.written", "A message to the office was written", "message", Message, MessageDetails)
ANSWERED = ChangeKind("message.answered", "The office has answered a message in the portal", "message", Message, MessageDetails)
KINDS = [WRITTEN, ANSWERED]


def note_message(session: Session, message: Message) -> None:
    """A message was written."""
    details = MessageDetails(
        subject=message.subject, body=message.body, sent_at=message.sent_at, thread=str(message.thread_id), provider=thing(Provider, message.provider_id),
        reply_to=thing(Message, message.reply_to_id),
    )  # fmt: skip
    kind = WRITTEN if message.direction == "to_office" else ANSWERED
    note(session, message.practice_id, kind, message.patient_id, message.id, message.sent_at, details)

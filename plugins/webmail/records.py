"""The kind of record that this tab takes in: messages from the office, and those of an older portal."""

from collections.abc import Collection
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, model_serializer, model_validator
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.records import Record, RecordKind
from core.records.fields import ExternalId, example
from core.tasks import enqueue
from plugins.webmail.models import Message
from plugins.webmail.texts import MAX_BODY, MAX_SUBJECT, checked_body, checked_subject

# Checking only ever shortens; what is far longer than the limit is refused before it is looked at.
Subject = Annotated[str, Field(max_length=2 * MAX_SUBJECT), AfterValidator(checked_subject)]
Sender = Annotated[str, Field(max_length=MAX_SUBJECT), AfterValidator(checked_subject)]
Body = Annotated[str, Field(max_length=2 * MAX_BODY), AfterValidator(checked_body)]


class MessageRecord(Record):
    """A message regarding a patient, in plain text."""

    model_config = example(
        {"external_id": "MS1", "patient": "P1", "direction": "to_office", "provider": "D1", "subject": "After the filling", "body": "Is it normal that it is sore?",
         "sent_at": "2026-03-05T18:12:00Z", "read_at": "2026-03-05T18:40:00Z"},
        {"external_id": "MS2", "patient": "P1", "reply_to": "MS1", "sender": "Tomas, front desk", "subject": "Re: After the filling",
         "body": "Yes, for a day or two. Please call us if it gets worse.", "sent_at": "2026-03-05T19:02:00Z"},
    )  # fmt: skip

    patient: ExternalId
    """The patient whom it regards."""
    provider: ExternalId | None = None
    """The provider who wrote it, or, to the office, for whom it is; none for the office as a whole."""
    reply_to: ExternalId | None = None
    """The message that it answers; one that was written in the portal goes by its portal id."""
    direction: Literal["to_office", "to_patient"] = "to_patient"
    """Which way it went."""
    sender: Sender = ""
    """The name of somebody of the office who wrote it and is no provider."""
    subject: Subject = ""
    """What it is about; one line of at most 100 characters."""
    body: Body
    """The message, at most 5,000 characters. Tags are shown as they stand, nothing in it is carried out."""
    sent_at: AwareDatetime
    """When it was sent, with its offset from UTC."""
    read_at: AwareDatetime | None = None
    """When the other side opened it; left out while it is unread. What was read in the portal stays read."""

    @model_validator(mode="after")
    def _of_the_office(self) -> "MessageRecord":
        if self.sender and self.direction == "to_office":
            raise ValueError("sender names somebody of the office, so the message goes to the patient")
        return self

    @model_serializer(mode="wrap")
    def _unread_is_unsaid(self, values) -> dict:
        # A message that is sent again must not become unread for whoever has read it here in the meantime.
        found = values(self)
        return found if self.read_at else {name: value for name, value in found.items() if name != "read_at"}


# From each message up to one that stood here before, or to one that answers none: that one's conversation is theirs.
_JOIN = text("""with recursive above (id, next_id, thread_id) as (
    select id, reply_to_id, thread_id from webmail_message where practice_id = :practice and id = any(:ids) and reply_to_id is not null
    union all
    select above.id, case when parent.id = any(:ids) then parent.reply_to_id end, parent.thread_id
    from above join webmail_message parent on parent.practice_id = :practice and parent.id = above.next_id
) cycle next_id set is_circle using way
update webmail_message message set thread_id = above.thread_id from above
where message.practice_id = :practice and message.id = above.id and above.next_id is null and message.thread_id <> above.thread_id""")


def join_conversations(session: Session, ids: Collection[UUID]) -> None:
    """After a batch: an answer stands in the conversation of what it answers, in whichever order the two came in."""
    session.execute(_JOIN, {"practice": session.info["practice_id"], "ids": list(ids)})


def announce(session: Session) -> None:
    """After a batch: tell whoever should know of what the office wrote."""
    enqueue(session, "webmail.ask_for_notices")


KINDS = [
    RecordKind(
        "message", MessageRecord, Message, {"patient": "patient", "provider": "provider", "reply_to": "message"}, announce, join_conversations,
        keeps=Message.source == "portal",
    ),
]  # fmt: skip

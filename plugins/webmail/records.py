"""The kind of record that this tab takes in: messages from the office, and those of an older portal."""

from collections.abc import Collection
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, model_serializer, model_validator
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.records import Record, RecordKind
from core.tasks import enqueue
from plugins.webmail.models import Message
from plugins.webmail.texts import MAX_BODY, MAX_SUBJECT, checked_body, checked_subject

# Checking only ever shortens; what is far longer than the limit is refused before it is looked at.
Subject = Annotated[str, Field(max_length=2 * MAX_SUBJECT), AfterValidator(checked_subject)]
Body = Annotated[str, Field(max_length=2 * MAX_BODY), AfterValidator(checked_body)]


class MessageRecord(Record):
    """A message regarding a patient, in plain text.

    `provider` is who wrote it (or, to the office, whom it is for), none for the office as a whole; `sender` is the name of somebody of the office
    who wrote to the patient and is no provider. `reply_to` is the external id
    of the message that it answers; a message written in the portal goes by its portal id. `read_at` is left out while unread.
    """

    patient: str
    provider: str | None = None
    reply_to: str | None = None
    direction: Literal["to_office", "to_patient"] = "to_patient"
    sender: Annotated[str, Field(max_length=100), AfterValidator(checked_subject)] = ""
    subject: Subject = ""
    body: Body
    sent_at: AwareDatetime
    read_at: AwareDatetime | None = None

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

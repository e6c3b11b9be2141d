"""Writing to the office. A message and the task that tells the office are written together, or not at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people.models import Patient, Provider
from core.tasks import enqueue
from plugins.webmail import changes
from plugins.webmail.models import Message
from plugins.webmail.services.reading import MessageNotFound, provider_name
from plugins.webmail.texts import answer_subject, checked_body, checked_subject

MOST_IN_AN_HOUR = 20


class TooManyMessages(Exception):
    """This account has written as many messages within an hour as it may."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, regarding whom."""

    practice_id: UUID
    patient_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed. `nonce` is the form's own random mark: the same content from the same form is one message.

    A form that is sent once more with other content is another message: nobody edits one that is on its way.
    """

    subject: str
    body: str
    nonce: str

    def key(self, author: Author, reply_to: UUID | None) -> str:
        """What two submits of one form have in common."""
        parts = (author.patient_id, author.account_id, reply_to, self.nonce, self.subject, self.body)
        return sha256("\0".join(map(str, parts)).encode()).hexdigest()


class Sent(NamedTuple):
    """A message that was written; `is_new` is False when the same form had sent it before."""

    id: UUID
    is_new: bool


def correspondent(session: Session, practice_id: UUID, patient_id: UUID) -> str:
    """The name of the patient's own provider, to whom new messages go; empty when they go to the office as a whole."""
    columns = (Provider.preferred_name, Provider.title, Provider.first_name, Provider.last_name, Provider.suffix)
    mine = (Patient.practice_id == practice_id, Patient.id == patient_id)
    row = session.execute(
        select(*columns).join(Patient, (Patient.practice_id == Provider.practice_id) & (Patient.provider_id == Provider.id)).where(*mine)
    )
    found = row.one_or_none()
    return provider_name(found) if found else ""


def compose(session: Session, author: Author, draft: Draft, now: datetime) -> Sent:
    """Write a new message to the patient's own provider, else to the office. Raises ValueError, TooManyMessages."""
    where = (Patient.practice_id == author.practice_id, Patient.id == author.patient_id)
    provider_id = session.scalar(select(Patient.provider_id).where(*where))
    message_id = uuid7()
    draft = Draft(checked_subject(draft.subject), checked_body(draft.body), draft.nonce)
    return _write(session, author, draft, now, {"id": message_id, "thread_id": message_id, "provider_id": provider_id})


def reply(session: Session, author: Author, message_id: UUID, draft: Draft, now: datetime) -> Sent:
    """Answer a message of the patient's, to the provider it came from or went to. Raises MessageNotFound, ValueError, TooManyMessages."""
    where = (Message.practice_id == author.practice_id, Message.patient_id == author.patient_id, Message.id == message_id)
    answered = session.execute(select(Message.thread_id, Message.provider_id, Message.subject).where(*where)).one_or_none()
    if answered is None:
        raise MessageNotFound
    draft = Draft(answer_subject(answered.subject), checked_body(draft.body), draft.nonce)
    place = {"id": uuid7(), "thread_id": answered.thread_id, "provider_id": answered.provider_id, "reply_to_id": message_id}
    return _write(session, author, draft, now, place)


def _write(session: Session, author: Author, draft: Draft, now: datetime, place: dict) -> Sent:
    key = draft.key(author, place.get("reply_to_id"))
    _refuse_flood(session, author, key, now)
    sent = keep(session, author, draft, now, {**place, "form_key": key, "direction": "to_office", "announced_at": now})
    if sent.is_new:
        enqueue(session, "webmail.send_notice", message_id=str(sent.id))
    return sent


def keep(session: Session, author: Author, draft: Draft, now: datetime, place: dict) -> Sent:
    """Write a message down, unless the same form has done so; `place` says where it belongs, which way it goes, and the form's key."""
    values = {
        **place, "practice_id": author.practice_id, "patient_id": author.patient_id, "account_id": author.account_id,
        "external_id": str(place["id"]), "source": "portal", "subject": draft.subject, "body": draft.body, "sent_at": now,
    }  # fmt: skip
    # Two submits at the same moment: the second waits here for the first, and then writes nothing.
    written = insert(Message).values(values).on_conflict_do_nothing(index_elements=["practice_id", "form_key"]).returning(Message.id)
    if session.scalar(written) is None:
        first = (Message.practice_id == author.practice_id, Message.form_key == place["form_key"])
        return Sent(session.scalars(select(Message.id).where(*first)).one(), is_new=False)
    changes.note_message(session, session.get_one(Message, (author.practice_id, place["id"])))
    return Sent(place["id"], is_new=True)


def _refuse_flood(session: Session, author: Author, key: str, now: datetime) -> None:
    mine = (Message.practice_id == author.practice_id, Message.account_id == author.account_id, Message.sent_at > now - timedelta(hours=1))
    # The message itself does not count: its second submit is answered like the first.
    written = session.scalar(select(func.count()).where(*mine, Message.form_key.is_distinct_from(key))) or 0
    if written >= MOST_IN_AN_HOUR:
        raise TooManyMessages

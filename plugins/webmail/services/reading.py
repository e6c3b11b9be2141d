"""The inbox, what was sent, and conversations of one patient; one statement each."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Table, Uuid, and_, any_, bindparam, case, func, select, update
from sqlalchemy.orm import Session, aliased

from core.auth.models import Account
from core.people.models import Patient, Provider
from core.plugins import Count
from plugins.webmail.models import Message
from plugins.webmail.texts import opening

_UNREAD = (Message.direction == "to_patient", Message.read_at.is_(None))
# Of the table, not the class: it runs on every page, and a number is all that is wanted.
_message = cast(Table, Message.__table__).c
_COUNT_UNREAD = select(func.count(_message.id)).where(
    _message.practice_id == bindparam("practice_id"),
    _message.patient_id == bindparam("patient_id"),
    _message.direction == "to_patient",
    _message.read_at.is_(None),
)
UNREAD_OF = (
    select(_message.patient_id, func.count(_message.id).label("messages"))
    .where(
        _message.practice_id == bindparam("practice_id"),
        _message.patient_id == any_(bindparam("webmail_people", type_=ARRAY(Uuid))),
        _message.direction == "to_patient",
        _message.read_at.is_(None),
    )
    .group_by(_message.patient_id)
)
"""How many messages each of several patients has not opened; no row for none."""

PAGE = 20
LONGEST_THREAD = 200
OPENING = 300
"""So many characters of each message are read for a list."""

_Writer = aliased(Patient)


class MessageNotFound(Exception):
    """This patient has no message with that id."""


@dataclass(frozen=True, slots=True)
class Item:
    """A message in a list. `provider` is the name of who wrote it or whom it is for, empty for the office as a whole.

    `writer` is who wrote to the office, `account_id` with which account, None when it was the patient without one; for messages of the office it is
    somebody who works there, or both are None.
    """

    id: UUID
    is_answer: bool
    subject: str
    opening: str
    provider: str
    writer: str | None
    account_id: UUID | None
    sent_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with its whole text, as a conversation shows it; `is_new` when this opening of it was the first."""

    id: UUID
    direction: str
    subject: str
    body: str
    provider: str
    writer: str | None
    account_id: UUID | None
    sent_at: datetime
    read_at: datetime | None

    @property
    def is_new(self) -> bool:
        """Whether the patient's side had not opened it before."""
        return self.direction == "to_patient" and self.read_at is None


def messages(session: Session, practice_id: UUID, patient_id: UUID, direction: str, page: int = 1) -> tuple[list[Item], bool]:
    """One page of what came `to_patient` or went `to_office`, newest first, and whether there is more."""
    query = _messages(practice_id, patient_id, func.left(Message.body, OPENING)).where(Message.direction == direction)
    query = query.order_by(Message.sent_at.desc(), Message.id.desc())
    rows = session.execute(query.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    return [_item(row) for row in rows[:PAGE]], len(rows) > PAGE


def newest_unread(session: Session, practice_id: UUID, patient_id: UUID, most: int) -> list[Item]:
    """The newest messages that the patient has not opened."""
    query = _messages(practice_id, patient_id, func.left(Message.body, OPENING)).where(*_UNREAD)
    return [_item(row) for row in session.execute(query.order_by(Message.sent_at.desc(), Message.id.desc()).limit(most))]


def unread(practice_id: UUID, patient_id: UUID) -> Count:
    """How many messages the patient has not opened, for the number on the tab."""
    return Count(_COUNT_UNREAD, {"practice_id": practice_id, "patient_id": patient_id})


def count_unread(session: Session, practice_id: UUID, patient_id: UUID) -> int:
    """How many messages the patient has not opened."""
    question = unread(practice_id, patient_id)
    return session.execute(question.statement, question.parameters).scalar_one()


def open_thread(
    session: Session, practice_id: UUID, patient_id: UUID, message_id: UUID, now: datetime, reads: str = "to_patient"
) -> list[Letter]:
    """The conversation that a message belongs to, oldest first; what was written to the side that `reads` is marked read. Raises MessageNotFound.

    Marking and reading are one statement: what is returned is as it was before, so that new messages can be told from old ones.
    """
    of_patient = (Message.practice_id == practice_id, Message.patient_id == patient_id)
    thread = select(Message.thread_id).where(*of_patient, Message.id == message_id).scalar_subquery()
    marked = (
        update(Message)
        .where(*of_patient, Message.thread_id == thread, Message.direction == reads, Message.read_at.is_(None))
        .values(read_at=now)
        .returning(Message.id)
        .cte("marked")
    )
    query = _messages(practice_id, patient_id, Message.body).where(Message.thread_id == thread).add_cte(marked)
    rows = session.execute(query.order_by(Message.sent_at.desc(), Message.id.desc()).limit(LONGEST_THREAD)).all()
    if not rows:
        raise MessageNotFound
    return [_letter(row) for row in reversed(rows)]


def everything(session: Session, practice_id: UUID, patient_id: UUID) -> list[dict[str, object]]:
    """All messages of a patient with their whole text, the oldest first, for an export. Who of the office wrote is for the office alone."""
    query = _messages(practice_id, patient_id, Message.body).add_columns(Message.reply_to_id, Message.external_id)
    return [
        {
            "id": row.id, "thread_id": row.thread_id, "reply_to_id": row.reply_to_id, "external_id": row.external_id, "direction": row.direction,
            "provider": _correspondent(row), "writer": _writer(row)[0] if row.direction == "to_office" else None, "subject": row.subject, "body": row.body, "sent_at": row.sent_at, "read_at": row.read_at,
        }
        for row in session.execute(query.order_by(Message.sent_at, Message.id))
    ]  # fmt: skip


def _messages(practice_id: UUID, patient_id: UUID, body) -> Select:
    message = Message
    return (
        select(message.id, message.thread_id, message.direction, message.subject, message.sent_at, message.read_at, message.sender, body.label("body"))
        .add_columns(Provider.preferred_name, Provider.title, Provider.first_name, Provider.last_name, Provider.suffix)
        .add_columns(message.account_id, _Writer.first_name.label("writer_first"), _Writer.last_name.label("writer_last"))
        .add_columns(_Writer.preferred_name.label("writer_preferred"), Account.name.label("writer_name"))
        .outerjoin(Provider, and_(Provider.practice_id == practice_id, Provider.id == message.provider_id))
        .outerjoin(Account, and_(Account.practice_id == practice_id, Account.id == message.account_id))
        # What an older portal took down without an account was written by the patient; an account without a chart has a name of its own.
        .outerjoin(_Writer, and_(_Writer.practice_id == practice_id, _Writer.id == case((Account.id.is_(None), message.patient_id), else_=Account.patient_id)))
        .where(message.practice_id == practice_id, message.patient_id == patient_id)
    )


def _item(row: Row) -> Item:
    return Item(
        row.id, row.thread_id != row.id, row.subject, opening(row.body), _correspondent(row), *_writer(row), row.sent_at, row.read_at
    )


def _letter(row: Row) -> Letter:
    return Letter(row.id, row.direction, row.subject, row.body, _correspondent(row), *_writer(row), row.sent_at, row.read_at)


def _correspondent(row: Row) -> str:
    """Who of the office wrote it or whom it is for; empty for the office as a whole."""
    return row.sender or provider_name(row)


def provider_name(row: Row) -> str:
    """A provider's name from the columns of a row; empty when there is none."""
    if row.last_name is None:
        return ""
    names = {"preferred_name": row.preferred_name, "title": row.title, "first_name": row.first_name, "last_name": row.last_name}
    return Provider(**names, suffix=row.suffix).name


def _writer(row: Row) -> tuple[str | None, UUID | None]:
    if row.direction == "to_patient":
        return (row.writer_name, row.account_id) if row.account_id else (None, None)
    if row.writer_first is None:
        return row.writer_name, row.account_id
    return Patient(first_name=row.writer_first, last_name=row.writer_last, preferred_name=row.writer_preferred).name, row.account_id

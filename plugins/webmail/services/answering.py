"""The office's side of messages: which conversations wait for an answer, answering, and saying that none is needed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from core.db import uuid7
from core.people.finding import seen_at
from core.people.models import Patient
from core.plugins.waiting import at_clinics
from core.tasks import enqueue
from plugins.webmail.models import Message
from plugins.webmail.services.reading import OPENING, Letter, MessageNotFound, open_thread
from plugins.webmail.services.writing import Author, Draft, Sent, keep
from plugins.webmail.texts import answer_subject, checked_body, opening

PAGE = 50

_WAITS = (Message.direction == "to_office", Message.settled_at.is_(None))
_OF_PATIENT = and_(Patient.practice_id == Message.practice_id, Patient.id == Message.patient_id)
HOW_MANY = (
    select(func.count(func.distinct(Message.thread_id)))
    .join(Patient, _OF_PATIENT)
    .where(Message.practice_id == bindparam("practice_id"), *_WAITS, at_clinics(Patient.clinic_id))
    .where(Message.sent_at > bindparam("since"), Message.sent_at <= bindparam("now"))
)
"""How many conversations wait, for the office's first page."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that waits: its last message to the office, since when, and how many there are to answer."""

    message_id: UUID
    subject: str
    opening: str
    patient: Patient
    since: datetime
    number: int
    is_read: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as the office reads it, oldest first; whether it waits for an answer."""

    patient: Patient
    letters: list[Letter]
    waits: bool


def waiting(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], page: int = 1) -> tuple[list[Waiting], bool]:
    """Fifty conversations that wait, those that have waited longest first, and whether there are more."""
    last = (
        select(Message.id, Message.patient_id, Message.subject, func.left(Message.body, OPENING).label("body"), Message.read_at)
        .add_columns(func.min(Message.sent_at).over(partition_by=Message.thread_id).label("since"), func.count().over(partition_by=Message.thread_id).label("number"))
        .add_columns(func.row_number().over(partition_by=Message.thread_id, order_by=(Message.sent_at.desc(), Message.id.desc())).label("place"))
        .where(Message.practice_id == practice_id, *_WAITS)
        .subquery()
    )
    theirs = and_(*seen_at(practice_id, clinic_ids), Patient.id == last.c.patient_id)
    query = select(last, Patient).join(Patient, theirs).where(last.c.place == 1).order_by(last.c.since, last.c.id)
    rows = session.execute(query.limit(PAGE + 1).offset((page - 1) * PAGE)).all()
    found = [Waiting(row.id, row.subject, opening(row.body), row.Patient, row.since, row.number, row.read_at is not None) for row in rows[:PAGE]]
    return found, len(rows) > PAGE


def patient_of(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], message_id: UUID) -> Patient:
    """Whose message it is, if a clinic that counts is theirs. Raises MessageNotFound."""
    query = select(Patient).join(Message, _OF_PATIENT).where(*seen_at(practice_id, clinic_ids), Message.id == message_id)
    patient = session.scalars(query).one_or_none()
    if patient is None:
        raise MessageNotFound
    return patient


def open_conversation(session: Session, practice_id: UUID, patient: Patient, message_id: UUID, now: datetime) -> Conversation:
    """The conversation of a message; what the patient's side wrote is marked read. Raises MessageNotFound."""
    letters = open_thread(session, practice_id, patient.id, message_id, now, reads="to_office")
    waits = select(Message.id).where(Message.practice_id == practice_id, *_WAITS, Message.id.in_([letter.id for letter in letters])).limit(1)
    return Conversation(patient, letters, session.scalar(waits) is not None)


def answer(session: Session, author: Author, message_id: UUID, draft: Draft, now: datetime) -> Sent:
    """Answer in the office's name; nothing in the conversation waits any more. Raises MessageNotFound, ValueError."""
    where = (Message.practice_id == author.practice_id, Message.patient_id == author.patient_id, Message.id == message_id)
    answered = session.execute(select(Message.thread_id, Message.subject).where(*where)).one_or_none()
    if answered is None:
        raise MessageNotFound
    draft = Draft(answer_subject(answered.subject), checked_body(draft.body), draft.nonce)
    place = {"id": uuid7(), "thread_id": answered.thread_id, "reply_to_id": message_id, "direction": "to_patient"}
    sent = keep(session, author, draft, now, {**place, "form_key": draft.key(author, message_id)})
    if sent.is_new:
        settle(session, author.practice_id, message_id, now)
        enqueue(session, "webmail.ask_for_notices")
    return sent


def settle(session: Session, practice_id: UUID, message_id: UUID, now: datetime) -> None:
    """Nothing in the conversation of a message waits any more."""
    session.execute(update(Message).where(*_in_thread(practice_id, message_id), *_WAITS).values(settled_at=now))


def reopen(session: Session, practice_id: UUID, message_id: UUID) -> None:
    """The last message to the office in the conversation of a message waits again."""
    last = select(Message.id).where(*_in_thread(practice_id, message_id), Message.direction == "to_office")
    last = last.order_by(Message.sent_at.desc(), Message.id.desc()).limit(1)
    session.execute(update(Message).where(Message.practice_id == practice_id, Message.id == last.scalar_subquery()).values(settled_at=None))


def settle_answered(session: Session, practice_id: UUID) -> None:
    """What was answered in the practice's own system waits no more."""
    later = aliased(Message)
    answers = select(later.sent_at).where(later.practice_id == practice_id, later.thread_id == Message.thread_id, later.direction == "to_patient")
    newest = answers.where(later.sent_at >= Message.sent_at).order_by(later.sent_at.desc()).limit(1).scalar_subquery()
    session.execute(update(Message).where(Message.practice_id == practice_id, *_WAITS, newest.is_not(None)).values(settled_at=newest))


def _in_thread(practice_id: UUID, message_id: UUID) -> tuple:
    one = aliased(Message)
    thread = select(one.thread_id).where(one.practice_id == practice_id, one.id == message_id).scalar_subquery()
    return Message.practice_id == practice_id, Message.thread_id == thread

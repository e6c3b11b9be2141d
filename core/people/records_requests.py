"""Requests for the own record: what is asked for, the days that the law gives the office, and what becomes of it.

The right of access, 45 CFR 164.524: an answer within 30 days, once another 30 days with a written reason given within the first 30, and a
refusal in writing with its reason. The days are counted on the calendar of the patient's clinic as it was on the day of asking.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from core import audit
from core.people import changes
from core.people.finding import seen_at
from core.people.models import Patient, RecordsRequest, RecordsRequestStep
from core.plugins.waiting import at_clinics

ANSWER_DAYS = timedelta(days=30)
MOST_OPEN = 5
PAGE = 50
Want = Literal["summary", "images", "notes", "billing", "everything"]
Format = Literal["file", "paper", "send"]
ANY: Literal["everything"] = "everything"
WANTED: dict[Want, str] = {
    "summary": "Care summary", "images": "X-rays, photos and other images", "notes": "Treatment notes", "billing": "Bills and payments", ANY: "Everything you have",
}  # fmt: skip
FORMATS: dict[Format, tuple[str, str]] = {
    "file": ("Electronic files", "We agree with you on how you get them"),
    "paper": ("On paper", "To be picked up, or by mail"),
    "send": ("Sent to somebody else", "Another dentist, or whomever you name"),
}
OPEN = ("asked", "taken")
STATES = {"asked": "Asked for", "taken": "In work", "fulfilled": "Fulfilled", "denied": "Denied", "withdrawn": "Withdrawn"}


class CannotChange(Exception):
    """What is asked for cannot be done (any more); the text says why, in words for whoever asked."""


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: keys of `WANTED` and `FORMATS`, whom it is sent to, a period (none: all times), and words of one's own."""

    wanted: tuple[str, ...]
    format: str
    recipient: str = ""
    recipient_address: str = ""
    first_on: date | None = None
    last_on: date | None = None
    words: str = ""


@dataclass(frozen=True)
class Asker:
    """Who asks, for whom, and in which time zone the days are counted."""

    account_id: UUID
    patient_id: UUID
    zone: ZoneInfo


def due_on(asked_at: datetime, zone: ZoneInfo) -> date:
    """The day by which the office must have answered."""
    return asked_at.astimezone(zone).date() + ANSWER_DAYS


def days_left(request: RecordsRequest, now: datetime) -> int:
    """How many days are left: 0 on the last day, less than nothing when it is over."""
    return (request.due_on - now.astimezone(ZoneInfo(request.time_zone)).date()).days


def ask(session: Session, practice_id: UUID, asker: Asker, wish: Wish, now: datetime) -> RecordsRequest:
    """Write a request down; the clock begins. Raises CannotChange when too many are open."""
    # One after the other: what is counted stays true until the end.
    session.execute(select(Patient.id).where(Patient.practice_id == practice_id, Patient.id == asker.patient_id).with_for_update())
    mine = (RecordsRequest.practice_id == practice_id, RecordsRequest.patient_id == asker.patient_id, RecordsRequest.state.in_(OPEN))
    if (session.scalar(select(func.count()).select_from(RecordsRequest).where(*mine)) or 0) >= MOST_OPEN:
        raise CannotChange(f"The office has {MOST_OPEN} open requests of yours already. Withdraw one first, or call us.")
    about = {**vars(wish), "wanted": [ANY] if ANY in wish.wanted else list(wish.wanted)}
    request = RecordsRequest(
        practice_id=practice_id, patient_id=asker.patient_id, account_id=asker.account_id, asked_at=now, time_zone=asker.zone.key,
        due_on=due_on(now, asker.zone), **about,
    )  # fmt: skip
    session.add(request)
    session.flush()
    note(session, request, "asked", asker.account_id, now)
    return request


def own(session: Session, practice_id: UUID, asker: Asker, sees_all: bool) -> list[RecordsRequest]:
    """The requests for a record that somebody made, the newest first; of the own record also those that others made."""
    mine = () if sees_all else (RecordsRequest.account_id == asker.account_id,)
    query = select(RecordsRequest).where(RecordsRequest.practice_id == practice_id, RecordsRequest.patient_id == asker.patient_id, *mine)
    return list(session.scalars(query.order_by(RecordsRequest.asked_at.desc()).limit(PAGE)))


def withdraw(session: Session, practice_id: UUID, asker: Asker, request_id: UUID, now: datetime) -> RecordsRequest | None:
    """Take a request back; None when there is none of theirs that is open."""
    where = (RecordsRequest.practice_id == practice_id, RecordsRequest.id == request_id, RecordsRequest.account_id == asker.account_id)
    query = select(RecordsRequest).where(*where, RecordsRequest.patient_id == asker.patient_id, RecordsRequest.state.in_(OPEN))
    request = session.scalars(query.with_for_update()).one_or_none()
    if request:
        request.state = "withdrawn"
        note(session, request, "withdrawn", asker.account_id, now)
    return request


def listed(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], page: int) -> tuple[list[tuple[RecordsRequest, Patient]], bool]:
    """Fifty requests with their patients, the open ones first by their day, and whether there are more."""
    open_first = (RecordsRequest.state.not_in(OPEN), RecordsRequest.due_on, RecordsRequest.id)
    rows = session.execute(_seen(practice_id, clinic_ids).order_by(*open_first).limit(PAGE + 1).offset((page - 1) * PAGE)).all()
    return [(row[0], row[1]) for row in rows[:PAGE]], len(rows) > PAGE


def find(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], request_id: UUID, hold: bool = False) -> tuple[RecordsRequest, Patient] | None:
    """One request with its patient, if a clinic that counts is theirs; `hold` until the end of the transaction."""
    query = _seen(practice_id, clinic_ids).where(RecordsRequest.id == request_id)
    row = session.execute(query.with_for_update(of=RecordsRequest) if hold else query).one_or_none()
    return (row[0], row[1]) if row else None


def _seen(practice_id: UUID, clinic_ids: Collection[UUID]):
    theirs = and_(Patient.practice_id == RecordsRequest.practice_id, Patient.id == RecordsRequest.patient_id)
    return select(RecordsRequest, Patient).join(Patient, theirs).where(RecordsRequest.practice_id == practice_id, *seen_at(practice_id, clinic_ids))


def steps(session: Session, practice_id: UUID, request_ids: Collection[UUID]) -> list[RecordsRequestStep]:
    """What has become of requests, from the first step on."""
    where = (RecordsRequestStep.practice_id == practice_id, RecordsRequestStep.request_id.in_(request_ids))
    return list(session.scalars(select(RecordsRequestStep).where(*where).order_by(RecordsRequestStep.happened_at, RecordsRequestStep.id)))


def take(session: Session, request: RecordsRequest, by: UUID, now: datetime) -> None:
    """Somebody of the office takes a request on. Raises CannotChange."""
    _need_open(request)
    if request.state != "taken" or request.taken_by != by:
        request.state, request.taken_by = "taken", by
        note(session, request, "taken", by, now)


def answer(session: Session, request: RecordsRequest, outcome: str, words: str, by: UUID, now: datetime) -> None:
    """End a request as `fulfilled` or `denied`, or take another 30 days (`extended`), with words for the patient. Raises CannotChange."""
    _need_open(request)
    if outcome == "extended":
        _extend(request, now)
    else:
        request.state = outcome
    note(session, request, outcome, by, now, words)


def _extend(request: RecordsRequest, now: datetime) -> None:
    if request.is_extended:
        raise CannotChange("This request has been extended already, and the law allows that once.")
    if days_left(request, now) < 0:
        raise CannotChange("The 30 days are over: the law allows more time only while they last. Answer as soon as you can.")
    request.is_extended, request.due_on = True, request.due_on + ANSWER_DAYS
    request.told_ahead = request.told_last = False


def _need_open(request: RecordsRequest) -> None:
    if request.state not in OPEN:
        raise CannotChange(f"This request is closed: {STATES[request.state].lower()}.")


def note(session: Session, request: RecordsRequest, act: str, account_id: UUID, now: datetime, words: str = "") -> None:
    """Add a step to the history of a request, and to the audit."""
    about = {"practice_id": request.practice_id, "request_id": request.id}
    session.add(RecordsRequestStep(**about, act=act, words=words, account_id=account_id, happened_at=now))
    changes.note_records_request(session, request, act, words, now)
    audit.record(session, request.practice_id, f"records_request.{act}", now, account_id=account_id, patient_id=request.patient_id, target_id=request.id)


HOW_MANY = (
    select(func.count())
    .select_from(RecordsRequest)
    .join(Patient, and_(Patient.practice_id == RecordsRequest.practice_id, Patient.id == RecordsRequest.patient_id))
    .where(RecordsRequest.practice_id == bindparam("practice_id"), or_(RecordsRequest.state == "asked", RecordsRequest.state == "taken"))
    .where(at_clinics(Patient.clinic_id), RecordsRequest.asked_at > bindparam("since"), RecordsRequest.asked_at <= bindparam("now"))
)
"""How many are open, for the office's first page (core/plugins/waiting.py)."""

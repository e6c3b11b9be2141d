"""What the office does about what patients ask: calls off, finds a time, calls back, or says no; each answer is told to whoever asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.auth.models import Account
from core.people.models import Patient
from core.plugins import NoticeKind
from core.plugins.waiting import at_clinics
from core.tasks import enqueue
from plugins.appointments import changes
from plugins.appointments.models import Appointment, Request, worker_of
from plugins.appointments.services import changing, holds, rules
from plugins.appointments.services.requests import WAITS
from plugins.appointments.waiting import openings

PAGE = 30
ANSWERED = NoticeKind("appointments.request", "Answers to requests about visits", "The office has answered what you asked about a visit.", "calendar-check")
_CLINIC = func.coalesce(Request.clinic_id, Patient.clinic_id)
_PATIENT = and_(Patient.practice_id == Request.practice_id, Patient.id == Request.patient_id)
_about = aliased(Appointment)  # what waits looks at visits by itself
_VISIT = and_(_about.practice_id == Request.practice_id, _about.id == Request.appointment_id)


HOW_MANY = (
    select(func.count())
    .select_from(Request)
    .join(Patient, _PATIENT)
    .where(Request.practice_id == bindparam("practice_id"), WAITS, at_clinics(_CLINIC), Request.made_at > bindparam("since"), Request.made_at <= bindparam("now"))
)
"""How many requests wait for staff of these clinics."""


class NoSuchRequest(Exception):
    """There is no such request, or its patient is another clinic's."""


class NotWaiting(Exception):
    """It was answered or withdrawn meanwhile, or its visit is over."""


class Taken(Exception):
    """Somebody else has that time in that operatory, or with that provider."""


@dataclass(frozen=True)
class Asked:
    """A request with whose it is, and the visit that it is about, if there is one."""

    request: Request
    patient: Patient
    visit: Appointment | None

    @property
    def is_fed(self) -> bool:
        """Whether the practice's system keeps the visit: then it is changed there."""
        return self.visit is not None and self.visit.external_id is not None


@dataclass(frozen=True)
class Answer:
    """What the office says, and who says so."""

    words: str
    account_id: UUID
    at: datetime


@dataclass(frozen=True)
class Placement:
    """When and where a visit is to be, and whose time it takes: the hygienist's when it `is_hygiene`."""

    starts_at: datetime
    minutes: int
    operatory_id: UUID | None
    provider_id: UUID | None
    clinic_id: UUID | None
    reason: str = ""
    hygienist_id: UUID | None = None
    is_hygiene: bool = False


def waiting(session: Session, practice_id: UUID, clinic_ids: Collection[UUID]) -> list[Asked]:
    """What waits, those that have waited longest first."""
    return _asked(session, practice_id, clinic_ids, (WAITS,), Request.made_at, 0, 200)


def answered(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], page: int) -> tuple[list[Asked], bool]:
    """One page of what was answered or withdrawn, the newest first, and whether there are more."""
    rows = _asked(session, practice_id, clinic_ids, (Request.state != "waiting",), func.coalesce(Request.answered_at, Request.made_at).desc(), (page - 1) * PAGE, PAGE + 1)
    return rows[:PAGE], len(rows) > PAGE


def _asked(
    session: Session, practice_id: UUID, clinic_ids: Collection[UUID], which: Sequence[ColumnElement[bool]], order, first: int, most: int
) -> list[Asked]:
    where = (Request.practice_id == practice_id, *which, *_within(clinic_ids))
    found = select(Request, Patient, _about).join(Patient, _PATIENT).outerjoin(_about, _VISIT).where(*where)
    return [Asked(*row) for row in session.execute(found.order_by(order, Request.id).offset(first).limit(most))]


def _within(clinic_ids: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    return (_CLINIC.in_(clinic_ids),) if clinic_ids else ()


def one(session: Session, practice_id: UUID, request_id: UUID, clinic_ids: Collection[UUID], lock: bool = False) -> Asked:
    """One request. Raises NoSuchRequest, also for that of a clinic beyond reach."""
    where = (Request.practice_id == practice_id, Request.id == request_id, *_within(clinic_ids))
    found = select(Request, Patient, _about).join(Patient, _PATIENT).outerjoin(_about, _VISIT).where(*where)
    row = session.execute(found.with_for_update(of=Request) if lock else found).one_or_none()
    if row is None:
        raise NoSuchRequest
    return Asked(*row)


def decline(session: Session, asked: Asked, answer: Answer) -> None:
    """Say no, with a reason; the visit stays as it is. Raises NotWaiting."""
    _answer(session, asked, "declined", answer)
    if asked.request.kind == "callback":
        _no_callback(asked)


def call_off(session: Session, asked: Asked, answer: Answer) -> None:
    """Call the visit off as the patient asked; one that the practice's system keeps is changed there. Raises NotWaiting."""
    visit = _visit(asked)
    _answer(session, asked, "accepted", answer)
    if asked.is_fed:
        return  # its record comes in called off
    try:
        changing.call_off(session, visit.practice_id, visit.patient_id, visit.id, answer.account_id, asked.request.words, timedelta(), answer.at)
    except changing.CannotChange:
        raise NotWaiting from None


def place(session: Session, asked: Asked, where: Placement, answer: Answer) -> Appointment | None:
    """Give the patient a time: move the visit, or make one. None where the practice's system keeps the visit.

    Raises NotWaiting, Taken, rules.Forbidden; to be undone as a whole then, within a savepoint.
    """
    visit = _visit(asked) if asked.request.kind == "move" else None
    _answer(session, asked, "accepted", answer)
    if asked.is_fed:
        return None
    before = openings.time_of(visit) if visit else None
    visit = visit or Appointment(
        practice_id=asked.request.practice_id, patient_id=asked.patient.id, starts_at=where.starts_at, minutes=where.minutes, status="scheduled",
        confirmation="unconfirmed", reason=where.reason, made_by="office", made_at=answer.at, made_by_id=answer.account_id, pattern="",
    )  # fmt: skip
    if visit.minutes != where.minutes:
        visit.pattern = ""  # a pattern of another length would say nothing
    visit.starts_at, visit.minutes, visit.operatory_id, visit.clinic_id = where.starts_at, where.minutes, where.operatory_id, where.clinic_id
    visit.provider_id, visit.hygienist_id, visit.is_hygiene, visit.arrive_at = where.provider_id, where.hygienist_id, where.is_hygiene, None
    visit.confirmation, visit.confirmed_at, visit.confirmed_by = "unconfirmed", None, None
    _take_time(session, visit, answer.at)
    asked.request.appointment_id = visit.id
    if before:
        openings.freed(session, visit.practice_id, before, "moved", answer.at)
    changes.note_visit(session, changes.MOVED if before else changes.BOOKED, visit, answer.at, before.starts_at if before else None)
    return visit


def called_back(session: Session, asked: Asked, is_coming: bool, answer: Answer) -> None:
    """The patient was called; with `is_coming` the visit is confirmed. Raises NotWaiting."""
    _answer(session, asked, "accepted", answer)
    visit = asked.visit
    if visit and visit.status == "scheduled" and is_coming:
        visit.confirmation, visit.confirmed_at, visit.confirmed_by = "confirmed", answer.at, answer.account_id
        changes.note_answer(session, changes.ANSWER_SET, visit, answer.at)
    else:
        _no_callback(asked)


def _no_callback(asked: Asked) -> None:
    if asked.visit and asked.visit.confirmation == "callback":
        asked.visit.confirmation = "unconfirmed"


def _visit(asked: Asked) -> Appointment:
    if asked.visit is None or asked.visit.status != "scheduled":
        raise NotWaiting
    return asked.visit


def _answer(session: Session, asked: Asked, state: str, answer: Answer) -> None:
    request = asked.request
    if request.state != "waiting":
        raise NotWaiting
    request.state, request.answer, request.answered_at, request.answered_by = state, answer.words, answer.at, answer.account_id
    changes.note_request(session, changes.ANSWERED, request, answer.at)
    for account_id in _told(session, asked):
        enqueue(session, "appointments.tell_answer", request_id=str(request.id), account_id=str(account_id))


def _told(session: Session, asked: Asked) -> list[UUID]:
    """Who asked; where it came by a link, the patient's own accounts."""
    if asked.request.account_id:
        return [asked.request.account_id]
    own = (Account.practice_id == asked.request.practice_id, Account.patient_id == asked.patient.id, Account.closed_at.is_(None))
    return list(session.scalars(select(Account.id).where(*own)))


def _take_time(session: Session, visit: Appointment, now: datetime) -> None:
    """Hold the time of a visit in place of what it held before. Raises Taken, rules.Forbidden."""
    session.add(visit)
    session.flush()
    rules.check(session, visit)
    try:
        holds.take(session, visit, now)
    except holds.TimeTaken:
        raise Taken from None


def visits_at(session: Session, practice_id: UUID, where: Placement) -> list[tuple[Appointment, Patient]]:
    """The visits that are there at that time, in that operatory or with that provider."""
    end = where.starts_at + timedelta(minutes=where.minutes)
    worker_id = worker_of(where)
    beside = or_(Appointment.operatory_id == where.operatory_id, Appointment.provider_id == worker_id, Appointment.hygienist_id == worker_id)
    mine = (Appointment.practice_id == practice_id, Appointment.status == "scheduled", Appointment.starts_at < end, beside)
    patient = and_(Patient.practice_id == Appointment.practice_id, Patient.id == Appointment.patient_id)
    found = select(Appointment, Patient).join(Patient, patient).where(*mine, Appointment.starts_at > where.starts_at - timedelta(hours=12))
    return [(visit, person) for visit, person in session.execute(found.order_by(Appointment.starts_at)) if visit.starts_at + timedelta(minutes=visit.minutes) > where.starts_at]

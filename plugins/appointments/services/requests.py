"""What patients ask the office about visits: to call back, to call one off or move one inside the notice period, or for a visit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from plugins.appointments import changes
from plugins.appointments.models import Appointment, Request

KINDS = ("callback", "cancel", "move", "visit")
SHOWN_FOR = timedelta(days=90)
"""How long a request stands in the patient's list once it is answered."""
MOST_WAITING = 20
"""More than these wait for no patient: whoever asks for more is told to call."""
_visit = aliased(Appointment)
_STILL_THERE = exists().where(_visit.practice_id == Request.practice_id, _visit.id == Request.appointment_id, _visit.status == "scheduled")
_STILL_CALLED_FOR = _STILL_THERE.where(_visit.confirmation == "callback")
WAITS = and_(
    Request.state == "waiting", or_(Request.appointment_id.is_(None), and_(Request.kind != "callback", _STILL_THERE), _STILL_CALLED_FOR)
)
"""Whether the office still has to do something about a request: it is over once its visit is, a callback once the visit has another confirmation."""


class NoSuchRequest(Exception):
    """There is no such request of this patient."""


class AlreadyAsked(Exception):
    """The same waits for the office already, or so many do that a call is better."""


class NotWaiting(Exception):
    """The office has answered meanwhile, or the request was withdrawn."""


@dataclass(frozen=True)
class Wish:
    """What is asked for, and for whom by whom; `wanted` are days and times of the day that suit."""

    practice_id: UUID
    patient_id: UUID
    account_id: UUID | None
    kind: str
    words: str = ""
    wanted: Mapping[str, Any] | None = None
    visit: Appointment | None = None
    clinic_id: UUID | None = None


def ask(session: Session, wish: Wish, now: datetime) -> Request:
    """Put a request before the office. Raises AlreadyAsked."""
    where = (Request.practice_id == wish.practice_id, Request.patient_id == wish.patient_id)
    waiting = session.scalars(select(Request).where(*where, WAITS).with_for_update()).all()
    visit_id = wish.visit.id if wish.visit else None
    if len(waiting) >= MOST_WAITING or any((one.kind, one.appointment_id) == (wish.kind, visit_id) for one in waiting):
        raise AlreadyAsked
    clinic_id = wish.visit.clinic_id if wish.visit else wish.clinic_id
    request = Request(
        patient_id=wish.patient_id, account_id=wish.account_id, appointment_id=visit_id, clinic_id=clinic_id, kind=wish.kind, words=wish.words,
        wanted=dict(wish.wanted or {}), made_at=now,
    )  # fmt: skip
    session.add(request)
    session.flush()
    changes.note_request(session, changes.ASKED, request, now)
    return request


def withdraw(session: Session, practice_id: UUID, patient_id: UUID, request_id: UUID, now: datetime) -> Request:
    """The patient does not need it any more. Raises NoSuchRequest, NotWaiting."""
    request = _held(session, practice_id, patient_id, request_id)
    if request.state != "waiting":
        raise NotWaiting
    request.state, request.seen_at = "withdrawn", now
    if request.kind == "callback" and request.appointment_id:
        called_for = (Appointment.practice_id == practice_id, Appointment.id == request.appointment_id, Appointment.confirmation == "callback")
        session.execute(update(Appointment).where(*called_for).values(confirmation="unconfirmed"))
    changes.note_request(session, changes.WITHDRAWN, request, now)
    session.flush()
    return request


def mark_seen(session: Session, practice_id: UUID, patient_id: UUID, request_id: UUID, now: datetime) -> None:
    """The patient has read what the office says. Raises NoSuchRequest."""
    request = _held(session, practice_id, patient_id, request_id)
    if request.state in ("accepted", "declined") and request.seen_at is None:
        request.seen_at = now
        session.flush()


def of_patient(session: Session, practice_id: UUID, patient_id: UUID, now: datetime) -> Sequence[tuple[Request, Appointment | None]]:
    """What waits, and what was answered lately, newest first, each with the visit that it is about; one statement."""
    mine = (Request.practice_id == practice_id, Request.patient_id == patient_id)
    lately = and_(Request.state.in_(["accepted", "declined"]), or_(Request.seen_at.is_(None), Request.answered_at > now - SHOWN_FOR))
    visit = and_(Appointment.practice_id == Request.practice_id, Appointment.id == Request.appointment_id)
    rows = select(Request, Appointment).outerjoin(Appointment, visit).where(*mine, or_(WAITS, lately)).order_by(Request.id.desc()).limit(50)
    return [(request, visit) for request, visit in session.execute(rows)]


def drop_callbacks(session: Session, practice_id: UUID, visit_id: UUID) -> None:
    """The patient needs no callback about this visit any more."""
    where = (Request.practice_id == practice_id, Request.appointment_id == visit_id, Request.kind == "callback", Request.state == "waiting")
    session.execute(update(Request).where(*where).values(state="withdrawn"))


def _held(session: Session, practice_id: UUID, patient_id: UUID, request_id: UUID) -> Request:
    where = (Request.practice_id == practice_id, Request.patient_id == patient_id, Request.id == request_id)
    request = session.scalars(select(Request).where(*where).with_for_update().execution_options(populate_existing=True)).one_or_none()
    if request is None:
        raise NoSuchRequest
    return request



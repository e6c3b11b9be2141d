"""Confirming visits: in the portal, by a link that needs no sign-in, or by a code that is sent back as a text message.

Notices `ask`, tell what became of the message (`sent`, `failed`) and bring in what was sent back (`answer_code`); pages `open_link` and `answer`.
"""

import re
import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from itertools import count
from typing import Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from core.auth.identity import token_hash
from core.auth.tickets import LINK_BYTES
from core.tenant import Tenant
from plugins.appointments import changes
from plugins.appointments.models import Appointment, Confirmation, ConfirmationStatus
from plugins.appointments.services import requests

State = Literal["open", "confirmed", "callback", "changed", "called_off", "complete", "expired"]
"""What a request to confirm comes to: `changed` when the visit has another time now, `expired` when its time has come."""
_CODE = re.compile(r"\s*([Cc])\s*([0-9]{0,3})\s*", re.ASCII)
IsFree = Callable[[str], bool]
_IS_OPEN = Confirmation.state.in_(["awaiting", "sent"])


class NoSuchVisit(Exception):
    """There is no such visit for this patient, or no such request to confirm one."""


class CannotConfirm(Exception):
    """The visit has passed, or was called off or moved in the meantime."""


class Asked(NamedTuple):
    """A request to confirm: its id, the secret of its link (`/appointments/answer/<token>`), to be sent once, and the code to be sent back."""

    id: UUID
    token: str
    code: str


class Answer(NamedTuple):
    """What a request to confirm comes to now, and the visit that it is about."""

    state: State
    visit: Appointment


def next_code(session: Session, practice_id: UUID, patient_ids: Collection[UUID], visit_ids: Collection[UUID] = (), is_free: IsFree | None = None) -> str:
    """A code that none of these patients, who share a telephone, has an open request with: `C`, else `C2`, `C3` …

    Requests for `visit_ids` do not count: they are about to be asked again, and give theirs up. `is_free` asks for more than this practice knows.
    """
    where = (Confirmation.practice_id == practice_id, Confirmation.patient_id.in_(patient_ids), _IS_OPEN)
    taken = set(session.scalars(select(Confirmation.code).where(*where, Confirmation.appointment_id.not_in(visit_ids))))
    codes = (code for number in count(1) if (code := _code(number)) not in taken)
    return next(code for code in codes if is_free is None or is_free(code))


def ask(session: Session, practice_id: UUID, visit_id: UUID, now: datetime, code: str = "") -> Asked:
    """Make the request that a message is about to bring. `code` is one of `next_code` where several patients get one message.

    An earlier request for the same visit gives its code up; its link stays as good as this one. Raises NoSuchVisit, CannotConfirm.
    """
    visit = _locked(session, practice_id, visit_id)
    if not _is_coming(visit, now):
        raise CannotConfirm
    close_old(session, practice_id, now, visit.patient_id)
    earlier = (Confirmation.practice_id == practice_id, Confirmation.appointment_id == visit.id, _IS_OPEN)
    session.execute(update(Confirmation).where(*earlier).values(state="expired"))
    code, token = code or next_code(session, practice_id, [visit.patient_id]), secrets.token_urlsafe(LINK_BYTES)
    asked = Confirmation(
        patient_id=visit.patient_id, appointment_id=visit.id, starts_at=visit.starts_at, code=code, token_hash=token_hash(token), asked_at=now
    )
    session.add(asked)
    session.flush()
    return Asked(asked.id, token, code)


def sent(session: Session, practice_id: UUID, confirmation_id: UUID, now: datetime) -> None:
    """The message has gone out; a second time changes nothing."""
    _told(session, practice_id, confirmation_id, "sent", "asked", now)


def all_sent(session: Session, practice_id: UUID, visit_ids: Collection[UUID], now: datetime) -> None:
    """The message about these visits counts as sent."""
    waiting = (Confirmation.practice_id == practice_id, Confirmation.appointment_id.in_(visit_ids), Confirmation.state == "awaiting")
    for confirmation_id in session.scalars(select(Confirmation.id).where(*waiting)).all():
        sent(session, practice_id, confirmation_id, now)


def failed(session: Session, practice_id: UUID, confirmation_id: UUID, now: datetime) -> None:
    """The message could not be delivered, though the address looks like one."""
    _told(session, practice_id, confirmation_id, "failed", "failed", now)


def close_old(session: Session, practice_id: UUID, now: datetime, patient_id: UUID | None = None) -> None:
    """Requests whose visit has begun are expired, those whose visit has another time, or is called off, changed: their codes are free again."""
    whose = [Confirmation.patient_id == patient_id] if patient_id else []
    visit = and_(Appointment.practice_id == Confirmation.practice_id, Appointment.id == Confirmation.appointment_id)
    where = (Confirmation.practice_id == practice_id, _IS_OPEN, visit, *whose)
    session.execute(update(Confirmation).where(*where, Confirmation.starts_at <= now).values(state="expired"))
    gone = or_(Appointment.starts_at != Confirmation.starts_at, Appointment.status != "scheduled")
    session.execute(update(Confirmation).where(*where, gone).values(state="changed"))


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Before two charts become one: a code that both have open stays with the kept chart."""
    has = select(Confirmation.code).where(Confirmation.practice_id == practice_id, Confirmation.patient_id == kept, _IS_OPEN).scalar_subquery()
    doubled = (Confirmation.practice_id == practice_id, Confirmation.patient_id == absorbed, _IS_OPEN, Confirmation.code.in_(has))
    session.execute(update(Confirmation).where(*doubled).values(state="expired").execution_options(synchronize_session=False))


def open_link(session: Session, practice_id: UUID, token: str, now: datetime) -> Answer:
    """What the request of a link comes to; looking changes nothing. Raises NoSuchVisit."""
    asked = _asked(session, practice_id, token)
    visit = session.get_one(Appointment, (practice_id, asked.appointment_id))
    return Answer(_state(asked, visit, now), visit)


def answer(session: Session, tenant: Tenant, token: str, wants: Literal["confirm", "callback"], now: datetime) -> Answer:
    """Answer by a link: all visits that the patient has on that day are confirmed, or the office calls back.

    The state that was found stands in the answer when nothing could be done. Raises NoSuchVisit.
    """
    return _answer(session, tenant, _asked(session, tenant.practice_id, token), wants, now)


def answer_code(session: Session, tenant: Tenant, patient_ids: Collection[UUID], text: str, now: datetime) -> list[Answer]:
    """Answer by a text message that holds a code and nothing else, from the telephone of these patients. Nothing when it is none of theirs."""
    found = _CODE.fullmatch(text)
    if found is None:
        return []
    where = (Confirmation.practice_id == tenant.practice_id, Confirmation.patient_id.in_(patient_ids), _IS_OPEN)
    asked = session.scalars(select(Confirmation).where(*where, Confirmation.code == f"C{found[2]}").order_by(Confirmation.appointment_id)).all()
    return [_answer(session, tenant, one, "confirm", now) for one in asked]


def confirm(session: Session, practice_id: UUID, patient_id: UUID, visit_id: UUID, account_id: UUID, now: datetime) -> None:
    """Confirm a coming visit; a second time changes nothing. Raises NoSuchVisit, CannotConfirm."""
    visit = _locked(session, practice_id, visit_id, patient_id)
    if not _is_coming(visit, now):
        raise CannotConfirm
    _accept(session, visit, now, account_id)


def call_back(session: Session, visit: Appointment, account_id: UUID, words: str, now: datetime) -> None:
    """The patient, signed in, wants to be called about a visit that is to come. Raises CannotConfirm, requests.AlreadyAsked."""
    if not _is_coming(visit, now):
        raise CannotConfirm
    _call_back(session, [visit], requests.Wish(visit.practice_id, visit.patient_id, account_id, "callback", words, visit=visit), now)


def _answer(session: Session, tenant: Tenant, asked: Confirmation, wants: Literal["confirm", "callback"], now: datetime) -> Answer:
    visits = _of_that_day(session, tenant, asked)
    visit = next(visit for visit in visits if visit.id == asked.appointment_id)
    state = _state(asked, visit, now)
    if wants == "confirm" and state in ("open", "callback"):
        for one in visits:
            if _is_coming(one, now):
                _accept(session, one, now, None)
    elif wants == "callback" and state == "open":
        wish = requests.Wish(visit.practice_id, visit.patient_id, None, "callback", visit=visit)
        _call_back(session, [one for one in visits if _is_coming(one, now)], wish, now)
    return Answer(_state(asked, visit, now), visit)


def _accept(session: Session, visit: Appointment, now: datetime, account_id: UUID | None) -> None:
    if visit.confirmation != "confirmed":
        visit.confirmation, visit.confirmed_at, visit.confirmed_by = "confirmed", now, account_id
        give_status(session, visit, "accepted")
        changes.note_answer(session, changes.CONFIRMED, visit, now)
    _close(session, visit, now, "confirmed")
    requests.drop_callbacks(session, visit.practice_id, visit.id)


def _call_back(session: Session, visits: list[Appointment], wish: requests.Wish, now: datetime) -> None:
    requests.ask(session, wish, now)
    for visit in visits:
        visit.confirmation = "callback"
        give_status(session, visit, "not_accepted")
        changes.note_answer(session, changes.CALLBACK, visit, now)
        _close(session, visit, now, "callback")
    session.flush()


def give_status(session: Session, visit: Appointment, meaning: str) -> None:
    """Give a visit the office's own confirmation status for what has happened, where it has one, and the one of now may be changed."""
    about = select(ConfirmationStatus).where(ConfirmationStatus.practice_id == visit.practice_id)
    either = or_(ConfirmationStatus.meaning == meaning, ConfirmationStatus.id == visit.confirmation_status_id)
    found = session.scalars(about.where(either)).all()
    is_fixed = any(status.id == visit.confirmation_status_id and not status.may_change for status in found)
    target = next((status for status in found if status.meaning == meaning), None)
    if target and not is_fixed:
        visit.confirmation_status_id = target.id


def _close(session: Session, visit: Appointment, now: datetime, state: str) -> None:
    where = (Confirmation.practice_id == visit.practice_id, Confirmation.appointment_id == visit.id)
    open_too = or_(_IS_OPEN, Confirmation.state == "callback")
    session.execute(update(Confirmation).where(*where, open_too).values(state=state, answered_at=now))


def _told(session: Session, practice_id: UUID, confirmation_id: UUID, state: str, confirmation: str, now: datetime) -> None:
    asked = session.get_one(Confirmation, (practice_id, confirmation_id))
    visit = _locked(session, practice_id, asked.appointment_id)
    session.refresh(asked)
    if asked.state not in ("awaiting", "sent"):
        return
    asked.state = state
    if visit.confirmation in ("unconfirmed", "asked", "failed"):
        visit.confirmation = confirmation
        give_status(session, visit, {"asked": "sent"}.get(confirmation, confirmation))
        changes.note_answer(session, changes.ANSWER_SET, visit, now)
    session.flush()


def _state(asked: Confirmation, visit: Appointment, now: datetime) -> State:
    if visit.status != "scheduled":
        return "complete" if visit.status == "complete" else "called_off"
    if visit.starts_at <= now:
        return "expired"
    if visit.starts_at != asked.starts_at:
        return "changed"
    return "confirmed" if visit.confirmation == "confirmed" else "callback" if visit.confirmation == "callback" else "open"


def _asked(session: Session, practice_id: UUID, token: str) -> Confirmation:
    where = (Confirmation.practice_id == practice_id, Confirmation.token_hash == token_hash(token))
    asked = session.scalars(select(Confirmation).where(*where)).one_or_none()
    if asked is None:
        raise NoSuchVisit
    return asked


def _of_that_day(session: Session, tenant: Tenant, asked: Confirmation) -> list[Appointment]:
    """The patient's visits on the day of the one that was asked about, by the clock of each one's clinic, held until the transaction ends."""
    where = (Appointment.practice_id == asked.practice_id, Appointment.patient_id == asked.patient_id)
    about = or_(Appointment.status == "scheduled", Appointment.id == asked.appointment_id)
    held = select(Appointment).where(*where, about).order_by(Appointment.id).with_for_update().execution_options(populate_existing=True)
    visits = session.scalars(held).all()
    zones = {clinic.id: clinic.time_zone for clinic in tenant.clinics}
    day = next(_day(visit, zones, tenant) for visit in visits if visit.id == asked.appointment_id)
    return [visit for visit in visits if _day(visit, zones, tenant) == day]


def _day(visit: Appointment, zones: dict[UUID, ZoneInfo], tenant: Tenant):
    zone = zones.get(visit.clinic_id) if visit.clinic_id else None
    return visit.starts_at.astimezone(zone or tenant.time_zone).date()


def _locked(session: Session, practice_id: UUID, visit_id: UUID, patient_id: UUID | None = None) -> Appointment:
    where = [Appointment.practice_id == practice_id, Appointment.id == visit_id]
    where += [Appointment.patient_id == patient_id] if patient_id else []
    held = select(Appointment).where(*where).with_for_update().execution_options(populate_existing=True)
    visit = session.scalars(held).one_or_none()
    if visit is None:
        raise NoSuchVisit
    return visit


def _is_coming(visit: Appointment, now: datetime) -> bool:
    return visit.status == "scheduled" and visit.starts_at > now


def _code(number: int) -> str:
    return "C" if number == 1 else f"C{number}"

"""Patients say that they are here: by the link of a notice, or by sending its code back. The office sees it in the book."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from plugins.appointments import changes
from plugins.appointments.models import Appointment, Notice
from plugins.appointments.notices import signed
from plugins.appointments.notices.values import ARRIVAL
from plugins.appointments.services.confirming import give_status

LETTER = "A"
SOONEST = timedelta(hours=12)
"""So long before a visit somebody can be here for it at the earliest."""
DAY = timedelta(days=1)
State = Literal["open", "here", "early", "over"]
"""What a link comes to: `early` long before the visit, `over` when the visit is, or is not scheduled any more."""


class NoSuchVisit(Exception):
    """This is no link of a visit of this practice, or the visit has another time now."""


def path(secret_key: str, visit: Appointment) -> str:
    """Where the message leads; of no use any more once the visit has another time."""
    return f"/appointments/here/{signed.sign(secret_key, visit.practice_id, visit.id, _what(visit))}"


def find(session: Session, secret_key: str, practice_id: UUID, token: str) -> Appointment:
    """The visit of a link. Raises NoSuchVisit, whatever is wrong with it."""
    visit_id = signed.row_in(token)
    visit = session.get(Appointment, (practice_id, visit_id)) if visit_id else None
    if visit is None or not signed.is_for(secret_key, practice_id, token, _what(visit)):
        raise NoSuchVisit
    return visit


def state_of(visit: Appointment, now: datetime) -> State:
    """What can be said of a visit."""
    if visit.status != "scheduled" or now >= visit.starts_at + timedelta(minutes=visit.minutes):
        return "over"
    if is_here(visit.starts_at, visit.arrived_at):
        return "here"
    return "early" if now < visit.starts_at - SOONEST else "open"


def is_here(starts_at: datetime, arrived_at: datetime | None) -> bool:
    """Whether the patient has said so shortly before the visit, as it stands now."""
    return arrived_at is not None and arrived_at >= starts_at - SOONEST


def arrive(session: Session, practice_id: UUID, visit: Appointment, now: datetime) -> list[Appointment]:
    """Somebody is here, with all about whom the same message asked. Returns the visits that this changed."""
    mine = (Notice.practice_id == practice_id, Notice.kind == ARRIVAL)
    messages = select(Notice.message_id).where(*mine, Notice.appointment_id == visit.id)
    together = select(Notice.appointment_id).where(*mine, Notice.message_id.in_(messages))
    return _arrive(session, practice_id, or_(Appointment.id == visit.id, Appointment.id.in_(together)), now)


def arrive_by_text(session: Session, practice_id: UUID, patient_ids: Collection[UUID], now: datetime) -> list[Appointment]:
    """The same by text message, for the visits of now about which the telephone was asked; with those that were here already."""
    told = exists().where(
        Notice.practice_id == Appointment.practice_id, Notice.appointment_id == Appointment.id, Notice.starts_at == Appointment.starts_at,
        Notice.kind == ARRIVAL, Notice.state == "sent",
    )  # fmt: skip
    asked = and_(Appointment.patient_id.in_(patient_ids), told)
    return _arrive(session, practice_id, asked, now) or [one for one in _around(session, practice_id, asked, now) if is_here(one.starts_at, one.arrived_at)]


def _arrive(session: Session, practice_id: UUID, which: ColumnElement[bool], now: datetime) -> list[Appointment]:
    opened = [visit for visit in _around(session, practice_id, which, now) if state_of(visit, now) == "open"]
    for visit in opened:
        visit.arrived_at = now
        give_status(session, visit, "arrived")
        changes.note_answer(session, changes.ARRIVED, visit, now)
    session.flush()
    return opened


def _around(session: Session, practice_id: UUID, which: ColumnElement[bool], now: datetime) -> list[Appointment]:
    """Those of them that are about now, held until the transaction ends."""
    where = (Appointment.practice_id == practice_id, Appointment.status == "scheduled", Appointment.starts_at.between(now - DAY, now + DAY))
    query = select(Appointment).where(*where, which).order_by(Appointment.starts_at, Appointment.id).with_for_update()
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _what(visit: Appointment) -> str:
    return f"here {visit.starts_at.timestamp():.0f}"

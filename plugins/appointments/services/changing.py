"""Calling a visit off, and taking that back within three minutes: until then nobody else gets its time."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Date, and_, cast, delete, func, or_, select, update
from sqlalchemy.orm import Session

from plugins.appointments import changes
from plugins.appointments.models import Appointment, Hold, Recall
from plugins.appointments.services import rules
from plugins.appointments.services.confirming import NoSuchVisit
from plugins.appointments.waiting import openings

KEPT = timedelta(minutes=3)
"""How long a visit that was called off keeps its time, so that it can be taken back."""
Why = Literal["past", "complete", "called_off", "too_late", "not_called_off", "undo_is_over"]


class CannotChange(Exception):
    """The visit cannot be changed by the patient (any more); `why` says what is in the way."""

    def __init__(self, why: Why):
        super().__init__(why)
        self.why = why


def what_stops(visit: Appointment, now: datetime) -> Why | None:
    """Why a visit cannot be called off, moved or asked about at all; None while it is to come."""
    if visit.status == "complete":
        return "complete"
    if visit.status != "scheduled":
        return "called_off"
    return "past" if visit.starts_at <= now else None


def is_in_notice(visit: Appointment, notice: timedelta, now: datetime) -> bool:
    """Whether so little time is left that only the office changes the visit."""
    return visit.starts_at - now < notice


def visit_of(session: Session, practice_id: UUID, patient_id: UUID, visit_id: UUID, hold: bool = False) -> Appointment:
    """A visit of this patient; with `hold`, everybody else who would change it waits. Raises NoSuchVisit."""
    where = (Appointment.practice_id == practice_id, Appointment.patient_id == patient_id, Appointment.id == visit_id)
    asked = select(Appointment).where(*where).execution_options(populate_existing=True)
    visit = session.scalars(asked.with_for_update() if hold else asked).one_or_none()
    if visit is None:
        raise NoSuchVisit
    return visit


def call_off(
    session: Session, practice_id: UUID, patient_id: UUID, visit_id: UUID, account_id: UUID, reason: str, notice: timedelta, now: datetime
) -> Appointment:
    """Call a visit off; what it was for is due again. Raises NoSuchVisit, CannotChange."""
    visit = visit_of(session, practice_id, patient_id, visit_id, hold=True)
    why = what_stops(visit, now) or ("too_late" if is_in_notice(visit, notice, now) else None)
    if why:
        raise CannotChange(why)
    visit.status, visit.ended_at, visit.ended_by, visit.end_reason = "broken", now, account_id, reason
    visit.ended_recalls = _give_up_recalls(session, visit)
    mine = (Hold.practice_id == practice_id, Hold.appointment_id == visit_id)
    session.execute(delete(Hold).where(*mine, Hold.kept_until.is_not(None)))  # of the time before, where it was moved a moment ago
    session.execute(update(Hold).where(*mine).values(kept_until=now + KEPT))
    openings.freed(session, practice_id, openings.time_of(visit), "called_off", now, now + KEPT)
    changes.note_canceled(session, visit, now)
    return visit


def take_back(session: Session, practice_id: UUID, patient_id: UUID, visit_id: UUID, now: datetime, by: UUID | None = None) -> Appointment:
    """Everything is as it was before the visit was called off, by this account if one is named. Raises NoSuchVisit, CannotChange."""
    visit = visit_of(session, practice_id, patient_id, visit_id, hold=True)
    if not was_called_off(visit) or by not in (None, visit.ended_by):
        raise CannotChange("not_called_off")
    if not can_take_back(visit, now):
        raise CannotChange("undo_is_over")
    try:
        rules.check(session, visit)
    except rules.Forbidden:
        raise CannotChange("undo_is_over") from None
    mine = (Hold.practice_id == practice_id, Hold.appointment_id == visit_id)
    session.execute(update(Hold).where(*mine).values(kept_until=None))
    _take_recalls(session, visit)
    visit.status, visit.ended_at, visit.ended_by, visit.end_reason, visit.ended_recalls = "scheduled", None, None, "", []
    changes.note_visit(session, changes.RESTORED, visit, now)
    return visit


def was_called_off(visit: Appointment) -> bool:
    """Whether somebody called it off here: the patient, whoever acts for the patient, or the office that was asked to."""
    return visit.status == "broken" and visit.ended_at is not None and visit.ended_by is not None


def can_take_back(visit: Appointment, now: datetime) -> bool:
    """Whether whoever called it off can still have the visit back."""
    return was_called_off(visit) and visit.ended_at is not None and now < min(visit.ended_at + KEPT, visit.starts_at)


def _give_up_recalls(session: Session, visit: Appointment) -> list[dict]:
    """The recalls that the visit was for are due again; what they were is the answer."""
    same_day = and_(Recall.recall_type_id == visit.recall_type_id, Recall.scheduled_on.between(*_days_around(visit)))
    where = (Recall.practice_id == visit.practice_id, Recall.patient_id == visit.patient_id)
    recalls = session.scalars(select(Recall).where(*where, or_(Recall.appointment_id == visit.id, same_day)).with_for_update()).all()
    given_up = [
        {"id": str(recall.id), "scheduled_on": recall.scheduled_on.isoformat() if recall.scheduled_on else None, "linked": recall.appointment_id is not None}
        for recall in recalls
    ]
    for recall in recalls:
        recall.appointment_id = recall.scheduled_on = None
    return given_up


def _take_recalls(session: Session, visit: Appointment) -> None:
    """The visit is for them again, except for one that has another visit by now."""
    for one in visit.ended_recalls:
        where = (Recall.practice_id == visit.practice_id, Recall.id == UUID(one["id"]), Recall.appointment_id.is_(None))
        day = cast(one["scheduled_on"], Date)
        session.execute(update(Recall).where(*where).values(appointment_id=visit.id if one["linked"] else None, scheduled_on=func.coalesce(Recall.scheduled_on, day)))


def _days_around(visit: Appointment) -> tuple:
    """The day of a visit by any clock: systems write it by the clinic's."""
    return (visit.starts_at - timedelta(hours=14)).date(), (visit.starts_at + timedelta(hours=14)).date()

"""Taking a move back: for three minutes a visit keeps the time that it had."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from core.tenant import Tenant
from plugins.appointments import changes
from plugins.appointments.models import Appointment, Hold, Operatory, Recall, worker_of
from plugins.appointments.services import holds, rules
from plugins.appointments.services.booking import seat
from plugins.appointments.services.changing import CannotChange, visit_of, what_stops
from plugins.appointments.waiting import joining


@dataclass(frozen=True, slots=True)
class Before:
    """When and where a visit was, whose own time it took, and until when that is kept."""

    starts_at: datetime
    chair: Operatory
    worker_id: UUID | None
    until: datetime


def before(session: Session, visit: Appointment, now: datetime) -> Before | None:
    """Where a visit was that was moved a moment ago; one statement. None where the move cannot be taken back (any more)."""
    kept = (Hold.practice_id == visit.practice_id, Hold.appointment_id == visit.id, Hold.kept_until > now)
    chair = and_(Operatory.practice_id == Hold.practice_id, Operatory.id == Hold.resource_id)
    rows = session.execute(select(Hold, Operatory).outerjoin(Operatory, chair).where(*kept)).all() if what_stops(visit, now) is None else []
    worker_id = next((hold.resource_id for hold, room in rows if room is None), None)
    for hold, room in rows:
        if room and hold.span.lower and hold.span.lower > now and hold.kept_until:
            return Before(hold.span.lower, room, worker_id, hold.kept_until)
    return None


def take_back(session: Session, place: Tenant, patient_id: UUID, visit_id: UUID, now: datetime) -> Appointment:
    """The visit is when and where it was, and as it was confirmed. Raises NoSuchVisit, CannotChange."""
    visit = visit_of(session, place.practice_id, patient_id, visit_id, hold=True)
    was = before(session, visit, now)
    if was is None:
        raise CannotChange("not_called_off")
    moved_to = visit.starts_at
    try:
        with session.begin_nested():
            _put_back(visit, was)
            session.flush()
            holds.take(session, visit, now, rules.takes_whole(session, place, visit))
            rules.check(session, visit)
    except (holds.TimeTaken, rules.Forbidden):
        raise CannotChange("undo_is_over") from None
    if visit.wants_earlier:
        joining.wait_again(session, place.practice_id, visit_id, now)
    mine = (Recall.practice_id == place.practice_id, Recall.appointment_id == visit_id)
    session.execute(update(Recall).where(*mine).values(scheduled_on=was.starts_at.astimezone(place.time_zone).date()))
    changes.note_visit(session, changes.RESTORED, visit, now, moved_to)
    return visit


def _put_back(visit: Appointment, was: Before) -> None:
    visit.arrive_at = visit.arrive_at and visit.arrive_at + (was.starts_at - visit.starts_at)
    visit.starts_at, visit.clinic_id, visit.operatory_id = was.starts_at, was.chair.clinic_id or visit.clinic_id, was.chair.id
    if was.worker_id not in (None, worker_of(visit)):
        seat(visit, was.chair, was.worker_id)
    if before := visit.moved_from:
        visit.confirmation, visit.wants_earlier = before["confirmation"], before["wants_earlier"]
        visit.confirmed_at = datetime.fromisoformat(before["confirmed_at"]) if before["confirmed_at"] else None
        visit.confirmed_by = UUID(before["confirmed_by"]) if before["confirmed_by"] else None
        visit.moved_from = {}

"""The time that visits hold, so that the database itself refuses two at one time in one operatory, or of one provider's own time."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from psycopg.errors import ExclusionViolation
from psycopg.types.range import TimestamptzRange
from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db import uuid7
from plugins.appointments.models import Appointment, Hold, worker_of


class TimeTaken(Exception):
    """Somebody else holds the operatory, or the provider, at that time."""


SIGN = timedelta(minutes=5)
"""What one sign of a time pattern stands for."""


def own_time(starts_at: datetime, minutes: int, pattern: str) -> Iterator[tuple[datetime, datetime]]:
    """When the provider of a visit is busy with it: its whole length where there is no pattern."""
    if "X" not in pattern:
        yield starts_at, starts_at + timedelta(minutes=minutes)
        return
    for sign, run in groupby(enumerate(pattern), key=lambda place: place[1]):
        places = [place for place, _ in run]
        if sign == "X":
            yield starts_at + places[0] * SIGN, starts_at + (places[-1] + 1) * SIGN


def holds_of(visit: Appointment, whole: bool = False) -> list[dict[str, Any]]:
    """The rows for a visit: its operatory for its whole length, its provider's own time, or with `whole` all of the provider's time."""
    end = visit.starts_at + timedelta(minutes=visit.minutes)
    busy: list[tuple[UUID | None, datetime, datetime]] = [(visit.operatory_id, visit.starts_at, end)]
    provider = worker_of(visit)
    busy += [(provider, *times) for times in own_time(visit.starts_at, visit.minutes, "" if whole else visit.pattern)]
    about = {"practice_id": visit.practice_id, "appointment_id": visit.id, "kept_until": None}
    return [about | {"id": uuid7(), "resource_id": resource, "span": TimestamptzRange(first, last)} for resource, first, last in busy if resource]


def take(session: Session, visit: Appointment, now: datetime, whole: bool = False, kept_until: datetime | None = None) -> None:
    """Hold the time of a visit in place of what it held, which is kept until then if so wished. Raises TimeTaken; call it in a savepoint.

    What others gave up and can take back no more is cleared away.
    """
    of_practice, span = Hold.practice_id == visit.practice_id, TimestamptzRange(visit.starts_at, visit.starts_at + timedelta(minutes=visit.minutes))
    session.execute(delete(Hold).where(of_practice, Hold.kept_until <= now, Hold.span.op("&&")(span)))
    own = (of_practice, Hold.appointment_id == visit.id)
    # Of one visit only the time that it had last is kept.
    session.execute(delete(Hold).where(*own, *((or_(Hold.span.op("&&")(span), Hold.kept_until.is_not(None)),) if kept_until else ())))
    if kept_until:
        session.execute(update(Hold).where(*own).values(kept_until=kept_until))
    try:
        if rows := holds_of(visit, whole):
            session.execute(insert(Hold).values(rows))
    except IntegrityError as refusal:
        if isinstance(refusal.orig, ExclusionViolation):
            raise TimeTaken from None
        raise


def renew(session: Session, practice_id: UUID, visit_ids: Collection[UUID]) -> None:
    """After visits came in from the practice's system: each holds its time if nobody else does. What was booked twice there stays so."""
    session.flush()
    session.execute(delete(Hold).where(Hold.practice_id == practice_id, Hold.appointment_id.in_(visit_ids)))
    mine = (Appointment.practice_id == practice_id, Appointment.id.in_(visit_ids), Appointment.status == "scheduled")
    visits = session.scalars(select(Appointment).where(*mine).order_by(Appointment.starts_at, Appointment.id).execution_options(populate_existing=True))
    if rows := [row for visit in visits for row in holds_of(visit)]:
        session.execute(insert(Hold).on_conflict_do_nothing(), rows)


def let_go_of(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Before all visits of a patient are deleted."""
    theirs = select(Appointment.id).where(Appointment.practice_id == practice_id, Appointment.patient_id == patient_id)
    session.execute(delete(Hold).where(Hold.practice_id == practice_id, Hold.appointment_id.in_(theirs)))


def drop_kept(session: Session, practice_id: UUID, now: datetime) -> set[UUID]:
    """Before anything is booked, and every few minutes: time that was only kept, in case somebody takes back what they called off, is open.

    The answer is the visits that had it.
    """
    over = delete(Hold).where(Hold.practice_id == practice_id, Hold.kept_until <= now)
    return set(session.scalars(over.returning(Hold.appointment_id)))

"""Times that come open: by themselves when a visit is called off or moved, or by the office's hand."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.types.range import TimestamptzRange
from sqlalchemy import ColumnElement, and_, exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.outbox import put_once
from plugins.appointments.models import Appointment, Hold, Offer, Opening, worker_of
from plugins.appointments.waiting.fitting import LATEST
from plugins.appointments.waiting.joining import UNANSWERED

ASK = "appointments.ask_waiting"
"""The task that asks whoever is next."""
_ENDED_AS = {"asked": "expired", "sent": "expired", "failed": "failed", "viewed": "too_late"}
"""What becomes of offers that nobody answered."""


# By the clock of the clinic, else of the practice.
_IN_HOURS = text("""
select exists (
    select from appointments_schedule block where practice_id = :practice_id and held_on = local_day and provider_id = :worker_id
    and starts <= local_minute and ends >= local_minute + :minutes
    and case when operatory_ids = '{}' then clinic_id is null or clinic_id = cast(:clinic_id as uuid) else :operatory_id = any(operatory_ids) end
) and not exists (
    select from appointments_schedule block where practice_id = :practice_id and held_on = local_day and blockout_type_id is not null
    and starts < local_minute + :minutes and ends > local_minute
    and case when operatory_ids = '{}' then clinic_id is null or clinic_id = cast(:clinic_id as uuid) else :operatory_id = any(operatory_ids) end
) and not exists (
    select from closed_days where practice_id = :practice_id and local_day between first_on and last_on
    and cast(:clinic_id as uuid) is not null and (clinic_id is null or clinic_id = cast(:clinic_id as uuid))
)
from (select :starts_at at time zone coalesce(clinic.time_zone, practice.time_zone) as moment
    from practice left join clinic on clinic.practice_id = practice.id and clinic.id = cast(:clinic_id as uuid) where practice.id = :practice_id) clock,
    lateral (select cast(moment as date) as local_day, extract(hour from moment) * 60 + extract(minute from moment) as local_minute) there
""")


class NotOpen(Exception):
    """The time is not open, or too near; the text says so to the office."""


@dataclass(frozen=True)
class Time:
    """A time in an operatory, and of whom."""

    clinic_id: UUID | None
    operatory_id: UUID | None
    provider_id: UUID | None
    hygienist_id: UUID | None
    is_hygiene: bool
    starts_at: datetime
    minutes: int
    pattern: str = ""
    appointment_id: UUID | None = None

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return self.starts_at + timedelta(minutes=self.minutes)


def time_of(visit: Appointment) -> Time:
    """The time that a visit has now: take it before the visit is moved or called off, and give it to `freed` after."""
    return Time(
        visit.clinic_id, visit.operatory_id, visit.provider_id, visit.hygienist_id, visit.is_hygiene, visit.starts_at, visit.minutes,
        visit.pattern, visit.id,
    )  # fmt: skip


def freed(session: Session, practice_id: UUID, time: Time, cause: str, now: datetime, not_before: datetime | None = None) -> UUID | None:
    """A visit was `called_off` or `moved` away from this time: it is offered to the wait list, from `not_before` on where it can be taken back.

    Nothing where there is too little time, or no operatory is known. A second time for the same opening changes nothing.
    """
    if time.operatory_id is None or time.starts_at - now < LATEST:
        return None
    session.flush()
    return _put(session, practice_id, time, cause, now, max(now, not_before or now), None)


def by_hand(session: Session, practice_id: UUID, time: Time, account_id: UUID, now: datetime) -> UUID:
    """The office offers a time to the list. Raises NotOpen."""
    if time.starts_at - now < LATEST:
        raise NotOpen("Choose a time with at least 20 minutes to go.")
    session.flush()
    if session.scalar(select(exists().where(busy(practice_id, time, now)))) or session.scalar(select(exists().where(_visits(practice_id, time)))):
        raise NotOpen("This time is not open: there is a visit in this operatory, or the provider is busy.")
    made = _put(session, practice_id, time, "office", now, now, account_id)
    if made is None:
        raise NotOpen("This time is offered to the wait list already.")
    return made


def _put(session: Session, practice_id: UUID, time: Time, cause: str, now: datetime, next_at: datetime, by: UUID | None) -> UUID | None:
    row = asdict(time) | {"practice_id": practice_id, "id": uuid7(), "cause": cause, "state": "open", "made_at": now, "made_by": by, "next_at": next_at}
    row["in_hours"] = is_in_hours(session, practice_id, time)
    made = session.scalar(insert(Opening).values(row).on_conflict_do_nothing().returning(Opening.id))
    if made and next_at <= now:
        put_once(session, practice_id, ASK, {})
    return made


def busy(practice_id: UUID, time: Time | Opening, now: datetime) -> ColumnElement[bool]:
    """For `exists`: somebody else holds the operatory or the provider at that time. What the visit of before keeps, so that it can be taken back, does not count."""
    worker = worker_of(time)
    span = TimestamptzRange(time.starts_at, time.starts_at + timedelta(minutes=time.minutes))
    kept = or_(Hold.kept_until.is_(None), and_(Hold.kept_until > now, Hold.appointment_id.is_distinct_from(time.appointment_id)))
    return and_(Hold.practice_id == practice_id, Hold.resource_id.in_([each for each in (time.operatory_id, worker) if each]), Hold.span.op("&&")(span), kept)


def _visits(practice_id: UUID, time: Time | Opening) -> ColumnElement[bool]:
    """For `exists`: a visit in that operatory, whether or not it holds its time (a practice's system may book twice)."""
    day = timedelta(hours=12)
    overlaps = Appointment.starts_at + Appointment.minutes * timedelta(minutes=1) > time.starts_at
    ends = time.starts_at + timedelta(minutes=time.minutes)
    return and_(
        Appointment.practice_id == practice_id, Appointment.operatory_id == time.operatory_id, Appointment.status == "scheduled",
        Appointment.starts_at > time.starts_at - day, Appointment.starts_at < ends, overlaps,
    )  # fmt: skip


def is_in_hours(session: Session, practice_id: UUID, time: Time | Opening) -> bool:
    """Whether whoever treats works in that operatory then, on no closed day and over no blockout."""
    about = {name: getattr(time, name) for name in ("clinic_id", "operatory_id", "starts_at", "minutes")}
    return bool(session.scalar(_IN_HOURS, about | {"practice_id": practice_id, "worker_id": worker_of(time)}))


def is_kept(session: Session, opening: Opening) -> bool:
    """Whether nobody has taken the hours of an opening away since it came open."""
    return not opening.in_hours or is_in_hours(session, opening.practice_id, opening)


def is_free(session: Session, opening: Opening, now: datetime) -> bool:
    """Whether the time of an opening is still nobody's, and within hours if it was."""
    practice_id = opening.practice_id
    if not is_kept(session, opening):
        return False
    return not session.scalar(select(or_(exists().where(busy(practice_id, opening, now)), exists().where(_visits(practice_id, opening)))))


def find(session: Session, practice_id: UUID, opening_id: UUID) -> Opening | None:
    """One opening, locked: whoever claims it at the same moment waits."""
    where = (Opening.practice_id == practice_id, Opening.id == opening_id)
    return session.scalars(select(Opening).where(*where).with_for_update().execution_options(populate_existing=True)).one_or_none()


def close(session: Session, opening: Opening, state: str, now: datetime) -> None:
    """End an opening, and what was offered of it and not answered."""
    opening.state, opening.ended_at = state, now
    theirs = (Offer.practice_id == opening.practice_id, Offer.opening_id == opening.id)
    for before, after in _ENDED_AS.items():
        session.execute(update(Offer).where(*theirs, Offer.state == before).values(state=after))


def ask_next(session: Session, opening: Opening, now: datetime) -> None:
    """Whoever is next is asked at once: somebody has declined, or the office says so."""
    opening.next_at = now
    put_once(session, opening.practice_id, ASK, {})


def open_unanswered(practice_id: UUID) -> tuple:
    """Of offers: those that may still be accepted."""
    return Offer.practice_id == practice_id, Offer.state.in_(UNANSWERED)

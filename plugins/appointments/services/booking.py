"""Booking a visit into an open time, and moving one. A time is looked at again when nobody else books on that day; the database refuses the rest."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from core.db import uuid7
from core.tenant import Tenant
from plugins.appointments import changes, slots
from plugins.appointments.models import Appointment, AppointmentType, ConfirmationStatus, Recall, RecallType, worker_of
from plugins.appointments.models import Operatory as Room
from plugins.appointments.offering import PLAIN_PATTERN, RECALL, TYPE, Reason
from plugins.appointments.services import holds, openings, recalls
from plugins.appointments.services.changing import KEPT, CannotChange, is_in_notice, visit_of, what_stops
from plugins.appointments.services.openings import DAY, Found, Loaded
from plugins.appointments.slots import PIECE, Operatory, Slot
from plugins.appointments.waiting import joining
from plugins.appointments.waiting.joining import Asker, What
from plugins.appointments.waiting.openings import freed, time_of

AROUND = timedelta(days=14)
"""How far from a time that cannot be had others are looked for."""
_TRIES = 3


class SlotTaken(Exception):
    """Somebody else has this time; `nearest` are up to three that are open instead."""

    def __init__(self, nearest: Sequence[Slot] = ()) -> None:
        super().__init__()
        self.nearest = list(nearest)


class NotOffered(SlotTaken):
    """This was never open for such a visit: not at this time, not with this provider, or not to this patient."""


class InThePast(NotOffered):
    """This time has passed."""


class AlreadyBooked(NotOffered):
    """The recall has a visit by now."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is booked for whom, when, and with whom (whoever is first, where nobody was chosen). `made_by` is how: `recall`, `existing` or `new`."""

    patient_id: UUID
    reason: Reason
    starts_at: datetime
    provider_id: UUID | None = None
    account_id: UUID | None = None
    note: str = ""
    wants_earlier: bool = False
    made_by: str = "existing"


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is looked for at a clinic; `visit_id` is the visit that is moved."""

    place: Tenant
    reason: Reason
    patient_id: UUID
    starts_at: datetime
    provider_ids: frozenset[UUID] | None
    now: datetime
    visit_id: UUID | None = None

    @property
    def day(self) -> date:
        return self.starts_at.astimezone(self.place.time_zone).date()

    def load(self, session: Session, first: date, last: date) -> tuple[Loaded, slots.Wanted]:
        """The book of some days, and what is wanted of it; one statement."""
        loaded = openings.load(session, self.place, first, last, self.now, self.patient_id, self.visit_id)
        wanted = openings.wanted(self.place, self.reason, loaded, self.now)
        if self.visit_id and not any(map(wanted.fits, loaded.book.from_the_left)):
            wanted = replace(wanted, is_recall=False, appointment_type_id=None)  # only the office books such visits; patients may move them
        return loaded, replace(wanted, provider_ids=self.provider_ids or wanted.provider_ids)


def book(session: Session, place: Tenant, order: Order, now: datetime) -> Appointment:
    """Make the visit, at the clinic of `place`. Raises SlotTaken and what is of it; then nothing is made, and the session can go on."""
    chosen = frozenset({order.provider_id}) if order.provider_id else None
    wish = _Wish(place, order.reason, order.patient_id, order.starts_at, chosen, now)
    _alone(session, wish)
    if order.reason.what == RECALL and session.scalar(select(_has_recall_visit(place.practice_id, order, now))):
        raise AlreadyBooked
    visit = Appointment(
        practice_id=place.practice_id, id=uuid7(), patient_id=order.patient_id, clinic_id=place.clinic_id, starts_at=order.starts_at,
        minutes=order.reason.minutes, pattern=order.reason.pattern, reason=order.reason.words, procedures=list(order.reason.procedures),
        appointment_type_id=order.reason.type_id if order.reason.what == TYPE else None,
        recall_type_id=order.reason.type_id if order.reason.what == RECALL else None, note=order.note, wants_earlier=order.wants_earlier,
        is_new_patient=order.made_by == "new", made_by=order.made_by, made_at=now, made_by_id=order.account_id, confirmation="unconfirmed",
        status="scheduled", confirmation_status_id=session.scalar(_booked_status(place.practice_id)),
    )  # fmt: skip
    _put(session, wish, visit, None)
    recalls.link(session, place.practice_id, order.reason.recall_ids, visit.id, wish.day)
    if order.wants_earlier:
        with suppress(joining.CannotWait):  # twenty things wait already: the visit stands all the same
            joining.join(session, place.practice_id, order.patient_id, What("visit", visit.id), Asker(order.account_id), now)
    changes.note_visit(session, changes.BOOKED, visit, now)
    return visit


def move(
    session: Session, place: Tenant, patient_id: UUID, visit_id: UUID, starts_at: datetime, now: datetime, provider_id: UUID | None = None
) -> Appointment:
    """Move a visit of this patient to an open time, with the same provider or the one named; the time that it had is kept for three minutes.

    Raises NoSuchVisit, CannotChange, SlotTaken and what is of it; then it is where it was.
    """
    visit = visit_of(session, place.practice_id, patient_id, visit_id, hold=True)
    notice = timedelta(hours=place.settings["appointments.notice_hours"])
    if why := what_stops(visit, now) or ("too_late" if is_in_notice(visit, notice, now) else None):
        raise CannotChange(why)
    wish = _Wish(place, reason_of(session, visit, now), patient_id, starts_at, _same_provider(visit, provider_id), now, visit_id)
    _alone(session, wish)
    was = {name: getattr(visit, name) for name in ("confirmation", "wants_earlier")} | {
        "confirmed_at": visit.confirmed_at.isoformat() if visit.confirmed_at else None, "confirmed_by": str(visit.confirmed_by) if visit.confirmed_by else None
    }  # fmt: skip
    before, arrive_at = time_of(visit), visit.arrive_at and visit.arrive_at + (starts_at - visit.starts_at)
    _put(session, wish, visit, now + KEPT)
    visit.arrive_at = arrive_at
    visit.confirmation, visit.confirmed_at, visit.confirmed_by, visit.moved_from = "unconfirmed", None, None, was
    visit.arrived_at = None
    if starts_at < before.starts_at:
        session.flush()
        joining.end_for_visit(session, practice_id=place.practice_id, visit_id=visit_id, now=now)
    mine = (Recall.practice_id == place.practice_id, Recall.appointment_id == visit_id)
    session.execute(update(Recall).where(*mine).values(scheduled_on=wish.day))
    freed(session, place.practice_id, before, "moved", now, now + KEPT)
    changes.note_visit(session, changes.MOVED, visit, now, before.starts_at)
    return visit


def find_for(session: Session, place: Tenant, visit: Appointment, days: tuple[date, date], now: datetime, provider_id: UUID | None = None) -> Found:
    """The open times to which a visit can be moved, with the same provider or the one named; two statements."""
    wish = _Wish(place, reason_of(session, visit, now), visit.patient_id, visit.starts_at, _same_provider(visit, provider_id), now, visit.id)
    loaded, wanted = wish.load(session, *days)
    found = slots.openings(loaded.book, wanted)
    return Found(found, list(dict.fromkeys(slot.provider_id for slot in slots.openings(loaded.book, replace(wanted, provider_ids=None)))))


def reason_of(session: Session, visit: Appointment, now: datetime) -> Reason:
    """For what a visit is, as it would be booked again; what is neither a recall nor of a type that patients book may be wherever they do."""
    type_id = visit.recall_type_id or visit.appointment_type_id
    kind: RecallType | AppointmentType | None = None
    if type_id:
        kind = session.get(RecallType, (visit.practice_id, type_id)) or session.get(AppointmentType, (visit.practice_id, type_id))
    pattern = visit.pattern or "X" * -(-visit.minutes // PIECE) or PLAIN_PATTERN
    what = RECALL if visit.recall_type_id else TYPE if type_id else ""
    blockouts = frozenset(kind.blockout_type_ids) if kind else frozenset()
    return Reason(
        what, type_id or visit.id, visit.reason, pattern, tuple(visit.procedures), now.date() - DAY, blockout_type_ids=blockouts,
        only_in_blockouts=kind is not None and kind.only_in_blockouts,
    )  # fmt: skip


def _same_provider(visit: Appointment, provider_id: UUID | None) -> frozenset[UUID] | None:
    one = provider_id or worker_of(visit)
    return frozenset({one}) if one else None


def _alone(session: Session, wish: _Wish) -> None:
    """Until the transaction ends, nobody else books at this practice for that day: they come one after the other, each sees what the other did."""
    name = f"appointments.book {wish.place.practice_id} {wish.day}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def _put(session: Session, wish: _Wish, visit: Appointment, kept_until: datetime | None) -> None:
    """Give the visit the open time that is wanted. What the book does not know, such as another visit's records that come in now, is tried again."""
    for _ in range(_TRIES):
        loaded, wanted = wish.load(session, wish.day, wish.day + DAY)
        slot = None if loaded.is_restricted else slots.slot_at(loaded.book, wanted, wish.starts_at)
        if slot is None:
            raise _refusal(session, wish, loaded, wanted)
        try:
            with session.begin_nested():
                visit.starts_at, visit.clinic_id = slot.starts_at, wish.place.clinic_id
                seat(visit, next(chair for chair in loaded.book.operatories if chair.id == slot.operatory_id), slot.provider_id)
                session.add(visit)
                session.flush()
                whole = loaded.book.prevents_double_booking or loaded.book.is_alone(wanted.codes)
                holds.take(session, visit, wish.now, whole, kept_until)
            return
        except holds.TimeTaken:
            continue
    raise SlotTaken(_nearest(session, wish))


def seat(visit: Appointment, chair: Operatory | Room, worker_id: UUID | None) -> None:
    """The visit is with the operatory's dentist and hygienist; of these two whoever does it has the time."""
    visit.operatory_id = chair.id
    visit.is_hygiene = chair.is_hygiene and worker_id != chair.provider_id
    visit.provider_id = chair.provider_id if visit.is_hygiene else worker_id
    visit.hygienist_id = worker_id if visit.is_hygiene else chair.hygienist_id


def _refusal(session: Session, wish: _Wish, loaded: Loaded, wanted: slots.Wanted) -> SlotTaken:
    """Why a time cannot be had: it would be open but for other visits, or it was never offered."""
    if loaded.is_restricted:
        return NotOffered()
    nearest = _nearest(session, wish)
    if wish.starts_at <= wish.now:
        return InThePast(nearest)
    is_offered = slots.slot_at(replace(loaded.book, taken=()), wanted, wish.starts_at)
    return SlotTaken(nearest) if is_offered else NotOffered(nearest)


def _nearest(session: Session, wish: _Wish) -> list[Slot]:
    today = wish.now.astimezone(wish.place.time_zone).date()
    first = max(today, min(wish.day, today + timedelta(days=800)) - AROUND)
    loaded, wanted = wish.load(session, first, first + 2 * AROUND)
    return slots.nearest(slots.openings(loaded.book, wanted), wish.starts_at)


def _booked_status(practice_id: UUID):
    return select(ConfirmationStatus.id).where(ConfirmationStatus.practice_id == practice_id, ConfirmationStatus.meaning == "booked")


def _has_recall_visit(practice_id: UUID, order: Order, now: datetime):
    mine = (Appointment.practice_id == practice_id, Appointment.patient_id == order.patient_id, Appointment.recall_type_id == order.reason.type_id)
    return exists().where(*mine, Appointment.status == "scheduled", Appointment.starts_at > now)

"""Other times for whoever was too late: the nearest that are open to everybody, earlier than the visit that they have."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from core.tenant import Tenant
from plugins.appointments import slots
from plugins.appointments.models import Appointment
from plugins.appointments.offering import RECALL, Reason
from plugins.appointments.services import booking, openings, recalls
from plugins.appointments.services.booking import Order, SlotTaken
from plugins.appointments.services.changing import CannotChange
from plugins.appointments.slots import Slot
from plugins.appointments.waiting.fitting import SCHEDULED
from plugins.appointments.waiting.loading import Listed

AROUND = timedelta(days=14)


def nearest(session: Session, place: Tenant, listed: Listed, near: datetime, now: datetime) -> list[Slot]:
    """Up to three open times closest to the one that is taken."""
    day, today = near.astimezone(place.time_zone).date(), now.astimezone(place.time_zone).date()
    found = _open(session, place, listed, (max(today, day - AROUND), day + AROUND), now)
    return slots.nearest([slot for slot in found if slot.starts_at != near], near)


def _open(session: Session, place: Tenant, listed: Listed, days: tuple[date, date], now: datetime) -> list[Slot]:
    if listed.visit and listed.kind == SCHEDULED:
        found = booking.find_for(session, place, listed.visit, days, now)
        return [slot for slot in found.slots if slot.starts_at < listed.visit.starts_at]
    reason = _reason(session, place, listed, now)
    return openings.find(session, place, reason, listed.patient.id, days, now).slots if reason else []


def choose(session: Session, place: Tenant, listed: Listed, slot: Slot | None, now: datetime) -> Appointment:
    """Take one of them; None is one that was there a moment ago. Raises SlotTaken, and what it is of."""
    if slot is None:
        raise SlotTaken
    if listed.visit and listed.kind == SCHEDULED:
        try:
            return booking.move(session, place, listed.patient.id, listed.visit.id, slot.starts_at, now)
        except CannotChange:  # called off meanwhile, or so near that the office must be asked
            raise SlotTaken from None
    reason = _reason(session, place, listed, now)
    if reason is None:
        raise SlotTaken
    return booking.book(session, place, Order(listed.patient.id, reason, slot.starts_at, made_by="waiting"), now)


def _reason(session: Session, place: Tenant, listed: Listed, now: datetime) -> Reason | None:
    """For what they wait, as it is booked; None when patients do not book it by themselves."""
    today = now.astimezone(place.time_zone).date()
    offered = recalls.offered(session, place.practice_id, [listed.patient.id], now, today)
    reasons = offered.for_patient(listed.patient.id, listed.patient.birthdate, today, place.settings)
    if listed.recall:
        return next((one for one in reasons if one.what == RECALL and listed.recall.id in one.recall_ids), None)
    return next((one for one in reasons if listed.type and one.type_id == listed.type.id), None)

"""Putting patients on the wait list, changing what suits them, and taking them off."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from core.db import uuid7
from plugins.appointments import changes
from plugins.appointments.models import Appointment, AppointmentType, Offer, Recall, RecallType, WaitListEntry

MOST = 20
"""For so many things a patient may wait at a time."""
UNANSWERED = ("asked", "sent", "failed", "viewed")
"""Offers that may still be accepted."""
TO_COME = ("unscheduled", "planned")
"""Visits that have no time yet."""


class CannotWait(Exception):
    """There is nothing like that for which this patient could wait; the text says what to do."""


class NoSuchEntry(Exception):
    """The patient is not on the list with this."""


@dataclass(frozen=True)
class What:
    """For what somebody waits: kind is `visit` (one that they have), `recall` or `type`, and its id."""

    kind: str
    id: UUID


@dataclass(frozen=True)
class Wish:
    """What suits: weekdays, between which minutes of the day, how many minutes ahead, which provider (None for any), which clinics (none for any)."""

    days: tuple[int, ...] = tuple(range(7))
    earliest: int = 0
    latest: int = 24 * 60
    notice: int = 60
    provider_id: UUID | None = None
    clinic_ids: tuple[UUID, ...] = ()

    def columns(self) -> dict:
        """As an entry has them."""
        return {
            "days": sorted(self.days), "earliest": self.earliest, "latest": self.latest, "notice": self.notice,
            "provider_id": self.provider_id, "clinic_ids": list(self.clinic_ids),
        }  # fmt: skip


@dataclass(frozen=True)
class Asker:
    """Who puts a patient on the list: an account, or None for the practice's own system; `is_priority` only where the office says so."""

    account_id: UUID | None
    is_priority: bool = False


COLUMNS = {"visit": "appointment_id", "recall": "recall_id", "type": "appointment_type_id"}
DEFAULTS = Wish()


def join(
    session: Session, practice_id: UUID, patient_id: UUID, what: What, asker: Asker, now: datetime, wish: Wish = DEFAULTS
) -> UUID:
    """Put a patient on the list; who is on it for the same already stays as they are. Raises CannotWait."""
    if not _may(session, practice_id, patient_id, what, now):
        raise CannotWait("This visit was changed or has passed, so nobody can wait for it. Please look at the visits again.")
    waits = (WaitListEntry.practice_id == practice_id, WaitListEntry.patient_id == patient_id, WaitListEntry.ended_at.is_(None))
    if (session.scalar(select(func.count()).where(*waits)) or 0) >= MOST:
        raise CannotWait(f"There are {MOST} things already for which you wait. Please take one off the list first.")
    about = {"practice_id": practice_id, "patient_id": patient_id, COLUMNS[what.kind]: what.id}
    row = about | {"id": uuid7(), "account_id": asker.account_id, "is_priority": asker.is_priority, "made_at": now, "end_reason": ""} | wish.columns()
    made = session.scalar(insert(WaitListEntry).values(row).on_conflict_do_nothing().returning(WaitListEntry.id))
    if what.kind == "visit":
        _mark(session, practice_id, what.id, True)
    same = (getattr(WaitListEntry, column) == value for column, value in about.items())
    entry = session.scalars(select(WaitListEntry).where(*same, WaitListEntry.ended_at.is_(None))).one()
    if made:
        changes.note_wait(session, changes.WAITS, entry, now)
    return entry.id


def _may(session: Session, practice_id: UUID, patient_id: UUID, what: What, now: datetime) -> bool:
    """Whether it is the patient's own, and still to come."""
    if what.kind == "type":
        return session.scalar(open_types(practice_id).where(AppointmentType.id == what.id)) is not None
    if what.kind == "recall":
        return session.scalar(open_recalls(practice_id, patient_id, now).where(Recall.id == what.id)) is not None
    return session.scalar(visits_to_come(practice_id, patient_id, now).where(Appointment.id == what.id)) is not None


def visits_to_come(practice_id: UUID, patient_id: UUID, now: datetime) -> Select[UUID]:
    """The visits of a patient for which an earlier time may be found."""
    coming = (Appointment.status == "scheduled") & (Appointment.starts_at > now) | Appointment.status.in_(TO_COME)
    return select(Appointment.id).where(Appointment.practice_id == practice_id, Appointment.patient_id == patient_id, coming)


def open_recalls(practice_id: UUID, patient_id: UUID, now: datetime) -> Select[UUID]:
    """The recalls of a patient for which nobody has booked."""
    offered = select(RecallType.id).where(RecallType.practice_id == practice_id, RecallType.words != "", ~RecallType.is_hidden)
    mine = (Recall.practice_id == practice_id, Recall.patient_id == patient_id, Recall.recall_type_id.in_(offered))
    return select(Recall.id).where(*mine, recall_waits(now))


def recall_waits(now: datetime) -> ColumnElement[bool]:
    """Of recalls: no visit is to come for it, made here or there."""
    visit = aliased(Appointment)
    its = (visit.id == Recall.appointment_id) | (visit.recall_type_id == Recall.recall_type_id)
    coming = (visit.practice_id == Recall.practice_id, visit.patient_id == Recall.patient_id, visit.status == "scheduled", visit.starts_at > now, its)
    scheduled = Recall.scheduled_on.is_not(None) & (Recall.scheduled_on >= now.date())
    return ~Recall.is_disabled & ~scheduled & ~exists().where(*coming)


def open_types(practice_id: UUID) -> Select[UUID]:
    """The reasons that patients may choose."""
    offered = (AppointmentType.words != "", AppointmentType.pattern != "", AppointmentType.for_existing, ~AppointmentType.is_hidden)
    return select(AppointmentType.id).where(AppointmentType.practice_id == practice_id, *offered)


def find(session: Session, practice_id: UUID, patient_id: UUID | None, entry_id: UUID) -> WaitListEntry:
    """An entry that has not ended, locked; of one patient, or with None of anybody. Raises NoSuchEntry."""
    where = (WaitListEntry.practice_id == practice_id, WaitListEntry.id == entry_id, WaitListEntry.ended_at.is_(None))
    whose = (WaitListEntry.patient_id == patient_id,) if patient_id else ()
    entry = session.scalars(select(WaitListEntry).where(*where, *whose).with_for_update()).one_or_none()
    if entry is None:
        raise NoSuchEntry
    return entry


def change(session: Session, entry: WaitListEntry, wish: Wish, now: datetime) -> None:
    """Change what suits."""
    for name, value in wish.columns().items():
        setattr(entry, name, value)
    changes.note_wait(session, changes.WAITS, entry, now)


def end(session: Session, entry: WaitListEntry, reason: str, by: UUID | None, now: datetime) -> None:
    """Take an entry off the list; what was offered for it and not answered is declined, or over when the visit is booked."""
    entry.ended_at, entry.end_reason, entry.ended_by = now, reason, by
    state = "declined" if reason in ("patient", "declined") else "expired"
    theirs = (Offer.practice_id == entry.practice_id, Offer.entry_id == entry.id, Offer.state.in_(UNANSWERED))
    session.execute(update(Offer).where(*theirs).values(state=state, answered_at=now))
    if entry.appointment_id:
        _mark(session, entry.practice_id, entry.appointment_id, False)
    changes.note_wait(session, changes.WAITS_NO_MORE, entry, now)


def end_for_visit(session: Session, practice_id: UUID, visit_id: UUID, now: datetime) -> None:
    """The patient has moved the visit to an earlier time: nobody looks for one any more."""
    for entry in session.scalars(select(WaitListEntry).where(*_of_visit(practice_id, visit_id), WaitListEntry.ended_at.is_(None)).with_for_update()):
        end(session, entry, "booked", None, now)
    _mark(session, practice_id, visit_id, False)


def wait_again(session: Session, practice_id: UUID, visit_id: UUID, now: datetime) -> None:
    """The move was taken back: the entry that ended by it goes on, unless there is another one by now."""
    others = select(WaitListEntry.id).where(*_of_visit(practice_id, visit_id), WaitListEntry.ended_at.is_(None))
    last = select(WaitListEntry).where(*_of_visit(practice_id, visit_id), WaitListEntry.end_reason == "booked", ~exists(others))
    if entry := session.scalars(last.order_by(WaitListEntry.ended_at.desc()).limit(1).with_for_update()).first():
        entry.ended_at, entry.end_reason, entry.ended_by = None, "", None
        changes.note_wait(session, changes.WAITS, entry, now)


def _of_visit(practice_id: UUID, visit_id: UUID) -> tuple:
    return WaitListEntry.practice_id == practice_id, WaitListEntry.appointment_id == visit_id


def _mark(session: Session, practice_id: UUID, visit_id: UUID, wants: bool) -> None:
    mine = (Appointment.practice_id == practice_id, Appointment.id == visit_id)
    session.execute(update(Appointment).where(*mine).values(wants_earlier=wants))

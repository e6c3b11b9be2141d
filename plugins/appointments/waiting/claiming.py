"""Giving an open time to a patient: their visit moves there, or is made there. The database itself refuses a second one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.db import uuid7
from core.tenant import Tenant
from plugins.appointments import changes
from plugins.appointments.models import Appointment, Recall
from plugins.appointments.services import holds, rules
from plugins.appointments.waiting.loading import Listed
from plugins.appointments.waiting.openings import Time, freed, time_of


class Taken(Exception):
    """Somebody else has the time."""


def claim(session: Session, place: Tenant, listed: Listed, time: Time, account_id: UUID | None, now: datetime) -> Appointment:
    """The patient has this time from now on; the one that their visit had comes open. Raises Taken.

    The office offers the time, so what patients may book by themselves, such as how many hours ahead, does not count here.
    """
    practice_id, before = place.practice_id, time_of(listed.visit) if listed.visit and listed.visit.status == "scheduled" else None
    try:
        with session.begin_nested():
            visit = listed.visit or _made(session, practice_id, listed, account_id, now)
            _put(visit, time, account_id, now)
            session.flush()
            holds.take(session, visit, now, rules.takes_whole(session, place, visit))
            rules.check(session, visit)
    except (holds.TimeTaken, rules.Forbidden):
        raise Taken from None
    own = (Recall.appointment_id == visit.id) | (Recall.id == listed.recall.id) if listed.recall else Recall.appointment_id == visit.id
    day = time.starts_at.astimezone(place.time_zone).date()
    session.execute(update(Recall).where(Recall.practice_id == practice_id, own).values(appointment_id=visit.id, scheduled_on=day))
    if before:
        freed(session, practice_id, before, "moved", now)
    changes.note_visit(session, changes.MOVED if listed.visit else changes.BOOKED, visit, now, before.starts_at if before else None)
    return visit


def _made(session: Session, practice_id: UUID, listed: Listed, account_id: UUID | None, now: datetime) -> Appointment:
    kind = listed.type or listed.recall_type
    assert kind is not None  # without a visit it is a recall or a type
    pattern = (listed.recall and listed.recall.pattern) or kind.pattern
    visit = Appointment(
        practice_id=practice_id, id=uuid7(), patient_id=listed.patient.id, minutes=listed.minutes, pattern=pattern, reason=listed.words, made_by="waiting",
        made_by_id=account_id, made_at=now, procedures=kind.procedures, appointment_type_id=listed.type.id if listed.type else None,
        recall_type_id=listed.recall_type.id if listed.recall_type else None,
    )  # fmt: skip
    session.add(visit)
    return visit


def _put(visit: Appointment, time: Time, account_id: UUID | None, now: datetime) -> None:
    if visit.arrive_at and visit.starts_at:
        visit.arrive_at += time.starts_at - visit.starts_at
    visit.starts_at, visit.status, visit.wants_earlier = time.starts_at, "scheduled", False
    visit.clinic_id, visit.operatory_id, visit.is_hygiene = time.clinic_id, time.operatory_id, time.is_hygiene
    visit.provider_id, visit.hygienist_id = time.provider_id, time.hygienist_id
    visit.confirmation, visit.confirmed_at, visit.confirmed_by = "confirmed", now, account_id

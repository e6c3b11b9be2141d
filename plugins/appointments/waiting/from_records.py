"""What the practice's own system says that bears on the wait list: visits moved or called off there, and who is marked for an earlier time."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.sql import among
from plugins.appointments.models import Appointment, Hold, Operatory, Recall, WaitListEntry
from plugins.appointments.waiting.joining import COLUMNS, DEFAULTS
from plugins.appointments.waiting.openings import Time, freed

Held = dict[UUID, list[Hold]]
_MINUTE = timedelta(minutes=1)


def held(session: Session, practice_id: UUID, visit_ids: Collection[UUID]) -> Held:
    """What visits hold, before their holds are made anew: it tells when they were until now."""
    mine = (Hold.practice_id == practice_id, Hold.appointment_id.in_(visit_ids), Hold.kept_until.is_(None))
    found: Held = {}
    for hold in session.scalars(select(Hold).where(*mine)):
        session.expunge(hold)  # the row is deleted next
        found.setdefault(hold.appointment_id, []).append(hold)
    return found


def look_for_openings(session: Session, practice_id: UUID, before: Held, now: datetime) -> None:
    """Offer the times that visits had until now, and have no more."""
    mine = (Appointment.practice_id == practice_id, Appointment.id.in_(before))
    chairs = set(session.scalars(select(Operatory.id).where(Operatory.practice_id == practice_id))) if before else set()
    for visit in session.scalars(select(Appointment).where(*mine).execution_options(populate_existing=True)) if before else ():
        time = _time(visit, before[visit.id], chairs)
        stays = visit.status in ("scheduled", "complete") and time is not None and (visit.starts_at, visit.operatory_id) == (time.starts_at, time.operatory_id)
        if time and not stays:
            freed(session, practice_id, time, "moved" if visit.status == "scheduled" else "called_off", now)


def _time(visit: Appointment, holds: list[Hold], chairs: set[UUID]) -> Time | None:
    chair = next((hold for hold in holds if hold.resource_id in chairs), None)
    if chair is None or chair.span.lower is None or chair.span.upper is None:
        return None
    worker = next((hold.resource_id for hold in holds if hold is not chair), None)
    provider, hygienist = (visit.provider_id, worker) if visit.is_hygiene else (worker, visit.hygienist_id)
    minutes = (chair.span.upper - chair.span.lower) // _MINUTE
    return Time(visit.clinic_id, chair.resource_id, provider, hygienist, visit.is_hygiene, chair.span.lower, minutes, "", visit.id)


def take_in(session: Session, practice_id: UUID, what: str, ids: Collection[UUID], now: datetime) -> None:
    """Whoever is marked for an earlier time (the field’s ASAP), on a visit or on a recall, is on the list here, too."""
    model: type[Appointment] | type[Recall] = Appointment if what == "visit" else Recall
    marked = Appointment.wants_earlier & (Appointment.starts_at > now) if what == "visit" else (Recall.priority == "asap") & ~Recall.is_disabled
    rows = session.execute(select(model.id, model.patient_id).where(model.practice_id == practice_id, among(model.id, ids), marked))
    about = {"practice_id": practice_id, "is_priority": False, "made_at": now, "end_reason": ""} | DEFAULTS.columns()
    values = [about | {"id": uuid7(), "patient_id": patient_id, COLUMNS[what]: row_id} for row_id, patient_id in rows]
    if values:
        session.execute(insert(WaitListEntry).on_conflict_do_nothing(), values)

"""One patient's part of the wait list: for what they wait, and for what else they could."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.tenant import Tenant
from core.web.formats import long_day
from plugins.appointments.models import Appointment, AppointmentType, Recall, RecallType, WaitListEntry
from plugins.appointments.waiting import joining, loading
from plugins.appointments.waiting.loading import Listed
from plugins.appointments.waiting.words import visit_time


@dataclass(frozen=True)
class Could:
    """Something for which a patient may wait."""

    kind: str
    id: UUID
    title: str
    text: str
    icon: str


@dataclass(frozen=True)
class Possible:
    """The same as rows."""

    visits: list[Appointment]
    recalls: list[tuple[Recall, RecallType]]
    types: list[AppointmentType]


def of_patient(session: Session, practice_id: UUID, patient_id: UUID, now: datetime) -> list[Listed]:
    """For what a patient waits."""
    return loading.listed(session, practice_id, now, WaitListEntry.patient_id == patient_id)


def could_wait(session: Session, practice_id: UUID, patient_id: UUID, now: datetime, rows: Collection[Listed]) -> Possible:
    """For what else they could: visits to come, recalls that nobody has booked, reasons that the office offers."""
    has = {row.visit.id if row.visit else row.recall.id if row.recall else row.type.id if row.type else None for row in rows}
    mine = joining.visits_to_come(practice_id, patient_id, now)
    visits = session.scalars(select(Appointment).where(Appointment.practice_id == practice_id, Appointment.id.in_(mine)).order_by(Appointment.starts_at))
    kind = and_(RecallType.practice_id == practice_id, RecallType.id == Recall.recall_type_id)
    due = select(Recall, RecallType).join(RecallType, kind).where(Recall.practice_id == practice_id, Recall.id.in_(joining.open_recalls(practice_id, patient_id, now)))
    types = joining.open_types(practice_id)
    offered = select(AppointmentType).where(AppointmentType.practice_id == practice_id, AppointmentType.id.in_(types)).order_by(AppointmentType.position)
    return Possible(
        [visit for visit in visits if visit.id not in has],
        [(recall, kind) for recall, kind in session.execute(due.order_by(Recall.due_on)) if recall.id not in has],
        [one for one in session.scalars(offered) if one.id not in has],
    )


def in_words(tenant: Tenant, found: Possible, now: datetime) -> list[Could]:
    """As the page lists them."""
    visits = [
        Could("visit", visit.id, visit.reason or "Visit", visit_time(tenant, visit, now) if visit.status == "scheduled" else "No time yet", "calendar-check")
        for visit in found.visits
    ]
    recalls = [Could("recall", recall.id, kind.words, f"Due {long_day(recall.due_on)}" if recall.due_on else "", "arrow-repeat") for recall, kind in found.recalls]
    return visits + recalls + [Could("type", one.id, one.words, "A new visit", "calendar") for one in found.types]

"""Reading the wait list as plain values, for the rules in fitting.py."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from core.tenant import Tenant
from plugins.appointments.models import (
    Appointment,
    AppointmentType,
    Opening,
    Operatory,
    Preference,
    Recall,
    RecallType,
    WaitListEntry,
    worker_of,
)
from plugins.appointments.offering import codes_of
from plugins.appointments.services.rules import beside
from plugins.appointments.waiting.fitting import RECALL, SCHEDULED, UNSCHEDULED, Free, Waiter
from plugins.appointments.waiting.joining import TO_COME, recall_waits

_SIGN = 5


@dataclass(frozen=True)
class Listed:
    """A row of the list: who waits, and for what."""

    entry: WaitListEntry
    patient: Patient
    visit: Appointment | None
    recall: Recall | None
    recall_type: RecallType | None
    type: AppointmentType | None

    @property
    def words(self) -> str:
        """For what, in the patient's words."""
        if self.visit:
            return self.visit.reason or "Visit"
        return self.recall_type.words or self.recall_type.name if self.recall_type else self.type.words if self.type else ""

    @property
    def minutes(self) -> int:
        """How long the visit takes; 0 where nobody has said."""
        if self.visit:
            return self.visit.minutes
        pattern = (self.recall and self.recall.pattern) or (self.recall_type and self.recall_type.pattern) or (self.type and self.type.pattern)
        return len(pattern or "") * _SIGN

    @property
    def codes(self) -> tuple[str, ...]:
        """The numbers of what will be done."""
        of = self.visit or self.recall_type or self.type
        return codes_of(of.procedures) if of else ()

    @property
    def kind(self) -> int:
        """The field's three sorts."""
        return RECALL if self.recall else SCHEDULED if self.visit and self.visit.status == "scheduled" else UNSCHEDULED


def listed(session: Session, practice_id: UUID, now: datetime, *where) -> list[Listed]:
    """Who is on the list and can still be served, those who have waited longest first."""
    entry, coming = WaitListEntry, and_(Appointment.status == "scheduled", Appointment.starts_at > now)
    alive = or_(
        coming, Appointment.status.in_(TO_COME), entry.appointment_type_id.is_not(None),
        and_(entry.recall_id.is_not(None), recall_waits(now)),
    )  # fmt: skip
    query = (
        select(entry, Patient, Appointment, Recall, RecallType, AppointmentType)
        .join(Patient, and_(Patient.practice_id == practice_id, Patient.id == entry.patient_id))
        .outerjoin(Appointment, and_(Appointment.practice_id == practice_id, Appointment.id == entry.appointment_id))
        .outerjoin(Recall, and_(Recall.practice_id == practice_id, Recall.id == entry.recall_id))
        .outerjoin(RecallType, and_(RecallType.practice_id == practice_id, RecallType.id == Recall.recall_type_id))
        .outerjoin(AppointmentType, and_(AppointmentType.practice_id == practice_id, AppointmentType.id == entry.appointment_type_id))
        .where(entry.practice_id == practice_id, entry.ended_at.is_(None), alive, *where)
        .order_by(entry.made_at, entry.id)
    )
    return [Listed(*row) for row in session.execute(query)]


def free_of(session: Session, tenant: Tenant, opening: Opening) -> Free:
    """An opening as the rules see it."""
    before = session.get(Appointment, (opening.practice_id, opening.appointment_id)) if opening.appointment_id else None
    providers = frozenset(each for each in (opening.provider_id, opening.hygienist_id) if each)
    return Free(
        opening.starts_at, opening.minutes, zone_of(tenant, opening.clinic_id), opening.clinic_id, opening.operatory_id, providers,
        before.patient_id if before else None, beside(session, opening.practice_id, worker_of(opening), opening.starts_at, opening.minutes, opening.appointment_id),
    )  # fmt: skip


def zone_of(tenant: Tenant, clinic_id: UUID | None) -> ZoneInfo:
    """The time zone of a clinic."""
    return next((clinic.time_zone for clinic in tenant.clinics if clinic.id == clinic_id), tenant.time_zone)


def waiters(session: Session, practice_id: UUID, rows: Iterable[Listed], now: datetime, from_due: bool) -> list[Waiter]:
    """The list as the rules see it, without whoever the office keeps from booking. With `from_due` recall visits wait for their due date."""
    rows = list(rows)
    people = {row.patient.id for row in rows}
    chairs = session.scalars(select(Operatory).where(Operatory.practice_id == practice_id, ~Operatory.is_hidden)).all()
    visits = _coming(session, practice_id, people, now)
    restricted = select(Preference.patient_id).where(Preference.practice_id == practice_id, Preference.patient_id.in_(people), Preference.is_restricted)
    kept_out = set(session.scalars(restricted))
    return [_waiter(row, chairs, visits.get(row.patient.id, []), from_due) for row in rows if row.minutes and row.patient.id not in kept_out]


def _coming(session: Session, practice_id: UUID, people: set[UUID], now: datetime) -> dict[UUID, list[Appointment]]:
    still = (Appointment.status == "scheduled", Appointment.starts_at > now - timedelta(hours=12))
    found: dict[UUID, list[Appointment]] = {}
    for visit in session.scalars(select(Appointment).where(Appointment.practice_id == practice_id, Appointment.patient_id.in_(people), *still)):
        found.setdefault(visit.patient_id, []).append(visit)
    return found


def _waiter(row: Listed, chairs: Iterable[Operatory], visits: list[Appointment], from_due: bool) -> Waiter:
    entry, visit = row.entry, row.visit
    lowest, highest = (row.type.min_age, row.type.max_age) if row.type else (None, row.recall_type.max_age if row.recall_type else None)
    busy = [(other.starts_at, other.starts_at + timedelta(minutes=other.minutes)) for other in visits if not visit or other.id != visit.id]
    return Waiter(
        entry.id, row.patient.id, row.kind, row.minutes, frozenset(chair.id for chair in chairs if _takes(chair, row)), entry.made_at,
        frozenset(entry.clinic_ids), entry.provider_id, frozenset(entry.days), entry.earliest, entry.latest, entry.notice, entry.is_priority,
        entry.asked_at, visit.starts_at if visit and row.kind == SCHEDULED else None, row.patient.birthdate, (lowest, highest),
        row.recall.due_on if row.recall and from_due else None, busy, row.codes,
    )  # fmt: skip


def _takes(chair: Operatory, row: Listed) -> bool:
    if row.visit:
        return chair.is_hygiene == row.visit.is_hygiene
    return chair.takes_recalls if row.recall else row.type is not None and row.type.id in chair.appointment_type_ids

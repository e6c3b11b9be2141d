"""The wait list as the office sees it: who waits, which times came open, who was asked and who comes next."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from core.plugins.waiting import at_clinics
from core.tenant import Tenant
from plugins.appointments.models import Offer, Opening
from plugins.appointments.waiting import asking, fitting, loading
from plugins.appointments.waiting.asking import Turn
from plugins.appointments.waiting.loading import Listed
from plugins.appointments.waiting.openings import Time

SHOWN_FOR = timedelta(days=7)
MOST = 100
_needs_office = case((Opening.next_at.is_(None), Opening.made_at), else_=Opening.asked_all_at)
HOW_MANY = select(func.count()).where(
    Opening.practice_id == bindparam("practice_id"), Opening.state == "open", Opening.starts_at > bindparam("now"), at_clinics(Opening.clinic_id),
    _needs_office > bindparam("since"), _needs_office <= bindparam("now"),
)  # fmt: skip
"""Times that are open still, though everybody was asked, or that the office wanted to be asked about first."""


@dataclass(frozen=True)
class Asked:
    """Somebody who was asked about an opening."""

    offer: Offer
    patient: Patient


@dataclass(frozen=True)
class Next:
    """Somebody who is still to be asked, and when; without a moment there is not enough time, or no way to reach them but a call."""

    patient: Patient
    turn: Turn
    at: datetime | None


def listed(session: Session, practice_id: UUID, clinic_id: UUID | None, with_rest: bool, now: datetime) -> list[Listed]:
    """Who waits at a clinic; with the rest those too who name none."""
    rows = loading.listed(session, practice_id, now)
    return [row for row in rows if clinic_of(row) == clinic_id or (with_rest and clinic_of(row) is None)]


def clinic_of(row: Listed) -> UUID | None:
    """Whose clinic it is: that of the visit, else that of the patient."""
    return (row.visit.clinic_id if row.visit else None) or row.patient.clinic_id


def openings(session: Session, practice_id: UUID, clinic_id: UUID | None, now: datetime) -> list[Opening]:
    """Times that are open or came open lately at a clinic: those that are open first."""
    of_clinic = (Opening.practice_id == practice_id, Opening.clinic_id.is_not_distinct_from(clinic_id), Opening.made_at > now - SHOWN_FOR)
    return list(session.scalars(select(Opening).where(*of_clinic).order_by(Opening.state != "open", Opening.starts_at.desc()).limit(MOST)))


def asked(session: Session, opening: Opening) -> list[Asked]:
    """Who was asked, in that order."""
    patient = and_(Patient.practice_id == Offer.practice_id, Patient.id == Offer.patient_id)
    mine = (Offer.practice_id == opening.practice_id, Offer.opening_id == opening.id)
    return [Asked(*row) for row in session.execute(select(Offer, Patient).join(Patient, patient).where(*mine).order_by(Offer.asked_at, Offer.id))]


def to_come(session: Session, tenant: Tenant, opening: Opening, texts: bool, now: datetime) -> list[Next]:
    """Who comes next, in order, and about when."""
    turns = asking.turns(session, tenant, opening, texts, now)
    moments = fitting.times(opening.starts_at, max(now, opening.next_at or now), asking.pace_of(tenant))
    ids = [turn.waiter.patient_id for turn in turns]
    people = {one.id: one for one in session.scalars(select(Patient).where(Patient.practice_id == opening.practice_id, Patient.id.in_(ids)))}
    return [Next(people[turn.waiter.patient_id], turn, next(moments, None) if turn.reach.channels() else None) for turn in turns]


def preview(session: Session, tenant: Tenant, time: Time, texts: bool, now: datetime) -> list[Next]:
    """Who would be asked about a time, without asking anybody."""
    about = {name: getattr(time, name) for name in ("clinic_id", "operatory_id", "provider_id", "hygienist_id", "is_hygiene", "starts_at", "minutes")}
    return to_come(session, tenant, Opening(practice_id=tenant.practice_id, cause="office", next_at=now, **about), texts, now)


def find(session: Session, practice_id: UUID, opening_id: UUID, clinic_ids: Collection[UUID]) -> Opening | None:
    """An opening at one of these clinics; without any at every clinic."""
    opening = session.get(Opening, (practice_id, opening_id), with_for_update=True)
    return opening if opening and (not clinic_ids or opening.clinic_id in clinic_ids) else None

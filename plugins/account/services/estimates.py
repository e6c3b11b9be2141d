"""Good-faith estimates: somebody asks, the office gives one, and what was given stays as it is."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, case, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.papers import contact_lines
from core.people.models import Patient, Provider
from core.people.told import accounts_told
from core.plugins import NoticeKind, Planned
from core.plugins.waiting import at_clinics
from core.tasks import enqueue
from core.tenant import Tenant
from plugins.account.models import Estimate
from plugins.account.services import business_days, estimate_words

ESTIMATE = NoticeKind("account.estimate", "Estimates", "The office has answered when you asked what treatment will cost.", "file-earmark-text")
STATES = {"asked": "Asked for", "given": "Given", "closed": "Answered"}
MOST_SHOWN = 100
HOW_MANY = (
    select(func.count())
    .select_from(Estimate)
    .join(Patient, and_(Patient.practice_id == Estimate.practice_id, Patient.id == Estimate.patient_id))
    .where(Estimate.practice_id == bindparam("practice_id"), Estimate.state == "asked", at_clinics(Patient.clinic_id))
    .where(bindparam("since") < Estimate.asked_at, bindparam("now") >= Estimate.asked_at)
)


class NotOpen(Exception):
    """Nobody waits for this estimate any more."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item or service that is expected, with its charge."""

    words: str
    code: str
    tooth: str
    diagnosis: str
    cents: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the office puts into an estimate. `about` is what it is for, `planned_on` the day it is scheduled for, `separately` what has to be scheduled by itself."""

    about: str
    planned_on: date | None
    provider_id: UUID | None
    lines: tuple[Line, ...]
    separately: str = ""
    note: str = ""

    @property
    def total_cents(self) -> int:
        """All lines together."""
        return sum(line.cents for line in self.lines)


def ask(session: Session, patient: Patient, about: str, by: UUID | None, due_on: date, now: datetime, origin: str = "patient", planned_key: str = "") -> UUID | None:
    """Ask the office for an estimate; None when one is asked for already, which then is due when the earlier of the two is."""
    values = {"id": uuid7(), "practice_id": patient.practice_id, "patient_id": patient.id, "clinic_id": patient.clinic_id, "about": about, "asked_by": by, "asked_at": now}
    row = insert(Estimate).values(state="asked", origin=origin, planned_key=planned_key, due_on=due_on, total_cents=0, words="", **values)
    once = row.on_conflict_do_nothing(index_elements=["practice_id", "patient_id"], index_where=text("state = 'asked'"))
    made = session.scalars(once.returning(Estimate.id)).one_or_none()
    if made is None:
        session.execute(update(Estimate).where(*_asked(patient)).values(due_on=func.least(Estimate.due_on, due_on)))
    return made


def due_for(tenant: Tenant, planned: Iterable[Planned], now: datetime) -> date:
    """By when somebody who asks now gets it, as the clinic's calendar has it."""
    return business_days.earliest_due(_day(now, tenant), [_days(one, tenant) for one in planned if one.starts_at], business_days.open_days(tenant.clinic))


def due_for_visit(tenant: Tenant, visit: Planned) -> date | None:
    """By when a visit that was scheduled needs one; None when it was scheduled too shortly before."""
    return business_days.due_on_schedule(*_days(visit, tenant), business_days.open_days(tenant.clinic))


def _days(visit: Planned, tenant: Tenant) -> tuple[date, date]:
    assert visit.starts_at
    return _day(visit.scheduled_at or visit.starts_at, tenant), _day(visit.starts_at, tenant)


def _day(moment: datetime, tenant: Tenant) -> date:
    return moment.astimezone(tenant.time_zone).date()


def give(session: Session, patient: Patient, tenant: Tenant, wanted: Wanted, by: UUID, now: datetime, estimate_id: UUID) -> bool:
    """Give the patient an estimate: as the answer to the one that was asked for under this id, else as a new one. False when this page was sent before. Whoever sees the
    account is told."""
    given = content_of(session, patient, tenant, wanted, now)
    values: dict[str, Any] = {"state": "given", "given": given, "total_cents": wanted.total_cents, "answered_at": now, "answered_by": by}
    row = insert(Estimate).values(
        id=estimate_id, practice_id=patient.practice_id, patient_id=patient.id, clinic_id=patient.clinic_id, origin="office", about=wanted.about, planned_key="", words="",
        asked_at=now, **values,
    )  # fmt: skip
    answer = row.on_conflict_do_update(
        index_elements=["practice_id", "id"], set_=values, where=(Estimate.state == "asked") & (Estimate.patient_id == patient.id)
    )
    if session.execute(answer.returning(Estimate.id)).first() is None:
        return False
    _tell(session, patient, estimate_id, now)
    return True


def close(session: Session, estimate: Estimate, words: str, by: UUID, now: datetime) -> None:
    """Answer in words, without an estimate. Raises NotOpen."""
    where = (Estimate.practice_id == estimate.practice_id, Estimate.id == estimate.id, Estimate.state == "asked")
    values = {"state": "closed", "words": words, "answered_at": now, "answered_by": by}
    if session.execute(update(Estimate).where(*where).values(**values).returning(Estimate.id)).first() is None:
        raise NotOpen
    session.refresh(estimate)
    _tell(session, session.get_one(Patient, (estimate.practice_id, estimate.patient_id)), estimate.id, now)


def _tell(session: Session, patient: Patient, estimate_id: UUID, now: datetime) -> None:
    for account_id in accounts_told(session, patient.practice_id, [patient.id], "account", now).get(patient.id, []):
        enqueue(session, "account.send_estimate_notice", estimate_id=str(estimate_id), account_id=str(account_id))


def _asked(patient: Patient) -> tuple:
    return (Estimate.practice_id == patient.practice_id, Estimate.patient_id == patient.id, Estimate.state == "asked")


def content_of(session: Session, patient: Patient, tenant: Tenant, wanted: Wanted, now: datetime) -> dict[str, Any]:
    """All that the paper says, as it is today."""
    provider = session.get(Provider, (patient.practice_id, wanted.provider_id)) if wanted.provider_id else None
    clinic, settings = tenant.contact, tenant.settings
    return {
        "patient": f"{patient.first_name} {patient.last_name}",
        "birthdate": patient.birthdate.isoformat() if patient.birthdate else "",
        "given_on": _day(now, tenant).isoformat(),
        "about": wanted.about,
        "planned_on": wanted.planned_on.isoformat() if wanted.planned_on else "",
        "provider": {"name": _full_name(provider), "npi": provider.npi} if provider else {"name": "", "npi": ""},
        "office": {
            "name": tenant.name, "lines": contact_lines(clinic), "state": clinic.state if clinic else "", "phone": clinic.phone if clinic else "",
            "npi": settings["account.estimate_npi"], "tin": settings["account.estimate_tin"],
        },
        "lines": [asdict(line) for line in wanted.lines],
        "total_cents": wanted.total_cents,
        "separately": wanted.separately,
        "note": wanted.note,
        "rights": [list(one) for one in estimate_words.RIGHTS],
    }  # fmt: skip


def _full_name(provider: Provider) -> str:
    # The law wants the provider's name, not what patients call them.
    return ", ".join(part for part in (provider.plain_name, provider.suffix) if part) or provider.name


def of_patient(session: Session, practice_id: UUID, patient_id: UUID) -> Sequence[Estimate]:
    """The estimates of a patient, the newest first."""
    where = (Estimate.practice_id == practice_id, Estimate.patient_id == patient_id)
    return session.scalars(select(Estimate).where(*where).order_by(Estimate.asked_at.desc(), Estimate.id.desc()).limit(MOST_SHOWN)).all()


def one(session: Session, practice_id: UUID, estimate_id: UUID) -> Estimate:
    """One estimate, or the wish for one. Raises NotOpen when there is none."""
    found = session.get(Estimate, (practice_id, estimate_id), populate_existing=True)
    if found is None:
        raise NotOpen
    return found


def asked_of(session: Session, patient: Patient) -> Estimate | None:
    """What the patient waits for, if anything."""
    return session.scalars(select(Estimate).where(*_asked(patient))).one_or_none()


def listed(practice_id: UUID, who: Iterable) -> Select:
    """Estimates with their patients for the office: those that wait first, by their day, then the newest. `who` says which patients."""
    join = and_(Patient.practice_id == Estimate.practice_id, Patient.id == Estimate.patient_id)
    query = select(Estimate, Patient).join(Patient, join).where(Estimate.practice_id == practice_id, *who)
    waits = case((Estimate.state == "asked", Estimate.due_on))
    return query.order_by(waits.nulls_last(), Estimate.asked_at.desc(), Estimate.id)


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Two charts become one, and only one of two wishes waits: that of the kept chart, due when the earlier was."""
    mine = (Estimate.practice_id == practice_id, Estimate.state == "asked")
    waiting = {row.patient_id: row for row in session.scalars(select(Estimate).where(*mine, Estimate.patient_id.in_([kept, absorbed])))}
    if len(waiting) > 1:
        first, second = waiting[kept], waiting[absorbed]
        first.due_on = min(day for day in (first.due_on, second.due_on) if day)
        first.about = "\n".join(words for words in (first.about, second.about) if words)
        second.state, second.answered_at = "closed", second.asked_at
        session.flush()

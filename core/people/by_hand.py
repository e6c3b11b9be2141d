"""Patients whom the office writes down by hand, or who do so themselves when they book a first visit: the practice's system has not sent their
charts yet, or there is none.

Such a chart has no number, and says where it comes from (`source`), so that it can be matched with what a system sends later on. Until then it is
changed here; what a system has sent is changed there.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.auth.likeness import BORN, CONTACT, FIRST, LAST, Likeness, likenesses
from core.auth.matching import Typed
from core.people import changes
from core.people.family import refresh_grants
from core.people.found_by import keep_words
from core.people.models import Patient, Relationship
from core.tenant import hold

OFFICE, WEB = "office", "web"
HERE = (OFFICE, WEB)
"""Where charts come from that are changed here."""


class LooksAlike(Exception):
    """There are charts that may be the same person's; `found` says which."""

    def __init__(self, found: list[Likeness]):
        super().__init__()
        self.found = found


@dataclass(frozen=True)
class Written:
    """What the office writes down of a patient."""

    first_name: str
    last_name: str
    preferred_name: str
    birthdate: date
    phone: str
    email: str
    clinic_id: UUID | None


@dataclass(frozen=True)
class Relative:
    """Somebody with a chart here who pays the bills, or looks after the patient: `relation` is `parent`, `guardian` or nothing."""

    patient_id: UUID
    is_guarantor: bool
    relation: str = ""


@dataclass(frozen=True)
class Writer:
    """Who writes it down, and when; `clinic_ids` limit whose charts are looked at, none means all."""

    account_id: UUID
    clinic_ids: tuple[UUID, ...]
    at: datetime


def alike(session: Session, practice_id: UUID, who: Written, clinic_ids: Collection[UUID] = ()) -> list[Likeness]:
    """Who may be the same person: reached by the same phone or e-mail address, or born on the same day with a name in common."""
    found: dict[UUID, Likeness] = {}
    for contact in filter(None, (who.email, who.phone)) if who.email or who.phone else ("",):
        typed = Typed(who.first_name, who.last_name, who.birthdate, contact)
        for one in likenesses(session, practice_id, typed, clinic_ids, least=1):
            is_same = CONTACT in one.agrees or (BORN in one.agrees and (FIRST in one.agrees or LAST in one.agrees))
            if is_same and len(one.agrees) > len(found[one.patient.id].agrees if one.patient.id in found else ()):
                found[one.patient.id] = one
    return sorted(found.values(), key=lambda one: -len(one.agrees))


def add(session: Session, practice_id: UUID, who: Written, writer: Writer, relative: Relative | None = None, known: Collection[UUID] = ()) -> Patient:
    """A new chart. Raises LooksAlike while there is somebody alike who is not among the `known`, whom the office has looked at."""
    hold(session, practice_id)
    found = alike(session, practice_id, who, writer.clinic_ids)
    if {one.patient.id for one in found} - set(known):
        raise LooksAlike(found)
    patient = _put(session, who, OFFICE, relative.patient_id if relative and relative.is_guarantor else None)
    if relative and relative.relation:
        session.add(Relationship(patient_id=patient.id, related_id=relative.patient_id, relation=relative.relation, is_guardian=True))
    _done(session, patient, "office.patients.add", writer)
    changes.note_patient(session, changes.ADDED, patient, writer.at)
    return patient


def add_from_web(session: Session, practice_id: UUID, who: Written, now: datetime) -> Patient:
    """The chart of somebody who writes it down on a page of the office, and who has no access by that."""
    patient = _put(session, who, WEB)
    keep_words(session, [patient.id])
    refresh_grants(session, practice_id, now, [patient.id])
    changes.note_patient(session, changes.ADDED, patient, now)
    return patient


def change(session: Session, practice_id: UUID, patient_id: UUID, who: Written, writer: Writer) -> bool:
    """Write it anew; answers whether that is anything new. An invitation that went to another address than the new one opens nothing any more."""
    patient = session.scalars(select(Patient).where(*written_here(practice_id, patient_id)).with_for_update()).one()
    values = asdict(who)
    if all(getattr(patient, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(patient, name, value)
    session.flush()
    _done(session, patient, "office.patients.change", writer)
    changes.note_patient(session, changes.CHANGED, patient, writer.at)
    return True


def written_here(practice_id: UUID, patient_id: UUID) -> tuple:
    """Which patient that is, if the chart was written down here."""
    return Patient.practice_id == practice_id, Patient.id == patient_id, Patient.source.in_(HERE)


def _put(session: Session, who: Written, source: str, guarantor_id: UUID | None = None) -> Patient:
    patient = Patient(source=source, guarantor_id=guarantor_id, **asdict(who))
    session.add(patient)
    session.flush()
    return patient


def _done(session: Session, patient: Patient, action: str, writer: Writer) -> None:
    keep_words(session, [patient.id])
    refresh_grants(session, patient.practice_id, writer.at, [patient.id])
    audit.record(session, patient.practice_id, action, writer.at, account_id=writer.account_id, patient_id=patient.id)

"""Who may be meant by what somebody typed who could not be matched with a patient: charts of which at least two things agree."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from core.auth.matching import Typed, reaches
from core.people.alike import digits, letters
from core.people.finding import beginning_with, seen_at
from core.people.models import Patient, PatientWord
from core.people.wanted import word_of_email

MOST = 8
FIRST, LAST, BORN, CONTACT = "first name", "last name", "birthdate", "e-mail or phone"
_MOST_LOOKED_AT = 500


@dataclass(frozen=True)
class Likeness:
    """A patient who may be meant, and what agrees; `differs` is what does not."""

    patient: Patient
    agrees: tuple[str, ...]
    differs: tuple[str, ...]


def likenesses(session: Session, practice_id: UUID, typed: Typed, clinic_ids: Collection[UUID] = (), least: int = 2) -> list[Likeness]:
    """Those who may be meant, of the clinics that count, the likeliest first: of the four things `least` agree."""
    # Of four things two agree: both names, or one of the other two with something else.
    ids = [select(Patient.id).where(Patient.practice_id == practice_id, Patient.birthdate == typed.birthdate)]
    if contact := _contact_word(typed.contact):
        ids.append(beginning_with(practice_id, contact))
    if (first := letters(typed.first_name)) and (last := letters(typed.last_name)):
        ids.append(beginning_with(practice_id, last).where(PatientWord.patient_id.in_(beginning_with(practice_id, first))))
    looked_at = select(Patient).where(*seen_at(practice_id, clinic_ids), Patient.id.in_(union(*ids))).limit(_MOST_LOOKED_AT)
    found = [_likeness(patient, typed) for patient in session.scalars(looked_at)]
    found = [one for one in found if len(one.agrees) >= least]
    return sorted(found, key=lambda one: (-len(one.agrees), one.patient.last_name, one.patient.first_name, one.patient.id))[:MOST]


def _contact_word(contact: str) -> str:
    """As core/people/found_by.py writes it down."""
    return word_of_email(contact) if "@" in contact else digits(contact)


def _likeness(patient: Patient, typed: Typed) -> Likeness:
    same = {
        FIRST: letters(typed.first_name) in {letters(patient.first_name), letters(patient.preferred_name)} - {""},
        LAST: letters(typed.last_name) == letters(patient.last_name),
        BORN: patient.birthdate == typed.birthdate,
        CONTACT: reaches(patient, typed.contact),
    }
    return Likeness(patient, tuple(what for what, is_same in same.items() if is_same), tuple(what for what, is_same in same.items() if not is_same))

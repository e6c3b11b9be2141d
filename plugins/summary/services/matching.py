"""Whose document it is: birthdate, family name and given name must agree, and one of postal code, phone and e-mail; never a number alone."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.people.alike import digits, letters
from core.people.models import Patient
from plugins.summary.ccd.read import StatedPatient


def candidates(session: Session, practice_id: UUID, stated: StatedPatient | None) -> list[Patient]:
    """The patients of the practice whom the document may be about; it is known whose it is when there is exactly one."""
    if stated is None or stated.birthdate is None:
        return []
    born = select(Patient).where(Patient.practice_id == practice_id, Patient.birthdate == stated.birthdate)
    return [patient for patient in session.scalars(born) if _is(patient, stated)]


def _is(patient: Patient, stated: StatedPatient) -> bool:
    return _same_name(patient, stated) and _same_reach(patient, stated)


def _same_name(patient: Patient, stated: StatedPatient) -> bool:
    return _same_family(patient, stated) and _same_given(patient, stated)


def _same_family(patient: Patient, stated: StatedPatient) -> bool:
    return bool(stated.family) and letters(patient.last_name) == letters(stated.family)


def _same_given(patient: Patient, stated: StatedPatient) -> bool:
    """The given names begin with the patient's first name, or with what the patient is called; one side may tell fewer of them."""
    told = _words(" ".join(stated.given))
    return any(_begins_alike(_words(name), told) for name in (patient.first_name, patient.preferred_name))


def _begins_alike(names: list[str], told: list[str]) -> bool:
    return bool(names and told) and all(one == other for one, other in zip(names, told, strict=False))


def _same_reach(patient: Patient, stated: StatedPatient) -> bool:
    postal = patient.postal_code[:5] and patient.postal_code[:5] in {code[:5] for code in stated.postal_codes}
    phone = digits(patient.phone) and digits(patient.phone) in set(map(digits, stated.phones))
    email = patient.email and patient.email.casefold() in {address.casefold() for address in stated.emails}
    return bool(postal or phone or email)


def contradictions(patient: Patient, stated: StatedPatient | None) -> list[str]:
    """What the document says otherwise than the chart: among birthdate, family name, given name. What it leaves out does not count."""
    if stated is None:
        return []
    differs = {
        "birthdate": bool(stated.birthdate and patient.birthdate and stated.birthdate != patient.birthdate),
        "family name": bool(stated.family) and not _same_family(patient, stated),
        "given name": bool(stated.given) and not _same_given(patient, stated),
    }
    return [what for what, differing in differs.items() if differing]


def _words(names: str) -> list[str]:
    return [word for word in map(letters, names.replace(".", " ").split()) if word]

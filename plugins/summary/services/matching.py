"""Whose document it is: birthdate, family name and given name must agree, and one of postal code, phone and e-mail; never a number alone."""

import re
import unicodedata
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

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
    return bool(stated.family) and _letters(patient.last_name) == _letters(stated.family)


def _same_given(patient: Patient, stated: StatedPatient) -> bool:
    """The given names begin with the patient's first name, or with what the patient is called; one side may tell fewer of them."""
    told = _words(" ".join(stated.given))
    return any(_begins_alike(_words(name), told) for name in (patient.first_name, patient.preferred_name))


def _begins_alike(names: list[str], told: list[str]) -> bool:
    return bool(names and told) and all(one == other for one, other in zip(names, told, strict=False))


def _same_reach(patient: Patient, stated: StatedPatient) -> bool:
    postal = patient.postal_code[:5] and patient.postal_code[:5] in {code[:5] for code in stated.postal_codes}
    phone = _digits(patient.phone) and _digits(patient.phone) in set(map(_digits, stated.phones))
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


def _letters(name: str) -> str:
    """The letters of a name alone, without accents, case, hyphens and spaces: O'Brien is OBRIEN."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in apart if letter.isalnum()).casefold()


def _words(names: str) -> list[str]:
    return [letters for letters in map(_letters, names.replace(".", " ").split()) if letters]


def _digits(phone: str) -> str:
    """The ten digits of a telephone number; empty when it has fewer than seven."""
    digits = re.sub(r"[^0-9]", "", phone)[-10:]
    return digits if len(digits) >= 7 else ""

"""Finding a patient by what somebody says at the desk: a name or its beginning, a birthdate, a phone number, a mail address, a chart's number.

What patients are found by stands as words beside them (`patient_word`), written plainly, and kept anew whenever charts come in.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from core.people.alike import digits, letters
from core.people.models import Patient, PatientWord

MOST = 50
"""Who is shown at once."""
LONGEST = 100
AT_ONCE = 1000
_AFTER_ALL = "\U0010ffff"  # no word holds it
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_AMERICAN = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")
_SPACES = re.compile(r"[\s,;]+")
_PHONE = re.compile(r"[+(]?[\d().+\s-]+")


@dataclass(frozen=True)
class Wanted:
    """What was typed, taken apart: the beginnings of words that must all be there, and birthdates."""

    words: tuple[str, ...] = ()
    birthdates: tuple[date, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.birthdates)


def read_wanted(typed: str, today: date) -> Wanted:
    """Take apart what was typed: "garcia 4/12/1985", "303-555-0112", "Lopez, Ana", "ana@example.com", "SUN-1001"."""
    text = typed.replace("\0", "")[:LONGEST].strip()
    if _PHONE.fullmatch(text) and len(_dates([text], today)) == 0 and digits(text):
        return Wanted((digits(text),))
    parts = [part for part in _SPACES.split(text) if part]
    born = _dates(parts, today)
    words = [_word(part) for part in parts if part not in born]
    return Wanted(tuple(dict.fromkeys(word for word in words if word)), tuple(born.values()))


def _word(part: str) -> str:
    return f"@{part.casefold()}" if "@" in part else letters(part)


def _dates(parts: Sequence[str], today: date) -> dict[str, date]:
    found = {part: _date(part, today) for part in parts}
    return {part: day for part, day in found.items() if day}


def _date(part: str, today: date) -> date | None:
    if iso := _ISO.fullmatch(part):
        year, month, day = map(int, iso.groups())
    elif american := _AMERICAN.fullmatch(part):
        month, day, year = map(int, american.groups())
        if len(american[3]) == 2:
            year += today.year // 100 * 100
            year -= 100 if year > today.year else 0
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def find(session: Session, practice_id: UUID, wanted: Wanted, clinic_ids: Collection[UUID] = ()) -> tuple[list[Patient], bool]:
    """The first fifty who fit, by name, and whether there are more; `clinic_ids` limits them to those clinics, none means all."""
    if not wanted:
        return [], False
    fitting = select(Patient).where(*seen_at(practice_id, clinic_ids))
    for word in wanted.words:
        fitting = fitting.where(Patient.id.in_(beginning_with(practice_id, word)))
    for born in wanted.birthdates:
        fitting = fitting.where(Patient.birthdate == born)
    found = session.scalars(fitting.order_by(Patient.last_name, Patient.first_name, Patient.id).limit(MOST + 1)).all()
    return list(found[:MOST]), len(found) > MOST


def beginning_with(practice_id: UUID, word: str) -> Select:
    """The ids of those who have a word that begins like this."""
    # As a span of the index: under row security a comparison by pattern would read every word of the practice.
    span = (PatientWord.word >= word, PatientWord.word < word + _AFTER_ALL)
    return select(PatientWord.patient_id).where(PatientWord.practice_id == practice_id, *span)


def patient_at(session: Session, practice_id: UUID, patient_id: UUID, clinic_ids: Collection[UUID] = ()) -> Patient | None:
    """One patient, if a clinic that counts is theirs."""
    return session.scalars(select(Patient).where(*seen_at(practice_id, clinic_ids), Patient.id == patient_id)).one_or_none()


def seen_at(practice_id: UUID, clinic_ids: Collection[UUID]) -> tuple:
    """Which patients somebody sees who works at these clinics; none means all."""
    # Who has no clinic is seen by those only who see all.
    mine = (Patient.practice_id == practice_id,)
    return (*mine, Patient.clinic_id.in_(clinic_ids)) if clinic_ids else mine


def words_of(patient: Any) -> set[str]:
    """What a patient (or a row of one) is found by: each name whole and in parts, the phone's ends, the mail address, the chart's number."""
    names = [patient.first_name, patient.last_name, patient.preferred_name, patient.external_id or ""]
    words = {letters(part) for name in names for part in (name, *_SPACES.split(name), *re.split(r"[\W_]+", name))}
    phone = digits(patient.phone)
    words |= {phone, phone[-7:], phone[-4:]}
    words |= {f"@{patient.email.strip().casefold()}"} if patient.email.strip() else set()
    return words - {""}


def keep_words(session: Session, patient_ids: Collection[UUID]) -> None:
    """Write down anew what these patients are found by; for after a change of their charts."""
    ids = sorted(patient_ids)
    for at in range(0, len(ids), AT_ONCE):
        _keep_words(session, session.info["practice_id"], ids[at : at + AT_ONCE])


def _keep_words(session: Session, practice_id: UUID, patient_ids: list[UUID]) -> None:
    of_these = (PatientWord.practice_id == practice_id, PatientWord.patient_id.in_(patient_ids))
    kept = {(row.patient_id, row.word): row.id for row in session.scalars(select(PatientWord).where(*of_these))}
    patients = session.scalars(select(Patient).where(Patient.practice_id == practice_id, Patient.id.in_(patient_ids)).execution_options(populate_existing=True))
    wanted = {(patient.id, word) for patient in patients for word in words_of(patient)}
    if gone := [kept[pair] for pair in kept.keys() - wanted]:
        session.execute(delete(PatientWord).where(PatientWord.practice_id == practice_id, PatientWord.id.in_(gone)))
    if new := [{"practice_id": practice_id, "patient_id": patient_id, "word": word} for patient_id, word in sorted(wanted - kept.keys())]:
        session.execute(insert(PatientWord), new)

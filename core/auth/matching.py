"""Who somebody is that asks for access without the office: names, birthdate, and the e-mail address or phone in the chart must all agree."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from core.auth.access import account_of
from core.people.ages import years
from core.people.alike import digits, letters
from core.people.models import Patient, PatientWord
from core.people.wanted import word_of_email

YOUNGEST = 13
"""From this birthday on children may ask for themselves; before, it is a guardian's access that is wanted (COPPA)."""

SENT, ACCOUNT = "sent", "account"
NOBODY, SEVERAL, CLOSED, CONFIDENTIAL = "nobody", "several", "closed", "confidential"
YOUNG, SHARED, NO_ADDRESS = "young", "shared", "no_address"
UNDELIVERABLE, TOO_MANY = "undeliverable", "too_many"
WHY = {
    SENT: "The code for the e-mail address or phone in the chart was not used. Is that still right?",
    ACCOUNT: "This patient has access already. A message has said so, if one could be sent.",
    NOBODY: "No chart has these names, this birthdate, and this e-mail address or phone.",
    SEVERAL: "More than one chart fits.",
    CLOSED: "The office has closed this patient’s access.",
    CONFIDENTIAL: "The chart is confidential, so that access is given by the office only.",
    YOUNG: f"The patient is under {YOUNGEST}. A guardian can be given access.",
    SHARED: "The patient is not of age, and the e-mail address or phone in the chart is also somebody else’s, who would get the code.",
    NO_ADDRESS: "No code can be sent to the phone number in the chart by text message. Is it a whole number, with its area code?",
    UNDELIVERABLE: "The phone in the chart took no code: it gets no text messages, or its owner has stopped them with STOP.",
    TOO_MANY: "Too many codes by text message were asked for, so that no other was sent.",
}
"""What came of it, and how the office is told why there is no account."""


@dataclass(frozen=True)
class Typed:
    """What somebody typed about themselves. `contact` is an e-mail address or a phone number."""

    first_name: str
    last_name: str
    birthdate: date
    contact: str


def match(session: Session, practice_id: UUID, typed: Typed, today: date, adult_age: int) -> tuple[str, Patient | None]:
    """What comes of it, and the patient if exactly one fits; `SENT` when a code may go to the address in that patient's chart."""
    born = select(Patient).where(Patient.practice_id == practice_id, Patient.birthdate == typed.birthdate)
    fitting = [patient for patient in session.scalars(born) if fits(patient, typed)]
    if len(fitting) != 1:
        return (SEVERAL if fitting else NOBODY), None
    return _hindrance(session, fitting[0], typed.contact, today, adult_age) or SENT, fitting[0]


def fits(patient: Patient, typed: Typed) -> bool:
    """Whether all that was typed is this patient's."""
    return is_named(patient, typed) and reaches(patient, typed.contact)


def is_named(patient: Patient, typed: Typed) -> bool:
    """Whether names and birthdate are this patient's; the name that the patient is called by counts as the first name."""
    given = {letters(patient.first_name), letters(patient.preferred_name)} - {""}
    names = letters(typed.first_name) in given and letters(typed.last_name) == letters(patient.last_name) != ""
    return names and patient.birthdate == typed.birthdate


def is_email(contact: str) -> bool:
    """Whether an e-mail address was typed, so that the code goes by mail; else it goes by text message."""
    return "@" in contact


def reaches(patient: Patient, contact: str) -> bool:
    """Whether this is the e-mail address or the phone in the chart."""
    if is_email(contact):
        return patient.email.strip().casefold() == contact.strip().casefold()
    return digits(contact) == digits(patient.phone) != ""


def _hindrance(session: Session, patient: Patient, contact: str, today: date, adult_age: int) -> str:
    account = account_of(session, patient.practice_id, patient.id)
    if account:
        return CLOSED if account.closed_at else ACCOUNT
    if patient.is_confidential:
        return CONFIDENTIAL
    age = years(patient.birthdate or today, today)
    if age < YOUNGEST:
        return YOUNG
    return SHARED if age < adult_age and _is_shared(session, patient, contact) else ""


def _is_shared(session: Session, patient: Patient, contact: str) -> bool:
    # By the words that patients are found by, which have an index.
    word = word_of_email(patient.email) if is_email(contact) else digits(patient.phone)
    others = exists().where(PatientWord.practice_id == patient.practice_id, PatientWord.word == word, PatientWord.patient_id != patient.id)
    return bool(session.scalar(select(others)))

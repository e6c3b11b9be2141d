"""Who somebody is that asks for access without the office: names, birthdate, and the e-mail address or phone in the chart must all agree."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from core.auth.access import account_of
from core.people.ages import years
from core.people.alike import digits, letters
from core.people.models import Patient

YOUNGEST = 13
"""From this birthday on children may ask for themselves; before, it is a guardian's access that is wanted (COPPA)."""

SENT, ACCOUNT = "sent", "account"
NOBODY, SEVERAL, CLOSED, CONFIDENTIAL = "nobody", "several", "closed", "confidential"
YOUNG, SHARED, NO_ADDRESS = "young", "shared", "no_address"
WHY = {
    SENT: "The code for the e-mail address in the chart was not used. Is the address still right?",
    ACCOUNT: "This patient has access already. A mail has said so, if the account has an address.",
    NOBODY: "No chart has these names, this birthdate, and this e-mail address or phone.",
    SEVERAL: "More than one chart fits.",
    CLOSED: "The office has closed this patient’s access.",
    CONFIDENTIAL: "The chart is confidential, so that access is given by the office only.",
    YOUNG: f"The patient is under {YOUNGEST}. A guardian can be given access.",
    SHARED: "The patient is not of age, and the e-mail address in the chart is also somebody else’s, who would get the code.",
    NO_ADDRESS: "The chart has no e-mail address that a code could be sent to.",
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
    return _hindrance(session, fitting[0], today, adult_age) or SENT, fitting[0]


def fits(patient: Patient, typed: Typed) -> bool:
    """Whether all that was typed is this patient's; the name that the patient is called by counts as the first name."""
    given = {letters(patient.first_name), letters(patient.preferred_name)} - {""}
    names = letters(typed.first_name) in given and letters(typed.last_name) == letters(patient.last_name) != ""
    return names and patient.birthdate == typed.birthdate and reaches(patient, typed.contact)


def reaches(patient: Patient, contact: str) -> bool:
    """Whether this is the e-mail address or the phone in the chart."""
    if "@" in contact:
        return patient.email.strip().casefold() == contact.strip().casefold()
    return digits(contact) == digits(patient.phone) != ""


def _hindrance(session: Session, patient: Patient, today: date, adult_age: int) -> str:
    account = account_of(session, patient.practice_id, patient.id)
    if account:
        return CLOSED if account.closed_at else ACCOUNT
    if patient.is_confidential:
        return CONFIDENTIAL
    age = years(patient.birthdate or today, today)
    if age < YOUNGEST:
        return YOUNG
    if not patient.email:
        return NO_ADDRESS
    return SHARED if age < adult_age and _is_shared(session, patient) else ""


def _is_shared(session: Session, patient: Patient) -> bool:
    same = func.lower(Patient.email) == patient.email.lower()
    return bool(session.scalar(select(exists().where(Patient.practice_id == patient.practice_id, Patient.id != patient.id, same))))

"""Who answers from a telephone, and the requests to confirm that a message brings."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.people.models import Patient, PatientWord
from core.texting import codes, whole_number
from plugins.appointments.models import Appointment, Notice
from plugins.appointments.notices.values import Person
from plugins.appointments.services import arriving, confirming


def ask(session: Session, secret_key: str, rows: Sequence[tuple[Notice, Appointment, Patient]], recipient: Person, now: datetime) -> dict[UUID, confirming.Asked]:
    """Ask for the first visit of each patient, by its id: answering confirms all of that patient's day. All have one code.

    No other practice that writes to the number waits for the same one.
    """
    firsts: dict[UUID, Appointment] = {}
    for _, visit, patient in rows:
        firsts.setdefault(patient.id, visit)
    practice_id, number = rows[0][0].practice_id, recipient.number
    until, number_key = max(visit.starts_at for visit in firsts.values()), codes.key_of(secret_key, number)
    is_free = partial(codes.claim, session, practice_id, number_key, until=until, now=now) if number else None
    sharing = patients_at(session, practice_id, number) if number else set()
    code = confirming.next_code(session, practice_id, sharing | firsts.keys(), [visit.id for visit in firsts.values()], is_free)
    return {visit.id: confirming.ask(session, practice_id, visit.id, now, code) for visit in firsts.values()}


def ask_whether_here(session: Session, secret_key: str, visits: Sequence[Appointment], number: str, now: datetime) -> str:
    """The code that says "I am here" for these visits of a day, from this telephone."""
    until = max(visit.starts_at + timedelta(minutes=visit.minutes) for visit in visits)
    letters = (f"{arriving.LETTER}{place if place > 1 else ''}" for place in count(1))
    number_key = codes.key_of(secret_key, number)
    return next(code for code in letters if not number or codes.claim(session, visits[0].practice_id, number_key, code, until, now))


def patients_at(session: Session, practice_id: UUID, number: str) -> set[UUID]:
    """The patients whose texts go to a number: their own, or that of their guarantor."""
    digits = number[-10:]
    word = select(PatientWord.patient_id).where(PatientWord.practice_id == practice_id, PatientWord.word.in_([digits, f"1{digits}"]))
    found = session.execute(select(Patient.id, Patient.phone).where(Patient.practice_id == practice_id, Patient.id.in_(word)))
    own = {patient_id for patient_id, phone in found if whole_number(phone) == number}
    theirs = or_(Patient.id.in_(own), Patient.guarantor_id.in_(own))
    return set(session.scalars(select(Patient.id).where(Patient.practice_id == practice_id, theirs))) if own else set()

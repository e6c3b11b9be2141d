"""Access without the office: who somebody is, a code to the address or phone in the chart, and an account of one's own.

The request looks nobody up: it does the same, and takes as long, whoever is typed. The worker does (core/auth/register_tasks.py).
"""

import hmac
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.auth import lockout, tickets
from core.auth.access import NoRoom, account_of, open_account
from core.auth.limits import Count, Limiter, windows
from core.auth.matching import Typed
from core.auth.models import Account, Registration, Ticket
from core.auth.rules import WeakPassword, check_new_password
from core.auth.tickets import BadTicket
from core.auth.user_names import WrongUserName, check_user_name
from core.people.alike import letters
from core.people.models import Patient
from core.tasks import enqueue
from core.texting import whole_number

REGISTER = "register"
CODE_LIVES = timedelta(minutes=20)
PER_PERSON = windows("5 per 15 minutes; 20 per 1 day")
PER_ADDRESS, PER_NETWORK = windows("20 per 15 minutes"), windows("60 per 15 minutes")
# Each costs the office. Counted where one is about to go to the phone in a chart, so that nobody uses them up who knows no patient.
TEXTS_TO_NUMBER, TEXTS_OF_PRACTICE = windows("3 per 15 minutes; 10 per 1 day"), windows("60 per 1 hour; 300 per 1 day")
ALL_TEXTS = "register.texts"


@dataclass(frozen=True)
class Asked:
    """Somebody asks for access: what was typed, and from where."""

    typed: Typed
    address: str
    at: datetime


@dataclass(frozen=True)
class NewAccount:
    """A code that was sent with the user name (or none) and the password to have, typed in the browser that asked for the code."""

    ticket_id: UUID
    code: str
    user_name: str
    password: str
    address: str
    at: datetime


def ask(session: Session, practice_id: UUID, limiter: Limiter, secret_key: str, asked: Asked) -> UUID:
    """Ask for access; returns the ticket's id, which the browser keeps. Raises TooManyAttempts."""
    _count(limiter, practice_id, secret_key, asked)
    ticket_id = tickets.put_code(session, REGISTER, asked.at, CODE_LIVES)
    session.add(Registration(id=ticket_id, asked_at=asked.at, **asdict(asked.typed)))
    enqueue(session, "auth.match_registration", registration=str(ticket_id))
    return ticket_id


def register(session: Session, practice_id: UUID, limiter: Limiter, new: NewAccount) -> Account:
    """The account of whom the code was sent to. A code that was right stays good when something else is wrong.

    Raises WeakPassword, WrongUserName, NoRoom, TooManyAttempts, and BadTicket (then commit: the try counts).
    """
    failures = lockout.of_places(practice_id, "register.code", new.address, PER_ADDRESS, PER_NETWORK)
    limiter.refuse_when_full(new.at, *failures)
    # What is said before the code was right must say nothing about the patient, nor about user names that are taken.
    user_name = check_user_name(new.user_name) if new.user_name else ""
    check_new_password(new.password, [user_name])
    try:
        patient, ticket = _use_code(session, practice_id, new)
    except BadTicket:
        limiter.hit(*failures)
        raise
    try:
        address = patient.email.partition("@")[0]
        check_new_password(new.password, [user_name, address, patient.first_name, patient.last_name, patient.preferred_name])
        account = open_account(session, patient, user_name, new.password, new.at)
    except (WeakPassword, WrongUserName, NoRoom):
        tickets.give_back(session, ticket)
        raise
    _close_others(session, patient, new.at)
    return account


def _lock_patient(session: Session, practice_id: UUID, ticket_id: UUID) -> Patient | None:
    """Whom the ticket is for, if the worker has found somebody; the statement is the same for all."""
    # Locked, and before the ticket: two who come with codes for one patient come one after the other.
    whose = select(Ticket.patient_id).where(Ticket.practice_id == practice_id, Ticket.id == ticket_id).scalar_subquery()
    return session.scalars(select(Patient).where(Patient.practice_id == practice_id, Patient.id == whose).with_for_update()).one_or_none()


def _use_code(session: Session, practice_id: UUID, new: NewAccount) -> tuple[Patient, Ticket]:
    """Use the code up. Raises BadTicket, also when the address or phone in the chart has changed, or somebody has got access meanwhile."""
    patient = _lock_patient(session, practice_id, new.ticket_id)
    ticket = tickets.use_code(session, practice_id, REGISTER, new.ticket_id, new.code, new.at)
    if patient is None or not _still_reaches(patient, ticket) or account_of(session, practice_id, patient.id):
        raise BadTicket
    return patient, ticket


def _still_reaches(patient: Patient, ticket: Ticket) -> bool:
    return whole_number(patient.phone) == ticket.phone if ticket.phone else patient.email == ticket.email


def _close_others(session: Session, patient: Patient, now: datetime) -> None:
    """Invitations and other codes end, and the office need not look at what was typed before."""
    tickets.void(session, patient.practice_id, now, patient_id=patient.id)
    where = (Registration.practice_id == patient.practice_id, Registration.patient_id == patient.id, Registration.outcome == "")
    session.execute(delete(Registration).where(*where))


def count_text(limiter: Limiter, practice_id: UUID, secret_key: str, number: str, now: datetime) -> None:
    """Count a text message that is about to go to a number. Raises TooManyAttempts."""
    whose = _secretly(secret_key, number)
    limiter.take(now, Count(TEXTS_TO_NUMBER, practice_id, "register.number", whose), Count(TEXTS_OF_PRACTICE, practice_id, ALL_TEXTS))


def _count(limiter: Limiter, practice_id: UUID, secret_key: str, asked: Asked) -> None:
    person = Count(PER_PERSON, practice_id, "register.person", _key(secret_key, asked.typed))
    limiter.take(asked.at, person, *lockout.of_places(practice_id, "register", asked.address, PER_ADDRESS, PER_NETWORK))


def _key(secret_key: str, typed: Typed) -> str:
    # Where tries are counted nobody can read who was typed.
    person = f"{letters(typed.first_name)}:{letters(typed.last_name)}:{typed.birthdate}"
    return _secretly(secret_key, person)


def _secretly(secret_key: str, words: str) -> str:
    return hmac.digest(secret_key.encode(), b"register:" + words.encode(), "sha256").hex()

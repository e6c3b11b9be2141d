"""Seeing what is owed before paying, without signing in: by a code to the mail or the phone in the chart.

A request looks nobody up: it does the same, and takes as long, whoever is typed. The worker does, and sends a code only where one patient fits.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from core.auth import lockout, tickets
from core.auth.limits import Count, Limiter, windows
from core.auth.tickets import BadTicket
from core.people.ages import years
from core.people.alike import letters
from core.people.models import Patient
from core.tasks import enqueue
from plugins.account.models import PayRequest, Verification
from plugins.account.services.assigning import fitting

CODE, PASS = "pay_known", "pay_pass"
CODE_LIVES, PASS_LIVES = timedelta(minutes=15), timedelta(minutes=30)
PER_PERSON = windows("5 per 15 minutes; 20 per 1 day")
PER_ADDRESS, PER_NETWORK = windows("20 per 15 minutes; 60 per 1 day"), windows("60 per 15 minutes")
AT_PRACTICE = windows("100 per 15 minutes; 1000 per 1 day")

Channel = Literal["mail", "text"]


@dataclass(frozen=True, slots=True)
class Proven:
    """A patient who has typed the code, and the address that it went to, if it was a mail; or who has come by the link of a request to pay
    (`asked`) and said the birthdate: then nothing is shown of what is kept, and `family` are those whom the request is about."""

    patient: Patient
    email: str
    asked: PayRequest | None = None
    family: tuple[UUID, ...] = ()

    @property
    def statement_id(self) -> UUID | None:
        """The statement that was asked for."""
        return self.asked.statement_id if self.asked else None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who somebody says to be, and how the code should come; `address` is where the request comes from."""

    first_name: str
    last_name: str
    birthdate: date
    account_number: str
    channel: Channel
    address: str


def ask(session: Session, practice_id: UUID, limiter: Limiter, secret_key: str, asker: Asker, now: datetime) -> UUID:
    """Ask for a code; returns the ticket's id, which the page keeps. Raises TooManyAttempts."""
    who = f"{letters(asker.first_name)}:{letters(asker.last_name)}:{asker.birthdate}"
    whose = hmac.digest(secret_key.encode(), b"paying:" + who.encode(), "sha256").hex()
    places = lockout.of_places(practice_id, "verify", asker.address, PER_ADDRESS, PER_NETWORK)
    limiter.take(now, Count(PER_PERSON, practice_id, "verify.person", whose), *places, Count(AT_PRACTICE, practice_id, "verify.practice"))
    ticket_id = tickets.put_code(session, CODE, now, CODE_LIVES)
    typed = {name: getattr(asker, name) for name in Asker.__slots__ if name != "address"}
    session.add(Verification(id=ticket_id, asked_at=now, **typed))
    enqueue(session, "account.find_payer", verification=str(ticket_id))
    return ticket_id


def find(session: Session, typed: Verification, today: date, adult_age: int) -> tuple[Patient, Patient] | None:
    """The one patient whom everything fits, and whose address the code goes to: the own, else the guarantor's."""
    found = fitting(session, typed.practice_id, typed)
    if len(found) != 1:
        return None
    [patient] = found
    is_child = years(typed.birthdate, today) < adult_age
    may_ask_guarantor = patient.guarantor_id and not patient.is_confidential and (is_child or not (patient.email or patient.phone))
    guarantor = session.get(Patient, (typed.practice_id, patient.guarantor_id)) if may_ask_guarantor else None
    return patient, guarantor or patient


def prove(session: Session, practice_id: UUID, limiter: Limiter, ticket_id: UUID, code: str, address: str, now: datetime) -> str:
    """The link to pay with of whom a code was sent to. Raises TooManyAttempts, and BadTicket (then commit: the try counts)."""
    failures = lockout.of_places(practice_id, "verify.code", address, PER_ADDRESS, PER_NETWORK)
    limiter.refuse_when_full(now, *failures)
    try:
        ticket = tickets.use_code(session, practice_id, CODE, ticket_id, "".join(code.split()), now)
        if ticket.patient_id is None:
            raise BadTicket
    except BadTicket:
        limiter.hit(*failures)
        raise
    return tickets.issue_link(session, PASS, now, PASS_LIVES, email=ticket.email, patient_id=ticket.patient_id)


def patient_of(session: Session, practice_id: UUID, token: str, now: datetime) -> Proven:
    """Who pays with a link. Raises BadTicket."""
    ticket = tickets.open_link(session, practice_id, PASS, token, now)
    return Proven(session.get_one(Patient, (practice_id, ticket.patient_id)), ticket.email)

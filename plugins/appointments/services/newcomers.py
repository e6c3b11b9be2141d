"""Booking without signing in: by patients, who prove themselves by a code to the address in their chart, and by people who were never here.

A request looks nobody up: it does the same, and takes as long, whoever is typed. The worker does.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.auth import clearing, lockout, tickets
from core.auth.limits import Count, Limiter, windows
from core.auth.matching import Typed, is_named
from core.auth.tickets import BadTicket
from core.people import by_hand
from core.people.ages import years
from core.people.alike import digits, letters
from core.people.models import Patient
from core.tasks import enqueue
from core.tenant import hold
from plugins.appointments.models import Guest

KNOWN, NEW, PASS = "book_known", "book_new", "book_pass"
CODE_LIVES, PASS_LIVES = timedelta(minutes=20), timedelta(minutes=30)
PER_PERSON = windows("5 per 15 minutes; 20 per 1 day")
PER_ADDRESS, PER_NETWORK = windows("20 per 15 minutes; 60 per 1 day"), windows("60 per 15 minutes")
AT_PRACTICE = windows("100 per 15 minutes; 1000 per 1 day")
UNFINISHED_KEPT, BOOKED_KEPT = timedelta(days=1), timedelta(days=365)


class AlreadyHere(Exception):
    """There is a chart with this name, birthdate, e-mail address and phone: who it is books as a patient."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody says to be, and how to reach them; `words` is what the office reads with the visit."""

    first_name: str
    last_name: str
    birthdate: date
    email: str = ""
    phone: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """From where somebody asks, for which clinic, led here by what, and when."""

    address: str
    clinic_id: UUID | None
    source: str
    at: datetime


def ask(session: Session, practice_id: UUID, limiter: Limiter, secret_key: str, person: Person, asker: Asker, kind: str) -> UUID:
    """Ask for a code; returns the ticket's id, which the page keeps. Raises TooManyAttempts."""
    who = f"{letters(person.first_name)}:{letters(person.last_name)}:{person.birthdate}:{person.email.casefold()}"
    whose = hmac.digest(secret_key.encode(), b"booking:" + who.encode(), "sha256").hex()
    places = lockout.of_places(practice_id, "booking", asker.address, PER_ADDRESS, PER_NETWORK)
    limiter.take(asker.at, Count(PER_PERSON, practice_id, "booking.person", whose), *places, Count(AT_PRACTICE, practice_id, "booking.practice"))
    ticket_id = tickets.put_code(session, kind, asker.at, CODE_LIVES, email=person.email if kind == NEW else "")
    about = {"clinic_id": asker.clinic_id, "source": asker.source, "asked_at": asker.at}
    names = {name: getattr(person, name) for name in Person.__slots__}
    session.add(Guest(id=ticket_id, kind="new" if kind == NEW else "known", **names, **about))
    enqueue(session, "appointments.send_guest_code" if kind == NEW else "appointments.find_guest", guest=str(ticket_id))
    return ticket_id


def find(session: Session, guest: Guest, today: date, adult_age: int) -> tuple[Patient, Patient] | None:
    """The one patient whom the names and the birthdate fit, and whose address the code goes to: the own, else the guarantor's."""
    typed = Typed(guest.first_name, guest.last_name, guest.birthdate, "")
    born = select(Patient).where(Patient.practice_id == guest.practice_id, Patient.birthdate == guest.birthdate)
    fitting = [patient for patient in session.scalars(born) if is_named(patient, typed)]
    if len(fitting) != 1:
        return None
    [patient] = fitting
    is_child = years(guest.birthdate, today) < adult_age
    may_ask_guarantor = patient.guarantor_id and not patient.is_confidential and (is_child or not (patient.email or patient.phone))
    guarantor = session.get(Patient, (guest.practice_id, patient.guarantor_id)) if may_ask_guarantor else None
    return patient, guarantor or patient


def prove(session: Session, practice_id: UUID, limiter: Limiter, ticket_id: UUID, code: str, address: str, now: datetime) -> str:
    """The link to book with of whom a code was sent to. Raises TooManyAttempts, and BadTicket (then commit: the try counts)."""
    ticket = _use(session, practice_id, limiter, KNOWN, ticket_id, code, address, now)
    if ticket.patient_id is None:
        raise BadTicket
    return tickets.issue_link(session, PASS, now, PASS_LIVES, patient_id=ticket.patient_id)


def patient_of(session: Session, practice_id: UUID, token: str, now: datetime) -> Patient:
    """For whom a link books. Raises BadTicket."""
    ticket = tickets.open_link(session, practice_id, PASS, token, now)
    return session.get_one(Patient, (practice_id, ticket.patient_id))


def use_up(session: Session, practice_id: UUID, token: str, now: datetime) -> None:
    """One visit for each link. Raises BadTicket."""
    tickets.use_link(session, practice_id, PASS, token, now)


def admit(session: Session, practice_id: UUID, limiter: Limiter, ticket_id: UUID, code: str, address: str, now: datetime) -> Guest:
    """Whoever is new, once the code has shown that the e-mail address is theirs. The code stays good (see `give_back`) until a visit is booked.

    Raises TooManyAttempts, AlreadyHere, and BadTicket (then commit: the try counts).
    """
    _use(session, practice_id, limiter, NEW, ticket_id, code, address, now)
    guest = session.get_one(Guest, (practice_id, ticket_id))
    hold(session, practice_id)
    if is_here(session, guest):
        raise AlreadyHere
    return guest


def give_back(session: Session, practice_id: UUID, ticket_id: UUID) -> None:
    """The code can be used again: nothing came of it."""
    tickets.give_back(session, session.get_one(tickets.Ticket, (practice_id, ticket_id)))


def is_here(session: Session, guest: Guest) -> bool:
    """Whether there is a chart with this name and birthdate, in a family with this e-mail address and this phone: all three."""
    typed, member = Typed(guest.first_name, guest.last_name, guest.birthdate, ""), aliased(Patient)
    family = and_(
        member.practice_id == Patient.practice_id,
        or_(member.id == Patient.id, func.coalesce(member.guarantor_id, member.id) == func.coalesce(Patient.guarantor_id, Patient.id)),
    )
    born = (Patient.practice_id == guest.practice_id, Patient.birthdate == guest.birthdate)
    rows = session.execute(select(Patient, member).join(member, family).where(*born)).all()
    related = [member for patient, member in rows if is_named(patient, typed)]
    email, phone = guest.email.strip().casefold(), digits(guest.phone)
    return any(one.email.strip().casefold() == email for one in related) and any(digits(one.phone) == phone != "" for one in related)


def make_chart(session: Session, guest: Guest, now: datetime) -> Patient:
    """The chart of whoever is new."""
    who = by_hand.Written(guest.first_name, guest.last_name, "", guest.birthdate, guest.phone, guest.email, guest.clinic_id)
    return by_hand.add_from_web(session, guest.practice_id, who, now)


def clear_away(session: Session, practice_id: UUID, now: datetime) -> None:
    """Forget what was typed: soon where nothing was booked, else after a year."""
    clearing.clear_rows(session, Guest, practice_id, and_(Guest.appointment_id.is_(None), Guest.asked_at <= now - UNFINISHED_KEPT))
    clearing.clear_rows(session, Guest, practice_id, Guest.asked_at <= now - BOOKED_KEPT)


def _use(session: Session, practice_id: UUID, limiter: Limiter, kind: str, ticket_id: UUID, code: str, address: str, now: datetime):
    failures = lockout.of_places(practice_id, "booking.code", address, PER_ADDRESS, PER_NETWORK)
    limiter.refuse_when_full(now, *failures)
    try:
        return tickets.use_code(session, practice_id, kind, ticket_id, "".join(code.split()), now)
    except BadTicket:
        limiter.hit(*failures)
        raise

"""Ways in without the password: a code by mail to set a new one, and a link by mail to sign in.

Whoever asks is looked up by nobody but the worker (core/auth/reset_tasks.py): the request does the same, and takes as long, for a
name that does not exist. Until then the ticket holds what was typed where the address will stand.

A known device has a count of its own. All others share that of the name, so that a mailbox is not flooded and a code of six digits not
guessed. It cannot be used to keep somebody out: a link opens in any browser and lives for longer than the pause after too many, so while
strangers hold up the next mail, one of theirs brings the owner in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.auth import lockout, services, tickets
from core.auth.known_devices import NOTHING_KNOWN, KnownDevices
from core.auth.limits import Count, Limiter, windows
from core.auth.models import Account, Ticket
from core.auth.rules import WeakPassword, check_new_password, words_about
from core.auth.tickets import BadTicket
from core.people.models import Patient
from core.tasks import enqueue

RESET, LINK = "reset", "sign_in"
CODE_LIVES, LINK_LIVES = timedelta(minutes=20), timedelta(minutes=15)
# Each code can be guessed at five times, so the day counts, too. The pause for links is shorter than a link lives.
PER_NAME = {RESET: windows("5 per 15 minutes; 10 per 1 hour; 20 per 1 day"), LINK: windows("3 per 10 minutes")}
PER_ADDRESS, PER_NETWORK = windows("20 per 15 minutes"), windows("60 per 15 minutes")
WRONG_CODES = windows("100 per 1 hour; 300 per 1 day")
"""At a whole practice: who has many addresses guesses no more often."""


@dataclass(frozen=True)
class Asked:
    """Somebody asks for a mail: what was typed as the name, from where, and in a browser that knows which accounts."""

    name: str
    address: str
    at: datetime
    devices: KnownDevices = NOTHING_KNOWN


@dataclass(frozen=True)
class NewPassword:
    """A code from a mail and the password to set, typed in the browser that asked for the ticket."""

    ticket_id: UUID
    code: str
    password: str
    address: str
    at: datetime
    devices: KnownDevices = NOTHING_KNOWN


def ask_code(session: Session, practice_id: UUID, limiter: Limiter, asked: Asked) -> UUID:
    """Ask for a code for a new password; returns the ticket's id, which the browser keeps. Raises TooManyAttempts."""
    limiter.take(asked.at, *_mails(session, practice_id, RESET, asked))
    ticket_id = tickets.put_code(session, RESET, asked.at, CODE_LIVES, email=asked.name)
    enqueue(session, "auth.send_reset_code", ticket=str(ticket_id))
    return ticket_id


def ask_link(session: Session, practice_id: UUID, limiter: Limiter, asked: Asked) -> UUID:
    """Ask for a sign-in link; returns the ticket's id. Raises TooManyAttempts."""
    limiter.take(asked.at, *_mails(session, practice_id, LINK, asked))
    ticket_id = tickets.put_code(session, LINK, asked.at, LINK_LIVES, email=asked.name)
    enqueue(session, "auth.send_sign_in_link", ticket=str(ticket_id))
    return ticket_id


def reset_password(session: Session, practice_id: UUID, limiter: Limiter, new: NewPassword) -> Account:
    """Set the new password of whom the code was mailed to. Raises WeakPassword, BadTicket (then commit: the try counts), TooManyAttempts."""
    counts = _wrong_codes(practice_id, new)
    limiter.refuse_when_full(new.at, *counts)
    # First without the names: what it says before the code was right must say nothing about the account.
    check_new_password(new.password)
    try:
        ticket = tickets.use_code(session, practice_id, RESET, new.ticket_id, new.code, new.at)
        account = _owner(session, ticket)
    except BadTicket:
        limiter.hit(*counts)
        raise
    try:
        check_new_password(new.password, _words_about(session, account))
    except WeakPassword:
        tickets.give_back(session, ticket)
        raise
    services.set_password(session, account, new.password, new.at)
    return account


def use_link(session: Session, practice_id: UUID, token: str, now: datetime) -> Account:
    """Whoever a sign-in link was mailed to; the link, and others that were asked for meanwhile, are used up. Raises BadTicket."""
    account = _owner(session, tickets.use_link(session, practice_id, LINK, token, now))
    tickets.void(session, practice_id, now, LINK, account_id=account.id)
    return account


def find_addressee(session: Session, practice_id: UUID, ticket_id: UUID, now: datetime) -> Ticket | None:
    """For the worker: write into the ticket who was meant. None when nobody is to be mailed; what was typed is forgotten then."""
    ticket = session.get(Ticket, (practice_id, ticket_id))
    if ticket is None or ticket.used_at or ticket.expires_at <= now:
        return None
    account = services.find_account(session, practice_id, ticket.email)
    ticket.account_id, ticket.email = (account.id, account.email) if account else (None, "")
    return ticket if ticket.email else None


def _owner(session: Session, ticket: Ticket) -> Account:
    account = session.get(Account, (ticket.practice_id, ticket.account_id)) if ticket.account_id else None
    if account is None or account.closed_at:
        raise BadTicket
    return account


def _words_about(session: Session, account: Account) -> list[str]:
    patient = session.get_one(Patient, (account.practice_id, account.patient_id)) if account.patient_id else None
    return words_about(account, patient)


def _mails(session: Session, practice_id: UUID, kind: str, asked: Asked) -> tuple[Count, ...]:
    name = services.normal_user_name(asked.name)
    if device := asked.devices.asking(session, practice_id, name):
        return (Count(PER_NAME[kind], practice_id, f"{kind}.device", device),)
    places = lockout.of_places(practice_id, kind, asked.address, PER_ADDRESS, PER_NETWORK)
    return Count(PER_NAME[kind], practice_id, f"{kind}.name", name), *places


def _wrong_codes(practice_id: UUID, new: NewPassword) -> tuple[Count, ...]:
    if owner := new.devices.owner():
        return (Count(PER_ADDRESS, practice_id, "reset.code.owner", owner),)
    places = lockout.of_places(practice_id, "reset.code", new.address, PER_ADDRESS, PER_NETWORK)
    return *places, Count(WRONG_CODES, practice_id, "reset.code.practice")

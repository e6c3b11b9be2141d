"""Single-use links and codes. Whatever is wrong with one (used, expired, of somebody else, made up) has the same answer."""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.auth.models import Account, Ticket
from core.db import uuid7

MOST_TRIES = 5
CODE_DIGITS = 6
LINK_BYTES = 32


class BadTicket(Exception):
    """The link or code cannot be used; why is not said."""


def issue_link(session: Session, kind: str, now: datetime, lives: timedelta, email: str = "", **owner: UUID | None) -> str:
    """A link's secret, to be sent once. `owner` is account_id, patient_id, offer_id or some of them; earlier tickets of the kind for the owner are void."""
    token = secrets.token_urlsafe(LINK_BYTES)
    _put(session, kind, _hash(token), now, lives, email, owner)
    return token


def issue_code(session: Session, kind: str, now: datetime, lives: timedelta, email: str = "", **owner: UUID | None) -> tuple[UUID, str]:
    """A ticket and its code of six digits. The ticket's id stays with the browser that asked: a code of one flow fails in another."""
    code = _six_digits()
    ticket = _put(session, kind, "", now, lives, email, owner)
    ticket.secret_hash = _hash(f"{ticket.id}:{code}")
    return ticket.id, code


def put_code(session: Session, kind: str, now: datetime, lives: timedelta, email: str = "", **owner: UUID | None) -> UUID:
    """A ticket whose code is still to be made, by the worker that mails it (`give_code`); until then nothing opens it."""
    return _put(session, kind, "", now, lives, email, owner).id


def give_code(session: Session, practice_id: UUID, ticket_id: UUID, now: datetime, again: bool = False) -> tuple[Ticket, str] | None:
    """Make the code of a ticket that waits for one; None when it has one already, was used or is too old.

    With `again` one that has a code gets another one: nobody was sent the first.
    """
    code = _six_digits()
    where = (Ticket.practice_id == practice_id, Ticket.id == ticket_id, *_open(now), *([] if again else [Ticket.secret_hash == ""]))
    made = update(Ticket).where(*where).values(secret_hash=_hash(f"{ticket_id}:{code}")).returning(Ticket.id)
    if session.execute(made).first() is None:
        return None
    return session.get_one(Ticket, (practice_id, ticket_id), populate_existing=True), code


def give_link(ticket: Ticket) -> str:
    """Make the secret of a link for a ticket that waits for one (`put_code` made it), to be sent once."""
    token = secrets.token_urlsafe(LINK_BYTES)
    ticket.secret_hash = _hash(token)
    return token


def give_back(session: Session, ticket: Ticket) -> None:
    """Undo the use of a code in the transaction that used it: it was right, but what came with it cannot be done."""
    where = (Ticket.practice_id == ticket.practice_id, Ticket.id == ticket.id)
    session.execute(update(Ticket).where(*where).values(used_at=None, tries=Ticket.tries - 1))


def open_link(session: Session, practice_id: UUID, kind: str, token: str, now: datetime) -> Ticket:
    """The ticket that a link's secret opens, not used up by looking at it. Raises BadTicket."""
    where = (Ticket.practice_id == practice_id, Ticket.kind == kind, Ticket.secret_hash == _hash(token))
    ticket = session.scalars(select(Ticket).where(*where, *_open(now))).one_or_none()
    if ticket is None:
        raise BadTicket
    return ticket


def use_link(session: Session, practice_id: UUID, kind: str, token: str, now: datetime) -> Ticket:
    """Use a link up: of two who come at the same moment one gets in. Raises BadTicket."""
    ticket = open_link(session, practice_id, kind, token, now)
    _use(session, ticket, now)
    return ticket


def use_code(
    session: Session, practice_id: UUID, kind: str, ticket_id: UUID, code: str, now: datetime, account: Account | None = None
) -> Ticket:
    """Try a code; five tries, whoever makes them. The try is counted though BadTicket is raised, so the caller must commit.

    With `account` the code is good for this one alone, while it has the address that the code went to; nobody else uses it up.
    """
    where = [Ticket.practice_id == practice_id, Ticket.id == ticket_id, Ticket.kind == kind, *_open(now), Ticket.tries < MOST_TRIES]
    where += [Ticket.account_id == account.id, Ticket.email == account.email] if account else []
    # Counted and locked in one statement: many who guess at the same time are still five.
    counted = session.execute(
        update(Ticket).where(*where).values(tries=Ticket.tries + 1).returning(Ticket.secret_hash)
    ).scalar_one_or_none()
    if counted is None or not hmac.compare_digest(counted, _hash(f"{ticket_id}:{code}")):
        raise BadTicket
    ticket = session.get_one(Ticket, (practice_id, ticket_id), populate_existing=True)
    _use(session, ticket, now)
    return ticket


def void(session: Session, practice_id: UUID, now: datetime, kind: str | None = None, **owner: UUID | None) -> None:
    """End the open tickets of an owner, of one kind or of every kind."""
    where = [Ticket.practice_id == practice_id, Ticket.used_at.is_(None)]
    where += [getattr(Ticket, name) == value for name, value in owner.items() if value is not None]
    session.execute(update(Ticket).where(*where, *([Ticket.kind == kind] if kind else [])).values(used_at=now))


def _put(
    session: Session, kind: str, secret_hash: str, now: datetime, lives: timedelta, email: str, owner: dict[str, UUID | None]
) -> Ticket:
    practice_id: UUID = session.info["practice_id"]
    if any(owner.values()):
        void(session, practice_id, now, kind, **owner)
    ticket = Ticket(
        practice_id=practice_id,
        id=uuid7(),
        kind=kind,
        secret_hash=secret_hash,
        email=email,
        created_at=now,
        expires_at=now + lives,
        **owner,
    )
    session.add(ticket)
    return ticket


def _six_digits() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _use(session: Session, ticket: Ticket, now: datetime) -> None:
    where = (Ticket.practice_id == ticket.practice_id, Ticket.id == ticket.id, Ticket.used_at.is_(None))
    if session.execute(update(Ticket).where(*where).values(used_at=now).returning(Ticket.id)).first() is None:
        raise BadTicket


def _open(now: datetime) -> tuple:
    return Ticket.used_at.is_(None), Ticket.expires_at > now


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()

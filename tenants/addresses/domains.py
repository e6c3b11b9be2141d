"""A practice's own domains: asked for, proven, looked at again and again, made the main address, given up."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.config import Settings
from core.tasks import enqueue
from core.tenant import touch
from tenants.addresses import certificate, checking
from tenants.addresses.checking import Here
from tenants.addresses.history import PORTAL, note
from tenants.addresses.lookup import Names
from tenants.addresses.models import Domain
from tenants.addresses.names import is_within, readable
from tenants.settings import Author

MOST = 5
"""Domains that a practice may have, or wait for."""
NEW, TAKEN = "new", "taken"
KEPT_UNPROVEN = timedelta(days=14)
KEPT_FAILING = timedelta(days=3)
"""How long a verified domain stays so while its records are gone: name servers have bad days."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 720))
OF_ANOTHER = "This domain is in use at a portal here already. If it is yours, please ask the operator."


class CannotAdd(Exception):
    """This domain cannot be had; the text says why, and never whose it is."""


class NoSuchDomain(Exception):
    """The practice has not asked for this domain."""


@dataclass(frozen=True)
class Look:
    """What was found at a domain."""

    challenge: checking.Record
    target: checking.Record
    certificate: certificate.Certificate | None

    @property
    def state(self) -> str:
        """How both records are together."""
        return checking.overall([self.challenge.state, self.target.state])


def domains(session: Session, practice_id: UUID) -> Sequence[Domain]:
    """The domains of a practice: the main address first, then those that are verified, then by name."""
    mine = select(Domain).where(Domain.practice_id == practice_id)
    return session.scalars(mine.order_by(Domain.is_primary.desc(), Domain.verified_at.is_(None), Domain.host)).all()


def domain(session: Session, practice_id: UUID, domain_id: UUID, hold: bool = False) -> Domain:
    """One of them as it is now; `hold` it until the transaction ends before it is changed. Raises NoSuchDomain."""
    mine = select(Domain).where(Domain.practice_id == practice_id, Domain.id == domain_id).execution_options(populate_existing=True)
    found = session.scalars(mine.with_for_update() if hold else mine).one_or_none()
    if found is None:
        raise NoSuchDomain
    return found


def claims(session: Session, host: str) -> Sequence[tuple[UUID, UUID]]:
    """Every practice that has this domain or waits for it, with the id of its claim."""
    return [(practice_id, id_) for practice_id, id_ in session.execute(select(Domain.practice_id, Domain.id).where(Domain.host == host.lower()))]


def add(session: Session, portal: Settings, practice_id: UUID, host: str, by: Author, now: datetime) -> Domain:
    """Ask for a domain (`names.parse` has made it) and have it looked at. Raises CannotAdd."""
    if is_within(host, portal.base_domain) or is_within(host, portal.target_host):
        raise CannotAdd("This address belongs to the portal itself. Choose a short address for it above.")
    touch(session, practice_id)  # first: two who add at the same moment come one after the other
    mine = domains(session, practice_id)
    if any(one.host == host for one in mine):
        raise CannotAdd("This domain is on your list already.")
    if len(mine) >= MOST:
        raise CannotAdd(f"Your practice has {MOST} domains already. Remove one that you do not need.")
    if session.scalar(select(Domain.id).where(Domain.host == host, Domain.verified_at.is_not(None))):
        raise CannotAdd(OF_ANOTHER)
    made = Domain(host=host, practice_id=practice_id, verified_at=None, token=secrets.token_hex(16), asked_at=now)
    session.add(made)
    session.flush()
    _look_again(session, made, now, now)
    note(session, practice_id, "add", readable(host), by, now)
    return made


def look(names: Names, portal: Settings, row: Domain) -> Look:
    """Look at a domain from outside; asks the database nothing and takes seconds, so nobody holds the row meanwhile."""
    challenge = checking.challenge(names, row.host, row.token)
    target, route = checking.target(names, row.host, Here(portal.target_host, portal.target_addresses))
    found = None
    if portal.secure and row.verified_at and target.state == checking.OK:
        found = certificate.look(row.host, route.addresses, portal.base_port or 443, portal.check_inside)
    return Look(challenge, target, found)


def settle(session: Session, row: Domain, found: Look, now: datetime) -> None:
    """Draw the conclusions from a look: the domain is verified, fails for a while, is lost or given up; and when to look again."""
    before, row.state, row.checked_at = row.state, found.state, now
    row.records = {"records": [found.challenge.kept(), found.target.kept()]}
    row.certificate = found.certificate.kept() if found.certificate else row.certificate
    if row.verified_at:
        _keep_or_lose(session, row, now)
    elif row.state == checking.OK:
        _verify(session, row, now)
    elif now - row.asked_at >= KEPT_UNPROVEN:
        note(session, row.practice_id, "give_up", readable(row.host), PORTAL, now)
        session.delete(row)
        return
    row.looks = row.looks + 1 if row.state == before else 0
    _look_again(session, row, now + pause_of(row), now)


def _verify(session: Session, row: Domain, now: datetime) -> None:
    """The practice has proven it; unless somebody else has, and still does."""
    session.flush()
    try:
        with session.begin_nested():
            row.verified_at = now
            session.flush()
    except IntegrityError:
        session.refresh(row)
        row.state = TAKEN
        return
    touch(session, row.practice_id)
    note(session, row.practice_id, "verify", readable(row.host), PORTAL, now)


def _keep_or_lose(session: Session, row: Domain, now: datetime) -> None:
    if row.state == checking.OK:
        row.failing_since = None
    elif row.state != checking.UNANSWERED:
        row.failing_since = row.failing_since or now
        if now - row.failing_since >= KEPT_FAILING:
            row.verified_at, row.failing_since, row.is_primary, row.asked_at, row.certificate = None, None, False, now, {}
            touch(session, row.practice_id)
            note(session, row.practice_id, "lose", readable(row.host), PORTAL, now)


def pause_of(row: Domain) -> timedelta:
    """How long until a domain is looked at again: soon while something is expected to change, then less and less often."""
    pause = PAUSES[min(row.looks, len(PAUSES) - 1)]
    if row.verified_at is None or row.state != checking.OK:
        return pause
    is_well = row.certificate.get("state") == certificate.READY or row.looks >= len(PAUSES)
    return timedelta(days=1) if is_well else pause


def _look_again(session: Session, row: Domain, at: datetime, now: datetime) -> None:
    """Only the row of the outbox that was asked for last looks: whoever looks in between moves it."""
    row.next_look = enqueue(session, "domain.look", at=at if at > now else None, domain_id=str(row.id))
    row.next_at = at
    session.flush()


def make_primary(session: Session, practice_id: UUID, domain_id: UUID | None, by: Author, now: datetime) -> bool:
    """Have mails and links use this domain, and every other address lead to it; without one the short address counts, and all serve.

    Answers whether that is anything new. Raises NoSuchDomain, also for one that is not verified.
    """
    touch(session, practice_id)  # first: two who choose at the same moment come one after the other
    chosen = domain(session, practice_id, domain_id, hold=True) if domain_id else None
    if chosen is not None and chosen.verified_at is None:
        raise NoSuchDomain
    if domain_id == session.scalar(select(Domain.id).where(Domain.practice_id == practice_id, Domain.is_primary)):
        return False
    session.execute(update(Domain).where(Domain.practice_id == practice_id, Domain.is_primary).values(is_primary=False))
    if chosen is not None:
        chosen.is_primary = True
    session.flush()
    note(session, practice_id, "primary", readable(chosen.host) if chosen else "the short address", by, now)
    return True


def remove(session: Session, row: Domain, by: Author, now: datetime) -> None:
    """Give a domain up: from the next request on nothing of the practice is there."""
    note(session, row.practice_id, "remove", readable(row.host), by, now)
    touch(session, row.practice_id)
    session.delete(row)
    session.flush()

"""The address that a practice's mails come from: asked for, allowed by its domain, looked at again and again, given up."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.email_change import check_email
from core.config import Settings
from core.tasks import enqueue
from core.tenant import touch
from tenants.addresses import checking, sender_checking
from tenants.addresses.domains import KEPT_UNPROVEN, NEW, PAUSES
from tenants.addresses.history import PORTAL, note
from tenants.addresses.lookup import Names
from tenants.addresses.models import MailSender
from tenants.addresses.names import NotADomain, is_within, parse
from tenants.addresses.sender_checking import Relay
from tenants.settings import Author

KEPT_FAILING = timedelta(hours=6)
"""How long mails go on to come from an address whose records are gone: name servers have bad hours."""


class CannotSend(ValueError):
    """Mails cannot come from this address; the text says why."""


def relay_of(portal: Settings) -> Relay | None:
    """What domains have to say of our mail server; None where the operator lets no practice have a sender of its own."""
    return Relay(portal.mail_spf.lower(), portal.mail_dkim) if portal.mail_spf and portal.mail_dkim else None


def parse_address(typed: str, portal: Settings) -> str:
    """A mail address as it is kept. Raises CannotSend."""
    try:
        name, _, domain = check_email(typed).rpartition("@")
        host = parse(domain)
    except (NotADomain, ValueError) as refusal:
        raise CannotSend(str(refusal)) from None
    if is_within(host, portal.base_domain) or is_within(host, portal.target_host):
        raise CannotSend("This domain belongs to the portal itself. Type an address of your own.")
    return f"{name}@{host}"


def sender(session: Session, practice_id: UUID, hold: bool = False) -> MailSender | None:
    """The practice's sender as it is now; `hold` it until the transaction ends before it is changed."""
    mine = select(MailSender).where(MailSender.practice_id == practice_id).execution_options(populate_existing=True)
    return session.scalars(mine.with_for_update() if hold else mine).one_or_none()


def choose(session: Session, practice_id: UUID, address: str, by: Author, now: datetime) -> MailSender:
    """Ask for an address (`parse_address` has made it). Another one of the same domain needs no new proof."""
    touch(session, practice_id)  # first: two who choose at the same moment come one after the other
    row = sender(session, practice_id, hold=True)
    if row is not None and row.address == address:
        return row
    if row is None:
        row = MailSender(token=secrets.token_hex(16), asked_at=now, address=address)
        session.add(row)
    elif domain_of(row.address) != domain_of(address):
        row.token, row.asked_at, row.state, row.records, row.passes_since, row.failing_since = secrets.token_hex(16), now, NEW, {}, None, None
    row.address, row.looks = address, 0
    session.flush()
    _look_again(session, row, now, now)
    note(session, practice_id, "sender", address, by, now)
    return row


def domain_of(address: str) -> str:
    """What stands behind the @."""
    return address.rpartition("@")[2]


def look(names: Names, relay: Relay, row: MailSender) -> list[checking.Record]:
    """Look at the domain from outside; asks the database nothing and takes seconds."""
    return sender_checking.look(names, domain_of(row.address), row.token, relay)


def settle(session: Session, row: MailSender, found: list[checking.Record], now: datetime) -> None:
    """Draw the conclusions: whether mails come from the address, and when to look again."""
    before, row.state, row.checked_at = row.state, checking.overall([record.state for record in found]), now
    row.records = {"records": [record.kept() for record in found]}
    if row.state == checking.OK:
        row.failing_since = None
        if row.passes_since is None:
            _turn(session, row, "sender_pass", now, now)
    elif row.passes_since and row.state != checking.UNANSWERED:
        row.failing_since = row.failing_since or now
        if now - row.failing_since >= KEPT_FAILING:
            row.failing_since, row.asked_at = None, now
            _turn(session, row, "sender_lose", None, now)
    row.looks = row.looks + 1 if row.state == before else 0
    is_well = row.state == checking.OK
    if row.passes_since or now - row.asked_at < KEPT_UNPROVEN:
        _look_again(session, row, now + (timedelta(days=1) if is_well else PAUSES[min(row.looks, len(PAUSES) - 1)]), now)
    else:
        row.next_look, row.next_at = None, None


def _turn(session: Session, row: MailSender, act: str, since: datetime | None, now: datetime) -> None:
    row.passes_since = since
    touch(session, row.practice_id)
    note(session, row.practice_id, act, row.address, PORTAL, now)


def _look_again(session: Session, row: MailSender, at: datetime, now: datetime) -> None:
    row.next_look = enqueue(session, "mail.look_at_sender", at=at if at > now else None, sender_id=str(row.id))
    row.next_at = at
    session.flush()


def remove(session: Session, practice_id: UUID, by: Author, now: datetime) -> None:
    """Let mails come from the portal's own address again."""
    touch(session, practice_id)
    row = sender(session, practice_id, hold=True)
    if row is not None:
        note(session, practice_id, "sender_remove", row.address, by, now)
        session.delete(row)
        session.flush()

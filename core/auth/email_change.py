"""A new e-mail address: confirmed at the new one, and the old one can stop it."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth import tickets
from core.auth.models import Account, Ticket
from core.people import changes
from core.tasks import Work, enqueue, portal_task

CONFIRM, STOP, WAS = "email", "email_stop", "email_was"
LIVES = timedelta(hours=24)
LONGEST = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def check_email(text: str) -> str:
    """An e-mail address that mail can be sent to. Raises ValueError with what to do."""
    address = text.strip()
    if len(address) > LONGEST or not _ADDRESS.fullmatch(address) or ".." in address or address.startswith("."):
        raise ValueError("Type an e-mail address such as name@example.com.")
    return address


def ask(session: Session, account: Account, email: str, now: datetime) -> None:
    """Note the new address, and have a link sent to it, and one that stops it to the old address; an earlier wish is void."""
    # Nobody ever learns this secret: the links are made where they are sent from, so that none stands in the queue.
    tickets.issue_link(session, CONFIRM, now, LIVES, email, account_id=account.id)
    session.flush()
    enqueue(session, "auth.confirm_email", account_id=str(account.id))
    if account.email:
        enqueue(session, "auth.stop_email", account_id=str(account.id))


def waiting(session: Session, practice_id: UUID, account_id: UUID, now: datetime) -> str:
    """The address that waits to be confirmed, or nothing."""
    found = _open_ticket(session, practice_id, account_id, now)
    return found.email if found else ""


def open_own(session: Session, practice_id: UUID, account_id: UUID, token: str, now: datetime) -> Ticket:
    """What a link to confirm leads to, if this account asked for it. Raises BadTicket."""
    ticket = tickets.open_link(session, practice_id, CONFIRM, token, now)
    if ticket.account_id != account_id:
        raise tickets.BadTicket
    return ticket


def confirm(session: Session, account: Account, token: str, now: datetime) -> None:
    """The new address holds from now on; links that wait at the old one are void, and it is told. Raises BadTicket."""
    open_own(session, account.practice_id, account.id, token, now)
    email = tickets.use_link(session, account.practice_id, CONFIRM, token, now).email
    old, account.email = account.email, email
    if account.patient_id:
        changes.note_of(session, changes.EMAIL, account.practice_id, account.patient_id, now, changes.EmailDetails(email=email))
    tickets.void(session, account.practice_id, now, account_id=account.id)
    if old:
        # The queue is given ids only, so a row that opens nothing keeps the old address.
        ticket_id = tickets.put_code(session, WAS, now, timedelta(0), old, account_id=account.id)
        enqueue(session, "auth.tell_of_change", account_id=str(account.id), change="email", ticket_id=str(ticket_id))


def stop(session: Session, practice_id: UUID, token: str, now: datetime) -> UUID:
    """Call the change off, by the link at the old address; returns whose it was. Raises BadTicket."""
    account_id = tickets.use_link(session, practice_id, STOP, token, now).account_id
    if account_id is None:
        raise tickets.BadTicket
    tickets.void(session, practice_id, now, CONFIRM, account_id=account_id)
    return account_id


@portal_task("auth.confirm_email", mail="Link to confirm an e-mail address")
def send_confirmation(work: Work, account_id: str) -> None:
    """Send the link to the address that is to be confirmed, unless the wish was called off."""
    found = _open_ticket(work.db, work.tenant.practice_id, UUID(account_id), work.now)
    if found:
        token = tickets.issue_link(work.db, CONFIRM, work.now, LIVES, found.email, account_id=UUID(account_id))
        work.send_mail(found.email, "mail/confirm_email", {"link": f"/profile/email/confirm/{token}"})


@portal_task("auth.stop_email", mail="Notice of a new e-mail address")
def send_stop(work: Work, account_id: str) -> None:
    """Tell the old address of the wish, with a link that stops it."""
    account = work.db.get_one(Account, (work.tenant.practice_id, UUID(account_id)))
    if account.email and _open_ticket(work.db, work.tenant.practice_id, account.id, work.now):
        token = tickets.issue_link(work.db, STOP, work.now, LIVES, account.email, account_id=account.id)
        work.send_mail(account.email, "mail/stop_email", {"link": f"/profile/email/stop/{token}"})


def _open_ticket(session: Session, practice_id: UUID, account_id: UUID, now: datetime) -> Ticket | None:
    where = (Ticket.practice_id == practice_id, Ticket.kind == CONFIRM, Ticket.account_id == account_id)
    newest = select(Ticket).where(*where, Ticket.used_at.is_(None), Ticket.expires_at > now).order_by(Ticket.created_at.desc())
    return session.scalars(newest.limit(1)).one_or_none()

"""Mails to representatives, and to those whose records they see. They name nobody: a record at a dental office says something of its own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from core.auth import tickets
from core.auth.models import Account, Ticket
from core.people.birthdays import find_ending
from core.tasks import Work, portal_task

NARROWS = "From that day on you will see less of it in the portal."
ENDS = "From that day on you will no longer see it in the portal."


@portal_task("family.tell_representative", mail="Notice of a birthday to come")
def tell_representative(work: Work, grant_id: str) -> None:
    """Tell who looks after a patient that a birthday will narrow or end the access."""
    ending = find_ending(work.db, work.tenant.practice_id, UUID(grant_id), work.now)
    if ending and ending.account_id in ending.left:
        change = NARROWS if ending.left[ending.account_id] else ENDS
        _mail(work, Account.id == ending.account_id, "mail/birthday_ahead", {"day": _day(work, ending.at), "change": change})


@portal_task("family.tell_patient", mail="Notice of a birthday to come")
def tell_patient(work: Work, grant_id: str) -> None:
    """Tell who has a birthday that others will see less of the record, if that person has an account."""
    ending = find_ending(work.db, work.tenant.practice_id, UUID(grant_id), work.now)
    if ending and ending.left:
        _mail(work, Account.patient_id == ending.patient_id, "mail/own_birthday_ahead", {"day": _day(work, ending.at)})


GRANTS = {
    "given": "Somebody whom you, or whoever looks after you, invited has taken the access to a record here.",
    "given_you": "You have taken access to a record here that is not your own.",
    "ended": "Somebody’s access to a record that is yours, or that you look after, has ended.",
    "ended_you": "Your access to a record here that is not your own has ended.",
}


@portal_task("family.send_offer", mail="Access that was offered")
def send_offer(work: Work, ticket_id: str) -> None:
    """Make the link here and put it into the mail, nowhere else; an offer that was withdrawn in the meantime is not sent."""
    ticket = work.db.get(Ticket, (work.tenant.practice_id, UUID(ticket_id)))
    if ticket is None or ticket.used_at or ticket.secret_hash or ticket.expires_at <= work.now:
        return
    token = tickets.give_link(ticket)
    work.send_mail(ticket.email, "mail/grant_offer", {"path": f"/family/offer/{token}", "day": _day(work, ticket.expires_at)})


@portal_task("family.tell_of_grant", mail="Notice of who may see a record")
def tell_of_grant(work: Work, account_id: str, change: str) -> None:
    """Tell somebody that access to a record was taken or has ended."""
    _mail(work, Account.id == UUID(account_id), "mail/grant_changed", {"change": GRANTS[change], "is_over": change == "ended_you"})


def _mail(work: Work, whose: ColumnElement[bool], template: str, context: dict) -> None:
    where = (Account.practice_id == work.tenant.practice_id, whose, Account.closed_at.is_(None), Account.email != "")
    email = work.db.scalars(select(Account.email).where(*where).order_by(Account.created_at)).first()
    if email:
        work.send_mail(email, template, context)


def _day(work: Work, moment: datetime) -> date:
    return moment.astimezone(work.tenant.time_zone).date()

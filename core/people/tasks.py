"""Mails to representatives, and to those whose records they see. They name nobody: a record at a dental office says something of its own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from core.auth.models import Account
from core.people.birthdays import find_ending
from core.tasks import Work, portal_task

NARROWS = "From that day on you will see less of it in the portal."
ENDS = "From that day on you will no longer see it in the portal."


@portal_task("family.tell_representative")
def tell_representative(work: Work, grant_id: str) -> None:
    """Tell who looks after a patient that a birthday will narrow or end the access."""
    ending = find_ending(work.db, work.tenant.practice_id, UUID(grant_id), work.now)
    if ending and ending.account_id in ending.left:
        change = NARROWS if ending.left[ending.account_id] else ENDS
        _mail(work, Account.id == ending.account_id, "mail/birthday_ahead", {"day": _day(work, ending.at), "change": change})


@portal_task("family.tell_patient")
def tell_patient(work: Work, grant_id: str) -> None:
    """Tell who has a birthday that others will see less of the record, if that person has an account."""
    ending = find_ending(work.db, work.tenant.practice_id, UUID(grant_id), work.now)
    if ending and ending.left:
        _mail(work, Account.patient_id == ending.patient_id, "mail/own_birthday_ahead", {"day": _day(work, ending.at)})


def _mail(work: Work, whose: ColumnElement[bool], template: str, context: dict) -> None:
    where = (Account.practice_id == work.tenant.practice_id, whose, Account.closed_at.is_(None), Account.email != "")
    email = work.db.scalars(select(Account.email).where(*where).order_by(Account.created_at)).first()
    if email:
        work.send_mail(email, template, context)


def _day(work: Work, moment: datetime) -> date:
    return moment.astimezone(work.tenant.time_zone).date()

"""Mailing the code for a new password and the sign-in link. The secret is made here: it stands in the mail and nowhere else."""

from uuid import UUID

from core.auth import tickets
from core.auth.resetting import find_addressee
from core.tasks import Work, portal_task


@portal_task("auth.send_reset_code", mail="Code for a new password")
def send_reset_code(work: Work, ticket: str) -> None:
    """Mail the code for a new password to whom the ticket means, if the office knows such a person."""
    found = find_addressee(work.db, work.tenant.practice_id, UUID(ticket), work.now)
    given = found and tickets.give_code(work.db, work.tenant.practice_id, found.id, work.now)
    if given:
        work.send_mail(given[0].email, "mail/reset_code", {"code": given[1]})


@portal_task("auth.send_sign_in_link", mail="Link for signing in")
def send_sign_in_link(work: Work, ticket: str) -> None:
    """Mail a sign-in link to whom the ticket means, if the office knows such a person."""
    found = find_addressee(work.db, work.tenant.practice_id, UUID(ticket), work.now)
    if found:
        work.send_mail(found.email, "mail/sign_in_link", {"token": tickets.give_link(found)})

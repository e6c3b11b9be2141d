"""Mails about an account: that something was changed, so that nobody does it unseen."""

from uuid import UUID

from core.auth.models import Account, Ticket
from core.tasks import Work, portal_task

CHANGES = {
    "password": "The password of your account was changed.",
    "email": "The e-mail address of your account was changed.",
    "second_factor": "The second step at sign-in of your account was changed.",
    "user_name": "The user name of your account was changed.",
    "offices": "Your account here was linked with an account at another office. Whoever signs in there can come here from now on.",
}


@portal_task("auth.tell_of_change", mail="Notice of a changed account")
def tell_of_change(work: Work, account_id: str, change: str, ticket_id: str = "") -> None:
    """Tell the owner of an account what was changed; after a change of the address at the old one, which the ticket holds."""
    key = (work.tenant.practice_id, UUID(ticket_id or account_id))
    holder: Account | Ticket | None = work.db.get(Ticket, key) if ticket_id else work.db.get(Account, key)
    if holder and holder.email:
        work.send_mail(holder.email, "mail/account_changed", {"change": CHANGES[change]})

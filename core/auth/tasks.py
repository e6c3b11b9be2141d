"""Mails about an account: that something was changed, so that nobody does it unseen."""

from uuid import UUID

from core.auth.models import Account
from core.tasks import Work, portal_task

CHANGES = {
    "password": "The password of your account was changed.",
    "email": "The e-mail address of your account was changed.",
    "second_factor": "The second step at sign-in of your account was changed.",
    "user_name": "The user name of your account was changed.",
}


@portal_task("auth.tell_of_change")
def tell_of_change(work: Work, account_id: str, change: str, to: str = "") -> None:
    """Tell the owner of an account what was changed; `to` is the address from before a change of the address."""
    account = work.db.get(Account, (work.tenant.practice_id, UUID(account_id)))
    if account and (to or account.email):
        work.send_mail(to or account.email, "mail/account_changed", {"change": CHANGES[change]})

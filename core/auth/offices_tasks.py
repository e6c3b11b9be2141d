"""What an account's own office notes when it was linked or unlinked from elsewhere: that it was another office, not which."""

from uuid import UUID

from core import audit
from core.auth.tasks import tell_of_change
from core.tasks import Work, portal_task


@portal_task("auth.offices_changed")
def offices_changed(work: Work, account_id: str, change: str) -> None:
    """Note it in the audit log of this office, and tell the owner of a new link by mail."""
    audit.record(work.db, work.tenant.practice_id, f"auth.offices.{change}", work.now, account_id=UUID(account_id))
    if change == "link":
        tell_of_change(work, account_id, "offices")

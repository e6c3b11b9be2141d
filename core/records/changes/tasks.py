"""Telling the practice's system that changes wait, behind the request."""

from uuid import UUID

from core.records.changes import webhooks
from core.tasks import Work, portal_task


@portal_task(webhooks.TELL)
def tell_of_changes(work: Work) -> None:
    """Make a message of what was noted since the last one."""
    webhooks.tell(work.db, work.tenant.practice_id, work.now)


@portal_task(webhooks.DELIVER)
def deliver_webhook(work: Work, delivery_id: str) -> None:
    """Send a message once; when it does not get through, it asks for itself again later."""
    portal = work.registry.portal
    webhooks.deliver(work.db, work.tenant.practice_id, UUID(delivery_id), webhooks.Signing(portal.secret_key, portal.webhooks_inside), work.now)

"""Work with the card service behind the request."""

from uuid import UUID

from core.tasks import Work, portal_task
from plugins.account.services import reports


@portal_task("account.take_in_event")
def take_in_event(work: Work, event_id: str) -> None:
    """Look into what the card service has reported."""
    reports.take_in(work, UUID(event_id))


@portal_task("account.clear_events")
def clear_events(work: Work) -> None:
    """Forget what the card service reported long ago."""
    reports.clear_away(work.db, work.tenant.practice_id, work.now)

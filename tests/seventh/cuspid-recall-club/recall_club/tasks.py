"""The work behind the Recall Club."""

from uuid import UUID

from core.tasks import Work, portal_task
from recall_club import services


@portal_task("recallclub.greet")
def greet(work: Work, member_id: str) -> None:
    """Greet one new member by mail."""
    to = services.greet(work.db, work.tenant.practice_id, UUID(member_id), work.now)
    work.send_mail(to, "recallclub/mail/greeting", {})


@portal_task("recallclub.count_due")
def count_due(work: Work) -> None:
    """See who is due."""
    services.count_due(work.db, work.tenant.practice_id, work.tenant.settings["recallclub.months"], work.now)

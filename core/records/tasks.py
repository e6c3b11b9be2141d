"""Trying refused records again, behind the request."""

from core.records import retrying, waiting
from core.records.kinds import kinds_at
from core.tasks import Work, enqueue, portal_task


@portal_task(waiting.AGAIN)
def try_again(work: Work) -> None:
    """Try those again that wait for it; what they brought may let others in."""
    retrying.try_those_that_wait(work.db, kinds_at(work.registry, work.tenant.practice_id), work.now)
    if waiting.wanted(work.db):
        enqueue(work.db, waiting.AGAIN)

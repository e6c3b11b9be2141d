"""The work behind the connection: a turn each minute, and trying the connection out."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.records import changes
from core.records.kinds import kinds_at
from core.tasks import Work, enqueue, portal_task
from plugins.opendental import working
from plugins.opendental.pulling import Office
from plugins.opendental.wire import client_for
from plugins.opendental.wire.choice import drop_for
from plugins.opendental.working import Turn

GO_ON, LOOK = "opendental.go_on", "opendental.look"


@portal_task(GO_ON)
def go_on(work: Work) -> None:
    """Pull and push for a while; where there is more, ask for another turn."""
    turn = _turn(work)
    # Pages are committed one by one, and nothing waits open meanwhile. Who comes to the same row finds that this turn is taken.
    work.db.commit()
    if turn and working.take_turn(turn):
        enqueue(work.db, GO_ON)


@portal_task(LOOK)
def look(work: Work) -> None:
    """Try the connection out for the office's page."""
    turn = _turn(work)
    work.db.commit()
    if turn:
        working.look(turn)


def _turn(work: Work) -> Turn | None:
    client = client_for(work.registry, work.db, work.tenant.practice_id)
    if client is None:
        return None
    kinds = kinds_at(work.registry, work.tenant.practice_id)
    practice_id = work.tenant.practice_id
    office = Office(work.registry.engine, practice_id, work.tenant.time_zone.key, kinds, partial(file_of_change, work.registry, practice_id))
    return Turn(office, client, lambda: datetime.now(UTC), drop_for(work.registry.portal))


def file_of_change(registry: Any, practice_id: UUID, session: Session, change_id: UUID) -> changes.ChangeFile | None:
    """The file of a change, if one goes with it."""
    try:
        return changes.file_of(registry, session, practice_id, change_id)
    except changes.NoChangeFile:
        return None

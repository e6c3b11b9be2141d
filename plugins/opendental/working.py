"""The turn of a worker: what waits to go to Open Dental first, then whom somebody waits for, then the round, then files."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from plugins.opendental import fetching, of_patient, progress, pulling, pushing
from plugins.opendental.asking import Asked, ask
from plugins.opendental.known import kept_of
from plugins.opendental.models import Connection
from plugins.opendental.pulling import Office, connection_of
from plugins.opendental.resources import BY_NAME
from plugins.opendental.wanting import Whose
from plugins.opendental.wire import Fault, PracticeSystem
from plugins.opendental.wire.drop import Drop

TURN = timedelta(seconds=40)
"""So long a worker goes on before it lets others in."""
LONGEST = timedelta(minutes=4)
"""A worker that has not ended by then is dead."""
EVERY = timedelta(minutes=5)
"""From the end of a round to the next one; what Open Dental reports by itself comes at once."""
PAUSES = timedelta(minutes=2)
"""After trouble nothing is asked for so long."""
LOOKED_INTO = ("preferences", "definitions")


@dataclass(frozen=True)
class Turn:
    """What a worker works with. `clock` is what time it is; without a `drop` no files come."""

    office: Office
    system: PracticeSystem
    clock: Callable[[], datetime]
    drop: Drop | None = None


def take_turn(turn: Turn, seconds: float = TURN.total_seconds()) -> bool:
    """Do what is to be done, if nobody else does; True when there is more."""
    now = turn.clock()
    if not _begin(turn.office, now):
        return False
    try:
        return _go_on(turn, seconds)
    except Fault as fault:
        note_trouble(turn.office, fault, turn.clock())
        return False
    finally:
        _end(turn.office)


def look(turn: Turn) -> None:
    """Try the connection out: how much there is, and what the office calls its statuses, folders and payments."""
    try:
        counts = progress.count(turn.system)
        kept = {name: _all_kept(turn, name) for name in LOOKED_INTO}
    except Fault as fault:
        note_trouble(turn.office, fault, turn.clock())
        return
    with turn.office.transaction() as session:
        connection = connection_of(session, turn.office.practice_id)
        connection.counts, connection.looked_at, connection.problem, connection.problem_at = counts, turn.clock(), "", None
        for name, rows in kept.items():
            pulling.cursor_of(session, turn.office, BY_NAME[name]).kept = rows


def note_trouble(office: Office, fault: Fault, now: datetime) -> None:
    """Keep for the office's page why nothing goes on."""
    with office.transaction() as session:
        connection = connection_of(session, office.practice_id)
        connection.problem, connection.problem_at = str(fault), now


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether a round goes on, or the next one begins."""
    return connection.ended_at is None or now - connection.ended_at >= EVERY


def _go_on(turn: Turn, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not _one(turn, turn.clock()):
            return False
    return True


def _one(turn: Turn, now: datetime) -> bool:
    """One thing, the most urgent one first."""
    office, system = turn.office, turn.system
    if pushing.push_next(office, system, now) or of_patient.pull_next(office, system, now, wanted_only=True):
        return True
    with office.transaction() as session:
        due = is_due(connection_of(session, office.practice_id), now)
    # Somebody looks at the portal now; however many files they have, the round goes on beside.
    came = _fetch(turn, now, "waiting")
    if due:
        return pulling.step(office, system, now) or came
    return came or _fetch(turn, now, "members") or of_patient.pull_next(office, system, now, wanted_only=False) or _fetch(turn, now, "everybody")


def _fetch(turn: Turn, now: datetime, whose: Whose) -> bool:
    return turn.drop is not None and fetching.fetch_next(turn.office, turn.system, turn.drop, now, whose)


def _begin(office: Office, now: datetime) -> bool:
    """Take the turn: not while another worker has it, while the office has paused, or shortly after trouble."""
    free = or_(Connection.busy_until.is_(None), Connection.busy_until < now)
    well = or_(Connection.problem == "", Connection.problem_at < now - PAUSES)
    mine = update(Connection).where(Connection.practice_id == office.practice_id, Connection.is_running, free, well)
    with office.transaction() as session:
        taken = session.execute(mine.values(busy_until=now + LONGEST).returning(Connection.id)).all()
        if taken:
            since = session.scalar(select(Connection.signed_in_since).where(Connection.practice_id == office.practice_id))
            of_patient.want_signed_in(session, office.practice_id, since or now, now)
            session.execute(update(Connection).where(Connection.practice_id == office.practice_id).values(signed_in_since=now))
    return bool(taken)


def _end(office: Office) -> None:
    with office.transaction() as session:
        session.execute(update(Connection).where(Connection.practice_id == office.practice_id).values(busy_until=None))


def _all_kept(turn: Turn, name: str) -> list[dict]:
    resource, asked, found = BY_NAME[name], Asked("", 0, ""), []
    while True:
        page = ask(turn.system, resource, asked, turn.clock())
        found += kept_of(resource, page.rows)
        asked = Asked("", page.taken, page.last)
        if page.is_last:
            return found


"""How often an office's Open Dental may be asked: so many seconds apart for each key of an office, whoever asks."""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, text, update
from sqlalchemy.exc import OperationalError

from core.db import SessionFactory, bind_tenant
from plugins.opendental.models import Connection

SECONDS = {"read": 5.0, "write": 1.0, "enterprise": 0.5}
"""Seconds between two requests by what the office's key allows, over Open Dental's own service. Over the API Service nobody counts."""
MARGIN = 1.05
"""A request may be quicker on its way than the one before."""


class Throttle(Protocol):
    """Gives turns."""

    def turn(self) -> float:
        """Take the next turn; in how many seconds it is."""

    def slow_down(self, seconds: float) -> None:
        """Nobody asks for so long."""


class NoThrottle:
    """Where nobody counts; being told to wait still holds for whoever was told."""

    def turn(self) -> float:
        """At once."""
        return 0.0

    def slow_down(self, seconds: float) -> None:
        """The one who was told waits by itself."""


class SharedThrottle:
    """The turns of one office's key, in the database, so that all processes take them from one place."""

    def __init__(self, engine, practice_id: UUID, seconds: float):
        self._engine, self._practice_id, self._seconds = engine, practice_id, seconds * MARGIN

    def turn(self) -> float:
        """The turn after the last that was given, now at the soonest. Times are the database's, which all processes share."""
        now = func.clock_timestamp()
        free = func.greatest(func.coalesce(Connection.next_at, now), now)
        found = self._put(free + timedelta(seconds=self._seconds))
        return max(0.0, found - self._seconds)

    def slow_down(self, seconds: float) -> None:
        """The next turn is no sooner than that."""
        self._put(func.greatest(func.coalesce(Connection.next_at, func.now()), func.clock_timestamp() + timedelta(seconds=seconds)))

    def _put(self, next_at) -> float:
        """Keep when the next turn is; in how many seconds that is. In a transaction of its own: nobody waits for ours.

        Whoever holds the connection for long, as a page that asks while it changes it, is not waited for longer than that takes here.
        """
        change = update(Connection).where(Connection.practice_id == self._practice_id).values(next_at=next_at)
        with SessionFactory(bind=self._engine) as session:
            bind_tenant(session, self._practice_id)
            try:
                session.execute(text("SET LOCAL lock_timeout = '3s'"))
                row = session.execute(change.returning(Connection.next_at, func.clock_timestamp()).execution_options(synchronize_session=False)).one_or_none()
                session.commit()
            except OperationalError:
                row = None
        kept, now = row or (timedelta(seconds=self._seconds), timedelta())
        return (kept - now).total_seconds()

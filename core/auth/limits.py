"""Counting tries: in the broker's store, which all processes share; in this process when that store is away."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import structlog
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

log = structlog.get_logger("limits")


class TooManyAttempts(Exception):
    """Too many tries: `seconds` until the next one can be made. `full` names the counts that do not allow it."""

    def __init__(self, seconds: int, full: frozenset[str] = frozenset()):
        super().__init__(seconds)
        self.seconds, self.full = seconds, full


class Count(NamedTuple):
    """What is counted together: how many in which times (several make a delay that grows), at which practice, what, and whose."""

    windows: tuple[RateLimitItem, ...]
    practice_id: UUID
    name: str
    whose: str = ""


def windows(words: str) -> tuple[RateLimitItem, ...]:
    """Such as "5 per 1 minute; 20 per 1 hour": all of them hold at once."""
    return tuple(parse_many(words))


class Limiter:
    """A moving-window limiter that goes on counting, in memory, when the shared store cannot be reached; it never lets all through."""

    def __init__(self, url: str):
        options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5} if url.startswith("redis") else {}
        self._shared = MovingWindowRateLimiter(storage_from_string(url, wrap_exceptions=True, **options))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def refuse_when_full(self, now: datetime, *counts: Count) -> None:
        """Nothing when every count allows one more. Raises TooManyAttempts with the time after which all of them do."""
        full = [(item, keys) for item, keys in _each(counts) if not self._allows(item, keys)]
        if full:
            opens = max(self._opens(item, keys) for item, keys in full)
            raise TooManyAttempts(max(1, int(opens - now.timestamp()) + 1), frozenset(name for _, (_, name, _) in full))

    def hit(self, *counts: Count) -> None:
        """Count one."""
        for item, keys in _each(counts):
            self._own.hit(item, *keys)
            self._ask("hit", item, *keys)

    def take(self, now: datetime, *counts: Count) -> None:
        """Count one before it is looked at. Raises TooManyAttempts, and counts nothing then."""
        self.refuse_when_full(now, *counts)
        self.hit(*counts)

    def clear(self, *counts: Count) -> None:
        """Forget what was counted."""
        for item, keys in _each(counts):
            self._own.clear(item, *keys)
            self._ask("clear", item, *keys)

    def _allows(self, item: RateLimitItem, keys: Iterable[str]) -> bool:
        return self._own.test(item, *keys) and self._ask("test", item, *keys) is not False

    def _opens(self, item: RateLimitItem, keys: Iterable[str]) -> float:
        """When the window opens again, in seconds since 1970, by the stricter count."""
        own, shared = self._own.get_window_stats(item, *keys), self._ask("get_window_stats", item, *keys)
        return min(own, shared or own, key=lambda stats: stats.remaining).reset_time

    def _ask(self, method: str, item: RateLimitItem, *keys: str):
        """The shared store's answer; None when it is away."""
        try:
            return getattr(self._shared, method)(item, *keys)
        except StorageError as error:
            log.warning("limits_store_away", error=type(error.storage_error).__name__)
            return None


def _each(counts: Iterable[Count]) -> Iterator[tuple[RateLimitItem, tuple[str, str, str]]]:
    """Every window with the words under which the store keeps it."""
    return ((item, (str(count.practice_id), count.name, count.whose)) for count in counts for item in count.windows)

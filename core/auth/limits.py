"""Counting failures: in the broker's store, which all processes share; in this process when that store is away."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

log = structlog.get_logger("limits")


class TooManyAttempts(Exception):
    """Too many failures for this account or from this address; `seconds` until the next try. `is_kept`: the refused try stands in a row."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds, self.is_kept = seconds, False


class Limiter:
    """A moving-window limiter that goes on counting, in memory, when the shared store cannot be reached; it never lets all through."""

    def __init__(self, url: str):
        options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5} if url.startswith("redis") else {}
        self._shared = MovingWindowRateLimiter(storage_from_string(url, wrap_exceptions=True, **options))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def test(self, item: RateLimitItem, *keys: str) -> bool:
        """Whether one more is allowed."""
        return self._own.test(item, *keys) and self._ask("test", item, *keys) is not False

    def refuse_when_full(self, now: datetime, item: RateLimitItem, *keys: str) -> None:
        """Nothing when one more is allowed. Raises TooManyAttempts."""
        if not self.test(item, *keys):
            raise TooManyAttempts(max(1, int(self.get_window_stats(item, *keys).reset_time - now.timestamp())))

    def hit(self, item: RateLimitItem, *keys: str) -> None:
        """Count one."""
        self._own.hit(item, *keys)
        self._ask("hit", item, *keys)

    def count(self, now: datetime, counts: Iterable[tuple[RateLimitItem, tuple[str, ...]]]) -> None:
        """Count one in each window, or in none when one of them is full. Raises TooManyAttempts."""
        counts = tuple(counts)
        for item, keys in counts:
            self.refuse_when_full(now, item, *keys)
        for item, keys in counts:
            self.hit(item, *keys)

    def clear(self, item: RateLimitItem, *keys: str) -> None:
        """Forget what was counted."""
        self._own.clear(item, *keys)
        self._ask("clear", item, *keys)

    def get_window_stats(self, item: RateLimitItem, *keys: str):
        """When the window opens again (`reset_time`, seconds since 1970) and how many are left, by the stricter count."""
        own, shared = self._own.get_window_stats(item, *keys), self._ask("get_window_stats", item, *keys)
        return min(own, shared or own, key=lambda stats: stats.remaining)

    def _ask(self, method: str, item: RateLimitItem, *keys: str):
        """The shared store's answer; None when it is away."""
        try:
            return getattr(self._shared, method)(item, *keys)
        except StorageError as error:
            log.warning("limits_store_away", error=type(error.storage_error).__name__)
            return None

"""What tests of several parts of sign-in need."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest


class Clock:
    """A clock that the store of counts goes by; `at` is moved by hand."""

    def __init__(self):
        self.at = 1_800_000_000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@pytest.fixture(scope="module")
def clock():
    """One clock for all examples of a test: each has a limiter of its own."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: clock.at))
        yield clock

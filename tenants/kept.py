"""What one web process keeps in memory of practices: their host names, and what each has set; of those that were asked for last."""

from collections import OrderedDict
from math import inf
from threading import Lock
from typing import Generic, TypeVar
from uuid import UUID

MOST = 20_000
"""Practices that a process keeps; each takes about 15 KB with one clinic (`cuspid bench practices` measures it)."""

Snapshot = TypeVar("Snapshot")


class Kept(Generic[Snapshot]):
    """A bounded memory. Whoever has not been asked for the longest time is forgotten first, and read anew when asked for again."""

    def __init__(self, most: int = MOST):
        self._most = most
        self._owners: dict[str, UUID] = {}
        self._hosts: dict[UUID, set[str]] = {}
        self._snapshots: OrderedDict[UUID, Snapshot] = OrderedDict()
        self._checked: dict[UUID, float] = {}
        self._lock = Lock()

    def owner(self, host: str) -> UUID | None:
        """The practice at this host name, if it is kept."""
        return self._owners.get(host)

    def put_owner(self, host: str, practice_id: UUID) -> None:
        """Keep whose a host name is."""
        with self._lock:
            self._owners[host] = practice_id
            self._hosts.setdefault(practice_id, set()).add(host)

    def snapshot(self, practice_id: UUID) -> Snapshot | None:
        """What is kept of a practice."""
        with self._lock:
            found = self._snapshots.get(practice_id)
            if found is not None:
                self._snapshots.move_to_end(practice_id)
            return found

    def checked(self, practice_id: UUID) -> float:
        """When what is kept of a practice was last known to be its newest, by the clock of `put_checked`; before all time if never."""
        return self._checked.get(practice_id, -inf)

    def put_checked(self, practice_id: UUID, at: float) -> None:
        """What is kept of a practice is its newest."""
        with self._lock:
            if practice_id in self._snapshots:
                self._checked[practice_id] = at

    def put_snapshot(self, practice_id: UUID, snapshot: Snapshot, hosts: frozenset[str]) -> None:
        """Keep what was read of a practice that has these host names."""
        with self._lock:
            self._snapshots[practice_id] = snapshot
            self._snapshots.move_to_end(practice_id)
            # A host that the practice no longer has is forgotten, so that it is looked up, and not found, next time.
            self._forget_hosts(practice_id, hosts)
            while len(self._snapshots) > self._most:
                oldest, _ = self._snapshots.popitem(last=False)
                self._checked.pop(oldest, None)
                self._forget_hosts(oldest, frozenset())

    def _forget_hosts(self, practice_id: UUID, but: frozenset[str]) -> None:
        kept = self._hosts.pop(practice_id, set())
        for host in kept - but:
            if self._owners.get(host) == practice_id:
                del self._owners[host]
        if kept & but:
            self._hosts[practice_id] = kept & but

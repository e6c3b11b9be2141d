"""One office at the stand-in: its key, what the key may do, and how it behaves today."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from plugins.opendental.stand_in.faults import Fault, wrong
from plugins.opendental.stand_in.store import Store

ALL = frozenset({"ReadAll", "AllOthers", "Comm", "Documents", "Queries", "Appointments", "InsuranceSimple", "Insurance", "Patients", "Payments", "PayPlans", "ProcedureLogs", "Setup"})
READ_ONLY = frozenset({"ReadAll"})
ENTERPRISE = ALL | {"Enterprise"}
_GROUPS = {
    "appointments": "Appointments", "patients": "Patients", "commlogs": "Comm", "documents": "Documents", "queries": "Queries", "payments": "Payments", "payplans": "PayPlans",
    "procedurelogs": "ProcedureLogs",
}  # fmt: skip


@dataclass
class Quirks:
    """How the office behaves; a test turns on what it is about.

    `throttle`: how one is told to wait, by 429 with Retry-After, by a plain 400 or by a 504. `slow_above`: asked for more rows than this, it takes too long (504).
    `lose_answers`: so many of the next requests are done, and their answers lost. `too_old`: resources that its version does not have.
    """

    throttle: Literal["off", "429", "400", "504"] = "off"
    text_booleans: bool = True
    connector_down: bool = False
    away: bool = False
    disabled: bool = False
    slow_above: int = 0
    lose_answers: int = 0
    too_old: set[str] = field(default_factory=set)
    retired: set[str] = field(default_factory=set)


@dataclass
class StandInOffice:
    """An office: `permissions` are those of its key, `way` how it is reached, `store` its database."""

    key: str
    store: Store
    seconds: Callable[[], float]
    permissions: frozenset[str] = ALL
    way: str = "remote"
    quirks: Quirks = field(default_factory=Quirks)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of what was asked, for tests."""
    last: float = float("-inf")

    @property
    def page_size(self) -> int:
        """The most rows that come at once."""
        return (100 if self.way == "remote" else 1000) * (10 if "Enterprise" in self.permissions else 1)

    @property
    def interval(self) -> float:
        """Seconds between two requests."""
        if self.way != "remote":
            return 0.0
        return 0.5 if "Enterprise" in self.permissions else 5.0 if self.permissions <= READ_ONLY else 1.0

    def admit(self, method: str, resource: str) -> None:
        """Let a request in. Raises Fault."""
        self._keep_apart()
        if self.quirks.disabled:
            raise Fault(401, "API key is not enabled.")
        if self.quirks.connector_down:
            raise wrong("The office's eConnector is not running.")
        if resource in self.quirks.retired:
            raise Fault(410, "This resource is no longer available.")
        if resource in self.quirks.too_old:
            raise wrong("This method requires a later version of Open Dental.")
        group = "ReadAll" if method == "GET" else _GROUPS.get(resource, "AllOthers")
        if group not in self.permissions:
            raise Fault(401, f"API key does not have the {group} permission.")

    def _keep_apart(self) -> None:
        now, how = self.seconds(), self.quirks.throttle
        left = self.last + self.interval - now
        if how != "off" and left > 0:
            if how == "429":
                raise Fault(429, "Too Many Requests", {"Retry-After": str(int(left) + 1)})
            raise Fault(int(how), "Too many requests. Please wait." if how == "400" else "Gateway Timeout")
        self.last = now


def new_office(key: str, file: Path | None, seconds: Callable[[], float], clock: Callable[[], datetime]) -> StandInOffice:
    """An office without anybody in it."""
    return StandInOffice(key, Store(file, clock), seconds)

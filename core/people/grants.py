"""What grants of one account for one patient come to: rights at a moment, and the periods in which they change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Granted(Protocol):
    """A grant, whatever it was read with."""

    @property
    def plugin(self) -> str:
        """A tab, or `*` for every tab."""

    @property
    def level(self) -> str:
        """`see` or `act`."""

    @property
    def since(self) -> datetime:
        """When it begins."""

    @property
    def until(self) -> datetime | None:
        """When it ends, if it does."""


@dataclass(frozen=True)
class Period:
    """From when until when what may be done, such as `*.act` or `images.see`; `until` is None when there is no end."""

    rights: frozenset[str]
    since: datetime
    until: datetime | None


def rights_at(grants: Iterable[Granted], moment: datetime) -> frozenset[str]:
    """The rights at a moment; what another right covers is left out."""
    rights = {f"{grant.plugin}.{grant.level}" for grant in grants if grant.since <= moment and (grant.until is None or grant.until > moment)}
    return frozenset({"*.act"} if "*.act" in rights else (right for right in rights if not _is_covered(right, rights)))


def _is_covered(right: str, rights: set[str]) -> bool:
    plugin, _, level = right.partition(".")
    return level == "see" and (f"{plugin}.act" in rights or (plugin != "*" and "*.see" in rights))


def periods(grants: Iterable[Granted], now: datetime) -> list[Period]:
    """What holds now and what is to come, one after another; without those in which nothing may be done."""
    grants = list(grants)
    later = {moment for grant in grants for moment in (grant.since, grant.until) if moment and moment > now}
    found: list[Period] = []
    for moment in (now, *sorted(later)):
        rights = rights_at(grants, moment)
        if found and found[-1].until is None and found[-1].rights != rights:
            found[-1] = Period(found[-1].rights, found[-1].since, moment)
        if rights and not (found and found[-1].until is None):
            found.append(Period(rights, moment, None))
    return found

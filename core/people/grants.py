"""What grants of one account for one patient come to: rights at a moment, and the periods in which they change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


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



class Plain(NamedTuple):
    """One right for a while, whoever gave it."""

    plugin: str
    level: str
    since: datetime
    until: datetime | None


def plain(right: str, since: datetime, until: datetime | None) -> Plain:
    """A right such as `images.see` as a grant."""
    plugin, _, level = right.partition(".")
    return Plain(plugin, level, since, until)


def lasts(grants: Iterable[Granted], right: str, now: datetime) -> Period | None:
    """From now until when grants give a right without a gap; None when they do not give it now."""
    plugin, _, level = right.partition(".")
    of_it = [grant for grant in grants if grant.plugin in ("*", plugin) and (grant.level == "act" or level == "see")]
    # Whichever of them gives it: for this question they are all the same.
    found = periods([Plain(plugin, level, grant.since, grant.until) for grant in of_it], now)
    return found[0] if found and found[0].since == now else None

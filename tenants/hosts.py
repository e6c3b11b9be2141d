"""The host names of a practice: the main one, those that serve its portal, and those that lead on."""

from collections.abc import Iterable
from typing import NamedTuple

from core.auth.realms import OPERATOR
from tenants.models import Practice


class Hosts(NamedTuple):
    """Where a practice is at home, where else its portal is served, and which hosts lead to its home."""

    home: str
    serving: frozenset[str]
    leading: frozenset[str]


def hosts_of(practice: Practice, base_domain: str, domains: Iterable[tuple[str, bool]], former: Iterable[str]) -> Hosts:
    """Of its verified domains, each with whether it is the main address, and the short addresses that it has left.

    With a main address every other one leads there; without one the short address is the home, and the domains serve beside it.
    """
    given = given_host(practice, base_domain)
    own = dict(domains) if practice.kind != OPERATOR else {}
    left = {f"{slug}.{base_domain}" for slug in former}
    home = next((host for host, is_primary in own.items() if is_primary), None)
    if home is None:
        return Hosts(given, frozenset({given, *own}), frozenset(left))
    return Hosts(home, frozenset({home}), frozenset({given, *own, *left} - {home}))


def given_host(practice: Practice, base_domain: str) -> str:
    """The host name that a practice has by itself."""
    return base_domain if practice.kind == OPERATOR else f"{practice.slug}.{base_domain}"

"""Asking name servers what stands in the DNS, with short patience."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from core.config import WrongSetting

LIFETIME = 3.0
"""Seconds in which a question must be answered; several are asked side by side."""
MOST = 20
"""As many records of a name are looked at; nobody needs more, and whoever has thousands wants to keep us busy."""
Answer = TypeVar("Answer")


class NotAnswered(Exception):
    """The name servers gave no answer, or a faulty one: it says nothing about what stands there."""


@dataclass(frozen=True)
class Route:
    """Where a name leads: over which other names, and to which addresses."""

    aliases: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


class Names:
    """The DNS, by the servers of the setting `dns_resolvers`, else by those of this machine."""

    def __init__(self, resolvers: str | None = None):
        self._servers = [_server(text.strip()) for text in resolvers.split(",")] if resolvers else []

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name. Raises NotAnswered."""
        records = self._ask(name, "TXT")
        return [b"".join(record.strings).decode("utf-8", "replace") for record in records]

    def alias(self, name: str) -> str:
        """The name that stands for this one in a CNAME record, if one does. Raises NotAnswered."""
        return next((_plain(record.target) for record in self._ask(name, "CNAME")), "")

    def route(self, name: str) -> Route:
        """Where a name leads. Raises NotAnswered."""
        first = lambda: Route(frozenset({self.alias(name)} - {""}))  # noqa: E731  (asked beside the others)
        found = side_by_side([first, lambda: self._addresses(name, "A"), lambda: self._addresses(name, "AAAA")])
        return Route(frozenset().union(*(one.aliases for one in found)), frozenset().union(*(one.addresses for one in found)))

    def _addresses(self, name: str, kind: str) -> Route:
        answer = self._ask(name, kind)
        chain = getattr(answer, "chaining_result", None)
        aliases = (_plain(record.target) for alias in (chain.cnames if chain else ()) for record in alias)
        return Route(frozenset(aliases), frozenset(record.address for record in answer))

    def _ask(self, name: str, kind: str):
        try:
            answer = self._resolver().resolve(dns.name.from_text(name), kind, raise_on_no_answer=False, search=False, lifetime=LIFETIME)
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise NotAnswered(type(error).__name__) from None
        if answer.rrset is not None and len(answer.rrset) > MOST:
            raise NotAnswered("too many records")
        return answer

    def _resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers = list(self._servers)
        return resolver


def _server(text: str) -> dns.nameserver.Nameserver:
    host, port = text, 53
    if text.startswith("[") or text.count(":") == 1:
        host, _, digits = text.rpartition(":")
        host, port = host.strip("[]"), int(digits) if digits.isdigit() else 0
    try:
        if not 0 < port < 65536:
            raise ValueError
        return dns.nameserver.Do53Nameserver(str(ip_address(host)), port)
    except ValueError:
        raise WrongSetting("CUSPID_DNS_RESOLVERS must be addresses such as 9.9.9.9 or [2620:fe::fe]:53, with commas between.") from None


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def side_by_side(questions: Iterable[Callable[[], Answer]]) -> list[Answer]:
    """The answers to these questions, asked at the same time. Raises what one of them raises."""
    waiting = list(questions)
    with ThreadPoolExecutor(len(waiting)) as threads:
        return [asked.result() for asked in [threads.submit(question) for question in waiting]]

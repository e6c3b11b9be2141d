"""Whether a practice's own domain is the practice's, and leads here: what stands in the DNS against what should."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from tenants.addresses.lookup import Names, NotAnswered, Route

CHALLENGE = "_cuspid-challenge"
OK, MISSING, WRONG, UNANSWERED = "ok", "missing", "wrong", "unanswered"
MOST_SHOWN, LONGEST_SHOWN = 5, 120


@dataclass(frozen=True)
class Record:
    """One record: what it is called, what should stand there, what was found instead, and how that is."""

    kind: str
    name: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    state: str

    def kept(self) -> dict:
        """As it is kept until the next look."""
        return {**asdict(self), "expected": list(self.expected), "found": list(self.found)}


@dataclass(frozen=True)
class Here:
    """Where domains have to lead: to this host by a CNAME, or, where none can stand, to its addresses."""

    host: str
    addresses: tuple[str, ...] = ()


def proof_of(token: str) -> str:
    """The text that proves a domain."""
    return f"cuspid-verification={token}"


def challenge(names: Names, domain: str, token: str) -> Record:
    """Whether the owner of the domain has put this practice's proof there."""
    name, wanted = f"{CHALLENGE}.{domain}", proof_of(token)
    try:
        texts = names.texts(name)
    except NotAnswered:
        return Record("TXT", name, (wanted,), (), UNANSWERED)
    state = OK if wanted in (text.strip() for text in texts) else WRONG if texts else MISSING
    return Record("TXT", name, (wanted,), () if state == OK else shown(texts), state)


def target(names: Names, domain: str, here: Here) -> tuple[Record, Route]:
    """Whether the domain leads here, and where it leads."""
    try:
        route, own = names.route(domain), _own_addresses(names, here)
    except NotAnswered:
        return Record("CNAME", domain, (here.host,), (), UNANSWERED), Route()
    leads_here = here.host in route.aliases or bool(route.addresses and route.addresses <= own)
    found = sorted(route.aliases) or sorted(route.addresses)
    state = OK if leads_here else WRONG if found else MISSING
    return Record("CNAME", domain, (here.host,), () if leads_here else shown(found), state), route


def _own_addresses(names: Names, here: Here) -> frozenset[str]:
    return frozenset(here.addresses) or names.route(here.host).addresses


def overall(states: Collection[str]) -> str:
    """How several records are together: the worst of them, but that somebody did not answer says nothing."""
    return next((state for state in (UNANSWERED, WRONG, MISSING) if state in states), OK)


def shown(found: Collection[str]) -> tuple[str, ...]:
    """What strangers have put into the DNS, fit to be read on a page."""
    return tuple("".join(sign if sign.isprintable() else "?" for sign in text)[:LONGEST_SHOWN] for text in list(found)[:MOST_SHOWN])

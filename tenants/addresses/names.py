"""Names of domains: as people type them, as they are kept, and as people read them."""

import re
from ipaddress import ip_address

import idna

LONGEST = 235
"""So that the name of the record that proves it still fits into the 253 signs of a name."""
EXAMPLE = "Type a domain such as portal.smiles.example."
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Names that lead nowhere, or only within somebody's own house (RFC 6761, 6762, 7686, 9476).
_NOWHERE = ("alt", "arpa", "home", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion")
_TOO_MUCH = {
    "@": f"Leave out the @ and what stands before it. {EXAMPLE}",
    "*": f"Add each domain by itself, without a star. {EXAMPLE}",
    "/": f"Leave out what follows the domain. {EXAMPLE}",
    "\\": f"Leave out what follows the domain. {EXAMPLE}",
    "?": f"Leave out what follows the domain. {EXAMPLE}",
    "#": f"Leave out what follows the domain. {EXAMPLE}",
    ":": f"Leave out the port. {EXAMPLE}",
}


class NotADomain(ValueError):
    """What was typed is no domain that could be anybody's own; the text says what to type."""


def parse(typed: str) -> str:
    """A domain as it is kept: in small letters, signs beyond ASCII as punycode, without a dot at its end. Raises NotADomain."""
    name = re.sub(r"^https?://", "", typed.strip().lower()).removesuffix("/").removesuffix(".")
    _refuse_numbers(name)
    for sign, sentence in _TOO_MUCH.items():
        if sign in name:
            raise NotADomain(sentence)
    try:
        host = idna.encode(name[: LONGEST + 1], uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise NotADomain(f"This is no domain. {EXAMPLE}") from None
    # Once more: wide digits and dots have become plain ones only now.
    _refuse_numbers(host)
    if not _HOST.fullmatch(host) or len(host) > LONGEST or len(name) > LONGEST:
        raise NotADomain(f"This is no domain. {EXAMPLE}")
    if host.rpartition(".")[2] in _NOWHERE:
        raise NotADomain("This domain can’t be reached from the internet. Type one that you have registered.")
    return host


def _refuse_numbers(name: str) -> None:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return
    raise NotADomain(f"This is the number of a computer, not a domain. {EXAMPLE}")


def is_within(host: str, domain: str) -> bool:
    """Whether a host is this domain or lies beneath it."""
    return host == domain or host.endswith("." + domain)


def readable(host: str) -> str:
    """A domain as people write it."""
    try:
        return idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return host

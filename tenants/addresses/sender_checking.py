"""Whether a domain lets us send mails in its name: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489), as its records stand in the DNS."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tenants.addresses.checking import MISSING, OK, UNANSWERED, WRONG, Record, challenge, shown
from tenants.addresses.lookup import Names, NotAnswered, side_by_side

MOST_LOOKUPS = 10
"""SPF records that ask for more are void (RFC 7208, section 4.6.4)."""
_POLICY = re.compile(r"p=(none|quarantine|reject)$", re.IGNORECASE)


@dataclass(frozen=True)
class Relay:
    """What the domains of practices have to say of the server that sends our mails: the name that stands for it, and where its key is."""

    spf: str
    dkim: str

    @property
    def selector(self) -> str:
        """What the key is called."""
        return self.dkim.partition(".")[0]


def look(names: Names, domain: str, token: str, relay: Relay) -> list[Record]:
    """All four records, asked side by side."""
    return side_by_side([
        lambda: challenge(names, domain, token),
        lambda: spf(names, domain, relay.spf),
        lambda: dkim(names, domain, relay),
        lambda: dmarc(names, domain),
    ])  # fmt: skip


def spf(names: Names, domain: str, wanted: str) -> Record:
    """Whether the domain's one SPF record lets the server send, by itself or by another that it includes."""
    try:
        found = _policies(names, domain)
        includes = len(found) == 1 and wanted in _included(names, found[0], [])
    except NotAnswered:
        return Record("SPF", domain, (_with_include("", wanted),), (), UNANSWERED)
    if includes:
        return Record("SPF", domain, (found[0],), shown(found), OK)
    return Record("SPF", domain, (_with_include(found[0] if found else "", wanted),), shown(found), WRONG if found else MISSING)


def _policies(names: Names, domain: str) -> list[str]:
    return [text.strip() for text in names.texts(domain) if text.lower().split()[:1] == ["v=spf1"]]


def _included(names: Names, policy: str, asked: list[str]) -> Iterator[str]:
    """The names that a policy includes, one after the other and within each; at most as many as counts."""
    for term in policy.lower().split()[1:]:
        name = re.sub(r"^\+?include:|^redirect=", "", term).rstrip(".")
        if name == term.rstrip(".") or name in asked:
            continue
        asked.append(name)
        if len(asked) > MOST_LOOKUPS:
            return
        yield name
        for inner in _policies(names, name)[:1]:
            yield from _included(names, inner, asked)


def _with_include(policy: str, wanted: str) -> str:
    """The record as it should be: what stands there, with ours in it; a new one leaves the rest to the owner."""
    if not policy:
        return f"v=spf1 include:{wanted} ~all"
    return " ".join(["v=spf1", f"include:{wanted}", *policy.split()[1:]])


def dkim(names: Names, domain: str, relay: Relay) -> Record:
    """Whether the key with which the server signs can be found under the domain: by a CNAME, or as a copy."""
    name = f"{relay.selector}._domainkey.{domain}"
    try:
        ours, theirs = keys(names, relay.dkim), keys(names, name)
        alias = names.alias(name)
    except NotAnswered:
        return Record("DKIM", name, (relay.dkim,), (), UNANSWERED)
    if not ours:
        return Record("DKIM", name, (relay.dkim,), (), UNANSWERED)
    if ours & theirs:
        return Record("DKIM", name, (relay.dkim,), (), OK)
    found = [alias] if alias else sorted(theirs)
    return Record("DKIM", name, (relay.dkim,), shown(found), WRONG if found else MISSING)


def keys(names: Names, name: str) -> set[str]:
    """The keys of a name; one that was taken back is empty, and none."""
    tags = (dict(part.partition("=")[::2] for part in re.sub(r"\s", "", text).split(";")) for text in names.texts(name))
    return {key for found in tags if (key := found.get("p", "")) and found.get("v", "DKIM1") == "DKIM1"}


def dmarc(names: Names, domain: str) -> Record:
    """Whether the domain, or one above it, says what becomes of mails that pass neither."""
    expected = ("v=DMARC1; p=none",)
    labels = domain.split(".")
    try:
        for number in range(max(1, len(labels) - 1)):
            name = f"_dmarc.{'.'.join(labels[number:])}"
            found = [text for text in names.texts(name) if text.replace(" ", "").lower().startswith("v=dmarc1")]
            if found:
                is_right = len(found) == 1 and any(_POLICY.match(part.replace(" ", "")) for part in found[0].split(";"))
                return Record("DMARC", name, shown(found) if is_right else expected, shown(found), OK if is_right else WRONG)
    except NotAnswered:
        return Record("DMARC", f"_dmarc.{domain}", expected, (), UNANSWERED)
    return Record("DMARC", f"_dmarc.{domain}", expected, (), MISSING)

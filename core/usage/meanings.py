"""What an action of the audit log says about the use of the portal. It is read from the action's own words, so that no tab need be known here."""

from collections.abc import Iterable

from core.audit_words import kind_of
from core.plugins.rules import NAME, PORTAL

INVITED, SIGNED_IN = "invited", "signed_in"
VIEWED, DID = "view:", "act:"
"""How the words begin that go on with a tab, and with an action."""
_INVITING = frozenset({"access.invited", "access.given"})
_SIGNING_IN = frozenset({"auth.sign_in", "auth.welcome.complete"})
_DOING = frozenset({"change", "download", "grant"})
# What staff do, and what belongs to signing in, is no use of the portal by a patient.
_OTHERS = frozenset({"access", "auth", "office", "operator"})


def meaning(action: str) -> str:
    """`invited`, `signed_in`, `view:<tab>`, `act:<action>`; empty for what is not counted."""
    if action in _INVITING:
        return INVITED
    if action in _SIGNING_IN:
        return SIGNED_IN
    owner, kind = action.partition(".")[0], kind_of(action)
    if kind == "view" and is_tab(owner):
        return f"{VIEWED}{owner}"
    return f"{DID}{action}" if kind in _DOING and owner not in _OTHERS else ""


def meanings(actions: Iterable[str]) -> dict[str, str]:
    """The actions that count, with what each says."""
    return {action: what for action in actions if (what := meaning(action))}


def is_tab(owner: str) -> bool:
    """Whether this first word of an action can be that of a tab."""
    return bool(NAME.fullmatch(owner)) and owner not in PORTAL

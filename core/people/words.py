"""Who somebody is to somebody, and what may be seen of a record, in words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from core.people.grants import Period
from core.web.formats import long_day

_CHILD, _PARENT = ("daughter", "son", "child"), ("mother", "father", "parent")
# What a woman, a man, somebody is to me to whom I am this.
_TURNED = {
    "mother": _CHILD, "father": _CHILD, "parent": _CHILD, "child": _PARENT, "daughter": _PARENT, "son": _PARENT,
    "stepmother": ("stepdaughter", "stepson", "stepchild"), "stepfather": ("stepdaughter", "stepson", "stepchild"),
    "stepchild": ("stepmother", "stepfather", "stepparent"), "foster child": ("foster mother", "foster father", "foster parent"),
    "grandmother": ("granddaughter", "grandson", "grandchild"), "grandfather": ("granddaughter", "grandson", "grandchild"),
    "grandparent": ("granddaughter", "grandson", "grandchild"), "grandchild": ("grandmother", "grandfather", "grandparent"),
    "brother": ("sister", "brother", "sibling"), "sister": ("sister", "brother", "sibling"), "sibling": ("sister", "brother", "sibling"),
    "spouse": ("spouse",) * 3, "life partner": ("life partner",) * 3, "friend": ("friend",) * 3,
}  # fmt: skip
_OTHERWISE = {
    "guarantor": "In your family account", "guardian": "You are the guardian", "caregiver": "In your care", "sitter": "In your care",
    "responsible party": "You are the responsible party",
}  # fmt: skip


def whose(sex: str, mine: Iterable[str], theirs: Iterable[str]) -> str:
    """Who a patient is to somebody: "Your daughter". `mine` is what that person is to the patient, `theirs` what the patient is to them."""
    mine, column = list(mine), "FM".find(sex)
    direct = [relation for relation in theirs if relation in _TURNED]
    turned = [_TURNED[relation][column] for relation in mine if relation in _TURNED]
    if direct or turned:
        return f"Your {(direct + turned)[0]}"
    return next((_OTHERWISE[relation] for relation in mine if relation in _OTHERWISE), "")


def allowed(who: str, periods: Sequence[Period], titles: Mapping[str, str], zone: tzinfo) -> str:
    """What somebody ("You", "They") may do now and later, in sentences: "You may see Account and act there, until March 3, 2031." `titles` are those of
    the tabs that are on."""
    sentences = [f"{f'After that {who.lower()}' if place else who} may {_verbs(period.rights, titles)}" for place, period in enumerate(periods)]
    ends = [f", until {long_day(period.until.astimezone(zone).date())}." if period.until else "." for period in periods]
    return " ".join(f"{sentence}{end}" for sentence, end in zip(sentences, ends, strict=True))


def could(who: str, rights: frozenset[str], titles: Mapping[str, str]) -> str:
    """What somebody was allowed: "They could see Account and act there."."""
    return f"{who} could {_verbs(rights, titles)}."


def would(who: str, rights: frozenset[str], titles: Mapping[str, str]) -> str:
    """What somebody is offered: "They would see Account and act there."."""
    return f"{who} would {_verbs(rights, titles)}."


def _verbs(rights: frozenset[str], titles: Mapping[str, str]) -> str:
    if "*.act" in rights:
        return "see everything and act"
    acts = [title for plugin, title in titles.items() if f"{plugin}.act" in rights]
    sees = ["everything"] if "*.see" in rights else [title for plugin, title in titles.items() if f"{plugin}.see" in rights]
    parts = [f"see {listed(acts)} and act there"] if acts else []
    parts += [f"see {listed(sees)}"] if sees else []
    return ", and ".join(parts) or "see none of the tabs that are on"


def listed(things: Sequence[str]) -> str:
    """Things in a row: "Account, Images and Plan"."""
    return " and ".join(filter(None, (", ".join(things[:-1]), *things[-1:])))

"""What somebody is about to change on the page of the tabs. It is kept in the form itself until it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.plugins import PluginHost
from tenants.settings import Change
from tenants.settings.words import ORDER, TITLES

FOLLOW, ON, OFF = "follow", "on", "off"
LONGEST_TITLE = 24

Kept = Mapping[tuple[UUID | None, str], Any]


@dataclass
class Draft:
    """The switches of tabs and of the acts inside them, names and order, for a practice (no place) or for one of its clinics."""

    place: UUID | None
    switches: dict[str, str]
    titles: dict[str, str]
    order: list[str]

    def move(self, wish: str) -> None:
        """Move a tab: "plan up" or "plan down"; whatever else was sent moves nothing."""
        name, _, way = wish.partition(" ")
        if name not in self.order or way not in ("up", "down"):
            return
        start = self.order.index(name)
        end = max(0, min(len(self.order) - 1, start + (1 if way == "down" else -1)))
        self.order.insert(end, self.order.pop(start))


def switches_of(host: PluginHost, name: str) -> list[str]:
    """The switches of one tab: its own, and those of the acts inside it."""
    return [name, *(act for act in host.acts if act.partition(".")[0] == name)]


def not_tabs(host: PluginHost) -> list[str]:
    """What is switched like a tab, but is none, as the connector to the practice's system: for the whole practice, without a place in the order."""
    return [name for name in host.plugins if name not in host.tabs]


def is_on(host: PluginHost, kept: Kept, place: UUID | None, name: str) -> bool:
    """Whether a switch is on at a place by itself, whatever else stands in the way."""
    default = host.plugins[name].on_by_default if name in host.plugins else True
    whole = kept.get((None, name), default)
    return (whole if place is None else kept.get((place, name), whole)) is True


def current(host: PluginHost, kept: Kept, place: UUID | None, order: list[str]) -> Draft:
    """How things are now."""
    titles = _titles(kept, place)
    switches = {name: _state(host, kept, place, name) for name in (*host.plugins, *host.acts)}
    return Draft(place, switches, {name: titles.get(name, "") for name in order}, list(order))


def _titles(kept: Kept, place: UUID | None) -> dict[str, str]:
    return kept.get((place, TITLES), kept.get((None, TITLES), {}))


def _state(host: PluginHost, kept: Kept, place: UUID | None, name: str) -> str:
    if place is not None and (place, name) not in kept:
        return FOLLOW
    return ON if is_on(host, kept, place, name) else OFF


def read(request, draft: Draft) -> Draft:
    """What the form says, over how things are now; what it does not name, or names wrongly, stays as it is."""
    host, post = request.registry.plugins, request.POST
    listed = list(dict.fromkeys(name for name in post.getall("order") if isinstance(name, str) and name in draft.order))
    also = [name for name in not_tabs(host) if draft.place is None and name in post.getall("also")]
    for name in (switch for plugin in (*listed, *also) for switch in switches_of(host, plugin)):
        typed = post.get(f"on.{name}", "")
        if draft.place is None:
            draft.switches[name] = ON if typed == ON else OFF
        elif typed in (FOLLOW, ON, OFF):
            draft.switches[name] = typed
    for name in listed:
        typed = post.get(f"title.{name}")
        draft.titles[name] = _line(typed) if isinstance(typed, str) else draft.titles[name]
    draft.order = listed + [name for name in draft.order if name not in listed]
    return draft


def _line(text: str) -> str:
    return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())


def wrong_titles(host: PluginHost, draft: Draft) -> dict[str, str]:
    """A sentence for each name that is too long, by its field."""
    long = [name for name, title in draft.titles.items() if len(title) > LONGEST_TITLE]
    return {f"title.{name}": f"Shorten the name of {host.plugins[name].title} to at most {LONGEST_TITLE} characters." for name in long}


def changes(host: PluginHost, kept: Kept, draft: Draft, before: Draft, whole_order: list[str]) -> list[Change]:
    """What is to be changed so that all is as the draft has it; a clinic that has the practice's names or order follows it."""
    values = {FOLLOW: None, ON: True, OFF: False}
    found = [Change(draft.place, name, values[state]) for name, state in draft.switches.items() if state != before.switches[name]]
    old, whole = _titles(kept, draft.place), _titles(kept, None)
    gone = {name: title for name, title in old.items() if name not in draft.order}
    titles = gone | {name: title for name, title in draft.titles.items() if title and title != host.plugins[name].title}
    if titles != old:
        follows = titles == whole if draft.place else not titles
        found.append(Change(draft.place, TITLES, None if follows else titles))
    if draft.order != before.order:
        found.append(Change(draft.place, ORDER, None if draft.place and draft.order == whole_order else draft.order))
    return found

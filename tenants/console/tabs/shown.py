"""What the page of the tabs and its preview show: worked out by the code that works out what patients see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from core.auth.identity import Person
from core.plugins import Tab
from core.plugins.gate import in_order
from core.tenant import Tenant
from tenants.console.tabs.draft import FOLLOW, ON, Draft, Kept, is_on, not_tabs
from tenants.settings import Change

NOBODY = Person(UUID(int=0), "A", "Patient", "", None, None, frozenset(), True)


class AsPatient:
    """A request of the office as a tab sees one of a patient: for its icon and its place, no number and no record."""

    def __init__(self, request):
        self._request = request
        self.person, self.tenant = NOBODY, request.whole_tenant
        self.identity = SimpleNamespace(person=NOBODY, people=(NOBODY,), permissions=frozenset(), support=None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


@dataclass(frozen=True)
class Switch:
    """A switch with its words: how it stands in the draft, and whether the practice has it on, for a clinic that may follow."""

    name: str
    title: str
    state: str
    practice_is_on: bool


@dataclass(frozen=True)
class Card:
    """One tab on the page."""

    name: str
    title: str
    summary: str
    icon: str
    switch: Switch
    acts: tuple[Switch, ...]
    works: bool
    is_withheld: bool
    missing: tuple[str, ...]
    taken_along: tuple[str, ...]
    is_tab: bool


@dataclass(frozen=True)
class Seen:
    """The portal as patients of some clinics see it: the bar, and what can be done in each tab."""

    clinics: tuple[str, ...]
    bar: tuple[tuple[str, str], ...]
    acts: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]


def all_tabs(request) -> dict[str, Tab]:
    """Every installed tab, on or off, with its icon and the place that it would take by itself."""
    host = request.registry.plugins
    found = {name: tab for name, tab in host.installed.each("portal_tab", request.db, request=AsPatient(request)) if isinstance(tab, Tab)}
    return {name: found.get(name) or Tab(host.plugins[name].title, "", "grid", 1000) for name in host.tabs}


def ordered(request, tabs: Mapping[str, Tab], place: UUID | None) -> list[str]:
    """The names of all tabs as the practice or a clinic has ordered them."""
    return in_order(request.registry.tenants.tenant(request.practice_id, place, request.visitor.version), tabs)


def cards(request, tabs: Mapping[str, Tab], kept: Kept, draft: Draft, then: Tenant) -> list[Card]:
    """The tabs in the draft's order; `then` is the practice or the clinic with the draft."""
    host, withheld = request.registry.plugins, request.registry.tenants.withheld(request.practice_id, request.visitor.version)

    def switch(name: str, title: str) -> Switch:
        return Switch(name, title, draft.switches[name], is_on(host, kept, None, name))

    def card(name: str) -> Card:
        plugin = host.plugins[name]
        acts = tuple(switch(act, permission.title) for act, permission in host.acts.items() if act.partition(".")[0] == name)
        missing = tuple(host.plugins[one].title for one in plugin.needs if one not in then.plugins)
        along = tuple(other.title for key, other in host.plugins.items() if name in other.needs and _is_wanted(host, kept, draft, key))
        icon = tabs[name].icon if name in tabs else "arrow-repeat"
        return Card(
            name,
            plugin.title,
            plugin.summary,
            icon,
            switch(name, plugin.title),
            acts,
            name in then.plugins,
            name in withheld,
            missing,
            along,
            name in tabs,
        )

    return [card(name) for name in (*draft.order, *(() if draft.place else not_tabs(host)))]


def _is_wanted(host, kept: Kept, draft: Draft, name: str) -> bool:
    state = draft.switches[name]
    return is_on(host, kept, None, name) if state == FOLLOW else state == ON


def tenants(request, changes: Sequence[Change] = ()) -> dict[UUID | None, Tenant]:
    """The practice as a whole, and each clinic, with these changes."""
    directory, version = request.registry.tenants, request.visitor.version
    places = (None, *(clinic.id for clinic in request.tenant.clinics))
    return {place: directory.drafted(request.practice_id, place, version, changes) for place in places}


def seen(request, tabs: Mapping[str, Tab], then: Mapping[UUID | None, Tenant], places: Sequence[UUID | None]) -> list[Seen]:
    """The portal at these clinics; clinics whose patients see the same stand together."""
    found: dict[tuple, list[str]] = {}
    for place in places:
        tenant = then[place]
        on = {name: tab for name, tab in tabs.items() if name in tenant.plugins and tab.route}
        titles = tenant.settings["portal.tab_titles"]
        bar = tuple((titles.get(name) or tabs[name].title, tabs[name].icon) for name in in_order(tenant, on))
        acts = tuple((titles.get(name) or tabs[name].title, _acts(request, tenant, name)) for name in in_order(tenant, on))
        found.setdefault((bar, acts), []).append(tenant.clinic.name if tenant.clinic else tenant.practice_name)
    return [Seen(tuple(names), bar, acts) for (bar, acts), names in found.items()]


def _acts(request, tenant: Tenant, name: str) -> tuple[tuple[str, bool], ...]:
    permissions = request.registry.plugins.permissions[name]
    return tuple((one.title, one.name not in tenant.acts_off) for one in permissions)


def side_effects(request, now: Mapping[UUID | None, Tenant], then: Mapping[UUID | None, Tenant], changes: Sequence[Change]) -> list[str]:
    """What else goes or comes because of the changes, in sentences: tabs that need another one."""
    host = request.registry.plugins
    named = {one.name for one in changes}
    found = []
    for place, tenant in then.items():
        for name in sorted(tenant.plugins ^ now[place].plugins):
            if name not in named:
                needs = " and ".join(host.plugins[one].title for one in host.plugins[name].needs)
                at = f" at {tenant.clinic.name}" if tenant.clinic and len(tenant.clinics) > 1 else ""
                way = "comes back with it" if name in tenant.plugins else "goes off with it"
                found.append(f"{host.plugins[name].title} {way}{at}: it needs {needs}.")
    for one in changes:
        place = one.clinic_id
        if one.name in host.plugins and one.value is True and one.name not in then[place].plugins:
            found.append(f"{host.plugins[one.name].title} stays off for now: {_hindrance(host, then[place], one.name)}.")
    return list(dict.fromkeys(found))


def _hindrance(host, tenant: Tenant, name: str) -> str:
    missing = [host.plugins[one].title for one in host.plugins[name].needs if one not in tenant.plugins]
    return f"it needs {' and '.join(missing)}, which is off" if missing else "the operator of the portal withholds it"

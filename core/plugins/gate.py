"""Wiring plugins into the application, and answering 404 for the addresses of those that are off."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

import structlog
from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.security import NO_PERMISSION_REQUIRED

from core.auth import roles
from core.auth.identity import Person
from core.auth.policy import tenant_at
from core.auth.realms import OFFICE
from core.plugins.hooks import EnabledHooks
from core.plugins.host import PluginHost, find_plugins
from core.plugins.parts import Count, EntryLink, Tab
from core.plugins.plugin import PortalPlugin
from core.plugins.questions import count_all
from core.plugins.rules import Wiring
from core.tenant import Tenant

log = structlog.get_logger("plugins")


def refuse_disabled(event) -> None:
    """Answer 404 for an address of a plugin that this clinic has switched off, as if it had never been."""
    request = event.request
    owner = request.registry.route_owners.get(request.matched_route.name) if request.matched_route else None
    if (owner is None and request.matched_route) or request.practice_id is None:
        return
    if request.at_base_domain and owner is not None and request.matched_route.name in request.registry.hooks_at_base_domain:
        return
    # Read for an unknown address, too: the page that says so must not differ from that of a tab that is off.
    if owner in request.tenant.plugins:
        return
    if owner is not None and request.person is None and request.registry.tenants.on_somewhere(request.practice_id, owner):
        if request.matched_route.name in request.registry.clinicless_routes:
            return
        # Another clinic has it: whose patient this is will be known after signing in.
        raise HTTPForbidden()
    raise HTTPNotFound()


def _include(config, plugin: PortalPlugin, host: PluginHost) -> None:
    """Wire one plugin in: its routes under its own name, its templates and its static files by convention."""
    with Wiring(config, plugin) as wiring:
        config.include(plugin.includeme, route_prefix=plugin.name)
    wiring.check(frozenset({NO_PERMISSION_REQUIRED, *(permission.name for permission in host.permissions[plugin.name])}))
    with Wiring(config, plugin) as at_office:
        config.include(plugin.include_office, route_prefix=f"{OFFICE.root}/{plugin.name}")
    at_office.check(frozenset(roles.OFFICE), within=f"{plugin.name}.office")
    with Wiring(config, plugin) as hooks:
        config.include(plugin.include_hooks, route_prefix=f"hooks/{plugin.name}")
    hooks.check(frozenset({NO_PERMISSION_REQUIRED}), within=f"{plugin.name}.hooks")
    if plugin.folder("templates"):
        config.add_jinja2_search_path(f"{plugin.package}:templates/")
    with Wiring(config, plugin) as files:
        if plugin.folder("static"):
            config.add_static_view(f"static/{plugin.name}", f"{plugin.package}:static/", cache_max_age=31536000)
    # Whatever is left out here would stay open where the plugin is off.
    routes = wiring.routes() | at_office.routes() | hooks.routes() | files.routes()
    config.registry.route_owners.update(dict.fromkeys(routes, plugin.name))
    config.registry.clinicless_routes |= wiring.open_routes() | at_office.routes() | hooks.routes() | files.open_routes()


def request_hooks(request) -> EnabledHooks:
    """`request.hooks`: the hooks of the plugins that are on for the clinic in view."""
    return request.registry.plugins.enabled(request.tenant.plugins)


def plugins_anywhere(registry, practice_id: UUID, version: int, clinic_ids: Collection[UUID] = ()) -> frozenset[str]:
    """The tabs that are on at any of these clinics (none: all), or at the practice where it has no clinics."""
    whole = registry.tenants.tenant(practice_id, None, version)
    clinics = [
        registry.tenants.tenant(practice_id, clinic.id, version) for clinic in whole.clinics if clinic.id in clinic_ids or not clinic_ids
    ]
    return frozenset().union(*(place.plugins for place in clinics or [whole]))


def request_entry_links(request) -> list[EntryLink]:
    """`request.entry_links()`: what anyone may do here without signing in, of the tabs that are on at any clinic."""
    on = plugins_anywhere(request.registry, request.practice_id, request.visitor.version)
    answers = request.registry.plugins.enabled(on).each("portal_entry_link", request.db, request=request)
    return sorted((link for name, link in answers if _leads_home(request, name, link)), key=lambda link: link.order)


def request_tabs(request) -> list[Tab]:
    """`request.tabs`: the tabs that this person may open, in order, with their numbers."""
    answers = request.hooks.each("portal_tab", request.db, request=request)
    tabs = {name: tab for name, tab in answers if request.may_see(name) and _leads_home(request, name, tab)}
    counted = count_all(request.db, {name: tab.badge for name, tab in tabs.items() if isinstance(tab.badge, Count)})
    tabs |= {name: replace(tabs[name], badge=number) for name, number in counted.items()}
    tabs |= {name: replace(tabs[name], title=title) for name, title in request.tenant.settings["portal.tab_titles"].items() if name in tabs}
    return [tabs[name] for name in in_order(request.tenant, tabs)]


def in_order(tenant: Tenant, tabs: Mapping[str, Tab]) -> list[str]:
    """The names of tabs as the office has ordered them; one that it has not ordered stands behind, where its plugin puts it."""
    ordered = tenant.settings["portal.tab_order"]
    return sorted(tabs, key=lambda name: (ordered.index(name) if name in ordered else len(ordered), tabs[name].order, tabs[name].title))


def request_title_of(request, plugin: str, own: str = "") -> str:
    """`request.title_of`: what this office calls a tab; else `own`, or the tab's title."""
    return request.tenant.settings["portal.tab_titles"].get(plugin) or own or request.registry.plugins.plugins[plugin].title


def request_path_of(request, route: str) -> str:
    """`request.path_of`: the path of a route without parameters, worked out once: every page asks for those of all tabs."""
    paths = request.registry.paths
    if route not in paths:
        paths[route] = request.route_path(route)
    return paths[route]


def request_titles_of(request, person: Person) -> dict[str, str]:
    """`request.titles_of`: the tabs that are on for a person, by name, as people know them."""
    tenant, host = request.tenant_of(person), request.registry.plugins
    on = (name for name in host.tabs if name in tenant.plugins)
    return {name: tenant.settings["portal.tab_titles"].get(name) or host.plugins[name].title for name in on}


def _leads_home(request, plugin: str, tab: Tab | EntryLink) -> bool:
    """Whether a tab leads to its own plugin; one that leads nowhere would break every page."""
    own = request.registry.route_owners.get(tab.route) == plugin
    if not own:
        log.error("tab_leads_elsewhere", plugin=plugin, route=tab.route)
    return own


def request_may_see(request, plugin: str, person: Person | None = None) -> bool:
    """`request.may_see`: whether the tab is on, and the signed-in account has any permission on it for a person, else the one in view."""
    identity, host = request.identity, request.registry.plugins
    if identity is None:
        return False
    if person is None or person is identity.person:
        return plugin in request.tenant.plugins and plugin in host.opened(identity.permissions)
    return plugin in request.tenant_of(person).plugins and plugin in host.opened(host.permitted(person.rights))


def request_may(request, person: Person, permission: str) -> bool:
    """`request.may`: whether the account may do this for a person, who need not be the one in view; never where the tab is off."""
    tenant = request.tenant_of(person)
    on = permission.partition(".")[0] in tenant.plugins and permission not in tenant.acts_off
    return on and permission in request.registry.plugins.permitted(person.rights)


def request_tenant_of(request, person: Person) -> Tenant:
    """`request.tenant_of`: the practice as another person sees it, from the home clinic."""
    return tenant_at(request, person.clinic_id)


def includeme(config) -> None:
    """Find the plugins, wire each in, and gate their addresses."""
    plugins = config.registry.settings.get("cuspid.plugins")
    host = PluginHost(find_plugins() if plugins is None else plugins)
    config.registry.plugins = host
    config.registry.route_owners, config.registry.paths = {}, {}
    config.registry.clinicless_routes = set()
    config.add_request_method(request_hooks, "hooks", reify=True)
    config.add_request_method(request_tabs, "tabs", reify=True)
    config.add_request_method(request_entry_links, "entry_links")
    config.add_request_method(request_tenant_of, "tenant_of")
    config.add_request_method(request_may, "may")
    config.add_request_method(request_titles_of, "titles_of")
    config.add_request_method(request_title_of, "title_of")
    config.add_request_method(request_may_see, "may_see")
    config.add_request_method(request_path_of, "path_of")
    config.add_request_method(lambda request, name: name in request.tenant.plugins, "has_plugin")
    config.add_subscriber(refuse_disabled, BeforeTraversal)
    config.commit()
    for plugin in host.plugins.values():
        _include(config, plugin, host)

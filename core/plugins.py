"""The plugin host: finding plugins, and asking only those that a clinic has switched on.

A tab that is off is off in every place. The gates: addresses (`refuse_disabled`), hooks (`EnabledHooks`), queued tasks and
schedules (core/tasks.py), webhooks and record kinds (core/records), links (`request.tabs` and `request.has_plugin`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pluggy
import structlog
from pyramid.events import BeforeTraversal
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPNotFound

from core import hookspecs
from core.db import mark_savepoint, mend_transaction

hookimpl = pluggy.HookimplMarker("cuspid")
log = structlog.get_logger("plugins")


@dataclass(frozen=True)
class Tab:
    """One tab of the bar. `icon` is a Bootstrap Icons name, `badge` a number that waits for the patient."""

    title: str
    route: str
    icon: str
    order: int
    badge: int = 0


@dataclass(frozen=True)
class ActionItem:
    """One thing that the patient should do. `path` is where it is done, `order` sorts: smaller is more urgent."""

    title: str
    text: str
    path: str
    icon: str
    order: int = 50


@dataclass(frozen=True)
class Card:
    """A part of the home page: a template and what it needs."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


@dataclass(frozen=True)
class Permission:
    """An action that can be granted. A grant to see gives those that do not act; a grant to act gives all of the tab."""

    name: str
    title: str
    acts: bool = False


class PortalPlugin:
    """A tab. Subclass it, set the four attributes, implement hooks, and name an instance in the entry point group `cuspid.plugins`."""

    name: str
    title: str
    summary: str
    on_by_default: bool = True

    def includeme(self, config) -> None:
        """Add the tab's routes, each named `<name>.…`, and scan its views."""

    @property
    def package(self) -> str:
        """The package that holds the plugin, and beside it `templates/`, `static/` and `migrations/`."""
        return type(self).__module__

    def folder(self, room: str) -> Path | None:
        """A folder beside the plugin's code, if it is there."""
        path = Path(import_module(self.package).__file__).parent / room
        return path if path.is_dir() else None


class EnabledHooks:
    """The hooks of the plugins that one clinic has switched on."""

    def __init__(self, manager: pluggy.PluginManager, enabled: Iterable[str]):
        self._manager, self._enabled = manager, frozenset(enabled)
        # An allow list turned into what is left out: a plugin that nobody switched on is never asked.
        self._off = [plugin for name, plugin in manager.list_name_plugin() if name not in self._enabled]

    def __getattr__(self, name: str):
        caller = self._manager.subset_hook_caller(name, self._off)
        setattr(self, name, caller)  # from now on a plain attribute
        return caller

    def each(self, name: str, db, **arguments) -> Iterator[tuple[str, Any]]:
        """Ask one plugin at a time: (plugin name, answer). One that raises is logged and costs its own part only."""
        implementations = [hook for hook in getattr(self._manager.hook, name).get_hookimpls() if hook.plugin_name in self._enabled]
        if implementations:
            mark_savepoint(db)
        for hook in implementations:
            try:
                answer = hook.function(*(arguments[argument] for argument in hook.argnames))
            except Exception:
                # One plugin's fault must not take the page with it; it is on record with the plugin's name.
                log.exception("hook_failed", plugin=hook.plugin_name, hook=name)
                mend_transaction(db)
                continue
            if answer is not None:
                yield hook.plugin_name, answer


class PluginHost:
    """All installed plugins, and the hooks for each set of switched-on ones."""

    def __init__(self, plugins: Iterable[PortalPlugin]):
        self.manager = pluggy.PluginManager("cuspid")
        self.manager.add_hookspecs(hookspecs)
        self.plugins = {plugin.name: plugin for plugin in sorted(plugins, key=lambda plugin: plugin.name)}
        for name, plugin in self.plugins.items():
            self.manager.register(plugin, name=name)
        self.manager.check_pending()
        self._callers: dict[frozenset[str], EnabledHooks] = {}
        self.permissions = self._collect_permissions()
        self.settings = {name: self._schema(name) for name in self.plugins}

    @property
    def installed(self) -> EnabledHooks:
        """The hooks of every installed plugin, for what is asked once at the start."""
        return self.enabled(frozenset(self.plugins))

    def enabled(self, names: frozenset[str]) -> EnabledHooks:
        """The hooks of these plugins."""
        if names not in self._callers:
            self._callers[names] = EnabledHooks(self.manager, names)
        return self._callers[names]

    def only(self, name: str) -> EnabledHooks:
        """The hooks of one plugin."""
        return self.enabled(frozenset({name}))

    def _collect_permissions(self) -> dict[str, tuple[Permission, ...]]:
        found = {name: tuple(p for answer in self.only(name).portal_permissions() for p in answer) for name in self.plugins}
        for name, permissions in found.items():
            _own_names(name, "permission", (permission.name for permission in permissions))
        return found

    def _schema(self, name: str):
        answers = self.only(name).portal_office_settings()
        return answers[0] if answers else None


def _own_names(owner: str, what: str, names: Iterable[str]) -> None:
    for name in names:
        if not name.startswith(owner + "."):
            raise ConfigurationError(f"the {what} {name!r} of the plugin {owner!r} must be named {owner}.…")


def find_plugins() -> list[PortalPlugin]:
    """The plugins that are installed here, ours and strangers', by entry point."""
    return [point.load() for point in entry_points(group="cuspid.plugins")]


def refuse_disabled(event) -> None:
    """Answer 404 for an address of a plugin that this clinic has switched off, as if it had never been."""
    request = event.request
    owner = request.registry.route_owners.get(request.matched_route.name) if request.matched_route else None
    if owner is not None and not request.has_plugin(owner):
        raise HTTPNotFound()


def _include(config, plugin: PortalPlugin) -> None:
    """Wire one plugin in: its routes under its own name, its templates and its static files by convention."""
    before = _routes(config)
    config.include(plugin.includeme, route_prefix=plugin.name)
    config.commit()
    _own_names(plugin.name, "route", _routes(config) - before)
    if plugin.folder("templates"):
        config.add_jinja2_search_path(f"{plugin.package}:templates/")
    if plugin.folder("static"):
        config.add_static_view(f"static/{plugin.name}", f"{plugin.package}:static/", cache_max_age=31536000)
        config.commit()
    config.registry.route_owners.update(dict.fromkeys(_routes(config) - before, plugin.name))


def _routes(config) -> set[str]:
    return {item["introspectable"]["name"] for item in config.introspector.get_category("routes") or ()}


def request_hooks(request) -> EnabledHooks:
    """`request.hooks`: the hooks of the plugins that are on for the clinic in view."""
    return request.registry.plugins.enabled(request.tenant.plugins)


def request_tabs(request) -> list[Tab]:
    """`request.tabs`: the tabs that this person may open, in order."""
    tabs = request.hooks.each("portal_tab", request.db, request=request)
    return sorted((tab for name, tab in tabs if request.may_see(name)), key=lambda tab: (tab.order, tab.title))


def request_may_see(request, plugin: str) -> bool:
    """`request.may_see`: whether the signed-in account has any permission on this tab for the person in view."""
    prefix = plugin + "."
    return request.identity is not None and any(name.startswith(prefix) for name in request.identity.permissions)


def includeme(config) -> None:
    """Find the plugins, wire each in, and gate their addresses."""
    plugins = config.registry.settings.get("cuspid.plugins")
    host = PluginHost(find_plugins() if plugins is None else plugins)
    config.registry.plugins = host
    config.registry.route_owners = {}
    config.add_request_method(request_hooks, "hooks", reify=True)
    config.add_request_method(request_tabs, "tabs", reify=True)
    config.add_request_method(request_may_see, "may_see")
    config.add_request_method(lambda request, name: name in request.tenant.plugins, "has_plugin")
    config.add_subscriber(refuse_disabled, BeforeTraversal)
    config.commit()
    for plugin in host.plugins.values():
        _include(config, plugin)

"""All installed plugins."""

from collections.abc import Collection, Iterable
from importlib.metadata import entry_points

import pluggy
from pydantic import BaseModel
from pyramid.exceptions import ConfigurationError

from core import hookspecs
from core.plugins.hooks import EnabledHooks
from core.plugins.parts import CHANNELS, NoticeKind, OfficeItem, Permission
from core.plugins.plugin import PortalPlugin
from core.plugins.rules import by_name, own_names
from core.settings import PortalSettings


class PluginHost:
    """All installed plugins, and the hooks for each set of switched-on ones."""

    def __init__(self, plugins: Iterable[PortalPlugin]):
        self.manager = pluggy.PluginManager("cuspid")
        self.manager.add_hookspecs(hookspecs)
        self.plugins = by_name(plugins)
        for name, plugin in self.plugins.items():
            self.manager.register(plugin, name=name)
            self._refuse_unmarked(plugin)
        self.manager.check_pending()
        self._callers: dict[frozenset[str], EnabledHooks] = {}
        self._permitted: dict[frozenset[str], frozenset[str]] = {}
        self._opened: dict[frozenset[str], frozenset[str]] = {}
        self.settings: dict[str, type[BaseModel] | None]
        self.permissions = self._collect_permissions()
        self.notice_kinds = self._collect_notice_kinds()
        self.office_items = self._collect_office_items()
        self.settings = {"portal": PortalSettings} | {name: self._schema(name) for name in self.plugins}
        self.acts = {one.name: one for permissions in self.permissions.values() for one in permissions if one.is_act}
        """What an office can switch off inside a tab, by the permission's name; it is the name of the switch, too."""
        self._refuse_ambiguous()

    @property
    def tabs(self) -> list[str]:
        """The names of the plugins that are tabs; the others permit nothing to anybody, such as the connector to a practice's system."""
        return [name for name, permissions in self.permissions.items() if permissions]

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

    def hooks_of(self, name: str) -> list[str]:
        """What the portal asks one plugin, by the names of its hooks."""
        return sorted(caller.name for caller in self.manager.get_hookcallers(self.plugins[name]) or ())

    def permitted(self, rights: frozenset[str]) -> frozenset[str]:
        """The permissions that grants give: `images.see` those of the tab that do not act, `images.act` all, `*` for every tab."""
        if rights not in self._permitted:
            self._permitted[rights] = frozenset(name for plugin in self.plugins for name in self._of_tab(plugin, rights))
        return self._permitted[rights]

    def switched_on(self, chosen: Iterable[str], withheld: Collection[str] = ()) -> frozenset[str]:
        """The tabs that are on out of those that were chosen: none that is withheld, and none that needs one which is off."""
        on = frozenset(chosen) - frozenset(withheld)
        while missing := {name for name in on if not on.issuperset(self.plugins[name].needs)}:
            on -= missing
        return on

    def opened(self, permissions: frozenset[str]) -> frozenset[str]:
        """The tabs on which these permissions allow anything."""
        if permissions not in self._opened:
            self._opened[permissions] = frozenset(name.partition(".")[0] for name in permissions)
        return self._opened[permissions]

    def _of_tab(self, plugin: str, rights: frozenset[str]) -> list[str]:
        acts = not rights.isdisjoint({"*.act", plugin + ".act"})
        sees = acts or not rights.isdisjoint({"*.see", plugin + ".see"})
        return [permission.name for permission in self.permissions[plugin] if acts or (sees and not permission.acts)]

    def _refuse_unmarked(self, plugin: PortalPlugin) -> None:
        # A method that only looks like a hook would never be called, and nobody would be told.
        for method in (name for name in dir(plugin) if name.startswith("portal_")):
            if self.manager.parse_hookimpl_opts(plugin, method) is None:
                raise ConfigurationError(f"{method} of the plugin {plugin.name!r} lacks @hookimpl")

    def _collect_permissions(self) -> dict[str, tuple[Permission, ...]]:
        found = {name: tuple(p for answer in self.only(name).portal_permissions() for p in answer) for name in self.plugins}
        for name, permissions in found.items():
            own_names(name, "permission", (permission.name for permission in permissions))
        return found

    def _collect_notice_kinds(self) -> dict[str, tuple[NoticeKind, ...]]:
        found = {name: tuple(kind for answer in self.only(name).portal_notice_kinds() for kind in answer) for name in self.plugins}
        for name, kinds in found.items():
            own_names(name, "notice kind", (kind.name for kind in kinds))
            for kind in kinds:
                if not set(kind.channels) <= set(CHANNELS):
                    raise ConfigurationError(f"the notice kind {kind.name!r} can only come by {' or '.join(CHANNELS)}")
        return found

    def _collect_office_items(self) -> dict[str, tuple[OfficeItem, ...]]:
        found = {name: tuple(item for answer in self.only(name).portal_office_waiting() for item in answer) for name in self.plugins}
        for name, items in found.items():
            own_names(name, "office item", (item.name for item in items))
        return found

    def _refuse_ambiguous(self) -> None:
        for plugin, schema in self.settings.items():
            for field in schema.model_fields if schema else ():
                if f"{plugin}.{field}" in self.acts:
                    raise ConfigurationError(f"{plugin}.{field} is a setting and an act of the plugin {plugin!r}: rename one of them")

    def _schema(self, name: str) -> type[BaseModel] | None:
        schema = next(iter(self.only(name).portal_office_settings()), None)
        needed = [field for field, info in schema.model_fields.items() if info.is_required()] if schema else ()
        if needed:
            raise ConfigurationError(f"the setting {name}.{needed[0]} has no default: an office need not set anything")
        return schema


def find_plugins() -> list[PortalPlugin]:
    """The plugins that are installed here, ours and strangers', by entry point."""
    return [point.load() for point in entry_points(group="cuspid.plugins")]

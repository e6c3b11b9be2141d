"""What a plugin must keep to, checked at the start: what breaks a rule could not be gated, so it stops the portal."""

import re
from collections.abc import Iterable
from typing import Any, Self

from pyramid.exceptions import ConfigurationError
from pyramid.security import NO_PERMISSION_REQUIRED

from core.plugins.plugin import PortalPlugin

# No underscore: the tables of `plan_b` would begin like those of `plan`.
NAME = re.compile(r"[a-z][a-z0-9]*")
# The portal's own addresses, tables and tasks begin with these.
PORTAL = frozenset(
    {
        "access", "address", "alert", "api", "audit", "auth", "book", "branding", "clinic", "closed", "contact", "core", "demo", "developers", "domain", "export", "family", "fhir", "files", "forgot", "former", "hand", "health", "home",
        "hooks", "icon", "invitation", "linked", "logo", "mail", "metrics", "notice", "office", "operator", "outbox", "outside", "passkey", "patient", "pay", "photo",
        "portal", "practice", "privacy", "profile", "provider", "records", "recovery", "register", "registration", "relationship", "reset", "setting",
        "sign", "staff", "static", "support", "tenants", "theme", "text", "ticket", "unsubscribe", "welcome",
    }
)  # fmt: skip
# These would run on every page, also where the plugin is off.
_EVERYWHERE = ("subscribers", "tweens")


def by_name(plugins: Iterable[PortalPlugin]) -> dict[str, PortalPlugin]:
    """The plugins by name, in its order. Raises ConfigurationError for a name that is wrong or taken."""
    found: dict[str, PortalPlugin] = {}
    for plugin in plugins:
        if not isinstance(plugin, PortalPlugin):
            raise ConfigurationError(f"{plugin!r} is named as a plugin, but is not an instance of core.plugins.PortalPlugin")
        _check_attributes(plugin)
        if plugin.name in found:
            raise ConfigurationError(f"two plugins are called {plugin.name!r}: {found[plugin.name].package} and {plugin.package}")
        found[plugin.name] = plugin
    for plugin in found.values():
        if missing := set(plugin.needs) - found.keys():
            raise ConfigurationError(f"the plugin {plugin.name!r} needs {min(missing)!r}, which is not installed")
    return dict(sorted(found.items()))


def _check_attributes(plugin: PortalPlugin) -> None:
    missing = [name for name in ("name", "title", "summary") if not getattr(plugin, name, None)]
    if missing:
        raise ConfigurationError(f"the plugin in {plugin.package} has no {' and no '.join(missing)}")
    if not NAME.fullmatch(plugin.name) or plugin.name in PORTAL:
        raise ConfigurationError(
            f"a plugin cannot be called {plugin.name!r}: choose small letters and digits, and none of the portal's own words"
        )


def own_names(owner: str, what: str, names: Iterable[str]) -> None:
    """Each name begins with its plugin's: this is what makes it gated. Raises ConfigurationError."""
    for name in names:
        if not name.startswith(owner + "."):
            raise ConfigurationError(f"the {what} {name!r} of the plugin {owner!r} must be named {owner}.…")


class Wiring:
    """What a plugin adds to the application while the block runs; at its end all of it is in force.

    It is heard as it comes: Pyramid tells of a whole category only, with all that belongs to each thing in it, and to ask before and after
    took a third of the start.
    """

    def __init__(self, config, plugin: PortalPlugin):
        self._config, self._plugin, self._added = config, plugin, list[Any]()

    def __enter__(self) -> Self:
        introspector = self._config.introspector
        add = introspector.add

        def noting(item: Any) -> None:
            self._added.append(item)
            add(item)

        introspector.add = noting
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        try:
            if failed is None:
                self._config.commit()
        finally:
            del self._config.introspector.add

    def routes(self) -> set[str]:
        """The names of the routes that are new."""
        return {item["name"] for item in self._new("routes")}

    def open_routes(self) -> set[str]:
        """The names of the new routes on which a page is open to everyone."""
        return {view["route_name"] for view in self._new("views") if NO_PERMISSION_REQUIRED in self._permissions_of(view)}

    def check(self, permissions: frozenset[str], within: str = "") -> None:
        """Refuse what no gate would close. `permissions` are those that views ask for; a page open to everyone is one of them only if it is
        named. Routes are named like the plugin, or `within.…`. Raises ConfigurationError."""
        routes = self.routes()
        own_names(within or self._plugin.name, "route", routes)
        for category in _EVERYWHERE:
            if self._new(category):
                raise ConfigurationError(f"the plugin {self._plugin.name!r} adds {category}, which would run where it is off")
        for view in self._new("views"):
            self._check_view(view, routes, permissions, "the office's" if within else "the plugin's")

    def _check_view(self, view: Any, routes: set[str], permissions: frozenset[str], whose: str) -> None:
        if view["exception_only"] and self._plugin.holds(getattr(view["context"], "__module__", "")):
            return
        what = f"the view {view.title} of the plugin {self._plugin.name!r}"
        if view["route_name"] not in routes:
            raise ConfigurationError(f"{what} is not on a route of its own, but on {view['route_name']!r}")
        if not self._permissions_of(view) & permissions:
            raise ConfigurationError(
                f"{what} must ask for one of {whose} permissions: {', '.join(sorted(permissions - {NO_PERMISSION_REQUIRED})) or 'it declares none'}"
            )

    def _permissions_of(self, view: Any) -> set[str]:
        return {item["value"] for item in self._config.introspector.related(view) if item.category_name == "permissions"}

    def _new(self, category: str) -> list[Any]:
        return [item for item in self._added if item.category_name == category]

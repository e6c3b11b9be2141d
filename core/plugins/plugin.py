"""The object that a plugin is."""

from importlib import import_module
from inspect import getfile
from pathlib import Path

import pluggy

hookimpl = pluggy.HookimplMarker("cuspid")


class PortalPlugin:
    """A tab. Subclass it, set the four attributes, implement hooks, and name an instance in the entry point group `cuspid.plugins`.

    `name` is small letters and digits: it begins every address, table, permission, task and setting of the tab. `needs` names the tabs
    without which this one is off, too. `record` says which part of the record patients see there, such as "images": where the tab is off,
    the home page says how to ask the office for it.
    """

    name: str
    title: str
    summary: str
    on_by_default: bool = True
    needs: tuple[str, ...] = ()
    record: str = ""

    def includeme(self, config) -> None:
        """Add the tab's routes, each named `<name>.…`, and scan its views."""

    def include_office(self, config) -> None:
        """Add the tab's pages at the office, `/office/<name>/…`: routes named `<name>.office.…` whose views ask for permissions of the office."""

    def include_hooks(self, config) -> None:
        """Add addresses at which other services report, `/hooks/<name>/…`: routes named `<name>.hooks.…`, open to everyone, without a form
        token. Whatever comes must be proven by what it holds, such as a signature.
        """

    @property
    def package(self) -> str:
        """The package that holds the plugin, and beside it `templates/`, `static/` and `migrations/`."""
        module = type(self).__module__
        return import_module(module).__package__ or module

    def folder(self, room: str) -> Path | None:
        """A folder beside the plugin's code, if it is there."""
        path = self._home / room
        return path if path.is_dir() else None

    def load(self, room: str) -> None:
        """Import a room of the plugin, such as `tasks`, if it is there."""
        if (self._home / f"{room}.py").exists() or (self._home / room / "__init__.py").exists():
            import_module(f"{self.package}.{room}")

    def holds(self, module: str) -> bool:
        """Whether a module is part of the plugin."""
        return f"{module}.".startswith(f"{self.package}.")

    @property
    def _home(self) -> Path:
        return Path(getfile(type(self))).parent

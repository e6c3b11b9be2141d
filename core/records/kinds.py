"""All kinds of record of an installation, gathered once at the start."""

from dataclasses import replace
from uuid import UUID

from pyramid.exceptions import ConfigurationError

from core.people import changes as people_changes
from core.people import records as people
from core.plugins import PluginHost
from core.records import RecordKind, kinds_of
from core.records.changes import ChangeKind


def kinds_for(registry, plugins: frozenset[str]) -> dict[str, RecordKind]:
    """The kinds that are taken in where these tabs are on: core's own, and theirs."""
    theirs = (kinds for name, kinds in registry.plugin_record_kinds.items() if name in plugins)
    found = kinds_of(people.KINDS, *registry.base_record_kinds, *theirs)
    found = {name: replace(kind, store=registry.files) if kind.file else kind for name, kind in found.items()}
    return {name: replace(kind, plugins=registry.plugins) if kind.merge else kind for name, kind in found.items()}


def kinds_at(registry, practice_id: UUID) -> dict[str, RecordKind]:
    """The kinds that a practice takes in now: a tab's, when it is on for the practice or for one of its clinics."""
    return kinds_for(registry, frozenset(name for name in registry.plugins.plugins if registry.tenants.on_somewhere(practice_id, name)))


def _of_plugin(host: PluginHost, name: str) -> list[RecordKind]:
    return [kind for answer in host.only(name).portal_record_kinds() for kind in answer]


def _change_kinds(host: PluginHost) -> dict[str, ChangeKind]:
    """Every kind of change that may be noted here. Raises ConfigurationError when two have one name."""
    theirs = (kind for name in host.plugins for answer in host.only(name).portal_change_kinds() for kind in answer)
    found: dict[str, ChangeKind] = {}
    for kind in (*people_changes.KINDS, *theirs):
        if kind.name in found:
            raise ConfigurationError(f"the kind of change {kind.name!r} is declared twice")
        found[kind.name] = kind
    return found


def _refuse_doubles(registry) -> None:
    owners: dict[str, str] = {}
    declared = [("the portal", kinds) for kinds in (people.KINDS, *registry.base_record_kinds)]
    declared += [(f"the plugin {name!r}", kinds) for name, kinds in registry.plugin_record_kinds.items()]
    for owner, kind in ((owner, kind) for owner, kinds in declared for kind in kinds):
        if kind.name in owners:
            raise ConfigurationError(f"the record kind {kind.name!r} is declared by {owners[kind.name]} and by {owner}")
        owners[kind.name] = owner


def includeme(config) -> None:
    """Ask every plugin once, and check that no kind is declared twice; `tenants` adds its own to `registry.base_record_kinds`."""
    from core.records import tasks  # noqa: F401  (declares them)
    from core.records.changes import tasks as tasks_of_changes  # noqa: F401

    registry = config.registry
    registry.base_record_kinds = []
    registry.plugin_record_kinds = {name: _of_plugin(registry.plugins, name) for name in registry.plugins.plugins}
    registry.change_kinds = _change_kinds(registry.plugins)
    # When all parts are in place, so that the tenants' own kinds count too.
    config.action("record_kinds", lambda: _refuse_doubles(registry), order=1000)

"""All kinds of record of an installation, gathered once at the start."""

from core.people import records as people
from core.records import RecordKind, kinds_of


def kinds_for(registry, plugins: frozenset[str]) -> dict[str, RecordKind]:
    """The kinds that a practice takes in: core's own, and those of the tabs that are on."""
    return kinds_of(people.KINDS, *registry.base_record_kinds, *registry.plugins.enabled(plugins).portal_record_kinds())


def includeme(config) -> None:
    """Check at the start that no kind is declared twice; `tenants` adds its own to `registry.base_record_kinds`."""
    config.registry.base_record_kinds = []
    kinds_of(people.KINDS, *config.registry.plugins.installed.portal_record_kinds())

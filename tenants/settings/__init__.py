"""Office settings: declared by plugins with defaults, set for a practice or a clinic, now or at a later time, with a history that can be undone."""

from core.tenant import touch
from tenants.settings.changing import Author, Change, apply, change, switch_plugin, telling_of_switches
from tenants.settings.undoing import ChangedSince, undo, undo_set
from tenants.settings.values import WrongValue, acts_off, effective, enabled_plugins, with_defaults

__all__ = [
    "Author", "Change", "ChangedSince", "WrongValue", "acts_off", "apply", "change", "effective", "enabled_plugins", "switch_plugin",
    "telling_of_switches", "touch", "undo", "undo_set", "with_defaults",
]  # fmt: skip

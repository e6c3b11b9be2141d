"""The plugin host: finding plugins, and asking only those that a clinic has switched on.

A tab that is off is off in every place. The gates: addresses (gate.py), hooks (hooks.py), queued tasks and schedules
(core/tasks.py), record kinds (core/records/kinds.py), permissions (core/auth/policy.py), links (`request.tabs` and
`request.has_plugin`). Plugin authors import what they need from here.
"""

from core.plugins.host import PluginHost, find_plugins
from core.plugins.parts import (
    ActionItem,
    Card,
    Count,
    EntryLink,
    ExportFile,
    NoticeKind,
    NoticeSwitch,
    OfficeItem,
    Permission,
    Planned,
    PlannedLine,
    Question,
    Tab,
)
from core.plugins.plugin import PortalPlugin, hookimpl

__all__ = [
    "ActionItem", "Card", "Count", "EntryLink", "ExportFile", "NoticeKind", "NoticeSwitch", "OfficeItem", "Permission", "Planned", "PlannedLine", "PluginHost", "PortalPlugin", "Question", "Tab", "find_plugins", "hookimpl",
]  # fmt: skip


def includeme(config) -> None:
    """Find the plugins, wire each in, and gate their addresses."""
    config.include("core.plugins.gate")

"""Changes of settings in words, for the preview, the plans and the history."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic.fields import FieldInfo

from core.plugins import PluginHost

ORDER, TITLES = "portal.tab_order", "portal.tab_titles"
LONGEST = 80


def in_words(host: PluginHost, clinics: Mapping[UUID, str], clinic_id: UUID | None, name: str, before: Any, after: Any) -> list[str]:
    """What a change of one setting does, in sentences; None for what is inherited."""
    at = f" at {clinics.get(clinic_id, 'a clinic that is gone')}" if clinic_id else ""
    if name in host.plugins:
        return [_switched(host.plugins[name].title, at, after, host.plugins[name].on_by_default)]
    if name in host.acts:
        tab = host.plugins[name.partition(".")[0]].title
        return [_switched(f"“{host.acts[name].title}” in {tab}", at, after, True)]
    if name == ORDER:
        return [_ordered(host, at, after)]
    if name == TITLES:
        return _named(host, at, before or {}, after)
    return [_set(host, at, name, after)]


def _switched(what: str, at: str, after: bool | None, by_default: bool) -> str:
    if after is None:
        return f"{what} follows the practice{at}." if at else f"{what} is {_on(by_default)}, as it comes."
    return f"{what} is {_on(after)}{at}."


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"


def _ordered(host: PluginHost, at: str, after: list[str] | None) -> str:
    if after:
        return f"The tabs stand in this order{at}: {', '.join(_title(host, one) for one in after)}."
    return f"The order of the tabs follows the practice{at}." if at else "The tabs stand in their own order again."


def _named(host: PluginHost, at: str, before: Mapping[str, str], after: Mapping[str, str] | None) -> list[str]:
    if after is None and at:
        return [f"The names of the tabs follow the practice{at}."]
    now = after or {}
    changed = [name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)]
    said = [
        f"{_title(host, name)} is called “{now[name]}”{at}." if name in now else f"{_title(host, name)} has its own name again{at}."
        for name in changed
    ]
    return said or [f"The tabs have their own names{at}."]


def _title(host: PluginHost, name: str) -> str:
    return host.plugins[name].title if name in host.plugins else name


def _set(host: PluginHost, at: str, name: str, after: Any) -> str:
    plugin, _, field = name.partition(".")
    schema = host.settings.get(plugin)
    info = schema.model_fields.get(field) if schema else None
    what = info.title if info and info.title else name
    where = f"{_title(host, plugin)}: {what}" if plugin in host.plugins else what
    if after is None:
        return (
            f"{where}: follows the practice{at}."
            if at
            else f"{where}: as it comes{f', {value_in_words(host, info, info.get_default(call_default_factory=True))}' if info else ''}."
        )
    return f"{where}: {value_in_words(host, info, after)}{at}."


def value_in_words(host: PluginHost, info: FieldInfo | None, value: Any) -> str:
    """A value as people read it."""
    extra = info.json_schema_extra if info and isinstance(info.json_schema_extra, dict) else {}
    words = extra.get("words")
    if isinstance(words, dict) and value in words:
        return str(words[value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_title(host, str(one)) for one in value) or "none"
    if isinstance(value, str):
        return f"“{value if len(value) <= LONGEST else value[: LONGEST - 1] + '…'}”" if value else "empty"
    return str(value)

"""What office settings there are, which value holds where, and what a value may be."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError

from core.plugins import PluginHost

log = structlog.get_logger("settings")


class WrongValue(Exception):
    """A setting that nobody declares, or a value that it cannot have; the text says which and why."""


def enabled_plugins(host: PluginHost, values: Mapping[str, Any], withheld: Collection[str] = ()) -> frozenset[str]:
    """The tabs that are on: what the clinic set, else the practice, else the plugin's default; none that the operator withholds, and none
    that needs another which is off."""
    chosen = (name for name, plugin in host.plugins.items() if values.get(name, plugin.on_by_default) is True)
    return host.switched_on(chosen, withheld)


def acts_off(host: PluginHost, values: Mapping[str, Any]) -> frozenset[str]:
    """The acts inside tabs that are switched off: what the clinic set, else the practice; without a word of theirs an act is on."""
    return frozenset(name for name in host.acts if values.get(name, True) is not True)


def effective(rows: Iterable[tuple[UUID | None, str, Any]], clinic_id: UUID | None) -> dict[str, Any]:
    """The values that hold at a clinic (None: at the practice as a whole) out of (clinic, name, value) rows."""
    rows = list(rows)
    values = {name: value for clinic, name, value in rows if clinic is None}
    if clinic_id is not None:
        values |= {name: value for clinic, name, value in rows if clinic == clinic_id}
    return values


def with_defaults(host: PluginHost, values: Mapping[str, Any]) -> dict[str, Any]:
    """Every declared setting as `<plugin>.<field>`: what is set, else the default."""
    schemas = {plugin: schema for plugin, schema in host.settings.items() if schema}
    names = [(plugin, field) for plugin, schema in schemas.items() for field in schema.model_fields]
    return {f"{plugin}.{field}": _value(schemas[plugin], field, values.get(f"{plugin}.{field}")) for plugin, field in names}


def _value(schema: type[BaseModel], field: str, kept: Any) -> Any:
    if kept is not None:
        try:
            return getattr(schema(**{field: kept}), field)
        except ValidationError:
            # An update of the plugin allows less than the one under which this was set: the tab must go on working.
            log.warning("setting_outdated", plugin=schema.__module__, reason=field)
    return getattr(schema(), field)


def holds_for_all(schema: type[BaseModel], field: str) -> bool:
    """Whether a setting is asked for the practice as a whole only, so that a clinic cannot have its own."""
    extra = schema.model_fields[field].json_schema_extra
    return isinstance(extra, dict) and extra.get("whole_practice") is True


def checked(host: PluginHost, clinic_id: UUID | None, name: str, value: Any) -> dict | None:
    """What is kept of a value for a practice or a clinic, as JSON; None for what is inherited. Raises WrongValue."""
    plugin, _, field = name.partition(".")
    schema = host.settings.get(plugin)
    if name in host.plugins or name in host.acts:
        if not (value is None or isinstance(value, bool)):
            raise WrongValue(f"{name} is switched with true or false.")
    elif schema is None or field not in schema.model_fields:
        raise WrongValue(f"No installed tab has the setting {name}.")
    elif clinic_id is not None and value is not None and holds_for_all(schema, field):
        raise WrongValue(f"{name} holds for the whole practice: set it there.")
    elif value is not None:
        value = _as_json(name, _validated(name, schema, field, value))
    return None if value is None else {"value": value}


def _validated(name: str, schema: type[BaseModel], field: str, value: Any) -> Any:
    try:
        return schema(**{field: value}).model_dump(mode="json")[field]
    except ValidationError as error:
        raise WrongValue(f"{name}: {error.errors()[0]['msg']}.") from None


def _as_json(name: str, value: Any) -> Any:
    # PostgreSQL keeps no zero character, half of a surrogate pair, infinity or not-a-number in JSON.
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        text = "\\u0000"
    if "\\u0000" in text:
        raise WrongValue(f"{name}: this holds something that cannot be kept; please type it anew.")
    return value

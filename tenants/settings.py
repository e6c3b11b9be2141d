"""Office settings: declared by plugins with defaults, set for a practice or a clinic, with a history that can be undone."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.auth import operators
from core.auth.roles import SETTING
from core.people import family
from core.plugins import PluginHost
from core.tenant import touch
from tenants.models import Clinic, OfficeSetting, SettingChange

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


def change(
    session: Session, host: PluginHost, practice_id: UUID, clinic_id: UUID | None, name: str, value: Any, by: str, at: datetime
) -> None:
    """Set one setting for a practice or a clinic; None goes back to what is inherited. What is set already leaves no history. Raises WrongValue."""
    after = _checked(host, name, value)
    # First of all: two who change at the same moment come one after the other.
    touch(session, practice_id)
    _check_clinic(session, practice_id, clinic_id)
    before = _put(session, practice_id, clinic_id, name, after)
    if before == after:
        return
    session.add(SettingChange(clinic_id=clinic_id, name=name, before=before, after=after, changed_by=by, changed_at=at))
    audit.record(session, practice_id, "office.setting.change", at)
    if name in family.RULES:
        session.flush()
        family.refresh_grants(session, practice_id, at)
    if name == SETTING and clinic_id is None:
        operators.end_above(session, practice_id, with_defaults(host, {name: value})[name], at)
    if name in host.plugins:
        on = _is_on(session, host, practice_id, clinic_id, name)
        host.only(name).tell("portal_switched", session, practice_id=practice_id, clinic_id=clinic_id, on=on)


def _put(session: Session, practice_id: UUID, clinic_id: UUID | None, name: str, after: dict | None) -> dict | None:
    """Write a value and give back what was there before."""
    where = (OfficeSetting.practice_id == practice_id, OfficeSetting.clinic_id.is_not_distinct_from(clinic_id), OfficeSetting.name == name)
    row = session.scalars(select(OfficeSetting).where(*where)).one_or_none()
    before = row.value if row else None
    if row and after is None:
        session.delete(row)
    elif row and after is not None:
        row.value = after
    elif after is not None:
        session.add(OfficeSetting(clinic_id=clinic_id, name=name, value=after))
    return before


def _is_on(session: Session, host: PluginHost, practice_id: UUID, clinic_id: UUID | None, plugin: str) -> bool:
    where = (OfficeSetting.practice_id == practice_id, OfficeSetting.name == plugin)
    rows = [
        (clinic, plugin, value["value"])
        for clinic, value in session.execute(select(OfficeSetting.clinic_id, OfficeSetting.value).where(*where))
    ]
    return plugin in enabled_plugins(host, effective(rows, clinic_id))


def switch_plugin(session: Session, host: PluginHost, tenant, name: str, on: bool | None, by: str, at: datetime) -> None:
    """Switch a tab on or off for the clinic of `tenant`, or for its practice; None follows the practice again. Raises WrongValue."""
    if name not in host.plugins:
        raise WrongValue(f"No tab called {name} is installed.")
    change(session, host, tenant.practice_id, tenant.clinic_id, name, on, by, at)


def undo(session: Session, host: PluginHost, practice_id: UUID, change_id: UUID, by: str, at: datetime) -> None:
    """Put back what was there before a change. Raises WrongValue when there is no such change, or its tab has gone."""
    row = session.scalars(
        select(SettingChange).where(SettingChange.practice_id == practice_id, SettingChange.id == change_id)
    ).one_or_none()
    if row is None:
        raise WrongValue("There is no such change.")
    change(session, host, practice_id, row.clinic_id, row.name, row.before["value"] if row.before else None, by, at)


def _checked(host: PluginHost, name: str, value: Any) -> dict | None:
    """What is kept of a value, as JSON. Raises WrongValue."""
    plugin, _, field = name.partition(".")
    schema = host.settings.get(plugin)
    if name in host.plugins or name in host.acts:
        if not (value is None or isinstance(value, bool)):
            raise WrongValue(f"{name} is switched with true or false.")
    elif schema is None or field not in schema.model_fields:
        raise WrongValue(f"No installed tab has the setting {name}.")
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


def _check_clinic(session: Session, practice_id: UUID, clinic_id: UUID | None) -> None:
    where = (Clinic.practice_id == practice_id, Clinic.id == clinic_id)
    if clinic_id is not None and session.scalar(select(Clinic.id).where(*where)) is None:
        raise WrongValue("There is no such clinic.")

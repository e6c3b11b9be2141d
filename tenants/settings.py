"""Office settings: declared by plugins with defaults, set for a practice or a clinic, with a history that can be undone."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.plugins import PluginHost
from tenants.models import OfficeSetting, Practice, SettingChange


class WrongValue(Exception):
    """A setting that nobody declares, or a value that it cannot have; the text says which and why."""


def enabled_plugins(host: PluginHost, values: Mapping[str, Any]) -> frozenset[str]:
    """The tabs that are on: what the clinic set, else the practice, else the plugin's default; one whose needs are off is off."""
    on = {name for name, plugin in host.plugins.items() if values.get(name, plugin.on_by_default) is True}
    return frozenset(on)


def effective(rows: Iterable[tuple[UUID | None, str, Any]], clinic_id: UUID | None) -> dict[str, Any]:
    """The values that hold at a clinic (None: at the practice as a whole) out of (clinic, name, value) rows."""
    rows = list(rows)
    values = {name: value for clinic, name, value in rows if clinic is None}
    if clinic_id is not None:
        values |= {name: value for clinic, name, value in rows if clinic == clinic_id}
    return values


def with_defaults(host: PluginHost, values: Mapping[str, Any]) -> dict[str, Any]:
    """Every declared setting as `<plugin>.<field>`: what is set, else the default."""
    found = {}
    for plugin, schema in host.settings.items():
        for field, info in schema.model_fields.items() if schema else ():
            name = f"{plugin}.{field}"
            found[name] = values.get(name, info.get_default(call_default_factory=True))
    return found


def change(session: Session, host: PluginHost, practice_id: UUID, clinic_id: UUID | None, name: str, value: Any, by: str, at: datetime) -> None:
    """Set one setting for a practice or a clinic; None goes back to what is inherited. Raises WrongValue."""
    if value is not None:
        _check(host, name, value)
    where = (OfficeSetting.practice_id == practice_id, OfficeSetting.clinic_id.is_not_distinct_from(clinic_id), OfficeSetting.name == name)
    row = session.scalars(select(OfficeSetting).where(*where).with_for_update()).one_or_none()
    before = row.value if row else None
    if value is None and row:
        session.delete(row)
    elif row:
        row.value = {"value": value}
    elif value is not None:
        session.add(OfficeSetting(clinic_id=clinic_id, name=name, value={"value": value}))
    after = None if value is None else {"value": value}
    session.add(SettingChange(clinic_id=clinic_id, name=name, before=before, after=after, changed_by=by, changed_at=at))
    audit.record(session, practice_id, "office.setting.change", at)
    touch(session, practice_id)


def touch(session: Session, practice_id: UUID) -> None:
    """Count the practice's version up: every web process notices on its next request."""
    session.execute(update(Practice).where(Practice.id == practice_id).values(version=Practice.version + 1))


def switch_plugin(session: Session, host: PluginHost, tenant, name: str, on: bool | None, by: str, at: datetime) -> None:
    """Switch a tab on or off for the clinic of `tenant`, or for its practice; None follows the practice again. Raises WrongValue."""
    change(session, host, tenant.practice_id, tenant.clinic_id, name, on, by, at)
    if on is not None:
        host.only(name).portal_switched(db=session, tenant=tenant, on=on)


def undo(session: Session, host: PluginHost, practice_id: UUID, change_id: UUID, by: str, at: datetime) -> None:
    """Put back what was there before a change. Raises WrongValue when there is no such change."""
    row = session.scalars(select(SettingChange).where(SettingChange.practice_id == practice_id, SettingChange.id == change_id)).one_or_none()
    if row is None:
        raise WrongValue("There is no such change.")
    change(session, host, practice_id, row.clinic_id, row.name, row.before["value"] if row.before else None, by, at)


def _check(host: PluginHost, name: str, value: Any) -> None:
    if name in host.plugins:
        if not isinstance(value, bool):
            raise WrongValue(f"{name} is switched with true or false.")
        return
    plugin, _, field = name.partition(".")
    schema = host.settings.get(plugin)
    if schema is None or field not in schema.model_fields:
        raise WrongValue(f"No installed plugin has the setting {name}.")
    try:
        schema(**{field: value})
    except ValidationError as error:
        raise WrongValue(f"{name}: {error.errors()[0]['msg']}") from None

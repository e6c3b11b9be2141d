"""Changing settings: the one door for pages, commands, plans and undo."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.auth import operators
from core.auth.roles import SETTING
from core.db import uuid7
from core.people import family
from core.plugins import PluginHost
from core.tenant import touch
from tenants.models import Clinic, OfficeSetting, Practice, SettingChange
from tenants.settings.values import WrongValue, checked, effective, enabled_plugins, with_defaults

States = dict[UUID | None, frozenset[str]]


@dataclass(frozen=True)
class Change:
    """One wish: a setting of the practice (no clinic) or of a clinic; None goes back to what is inherited."""

    clinic_id: UUID | None
    name: str
    value: Any


@dataclass(frozen=True)
class Author:
    """Who changes something: the name that the history shows, and the account, where there is one."""

    name: str
    account_id: UUID | None = None


def apply(
    session: Session, host: PluginHost, practice_id: UUID, changes: Sequence[Change], by: Author, at: datetime, undoes: UUID | None = None
) -> UUID | None:
    """Make several changes in one go, all or none; returns the id of the change set.

    What is set already leaves no history; None when nothing was left to change. Raises WrongValue.
    """
    after = {(one.clinic_id, one.name): checked(host, one.clinic_id, one.name, one.value) for one in changes}
    # First of all: two who change at the same moment come one after the other.
    touch(session, practice_id)
    _check_clinics(session, practice_id, {clinic_id for clinic_id, _ in after if clinic_id})
    with telling_of_switches(session, host, practice_id):
        written = _put(session, practice_id, after)
    if not written:
        return None
    change_set = uuid7()
    about = {"changed_by": by.name, "changed_at": at, "account_id": by.account_id, "change_set": change_set, "undoes": undoes}
    session.add_all(
        SettingChange(clinic_id=place, name=name, before=old, after=after[place, name], **about) for (place, name), old in written.items()
    )
    session.flush()
    audit.record(session, practice_id, "office.setting.change", at, account_id=by.account_id, target_id=change_set)
    _follow(session, host, practice_id, {name: after[place, name] for place, name in written if place is None}, at)
    return change_set


def _follow(session: Session, host: PluginHost, practice_id: UUID, changed: dict[str, dict | None], at: datetime) -> None:
    """What else is to be done at once after a change for the whole practice."""
    if not family.RULES.isdisjoint(changed):
        family.refresh_grants(session, practice_id, at)
    if SETTING in changed:
        value = changed[SETTING]
        operators.end_above(session, practice_id, with_defaults(host, {SETTING: value["value"] if value else None})[SETTING], at)


def _put(
    session: Session, practice_id: UUID, after: dict[tuple[UUID | None, str], dict | None]
) -> dict[tuple[UUID | None, str], dict | None]:
    """Write the values, and give back what was there before, of those that are another now."""
    names = {name for _, name in after}
    found = session.scalars(select(OfficeSetting).where(OfficeSetting.practice_id == practice_id, OfficeSetting.name.in_(names)))
    rows = {(row.clinic_id, row.name): row for row in found}
    before = {key: rows[key].value if key in rows else None for key in after}
    written = {key: value for key, value in before.items() if value != after[key]}
    for clinic_id, name in written:
        row, value = rows.get((clinic_id, name)), after[clinic_id, name]
        if row and value is None:
            session.delete(row)
        elif row and value is not None:
            row.value = value
        else:
            session.add(OfficeSetting(clinic_id=clinic_id, name=name, value=value))
    session.flush()
    return written


@contextmanager
def telling_of_switches(session: Session, host: PluginHost, practice_id: UUID) -> Iterator[None]:
    """Around whatever may switch tabs: each tab is told where it is on or off now and was not before, also when that is because of another one.

    A clinic that follows the practice is not told of what the practice was told.
    """
    before = _states(session, host, practice_id)
    yield
    after = _states(session, host, practice_id)
    whole = before[None] ^ after[None]
    for place in after:
        for name in sorted(before[place] ^ after[place]):
            on = name in after[place]
            if place is None or name not in whole or on is not (name in after[None]):
                host.only(name).tell("portal_switched", session, practice_id=practice_id, clinic_id=place, on=on)


def _states(session: Session, host: PluginHost, practice_id: UUID) -> States:
    """The tabs that are on, for the practice as a whole and at each clinic."""
    kept = (OfficeSetting.practice_id == practice_id, OfficeSetting.name.in_(host.plugins))
    found = session.execute(select(OfficeSetting.clinic_id, OfficeSetting.name, OfficeSetting.value).where(*kept))
    rows = [(clinic_id, name, value["value"]) for clinic_id, name, value in found]
    withheld = session.scalar(select(Practice.withheld).where(Practice.id == practice_id)) or ()
    clinics = session.scalars(select(Clinic.id).where(Clinic.practice_id == practice_id).order_by(Clinic.position, Clinic.id))
    return {place: enabled_plugins(host, effective(rows, place), withheld) for place in (None, *clinics)}


def change(
    session: Session, host: PluginHost, practice_id: UUID, clinic_id: UUID | None, name: str, value: Any, by: str, at: datetime
) -> None:
    """Set one setting for a practice or a clinic; None goes back to what is inherited. What is set already leaves no history. Raises WrongValue."""
    apply(session, host, practice_id, [Change(clinic_id, name, value)], Author(by), at)


def switch_plugin(session: Session, host: PluginHost, tenant, name: str, on: bool | None, by: str, at: datetime) -> None:
    """Switch a tab on or off for the clinic of `tenant`, or for its practice; None follows the practice again. Raises WrongValue."""
    if name not in host.plugins:
        raise WrongValue(f"No tab called {name} is installed.")
    change(session, host, tenant.practice_id, tenant.clinic_id, name, on, by, at)


def _check_clinics(session: Session, practice_id: UUID, clinic_ids: set[UUID]) -> None:
    if (
        clinic_ids
        and set(session.scalars(select(Clinic.id).where(Clinic.practice_id == practice_id, Clinic.id.in_(clinic_ids)))) != clinic_ids
    ):
        raise WrongValue("There is no such clinic.")

"""Undoing changes of settings: one, or a whole set, with an answer where something has been changed since."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.plugins import PluginHost
from core.tenant import touch
from tenants.models import OfficeSetting, SettingChange
from tenants.settings.changing import Author, Change, apply, change
from tenants.settings.values import WrongValue


class ChangedSince(Exception):
    """Something of a set is no longer as the set has left it; `rows` are those changes of the set."""

    def __init__(self, rows: Sequence[SettingChange]):
        super().__init__(", ".join(row.name for row in rows))
        self.rows = list(rows)


def undo(session: Session, host: PluginHost, practice_id: UUID, change_id: UUID, by: str, at: datetime) -> None:
    """Put back what was there before a change. Raises WrongValue when there is no such change, or its tab has gone."""
    row = session.scalars(
        select(SettingChange).where(SettingChange.practice_id == practice_id, SettingChange.id == change_id)
    ).one_or_none()
    if row is None:
        raise WrongValue("There is no such change.")
    change(session, host, practice_id, row.clinic_id, row.name, row.before["value"] if row.before else None, by, at)


def undo_set(
    session: Session, host: PluginHost, practice_id: UUID, change_set: UUID, by: Author, at: datetime, anyhow: bool = False
) -> UUID | None:
    """Put back what was there before a whole set; returns the id of the set that did so.

    Raises ChangedSince where something was changed after it, unless `anyhow`, and WrongValue as `undo` does.
    """
    touch(session, practice_id)  # nobody changes anything between the look and the act
    rows = set_of(session, practice_id, change_set)
    if not rows:
        raise WrongValue("There is no such change.")
    if not anyhow and (since := _changed_since(session, practice_id, rows)):
        raise ChangedSince(since)
    back = [Change(row.clinic_id, row.name, row.before["value"] if row.before else None) for row in rows]
    return apply(session, host, practice_id, back, by, at, undoes=change_set)


def set_of(session: Session, practice_id: UUID, change_set: UUID) -> list[SettingChange]:
    """The changes that were made in one go."""
    mine = (SettingChange.practice_id == practice_id, SettingChange.change_set == change_set)
    return list(session.scalars(select(SettingChange).where(*mine).order_by(SettingChange.id)))


def _changed_since(session: Session, practice_id: UUID, rows: Sequence[SettingChange]) -> list[SettingChange]:
    names = [row.name for row in rows]
    found = session.scalars(select(OfficeSetting).where(OfficeSetting.practice_id == practice_id, OfficeSetting.name.in_(names)))
    now = {(row.clinic_id, row.name): row.value for row in found}
    return [row for row in rows if now.get((row.clinic_id, row.name)) != row.after]

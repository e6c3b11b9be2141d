"""What stands under a patient in any table, of the portal's own or of a tab: counting it, reading it for an export, moving it to another chart, deleting it."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, delete, func, literal, select, union_all, update
from sqlalchemy.orm import Session

from core.db import Base

ONLY_GROWS = "audit_event"
"""The audit log keeps the chart under which something was done: nothing in it is ever changed."""


def move_rows(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID, *models: Any) -> None:
    """Move what one patient has in these tables to another: what most tabs do when two charts become one."""
    for model in models:
        table = getattr(model, "__table__", model)
        session.execute(update(table).where(table.c.practice_id == practice_id, table.c.patient_id == absorbed).values(patient_id=kept))


def rows_of(session: Session, practice_id: UUID, model: Any, *where: Any, only: Collection[str] = (), without: Collection[str] = ()) -> list[dict[str, Any]]:
    """Rows of a table as they are, the oldest first, for an export: all columns, or `only` some, or all but those `without`."""
    table = getattr(model, "__table__", model)
    columns = [column for column in table.c if column.name != "practice_id" and (column.name in only or not only) and column.name not in without]
    rows = session.execute(select(*columns).where(table.c.practice_id == practice_id, *where).order_by(table.c.id))
    return [dict(row) for row in rows.mappings()]


def delete_rows(session: Session, practice_id: UUID, patient_id: UUID | None, *models: Any) -> None:
    """Delete what one patient has in these tables, in this order; nothing where there is no patient."""
    for model in models if patient_id else ():
        table = getattr(model, "__table__", model)
        session.execute(delete(table).where(table.c.practice_id == practice_id, table.c.patient_id == patient_id))


def tables_of(plugin: str) -> list[Table]:
    """The tables of a tab in which rows stand under a patient."""
    return [table for table in _tables() if table.name.startswith(f"{plugin}_")]


def own_tables(plugins: Collection[str]) -> list[Table]:
    """The portal's own."""
    return [table for table in _tables() if not any(table.name.startswith(f"{plugin}_") for plugin in plugins)]


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if "patient_id" in table.c and table.name != ONLY_GROWS]


def naming_columns() -> list[Column]:
    """Every column of any table that names a patient, but those of the audit log."""
    columns = [column for table in Base.metadata.sorted_tables if table.name != ONLY_GROWS for column in table.c if column.name != "practice_id"]
    return [column for column in columns if column.name == "patient_id" or any(key.column.table.name == "patient" for key in column.foreign_keys)]


def counts(session: Session, practice_id: UUID, plugins: Mapping[str, Any], patient_ids: Collection[UUID]) -> dict[str, dict[UUID, int]]:
    """How many rows each tab holds of each of these patients, by the tab's name."""
    found: dict[str, dict[UUID, int]] = {plugin: {} for plugin in plugins if tables_of(plugin)}
    asked = [
        select(literal(plugin), table.c.patient_id, func.count())
        .where(table.c.practice_id == practice_id, table.c.patient_id.in_(patient_ids))
        .group_by(table.c.patient_id)
        for plugin in plugins
        for table in tables_of(plugin)
    ]
    for plugin, patient_id, number in session.execute(union_all(*asked)) if asked else ():
        found[plugin][patient_id] = found[plugin].get(patient_id, 0) + number
    return found

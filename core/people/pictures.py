"""What two charts were when they became one, for the day on which that is taken back."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.people.models import MergedChart, Patient

KEPT = timedelta(days=90)
"""How long the office can take a merge of its own back."""


def picture(session: Session, kept: Patient, absorbed: Patient) -> dict[str, Any]:
    """The chart that will be gone, with the addresses of its accounts, and what a merge changes in the other one."""
    mine = (Account.practice_id == absorbed.practice_id, Account.patient_id == absorbed.id)
    emails = session.execute(select(Account.id, Account.email).where(*mine)).all()
    chart = {column.name: _as_json(getattr(absorbed, column.name)) for column in Patient.__table__.c if column.name != "practice_id"}
    return {"chart": chart, "emails": {str(id_): email for id_, email in emails}, "kept": {"is_confidential": kept.is_confidential, "text_ok": kept.text_ok}}


def restored(session: Session, merged: MergedChart, said: dict[str, Any]) -> Patient:
    """The chart as it was, as a new row with its former id; without a picture of it only what its record says of its name."""
    chart = (merged.was or {}).get("chart") or {"first_name": said.get("first_name", ""), "last_name": said.get("last_name", "")}
    values = {column.name: _read(column.type.python_type, chart[column.name]) for column in Patient.__table__.c if column.name in chart}
    for column in Patient.__table__.c:
        for key in column.foreign_keys if column.name in values else ():
            values[column.name] = _there(session, merged, key.column.table, values[column.name])
    return Patient(**values | {"practice_id": merged.practice_id, "id": merged.id, "external_id": merged.external_id})


def forget_pictures(session: Session, practice_id: UUID, now: datetime) -> None:
    """Keep nothing any more of what charts were that became part of others long enough ago."""
    due = (MergedChart.practice_id == practice_id, MergedChart.merged_at <= now - KEPT, MergedChart.was.is_not(None))
    session.execute(update(MergedChart).where(*due).values(was=None))


def _there(session: Session, merged: MergedChart, table, named: UUID | None) -> UUID | None:
    """What the chart named, if it is there still, or what it has become part of."""
    if named is None or named == merged.id:
        return named
    if session.scalar(select(table.c.id).where(table.c.practice_id == merged.practice_id, table.c.id == named)):
        return named
    return session.scalar(select(MergedChart.patient_id).where(MergedChart.practice_id == merged.practice_id, MergedChart.id == named))


def _as_json(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value.isoformat() if isinstance(value, date) else value


def _read(kind: type, value: Any) -> Any:
    if isinstance(value, str) and kind is UUID:
        return UUID(value)
    return date.fromisoformat(value) if isinstance(value, str) and kind is date else value

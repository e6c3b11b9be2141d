"""Kinds of change: what a tab says happened, and the schema of what it tells besides."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Thing(BaseModel):
    """Something that a change names: its id here, and its number in the practice's own system, empty until a record has brought that."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema["properties"].pop("table"))

    portal_id: UUID
    external_id: str | None = None
    table: str = ""
    """Where it is looked up; readers are not told."""


class Details(BaseModel):
    """What a change tells besides whose it is and what it is about; a kind's schema adds the fields."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class ChangeKind:
    """A kind of change, such as `appointment.confirmed`: what happened, in a sentence, and what it is about.

    `target` is how readers call what it is about (the kind of record, where there is one), `model` is its table.
    """

    name: str
    title: str
    target: str
    model: Any
    schema: type[Details] = Details


def thing(model: Any, row_id: UUID | None) -> Thing | None:
    """A row of a table as a change names it; None for none. Its own number is looked up when the change is handed out."""
    return Thing(portal_id=row_id, table=model.__tablename__) if row_id else None

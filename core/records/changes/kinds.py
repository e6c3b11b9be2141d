"""Kinds of change: what a tab says happened, and the schema of what it tells besides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session


class Thing(BaseModel):
    """Something that a change names: its id here, and its number in the practice's own system, empty until a record has brought that."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema["properties"].pop("table"))

    portal_id: UUID
    external_id: str | None = None
    table: str = ""
    """Where it is looked up; readers are not told."""


class NamedFile(BaseModel):
    """A file that a change names: of which type, how many bytes, and its SHA-256 in hexadecimal."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema["properties"].pop("key"))

    content_type: str
    size: int
    sha256: str
    key: str = ""
    """Where it lies in the store of files; readers are not told."""


class MadeFile(BaseModel):
    """A file that is made when somebody fetches it, and of which type it is."""

    content_type: str


class Details(BaseModel):
    """What a change tells besides whose it is and what it is about; a kind's schema adds the fields."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class ChangeKind:
    """A kind of change, such as `appointment.confirmed`: what happened, in a sentence, and what it is about.

    `target` is how readers call what it is about (the kind of record, where there is one), `model` is its table.
    Where a file goes with it, the schema has a field `file`: a `NamedFile` that lies in the store, or a `MadeFile`, for whose bytes `make_file` is asked with
    the registry, the session and the change (`RecordsChange`); it answers None where there is none any more.
    """

    name: str
    title: str
    target: str
    model: Any
    schema: type[Details] = Details
    make_file: Callable[[Any, Session, Any], bytes | None] | None = None


def thing(model: Any, row_id: UUID | None) -> Thing | None:
    """A row of a table as a change names it; None for none. Its own number is looked up when the change is handed out."""
    return Thing(portal_id=row_id, table=model.__tablename__) if row_id else None

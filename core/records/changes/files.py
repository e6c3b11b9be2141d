"""The file that goes with a change, such as the paper that a patient has signed: read from the store, or made when somebody asks for it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.files import NoSuchFile
from core.records.changes.models import RecordsChange


class NoChangeFile(LookupError):
    """There is no such change in this practice (any more), or no file goes with it."""


@dataclass(frozen=True)
class ChangeFile:
    """A file of a change, with the patient whom the change is about."""

    patient_id: UUID | None
    content_type: str
    body: bytes


def file_of(registry: Any, session: Session, practice_id: UUID, change_id: UUID) -> ChangeFile:
    """The file of a change. Raises NoChangeFile."""
    change = session.get(RecordsChange, (practice_id, change_id))
    named = change.data.get("file") if change else None
    if change is None or not named:
        raise NoChangeFile
    body = _stored(registry, practice_id, named["key"]) if named.get("key") else _made(registry, session, change)
    if body is None:
        raise NoChangeFile
    return ChangeFile(change.patient_id, named["content_type"], body)


def _stored(registry: Any, practice_id: UUID, key: str) -> bytes | None:
    try:
        with registry.files.within(practice_id).open(key) as file:
            return file.read()
    except NoSuchFile:
        return None


def _made(registry: Any, session: Session, change: RecordsChange) -> bytes | None:
    kind = registry.change_kinds.get(change.kind)
    return kind.make_file(registry, session, change) if kind and kind.make_file else None

"""Care documents from outside: taking them in, listing them, opening them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from core.files import PracticeFiles
from plugins.summary.ccd.read import Section, sections
from plugins.summary.models import Document
from plugins.summary.services.together import rows_as_json

CONTENT_TYPE = "application/xml"


class NoSuchDocument(Exception):
    """There is no such document for this patient."""


@dataclass(frozen=True)
class Listed:
    """A document in the list "From outside"; `created` is its own date in words."""

    id: UUID
    title: str
    author: str
    custodian: str
    created: str
    created_on: date | None
    received_at: datetime
    kind: str
    size: int

    @property
    def readable(self) -> bool:
        """Whether it can be shown as a page; the older CCR is kept as a file only."""
        return self.kind != "ccr"

    @property
    def sender(self) -> str:
        """Who keeps the record that it tells of, else who wrote it."""
        return self.custodian or self.author


LISTED = TypeAdapter(list[Listed])
_COLUMNS = (
    Document.id, Document.title, Document.author, Document.custodian, Document.created, Document.created_on, Document.received_at,
    Document.kind, Document.size,
)  # fmt: skip
_NEWEST = (Document.created_on.desc().nulls_last(), Document.received_at.desc())


def listed(session: Session, practice_id: UUID, patient_id: UUID) -> list[Listed]:
    """The documents that this patient may see, the newest first; one statement."""
    rows = session.execute(select(*_COLUMNS).where(*_shown(practice_id, patient_id)).order_by(*_NEWEST))
    return [Listed(*row) for row in rows]


def listed_as_json(practice_id: UUID, patient_id: UUID) -> ScalarSelect:
    """The same as a part of another statement; `LISTED` reads it."""
    return rows_as_json(_COLUMNS, _NEWEST, _shown(practice_id, patient_id))


def find(session: Session, practice_id: UUID, patient_id: UUID, document_id: UUID) -> tuple[Listed, str]:
    """One document and the key of its file; one statement. Raises NoSuchDocument."""
    query = select(*_COLUMNS, Document.file_key).where(*_shown(practice_id, patient_id), Document.id == document_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NoSuchDocument
    *told, file_key = row
    return Listed(*told), file_key


def _shown(practice_id: UUID, patient_id: UUID):
    return Document.practice_id == practice_id, Document.patient_id == patient_id, Document.status == "shown"


def sections_of(files: PracticeFiles, file_key: str) -> list[Section]:
    """The readable sections of a stored document; none for an attachment. Raises NoSuchFile."""
    with files.open(file_key) as stored:
        return sections(stored.read())

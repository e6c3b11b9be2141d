"""Care documents from outside: taking them in, listing them, opening them."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ScalarSelect, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.files import PracticeFiles
from core.people.models import Patient
from plugins.summary.ccd.examine import Examined, examine
from plugins.summary.ccd.read import Reading, Section, StatedPatient, sections
from plugins.summary.models import Document
from plugins.summary.services import matching
from plugins.summary.services.together import rows_as_json

CONTENT_TYPE = "application/xml"


class NoSuchDocument(Exception):
    """There is no such document for this patient."""


class WrongPatient(Exception):
    """The document is about someone else than the patient who was named. `differs`: birthdate, family name, given name."""

    def __init__(self, differs: list[str]):
        super().__init__("the document contradicts the chart")
        self.differs = differs


class AnotherPatient(Exception):
    """The very same document is in another patient's summary."""


@dataclass(frozen=True)
class Received:
    """What became of a document. `outcome` is shown, quarantined or known; `reason` says why it is quarantined."""

    outcome: str
    document_id: UUID
    reason: str = ""


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


def receive(
    session: Session,
    files: PracticeFiles,
    source: Path | BinaryIO,
    now: datetime,
    patient: Patient | None = None,
    even_if_different: bool = False,
) -> Received:
    """Take a document in and commit; `patient` is whom the sender says it is about, else its own words decide.

    A document that was set aside is shown as soon as it comes again and it is known whose it is. Raises UnsafeFile (of
    core.safety) for what is refused, WrongPatient and AnotherPatient; then, as after any failure, neither row nor file is left.
    """
    with examine(source) as document:
        row = _row(files, document, now)
        owner, reason = _whose(session, document.reading, row["practice_id"], patient, even_if_different)
        row |= {"patient_id": owner, "status": "quarantined" if reason else "shown", "reason": reason}
        return _keep(session, files, row, document.copy)


def _keep(session: Session, files: PracticeFiles, row: dict, copy: Path) -> Received:
    # What the database refuses is refused before the file is stored; two imports of one document at once make one row.
    new = session.scalar(insert(Document).values(**row).on_conflict_do_nothing().returning(Document.id))
    if new is None:
        return _known(session, row)
    try:
        with copy.open("rb") as stream:
            files.put(row["file_key"], stream, CONTENT_TYPE)
        session.commit()
    except BaseException:
        session.rollback()
        files.delete(row["file_key"])
        raise
    return Received(row["status"], new, row["reason"])


def _known(session: Session, row: dict) -> Received:
    """The same bytes are here already. If they were set aside and it is known by now whose they are, they are shown."""
    same = Document.practice_id == row["practice_id"], Document.sha256 == row["sha256"]
    held = session.execute(select(Document.id, Document.status, Document.patient_id).where(*same)).one()
    if row["patient_id"] and held.patient_id not in (None, row["patient_id"]):
        raise AnotherPatient
    if held.status == "quarantined" and row["status"] == "shown":
        session.execute(update(Document).where(*same).values(patient_id=row["patient_id"], status="shown", reason=""))
        session.commit()
        return Received("shown", held.id)
    return Received("known", held.id)


def _whose(
    session: Session, reading: Reading, practice_id: UUID, named: Patient | None, even_if_different: bool
) -> tuple[UUID | None, str]:
    """The patient, if that is known, and why the document is shown to nobody yet, or an empty reason when it may be shown."""
    if named is None:
        found = matching.candidates(session, practice_id, reading.patient)
        if len(found) != 1:
            return None, "unclear" if found or not _says_whose(reading) else "nobody"
        named = found[0]
    elif not even_if_different and (differs := matching.contradictions(named, reading.patient)):
        raise WrongPatient(differs)
    return named.id, "conflict" if _same_number(session, practice_id, reading, named.id) else ""


def _says_whose(reading: Reading) -> bool:
    return bool(reading.patient and reading.patient.birthdate and reading.patient.family and reading.patient.given)


def _same_number(session: Session, practice_id: UUID, reading: Reading, patient_id: UUID) -> bool:
    """Whether this patient has a document with other bytes that claims to be this very one."""
    number = (Document.number_root == reading.root, Document.number_extension == reading.extension, Document.version == reading.version)
    mine = select(Document.id).where(Document.practice_id == practice_id, Document.patient_id == patient_id, *number).limit(1)
    return bool(reading.root) and session.scalar(mine) is not None


def _row(files: PracticeFiles, document: Examined, now: datetime) -> dict:
    reading, document_id = document.reading, uuid7()
    stated = reading.patient or StatedPatient()
    return {
        "practice_id": files.practice_id,
        "id": document_id,
        "kind": reading.kind,
        "title": reading.title,
        "author": reading.author,
        "custodian": reading.custodian,
        "created": reading.created,
        "created_on": reading.created_on,
        "number_root": reading.root,
        "number_extension": reading.extension,
        "version": reading.version,
        "stated_name": stated.name,
        "stated_birthdate": stated.birthdate,
        "source": "import",
        "received_at": now,
        "file_key": files.new_key("summary", document_id),
        "size": document.size,
        "sha256": document.sha256,
    }

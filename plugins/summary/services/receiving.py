"""Taking care documents from outside in: once each, to the right person or to nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.files import PracticeFiles
from core.files.transaction import put_with
from core.people.models import Patient
from core.safety import UnsafeFile
from plugins.summary.ccd.examine import Examined, examine
from plugins.summary.ccd.read import Reading, StatedPatient
from plugins.summary.models import Document
from plugins.summary.services import matching
from plugins.summary.services.documents import CONTENT_TYPE


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


def receive(
    session: Session,
    files: PracticeFiles,
    source: Path | BinaryIO,
    now: datetime,
    patient: Patient | None = None,
    even_if_different: bool = False,
) -> Received:
    """`take_in`, and commit. After any failure neither row nor file is left."""
    try:
        received = take_in(session, files, source, now, patient, even_if_different)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return received


def take_in(
    session: Session,
    files: PracticeFiles,
    source: Path | BinaryIO,
    now: datetime,
    patient: Patient | None = None,
    even_if_different: bool = False,
) -> Received:
    """Take a document in; `patient` is whom the sender says it is about, else its own words decide.

    A document that was set aside is shown as soon as it comes again and it is known whose it is. Raises UnsafeFile (of
    core.safety) for what is refused, WrongPatient and AnotherPatient.
    """
    with examine(source) as document:
        row = _row(files, document, now)
        owner, reason = _whose(session, document.reading, row["practice_id"], patient, even_if_different)
        row |= {"patient_id": owner, "status": "quarantined" if reason else "shown", "reason": reason}
        # What the database refuses is refused before the file is stored; two imports of one document at once make one row.
        new = session.scalar(insert(Document).values(**row).on_conflict_do_nothing().returning(Document.id))
        if new is None:
            return _known(session, row)
        with document.copy.open("rb") as stream:
            put_with(session, files, row["file_key"], stream, CONTENT_TYPE)
        return Received(row["status"], new, reason)


def keep_upload(session: Session, files: PracticeFiles, path: Path, content_type: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check and store the document that came with a record; returns the columns that it fills. Raises UnsafeFile."""
    practice_id, patient = files.practice_id, session.get_one(Patient, (files.practice_id, values["patient_id"]))
    with examine(path) as document:
        if differs := matching.contradictions(patient, document.reading.patient):
            raise UnsafeFile(f"The {' and '.join(differs)} in it differ{'s' if len(differs) == 1 else ''} from the chart of the patient who is named.")
        here = select(Document.id).where(Document.practice_id == practice_id, Document.sha256 == document.sha256)
        if session.scalar(here):
            raise UnsafeFile("This very document is here already, as another record or from an import.")
        row = {name: value for name, value in _row(files, document, datetime.now(UTC)).items() if name not in ("practice_id", "id")}
        reason = "conflict" if _same_number(session, practice_id, document.reading, patient.id, values["external_id"]) else ""
        with document.copy.open("rb") as stream:
            put_with(session, files, row["file_key"], stream, CONTENT_TYPE)
        return row | {"source": "records", "status": "quarantined" if reason else "shown", "reason": reason}


def _known(session: Session, row: dict) -> Received:
    """The same bytes are here already. If they were set aside and it is known by now whose they are, they are shown."""
    same = Document.practice_id == row["practice_id"], Document.sha256 == row["sha256"]
    held = session.execute(select(Document.id, Document.status, Document.patient_id).where(*same)).one()
    if row["patient_id"] and held.patient_id not in (None, row["patient_id"]):
        raise AnotherPatient
    if held.status == "quarantined" and row["status"] == "shown":
        session.execute(update(Document).where(*same).values(patient_id=row["patient_id"], status="shown", reason=""))
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


def _same_number(session: Session, practice_id: UUID, reading: Reading, patient_id: UUID, but: str = "") -> bool:
    """Whether this patient has a document with other bytes that claims to be this very one; `but` is the record that it replaces."""
    number = (Document.number_root == reading.root, Document.number_extension == reading.extension, Document.version == reading.version)
    mine = select(Document.id).where(Document.practice_id == practice_id, Document.patient_id == patient_id, *number)
    mine = mine.where(func.coalesce(Document.external_id, "") != but).limit(1) if but else mine.limit(1)
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

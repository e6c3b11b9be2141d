"""Taking care documents from outside in with their records: once each, and never to somebody whom they contradict."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
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


def keep_upload(session: Session, files: PracticeFiles, path: Path, content_type: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check and store the document that came with a record; returns the columns that it fills. Raises UnsafeFile."""
    practice_id, patient = files.practice_id, session.get_one(Patient, (files.practice_id, values["patient_id"]))
    with examine(path) as document:
        if differs := matching.contradictions(patient, document.reading.patient):
            raise UnsafeFile(f"The {' and '.join(differs)} in it differ{'s' if len(differs) == 1 else ''} from the chart of the patient who is named.")
        here = select(Document.id).where(Document.practice_id == practice_id, Document.sha256 == document.sha256)
        if session.scalar(here):
            raise UnsafeFile("This very document is here already, as another record or from an import.")
        row = _row(files, document, datetime.now(UTC))
        reason = "conflict" if _same_number(session, practice_id, document.reading, patient.id, values["external_id"]) else ""
        with document.copy.open("rb") as stream:
            put_with(session, files, row["file_key"], stream, CONTENT_TYPE)
        return row | {"status": "quarantined" if reason else "shown", "reason": reason}


def _same_number(session: Session, practice_id: UUID, reading: Reading, patient_id: UUID, but: str) -> bool:
    """Whether this patient has a document with other bytes that claims to be this very one; `but` is the record that it replaces."""
    number = (Document.number_root == reading.root, Document.number_extension == reading.extension, Document.version == reading.version)
    mine = select(Document.id).where(Document.practice_id == practice_id, Document.patient_id == patient_id, *number)
    return bool(reading.root) and session.scalar(mine.where(func.coalesce(Document.external_id, "") != but).limit(1)) is not None


def _row(files: PracticeFiles, document: Examined, now: datetime) -> dict[str, Any]:
    reading = document.reading
    stated = reading.patient or StatedPatient()
    return {
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
        "source": "records",
        "received_at": now,
        "file_key": files.new_key("summary", uuid7()),
        "size": document.size,
        "sha256": document.sha256,
    }

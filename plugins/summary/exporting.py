"""The care summary for a full export: each of its lists, and the documents from outside as they came."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from core.people.charts import delete_rows, rows_of
from core.plugins import ExportFile
from core.web.exports import list_files
from plugins.summary.models import OF_PATIENTS, Document

_LISTS = [model for model in OF_PATIENTS if model is not Document]


def files(session: Session, practice_id: UUID, patient_id: UUID | None) -> Iterator[ExportFile]:
    """What the summary holds of one patient; with None the documents that wait for the office to say whose they are."""
    if patient_id is None:
        yield from _documents(session, practice_id, Document.patient_id.is_(None))
        return
    for model in _LISTS:
        name = model.__tablename__.removeprefix("summary_").replace("_", "-")
        yield from list_files(name, f"Care summary: {name.replace('-', ' ')}", rows_of(session, practice_id, model, model.patient_id == patient_id))
    yield from _documents(session, practice_id, (Document.patient_id == patient_id) & (Document.status == "shown"))
    yield from _documents(session, practice_id, (Document.patient_id == patient_id) & (Document.status == "quarantined"))


def _documents(session: Session, practice_id: UUID, which) -> Iterator[ExportFile]:
    rows = rows_of(session, practice_id, Document, which)
    hidden = any(row["status"] == "quarantined" for row in rows)
    name = "waiting-documents" if hidden else "documents"
    plain = [{column: value for column, value in row.items() if column != "file_key"} for row in rows]
    yield from list_files(name, "Health documents from outside" + (", kept back until the office has decided whose they are" if hidden else ""), plain, hidden)
    for row in rows:
        yield ExportFile(f"{row['title'] or 'document'} {row['id']}.xml", "Health documents from outside, as they came", key=row["file_key"], office_only=hidden)


def erase(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Delete what the summary holds of one patient."""
    delete_rows(session, practice_id, patient_id, *OF_PATIENTS)

"""A patient who is made up for a preview. The row is there while a request runs, so that every tab finds one, and is undone at its end."""

from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from core.auth.identity import SessionRow
from core.db import uuid7
from core.people.models import Patient

FIRST_NAME, LAST_NAME = "Example", "Patient"


def with_example(session: Session, practice_id: UUID, row: SessionRow) -> SessionRow:
    """The session of a preview as one who sees the record of the made-up patient. Only for a transaction that looks (core.db.only_look)."""
    assert session.info["looking"]
    id_, clinic = uuid7(), (row.support_draft or {})["clinic"]
    names = {"first_name": FIRST_NAME, "last_name": LAST_NAME}
    session.execute(insert(Patient).values(practice_id=practice_id, id=id_, clinic_id=UUID(clinic) if clinic else None, **names))
    # Entries of the audit name no patient then (core/audit.py).
    session.info["example"] = id_
    return row._replace(patient_id=id_, people=[[str(id_), FIRST_NAME, LAST_NAME, "", None, clinic, ["*.act"]]])


def forget(session: Session, practice_id: UUID) -> None:
    """The made-up patient goes before something else is kept."""
    session.execute(delete(Patient).where(Patient.practice_id == practice_id, Patient.id == session.info.get("example")))

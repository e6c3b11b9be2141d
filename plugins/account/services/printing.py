"""A statement as it is printed."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from core.papers import town_line
from core.people.models import Patient
from plugins.account.models import Statement
from plugins.account.services.ledger import StatementNotFound
from plugins.account.services.statement_list import SEEN
from plugins.account.statement_pdf import PrintedStatement

_SEEN = text(f"{SEEN}").bindparams(bindparam("practice_id"), bindparam("seen"))


def find_statement(session: Session, practice_id: UUID, patient_id: UUID, statement_id: UUID, seen: Collection[UUID]) -> tuple[Statement, Patient]:
    """A statement of this patient that somebody may see who may see the accounts of `seen`, and the patient. Raises StatementNotFound."""
    query = (
        select(Statement, Patient)
        .join(Patient, (Patient.practice_id == practice_id) & (Patient.id == Statement.patient_id))
        .where(Statement.practice_id == practice_id, Statement.patient_id == patient_id, Statement.id == statement_id, _SEEN)
    )
    row = session.execute(query, {"practice_id": practice_id, "seen": [*{patient_id, *seen}]}).one_or_none()
    if row is None:
        raise StatementNotFound
    return row.Statement, row.Patient


def printed(statement: Statement, patient: Patient) -> PrintedStatement:
    """What is printed of a statement; `patient` is whom it is for."""
    return PrintedStatement(
        number=statement.number,
        statement_type=statement.statement_type,
        sent_on=statement.sent_on,
        due_on=statement.due_on,
        balance_cents=statement.balance_cents,
        insurance_pending_cents=statement.insurance_pending_cents,
        amount_due_cents=statement.amount_due_cents,
        note=statement.note,
        lines=tuple(
            (date.fromisoformat(line["entered_on"]), line["description"], line["provider"], line["amount_cents"])
            for line in statement.lines
        ),
        patient_name=f"{patient.first_name} {patient.last_name}",
        address=address_of(patient),
        people=tuple(line.get("patient", "") for line in statement.lines) if statement.scope == "family" else (),
        first_on=statement.first_on,
        plan_due_cents=statement.plan_due_cents,
    )


def address_of(patient: Patient) -> tuple[str, ...]:
    """Where a letter to the patient goes, line by line."""
    town = town_line(patient.city, patient.state, patient.postal_code)
    return tuple(line for line in (patient.address_1, patient.address_2, town) if line)

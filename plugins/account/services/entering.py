"""The ledger where the portal keeps the books: what staff enter, and taking it back. Nothing that was entered is ever changed or deleted."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from core.db import uuid7
from core.tenant import Tenant
from plugins.account.models import Entry
from plugins.account.services.posting import rules_of

KINDS = {"charge": "Charge", "insurance_payment": "Insurance payment", "adjustment": "Adjustment", "payment": "Payment"}
"""What can be entered, in words."""
LARGEST_CENTS = 100_000_000
"""$1,000,000.00: what is more is a slip of the finger."""


class NotEntered(Exception):
    """This cannot be entered; the text says why."""


class NoSuchEntry(Exception):
    """No such entry, or none that can be taken back."""


@dataclass(frozen=True)
class Line:
    """What is entered. `cents` is signed as it counts: what the patient owes more is positive. `id` is the form's, so that sent twice it is entered once."""

    id: UUID
    entry_type: str
    entered_on: date
    description: str
    cents: int
    code: str = ""
    tooth: str = ""
    visit: str | None = None
    provider_id: UUID | None = None


def keeps_books(tenant: Tenant) -> bool:
    """Whether the portal keeps the books of a place, and no practice system does."""
    return rules_of(tenant).keeps_books


def signed(entry_type: str, cents: int, adds: bool) -> int:
    """An amount as it counts: charges add to what is owed, payments come off, an adjustment does as it is said."""
    return cents if entry_type == "charge" or (entry_type == "adjustment" and adds) else -cents


def enter(session: Session, practice_id: UUID, patient_id: UUID, clinic_id: UUID | None, line: Line, by: UUID, now: datetime) -> bool:
    """Write a line into a patient's ledger; False when this form was sent before. Raises NotEntered when its id is of something else."""
    values = {
        "practice_id": practice_id, "id": line.id, "patient_id": patient_id, "clinic_id": clinic_id, "provider_id": line.provider_id,
        "entry_type": line.entry_type, "entered_on": line.entered_on, "description": line.description, "amount_cents": line.cents, "code": line.code,
        "tooth": line.tooth, "visit": line.visit, "source": "office", "entered_by": by, "entered_at": now,
    }  # fmt: skip
    made = insert(Entry).values(values).on_conflict_do_nothing(index_elements=["practice_id", "id"]).returning(Entry.id)
    if session.execute(made).first():
        return True
    same = select(Entry.id).where(Entry.practice_id == practice_id, Entry.id == line.id, Entry.patient_id == patient_id, Entry.source == "office")
    if session.scalar(same) is None:
        raise NotEntered("This page did not arrive as a whole. Please open it again; nothing was entered.")
    return False


def one(session: Session, practice_id: UUID, entry_id: UUID) -> Entry:
    """An entry that can be taken back. Raises NoSuchEntry."""
    found = session.scalars(select(Entry).where(*_open(practice_id), Entry.id == entry_id)).one_or_none()
    if found is None:
        raise NoSuchEntry
    return found


def void(session: Session, entry: Entry, why: str, by: UUID, today: date, now: datetime) -> bool:
    """Take an entry back by its opposite, which names it; False when somebody has done so already."""
    values = {
        "practice_id": entry.practice_id, "id": uuid7(), "voids_id": entry.id, "patient_id": entry.patient_id, "clinic_id": entry.clinic_id,
        "provider_id": entry.provider_id, "entry_type": entry.entry_type, "entered_on": today, "amount_cents": -entry.amount_cents,
        "description": f"Taken back: {entry.description}" + (f" ({why})" if why else ""), "code": entry.code, "tooth": entry.tooth, "visit": entry.visit,
        "source": "office", "entered_by": by, "entered_at": now,
    }  # fmt: skip
    made = insert(Entry).values(values).on_conflict_do_nothing(index_elements=["practice_id", "voids_id"]).returning(Entry.id)
    return session.execute(made).first() is not None


def _open(practice_id: UUID) -> tuple[ColumnElement[bool], ...]:
    opposite = aliased(Entry)
    taken_back = select(opposite.id).where(opposite.practice_id == practice_id, opposite.voids_id == Entry.id).exists()
    return Entry.practice_id == practice_id, Entry.source == "office", Entry.voids_id.is_(None), ~taken_back

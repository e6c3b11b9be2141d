"""What stands under a patient of payments: for an export, when two charts become one, and when a chart is erased."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.people.charts import delete_rows, move_rows, rows_of
from plugins.account.models import Allocation, Difference, Dispute, Entry, Guest, Method, Payer, Payment, PaymentStep, Refund

_OF_PAYMENTS = (
    ("payment-steps", "What became of each payment", PaymentStep),
    ("refunds", "What was given back", Refund),
    ("disputes", "Payments that a bank took back", Dispute),
    ("allocations", "What each payment paid for", Allocation),
)
_OF_FORMS = frozenset({"idempotency_key", "form_nonce"})


def lists_of(session: Session, practice_id: UUID, patient_id: UUID) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """What hangs on the payments of a patient, and what the patient keeps without an account: name, what it is, rows."""
    mine = select(Payment.id).where(Payment.practice_id == practice_id, Payment.patient_id == patient_id)
    for name, about, model in _OF_PAYMENTS:
        yield name, about, rows_of(session, practice_id, model, model.payment_id.in_(mine), without=_OF_FORMS)
    payers = select(Payer.id).where(Payer.practice_id == practice_id, Payer.patient_id == patient_id)
    yield "kept-cards", "Cards and bank accounts that are kept for paying", rows_of(session, practice_id, Method, Method.payer_id.in_(payers))


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """The parts of payments go to the kept chart, and so does what is kept for paying; of two payers at one account of the card service the kept
    chart’s stays, for cards cannot go from one customer there to another."""
    move_rows(session, practice_id, kept, absorbed, Allocation)
    theirs = select(Payer.card_account).where(Payer.practice_id == practice_id, Payer.patient_id == kept, Payer.account_id.is_(None))
    doubled = (Payer.practice_id == practice_id, Payer.patient_id == absorbed, Payer.account_id.is_(None), Payer.card_account.in_(theirs))
    _forget_payers(session, practice_id, *doubled)
    move_rows(session, practice_id, kept, absorbed, Payer)


def erase(session: Session, practice_id: UUID, patient_id: UUID) -> None:
    """Delete what hangs on the payments of a patient; parts of other people’s payments become their prepayments."""
    mine = select(Payment.id).where(Payment.practice_id == practice_id, Payment.patient_id == patient_id)
    session.execute(delete(Guest).where(Guest.practice_id == practice_id, Guest.id.in_(mine)))
    for model in (PaymentStep, Refund, Dispute, Allocation, Difference):
        session.execute(delete(model).where(model.practice_id == practice_id, model.payment_id.in_(mine)))
    payer = select(Payment.patient_id).where(Payment.practice_id == practice_id, Payment.id == Allocation.payment_id).scalar_subquery()
    for part in (Allocation.patient_id == patient_id, Allocation.entry_id.in_(_entries(practice_id, patient_id))):
        session.execute(update(Allocation).where(Allocation.practice_id == practice_id, part).values(patient_id=payer, entry_id=None))
    delete_rows(session, practice_id, patient_id, Payment)
    _forget_payers(session, practice_id, Payer.practice_id == practice_id, Payer.patient_id == patient_id)


def _entries(practice_id: UUID, patient_id: UUID):
    return select(Entry.id).where(Entry.practice_id == practice_id, Entry.patient_id == patient_id)


def _forget_payers(session: Session, practice_id: UUID, *which) -> None:
    payers = select(Payer.id).where(*which)
    methods = select(Method.id).where(Method.practice_id == practice_id, Method.payer_id.in_(payers))
    session.execute(update(Payment).where(Payment.practice_id == practice_id, Payment.method_id.in_(methods)).values(method_id=None))
    session.execute(delete(Method).where(Method.practice_id == practice_id, Method.payer_id.in_(payers)))
    session.execute(delete(Payer).where(*which))

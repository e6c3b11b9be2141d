"""The account for a full export, and what must be known before a practice is erased."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core import outside
from core.people.charts import delete_rows, rows_of
from core.plugins import ExportFile
from core.web.exports import list_files
from plugins.account.models import (
    Claim,
    Coverage,
    Entry,
    Estimate,
    Guest,
    Installment,
    Payment,
    PaymentPlan,
    PayRequest,
    PlanConsent,
    Statement,
)
from plugins.account.services import charts
from plugins.account.services.states import OPEN

_LISTS = (
    ("ledger", "The account history", Entry),
    ("statements", "Statements as they were sent", Statement),
    ("claims", "What was asked of insurance", Claim),
    ("insurance", "Dental insurance and what is left of its benefits", Coverage),
    ("payment-plans", "Payment plans", PaymentPlan),
    ("estimates", "What was asked of treatment’s cost, and the good-faith estimates that were given", Estimate),
    ("requests-to-pay", "Messages that asked to be paid", PayRequest),
)
_OF_FORMS = frozenset({"idempotency_key", "form_nonce"})


class PaymentsUnderWay(Exception):
    """Nobody knows yet whether some payments were taken: what would be lost is the only trace of the money."""


def files(session: Session, practice_id: UUID, patient_id: UUID | None) -> Iterator[ExportFile]:
    """Ledger, statements, insurance, plans and payments of one patient; with None what was paid without signing in and is on nobody's account."""
    if patient_id is None:
        yield from _payments(session, practice_id, Payment.patient_id.is_(None), "unassigned-payments")
        return
    for name, about, model in _LISTS:
        rows = rows_of(session, practice_id, model, model.patient_id == patient_id)
        yield from list_files(name, f"{about}, amounts in cents", [{key: value for key, value in row.items() if key != "file_key"} for row in rows])
        if model is Statement:
            yield from _papers(rows)
        if model is PaymentPlan:
            parts = rows_of(session, practice_id, Installment, Installment.payment_plan_id.in_([row["id"] for row in rows]))
            yield from list_files("installments", "What each payment plan asks for, and when, amounts in cents", parts)
            given = rows_of(session, practice_id, PlanConsent, PlanConsent.payment_plan_id.in_([row["id"] for row in rows]))
            yield from list_files("automatic-payments", "What was agreed to of automatic payments", given)
    yield from _payments(session, practice_id, Payment.patient_id == patient_id, "payments")
    for name, about, rows in charts.lists_of(session, practice_id, patient_id):
        yield from list_files(name, f"{about}, amounts in cents", rows)


def _papers(rows: list[dict[str, Any]]) -> Iterator[ExportFile]:
    for row in rows:
        if row["file_key"]:
            yield ExportFile(f"{row['sent_on']} statement {row['id']}.pdf", "Papers of statements, as they came", key=row["file_key"])


def _payments(session: Session, practice_id: UUID, which, name: str) -> Iterator[ExportFile]:
    rows = rows_of(session, practice_id, Payment, which, without=_OF_FORMS)
    yield from list_files(name, "Payments by card in the portal, amounts in cents", rows)
    # Who paid as a guest may be somebody else than the patient.
    guests = rows_of(session, practice_id, Guest, Guest.id.in_([row["id"] for row in rows]))
    yield from list_files(f"{name}-guests", "What was typed by those who paid without signing in", guests, office_only=True)


def erase(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Delete the account of one patient; payments whose outcome nobody knows come first. Raises PaymentsUnderWay."""
    mine = [Payment.practice_id == practice_id, *([Payment.patient_id == patient_id] if patient_id else [])]
    under_way = session.scalar(select(func.count()).select_from(Payment).where(*mine, Payment.state.in_(OPEN)))
    if under_way:
        raise PaymentsUnderWay(f"{under_way} payments are not settled yet")
    if patient_id is None:
        outside.release_all(session, practice_id)
    if patient_id:
        charts.erase(session, practice_id, patient_id)
        plans = select(PaymentPlan.id).where(PaymentPlan.practice_id == practice_id, PaymentPlan.patient_id == patient_id)
        for model in (Installment, PlanConsent):
            session.execute(delete(model).where(model.practice_id == practice_id, model.payment_plan_id.in_(plans)))
    delete_rows(session, practice_id, patient_id, Payment, PayRequest, Entry, Statement, Claim, Coverage, PaymentPlan, Estimate)

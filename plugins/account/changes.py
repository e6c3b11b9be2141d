"""What is paid and agreed to here, as the practice's system is told of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from core.people.models import Patient
from core.records.changes import ChangeKind, Details, MadeFile, Thing, note, thing
from core.records.changes.models import RecordsChange
from plugins.account.models import Allocation, Entry, Payment, PaymentPlan, Statement
from tenants.models import Clinic


class PaidPart(Details):
    """What of a payment is for whom, and for which charge; without one it is a prepayment."""

    patient: Thing
    entry: Thing | None
    amount_cents: int


class PaymentDetails(Details):
    """A payment that was made. A ledger entry with its `receipt_number` records it in the practice's system, and is not counted twice here."""

    receipt_number: str
    amount_cents: int
    currency: str
    method: str
    card: str
    paid_at: datetime
    source: str
    note: str
    clinic: Thing | None
    statement: Thing | None
    payment_plan: Thing | None
    gateway: str
    gateway_reference: str | None
    parts: list[PaidPart]


class PaymentBackDetails(Details):
    """How much of a payment was given back, and how much the payer's bank has taken back, in all until now."""

    receipt_number: str
    amount_cents: int
    refunded_cents: int
    disputed_cents: int


class ProcessedDetails(Details):
    """Which payment the office has processed in the portal."""

    receipt_number: str


class PlanDetails(Details):
    """A payment plan as it stands; `terms` are word for word what was agreed to, `signed_name` the name that was typed under them. `file`, when it has just
    been agreed to, is the agreement as a PDF."""

    title: str
    state: str
    total_cents: int
    down_payment_cents: int
    interest_basis_points: int
    frequency: str
    first_due_on: date
    terms: str
    agreed_at: datetime | None
    signed_name: str
    pause_asked_at: datetime | None
    pause_reason: str
    file: MadeFile | None = None


def agreement_of(registry: Any, session: Session, change: RecordsChange) -> bytes | None:
    """The agreement of a change, as it was signed."""
    # Printing needs the services, which note changes.
    from plugins.account import agreement_pdf

    return agreement_pdf.for_change(registry, session, change.practice_id, change.target_id)


PAID = ChangeKind("payment.made", "A payment was made, and is for these charges", "payment", Payment, PaymentDetails)
BACK = ChangeKind("payment.returned", "Something of a payment was given back, or the payer’s bank has taken it back", "payment", Payment, PaymentBackDetails)
PROCESSED = ChangeKind("payment.processed", "The office has processed a payment", "payment", Payment, ProcessedDetails)
PLAN = ChangeKind(
    "payment_plan.changed", "A payment plan was offered, agreed to, declined, paused, continued or ended, or a pause is asked for", "payment_plan", PaymentPlan, PlanDetails, agreement_of
)
KINDS = [PAID, BACK, PROCESSED, PLAN]


def note_paid(session: Session, payment: Payment, parts: list[Allocation], now: datetime) -> None:
    """A payment was made, and it is known whom and what it is for."""
    details = PaymentDetails(
        receipt_number=payment.receipt_number, amount_cents=payment.amount_cents, currency=payment.currency, method=payment.method_kind, card=payment.card,
        paid_at=payment.settled_at or now, source=payment.source, note=payment.note, clinic=thing(Clinic, payment.clinic_id),
        statement=thing(Statement, payment.statement_id), payment_plan=thing(PaymentPlan, payment.payment_plan_id), gateway=payment.gateway,
        gateway_reference=payment.gateway_reference,
        parts=[PaidPart(patient=_patient(one), entry=thing(Entry, one.entry_id), amount_cents=one.amount_cents) for one in parts],
    )  # fmt: skip
    note(session, payment.practice_id, PAID, payment.patient_id, payment.id, payment.settled_at or now, details)


def note_back(session: Session, payment: Payment, now: datetime) -> None:
    """Something of a payment came back, or did not after all."""
    own = {name: getattr(payment, name) for name in ("receipt_number", "amount_cents", "refunded_cents", "disputed_cents")}
    note(session, payment.practice_id, BACK, payment.patient_id, payment.id, now, PaymentBackDetails(**own))


def note_processed(session: Session, payment: Payment, now: datetime) -> None:
    """The office has processed a payment."""
    note(session, payment.practice_id, PROCESSED, payment.patient_id, payment.id, now, ProcessedDetails(receipt_number=payment.receipt_number))


def note_plan(session: Session, plan: PaymentPlan, now: datetime) -> None:
    """Something about a payment plan has changed."""
    own = {name: getattr(plan, name) for name in PlanDetails.model_fields if name not in ("signed_name", "file")}
    file = MadeFile(content_type="application/pdf") if plan.agreed_at == now and plan.signature else None
    note(session, plan.practice_id, PLAN, plan.patient_id, plan.id, now, PlanDetails(**own, signed_name=(plan.signature or {}).get("name", ""), file=file))


def _patient(part: Allocation) -> Thing:
    return Thing(portal_id=part.patient_id, table=Patient.__tablename__)

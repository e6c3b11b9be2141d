"""Statements that were sent, and payment plans with their installments."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from plugins.opendental.mapping.reading import (
    Record,
    Row,
    cents,
    day,
    deleted,
    estimate,
    flag,
    lines,
    number,
    one_of,
    reference,
    whole,
    words,
    written_day,
)
from plugins.opendental.mapping.setup import Setup

FREQUENCIES = ("Weekly", "EveryOtherWeek", "OrdinalWeekday", "Monthly", "Quarterly")
_OURS = {"Weekly": "weekly", "EveryOtherWeek": "every_two_weeks", "OrdinalWeekday": "monthly", "Quarterly": "quarterly"}
CHARGE_TYPES = ("Debit", "Credit")
MOST_INSTALLMENTS = 1000


def statement(row: Row, setup: Setup) -> Record:
    """A statement that was sent, with the balance as it was then. One that was not sent, or is of the year 1, is none."""
    number_, sent_on = number(row, "StatementNum"), day(row, "DateSent")
    if sent_on is None or not flag(row, "IsSent"):
        return deleted("statement", number_)
    first_on = day(row, "DateRangeFrom")
    return {
        "kind": "statement",
        "external_id": number_,
        "patient": reference(row, "PatNum"),
        "number": number_,
        "statement_type": _type(row),
        "scope": "patient" if flag(row, "SinglePatient") else "family",
        "first_on": written_day(first_on) if first_on and first_on <= sent_on else None,
        "sent_on": written_day(sent_on),
        "balance_cents": cents(row, "BalTotal"),
        "insurance_pending_cents": estimate(row, "InsEst"),
        "note": lines(row, "Note", 1000),
    }


def paper(row: Row, record: Record) -> dict[str, Any] | None:
    """Where the paper of a statement lies, and when it was last changed; None where none was kept."""
    document, chart, dated_on = reference(row, "DocNum"), reference(row, "PatNum"), day(row, "DateSent")
    if document is None or chart is None or dated_on is None:
        return None
    return {"document": document, "chart": chart, "folder": "", "dated_on": dated_on, "stamp": words(row, "DateTStamp", 30)}


def payment_plan(row: Row, setup: Setup) -> Record | None:
    """A payment plan of the practice's system; None where it is about nothing."""
    starts_on = day(row, "DatePayPlanStart") or day(row, "PayPlanDate")
    total = cents(row, "principalAmount") or cents(row, "CompletedAmt")
    if starts_on is None or total <= 0:
        return None
    agreed_on = day(row, "PayPlanDate") or starts_on
    offered_at = datetime.combine(agreed_on, time(12), ZoneInfo(setup.time_zone)).astimezone(UTC)
    return {
        "kind": "payment_plan",
        "external_id": number(row, "PayPlanNum"),
        "patient": reference(row, "PatNum"),
        "clinic": reference(row, "ClinicNum"),
        "title": "Payment plan",
        "state": "completed" if flag(row, "IsClosed") else "active",
        "total_cents": total,
        "down_payment_cents": min(total, estimate(row, "DownPayment")),
        "interest_basis_points": min(10_000, estimate(row, "APR")),
        "frequency": _OURS.get(one_of(row, "ChargeFrequency", FREQUENCIES), "monthly"),
        "first_due_on": written_day(starts_on),
        "offered_at": offered_at.isoformat(),
        "agreed_at": offered_at.isoformat(),
    }


def installments(rows: Iterable[Row], paid_cents: int) -> list[Record]:
    """The installments of one plan, out of all its charges; what was paid on the plan fills the earliest first."""
    due = [row for row in rows if one_of(row, "ChargeType", CHARGE_TYPES) in {"Debit", ""} and day(row, "ChargeDate")]
    due.sort(key=lambda row: (str(day(row, "ChargeDate")), whole(row, "PayPlanChargeNum")))
    found: list[Record] = []
    for row in due:
        interest, amount = estimate(row, "Interest"), estimate(row, "Principal") + estimate(row, "Interest")
        if amount and len(found) < MOST_INSTALLMENTS:
            paid = max(0, min(amount, paid_cents))
            paid_cents -= paid
            found.append(_installment(row, len(found) + 1) | {"amount_cents": amount, "interest_cents": interest, "paid_cents": paid})
    return found


def _installment(row: Row, place: int) -> Record:
    named = {"external_id": number(row, "PayPlanChargeNum"), "payment_plan": reference(row, "PayPlanNum")}
    return {"kind": "installment"} | named | {"number": place, "due_on": written_day(day(row, "ChargeDate"))}


def _type(row: Row) -> str:
    if flag(row, "IsReceipt"):
        return "receipt"
    if flag(row, "IsInvoice"):
        return "invoice"
    return "limited" if words(row, "StatementType", 40).casefold().startswith("limited") else "statement"

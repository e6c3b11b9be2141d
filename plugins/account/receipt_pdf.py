"""The receipt of a payment as a PDF, with its tags for screen readers."""

from typing import Any

from core.papers import contact_lines, make_pdf, picture, printable
from core.tenant import Tenant
from core.theme import Picture
from core.web.formats import long_day, money, time_of
from plugins.account.models import Payment
from plugins.account.statement_pdf import YEARLY


def make(payment: Payment, place: Tenant, for_name: str, logo: Picture | None = None) -> bytes:
    """The file. `place` is the clinic that was paid, `for_name` for whom."""
    return make_pdf(content(payment, place, for_name) | {"logo": picture(logo)}, YEARLY)


def content(payment: Payment, place: Tenant, for_name: str) -> dict[str, Any]:
    """Everything that is printed, as text."""
    at = payment.created_at.astimezone(place.time_zone)
    facts = [["Receipt number", payment.receipt_number], ["Date", f"{long_day(at.date())}, {time_of(payment.created_at, place.time_zone)}"]]
    sums = [["Payment", money(payment.amount_cents)]]
    if payment.refunded_cents:
        sums.append(["Given back", money(-payment.refunded_cents)])
    return printable(
        {
            "title": f"Receipt {payment.receipt_number}",
            "heading": "Receipt",
            "day": [at.year, at.month, at.day],
            "brand": place.theme.brand,
            "office": {"name": place.name, "lines": contact_lines(place.contact)},
            "patient": {"name": for_name, "lines": []},
            "facts": [*facts, *([["Paid with", payment.card]] if payment.card else [])],
            "sums": sums,
            "due": {"label": "Paid", "amount": money(payment.amount_cents - payment.refunded_cents), "text": "Thank you."},
            "parts": [],
            "closing": [],
            "footer": f"{place.name} · Receipt {payment.receipt_number}",
        }
    )

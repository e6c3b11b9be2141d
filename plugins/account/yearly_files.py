"""What was paid in a year as a paper (a tagged PDF in the look of statements) and as a list for a spreadsheet."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from core.papers import contact_lines, make_pdf, picture, printable
from core.tenant import Tenant
from core.theme import Picture
from core.web.exports import csv_line
from core.web.formats import long_day, money
from plugins.account.services.yearly import Year, YearLine
from plugins.account.statement_pdf import YEARLY

KINDS = {"charge": "Charge", "insurance_payment": "Insurance payment", "adjustment": "Adjustment", "payment": "Payment"}
HEADER = ("Date", "Person", "Kind", "Description", "Procedure number", "Tooth", "Provider", "Amount in dollars", "In the books")


def pdf(year: Year, names: Mapping[UUID, str], address: tuple[str, ...], tenant: Tenant, today: date, logo: Picture | None = None) -> bytes:
    """The paper, for the first of `names`, with one line for each payment and for what was done."""
    return make_pdf({**printable(content(year, names, address, tenant, today)), "logo": picture(logo)}, YEARLY)


def content(year: Year, names: Mapping[UUID, str], address: tuple[str, ...], tenant: Tenant, today: date) -> dict[str, Any]:
    """Everything that is printed, as text."""
    several, heading = len(names) > 1, f"Payments in {year.year}"
    return {
        "title": f"{heading}, {tenant.name}",
        "heading": heading,
        "day": [today.year, today.month, today.day],
        "brand": tenant.theme.brand,
        "office": {"name": tenant.name, "lines": contact_lines(tenant.contact)},
        "patient": {"name": next(iter(names.values())), "lines": list(address)},
        "facts": [["For", ", ".join(names.values())], ["Year", f"January 1 to December 31, {year.year}"], ["Made on", long_day(today)]],
        "sums": [["Charged", money(year.charged_cents)], ["Insurance paid", money(year.insurance_cents)], ["Taken off by the office", money(year.adjusted_cents)]],
        "due": {"label": "Paid to the office", "amount": money(year.paid_cents), "text": "What was given back is taken off."},
        "parts": [_payments(year, names, several), _charges(year, names, several)],
        "closing": [_closing(year, tenant)],
        "footer": f"{tenant.name} · {heading}",
    }


def _payments(year: Year, names: Mapping[UUID, str], several: bool) -> dict[str, Any]:
    rows = [
        [f"{line.entered_on:%m/%d/%Y}", *([names[line.patient_id]] if several else []), _words(line), money(-line.amount_cents)]
        for line in year.payments
    ]
    columns = ["Date", *(["For"] if several else []), "Payment", "Amount"]
    return {"title": "What was paid", "columns": columns, "wide": 1 + several, "rows": rows, "empty": "Nothing was paid in this year."}


def _charges(year: Year, names: Mapping[UUID, str], several: bool) -> dict[str, Any]:
    rows = [
        [f"{line.entered_on:%m/%d/%Y}", *([names[line.patient_id]] if several else []), line.description, line.code, line.provider, money(line.amount_cents)]
        for line in year.charges
    ]
    columns = ["Date", *(["For"] if several else []), "What was done", "Number", "Provider", "Fee"]
    return {"title": "What was done", "columns": columns, "wide": 1 + several, "rows": rows, "empty": "Nothing was charged in this year."}


def _words(line: YearLine) -> str:
    return f"{line.description} (not in the books yet)" if line.pending else line.description


def _closing(year: Year, tenant: Tenant) -> str:
    phone = tenant.contact.phone if tenant.contact else ""
    questions = f" Questions? Call {phone}." if phone else ""
    return f"This is what the office’s books say of {year.year}; it is no advice on taxes. Insurance may have paid in a later year than that of the visit.{questions}"


def csv(year: Year, names: Mapping[UUID, str]) -> Iterator[bytes]:
    """The list: every line of the year; what was charged is above zero, what came off below. No cell is a formula."""
    yield b"\xef\xbb\xbf" + csv_line(HEADER)
    for line in year.lines:
        about = (line.entered_on.isoformat(), names[line.patient_id], KINDS[line.entry_type], line.description, line.code, line.tooth, line.provider)
        yield csv_line((*about, line.amount_cents / 100, "not yet" if line.pending else "yes"))

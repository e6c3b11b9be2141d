"""A statement as a PDF that screen readers can follow (PDF/UA-1), made on demand: the same statement is the same file, byte for byte."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from core.papers import contact_lines, picture, printable
from core.tenant import Tenant
from core.theme import Picture
from core.web.formats import long_day, money

PAPERS = Path(__file__).parent / "templates" / "account"
STATEMENT, YEARLY, ESTIMATE, AGREEMENT = (PAPERS / f"{name}.typ" for name in ("statement", "yearly", "estimate", "agreement"))
"""The papers: a statement, what was paid in a year, a good-faith estimate, what was agreed to in a payment plan."""
_HEADINGS = {
    "statement": "Statement",
    "invoice": "Invoice",
    "receipt": "Receipt",
    "walkout": "Visit statement",
    "limited": "Limited statement",
}


@dataclass(frozen=True, slots=True)
class PrintedStatement:
    """A statement with the patient it is for. `lines` are (day, description, provider, cents); `address` is what is printed, line by line.

    On a family's statement `people` says for each line whose it is. `plan_due_cents` is what a payment plan asks for besides.
    """

    number: str
    statement_type: str
    sent_on: date
    due_on: date | None
    balance_cents: int
    insurance_pending_cents: int
    amount_due_cents: int
    note: str
    lines: tuple[tuple[date, str, str, int], ...]
    patient_name: str
    address: tuple[str, ...]
    people: tuple[str, ...] = ()
    first_on: date | None = None
    plan_due_cents: int = 0

    @property
    def previous_cents(self) -> int:
        """The balance before the first line."""
        return self.balance_cents - sum(line[3] for line in self.lines)


def content(statement: PrintedStatement, tenant: Tenant, logo: Picture | None = None) -> dict[str, Any]:
    """Everything that is printed, as text; the page template only places it. `logo` is the picture of the tenant's theme."""
    heading, columns = _HEADINGS[statement.statement_type], ["Date", "Description", "Provider", "Amount", "Balance"]
    printed = {
        "title": f"{heading} {statement.number}",
        "heading": heading,
        "day": [statement.sent_on.year, statement.sent_on.month, statement.sent_on.day],
        "brand": tenant.theme.brand,
        "office": {"name": tenant.name, "lines": contact_lines(tenant.contact)},
        "patient": {"name": statement.patient_name, "lines": list(statement.address)},
        "facts": _facts(statement),
        "sums": _sums(statement),
        "due": _due(statement),
        "note": statement.note,
        "columns": [columns[0], "For", *columns[1:]] if statement.people else columns,
        "wide": 2 if statement.people else 1,
        "rows": _rows(statement),
        "closing": _closing(tenant),
        "footer": f"{tenant.name} · {heading} {statement.number}",
    }
    return {**printable(printed), "logo": picture(logo)}


def _facts(statement: PrintedStatement) -> list[list[str]]:
    facts = [["Number", statement.number], ["Date", long_day(statement.sent_on)]]
    if statement.first_on:
        facts.append(["Covers", f"{long_day(statement.first_on)} to {long_day(statement.sent_on)}"])
    if statement.due_on:
        facts.append(["Payment due", long_day(statement.due_on)])
    return facts


def _sums(statement: PrintedStatement) -> list[list[str]]:
    charges = sum(line[3] for line in statement.lines if line[3] > 0)
    credits_ = sum(line[3] for line in statement.lines if line[3] < 0)
    sums = [["Previous balance", money(statement.previous_cents)]] if statement.lines else []
    sums += [["Charges", money(charges)], ["Payments and credits", money(credits_)]] if statement.lines else []
    sums.append(["Balance", money(statement.balance_cents)])
    if statement.insurance_pending_cents:
        sums.append(["Expected from insurance", money(-statement.insurance_pending_cents)])
    if statement.plan_due_cents:
        sums.append(["Due on a payment plan besides", money(statement.plan_due_cents)])
    return sums


def _due(statement: PrintedStatement) -> dict[str, str]:
    if statement.amount_due_cents <= 0:
        credit = -statement.balance_cents
        text = f"You have a credit of {money(credit)}." if credit > 0 else "Nothing to pay. Thank you."
        return {"label": "Amount due", "amount": money(0), "text": text}
    text = f"Please pay by {long_day(statement.due_on)}." if statement.due_on else "Please pay when you receive this."
    return {"label": "Amount due", "amount": money(statement.amount_due_cents), "text": text}


def _rows(statement: PrintedStatement) -> list[list[str]]:
    rows, balance = [], statement.previous_cents
    for place, (day, description, provider, cents) in enumerate(statement.lines):
        balance += cents
        whose = [statement.people[place]] if statement.people else []
        rows.append([f"{day:%m/%d/%Y}", *whose, description, provider, money(cents), money(balance)])
    return rows


def _closing(tenant: Tenant) -> list[str]:
    phone = tenant.contact.phone if tenant.contact else ""
    message = tenant.settings.get("account.statement_message", "")
    pay = f"You can pay by card in the patient portal at {tenant.host}" if "account.pay" not in tenant.acts_off else ""
    call = f"{'. Questions? Call' if pay else 'Questions? Call'} {phone}." if phone else ("." if pay else "")
    return [paragraph for paragraph in (message, pay + call) if paragraph]

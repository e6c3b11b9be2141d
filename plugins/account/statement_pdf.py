"""A statement as a PDF that screen readers can follow (PDF/UA-1), made on demand: the same statement is the same file, byte for byte."""

import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import structlog
import typst

from core.tenant import ClinicDetails, Tenant
from core.theme import Picture
from core.web.formats import long_day, money

log = structlog.get_logger("account")

TEMPLATES = Path(__file__).parent / "templates" / "account"
STATEMENT, YEARLY, NOTHING = "statement.typ", "yearly.typ", "nothing.typ"
"""The papers: a statement, and what was paid in a year."""
LARGEST_LOGO = 300_000
_LOGO_FORMATS = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_HEADINGS = {
    "statement": "Statement",
    "invoice": "Invoice",
    "receipt": "Receipt",
    "walkout": "Visit statement",
    "limited": "Limited statement",
}

LONG = 200
"""So many lines are a long paper."""
_KEPT_FOR = 12

# A kept compiler has its fonts read already and takes a few milliseconds; it must not be used by two threads at a time.
_compilers: dict[tuple[str, bool], typst.Compiler] = {}
_one_at_a_time = Lock()


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


def printable(value: Any) -> Any:
    """Text without control and direction characters: nothing shows them, and one could make an amount read otherwise."""
    if isinstance(value, dict):
        return {name: printable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [printable(part) for part in value]
    if isinstance(value, str):
        plain = "".join(character if unicodedata.category(character)[0] != "C" else " " for character in value)
        return unicodedata.normalize("NFC", plain)
    return value


def make_pdf(printed: dict[str, Any], paper: str = STATEMENT) -> bytes:
    """The PDF, with the library's own fonts so that it is the same on every machine.

    The standard refuses text that cannot be shown, such as a name in a script that those fonts lack; then the machine's fonts
    help out, and where they cannot either, the statement is made without the standard. It is never refused.
    """
    for machine_fonts in (False, True):
        for attempt in (printed, {**printed, "logo": None}):  # a logo that cannot be drawn is left out
            try:
                return _compile(paper, attempt, machine_fonts)
            except typst.TypstError as refusal:
                log.info("statement_refused", machine_fonts=machine_fonts, logo=attempt["logo"] is not None, error=type(refusal).__name__)
    return _compile(paper, {**printed, "logo": None}, machine_fonts=True, standard=False)


def _compile(paper: str, printed: dict[str, Any], machine_fonts: bool, standard: bool = True) -> bytes:
    made_at = datetime.combine(date(*printed["day"]), time(12), UTC)
    with _one_at_a_time:
        inputs, stamp = {"data": json.dumps(printed)}, int(made_at.timestamp())
        standards: Literal["ua-1"] | None = "ua-1" if standard else None
        result = _compiler(paper, machine_fonts).compile(sys_inputs=inputs, format="pdf", pdf_standards=standards, timestamp=stamp)
        if _rows_of(printed) > LONG:
            _forget()
    if not isinstance(result, bytes):
        raise TypeError("the library answered with pages in place of one file")
    return result


def _compiler(paper: str, machine_fonts: bool) -> typst.Compiler:
    if (paper, machine_fonts) not in _compilers:
        _compilers[paper, machine_fonts] = typst.Compiler(str(TEMPLATES / paper), root=str(TEMPLATES), ignore_system_fonts=not machine_fonts)
    return _compilers[paper, machine_fonts]


def _rows_of(printed: dict[str, Any]) -> int:
    return len(printed.get("rows", ())) + sum(len(part["rows"]) for part in printed.get("parts", ()))


def _forget() -> None:
    """The library keeps what it has laid out until ten more papers were made: of ten long ones it would hold some gigabytes."""
    for _ in range(_KEPT_FOR):
        _compiler(NOTHING, machine_fonts=False).compile(format="pdf")


def picture(logo: Picture | None) -> dict[str, Any] | None:
    """A logo for a paper, or nothing where it cannot be printed."""
    if not logo or not logo.body or len(logo.body) > LARGEST_LOGO:
        return None
    return {"bytes": list(logo.body), "format": _LOGO_FORMATS[logo.content_type]}


def contact_lines(clinic: ClinicDetails | None) -> list[str]:
    """Where the office is and how it is reached, line by line."""
    if clinic is None:
        return []
    town = town_line(clinic.city, clinic.state, clinic.postal_code)
    return [line for line in (clinic.address_1, clinic.address_2, town, clinic.phone, clinic.email) if line]


def town_line(city: str, state: str, postal_code: str) -> str:
    """The last line of an address: "Springfield, IL 62704"."""
    return ", ".join(part for part in (city, f"{state} {postal_code}".strip()) if part)


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

"""The signed copy of a treatment plan as a PDF, with its tags for screen readers: what was agreed to, word for word."""

from datetime import date
from pathlib import Path
from typing import Any

from core.papers import contact_lines, make_pdf, picture, printable
from core.tenant import Tenant
from core.theme import Picture
from core.web.formats import long_day, money, time_of
from plugins.plan.models import Signature
from plugins.plan.services.reading import stage_title

CONTENT_TYPE = "application/pdf"
PAPER = Path(__file__).parent / "templates" / "plan" / "signed.typ"


def make(signature: Signature, place: Tenant, logo: Picture | None = None) -> bytes:
    """The file, in the look of `place`."""
    return make_pdf({**printable(content(signature, place)), "logo": picture(logo)}, PAPER)


def content(signature: Signature, place: Tenant) -> dict[str, Any]:
    """Everything that is printed, as text."""
    terms, plan = signature.terms, signature.terms["plan"]
    day, currency = signature.signed_at.astimezone(place.time_zone).date(), plan["currency"]
    whom = "" if signature.for_self else f" for {terms['patient']}"
    has_order = any(line["priority"] for line in plan["procedures"])
    when = f"{long_day(day)}, {time_of(signature.signed_at, place.time_zone)}"
    return {
        "title": f"Signed treatment plan, {place.name}",
        "heading": "Treatment plan",
        "day": [day.year, day.month, day.day],
        "brand": place.theme.brand,
        "office": {"name": place.name, "lines": contact_lines(place.contact)},
        "patient": {"name": terms["patient"], "lines": []},
        "facts": _facts(plan, when),
        "sums": _sums(plan, currency),
        "due": {"label": "Patient’s part", "amount": money(plan["patient_cents"], currency), "text": "As estimated."},
        "columns": ["Treatment", *(["When"] if has_order else []), "Tooth", "Fee", "Insurance", "Discount", "Patient"],
        "rows": [_row(line, currency, has_order) for line in plan["procedures"]],
        "notes": _paragraphs(plan["note"], terms["estimate_note"]),
        "agreed": _paragraphs(terms["statement"], terms["consent"]),
        "signed": f"Signed electronically by {signature.name}{whom}, {when}",
        "proof": f"SHA-256 of what was agreed to: {signature.terms_sha256}",
        "footer": f"{place.name} · Signed treatment plan",
    }


def _facts(plan: dict[str, Any], when: str) -> list[list[str]]:
    facts = [["Plan", plan["heading"]], ["As of", long_day(date.fromisoformat(plan["saved_on"]))], ["Presented by", plan["presenter"]], ["Signed", when]]
    return [[name, value] for name, value in facts if value]


def _paragraphs(*texts: str) -> list[str]:
    return [line.strip() for text in texts for line in text.splitlines() if line.strip()]


def _sums(plan: dict[str, Any], currency: str) -> list[list[str]]:
    total = {name: sum(line[f"{name}_cents"] for line in plan["procedures"]) for name in ("fee", "primary", "secondary", "discount")}
    sums = [["Fees", total["fee"]], ["Expected from insurance", -total["primary"] - total["secondary"]], ["Discount", -total["discount"]]]
    return [[name, money(cents, currency)] for name, cents in sums if cents or name == "Fees"]


def _row(line: dict[str, Any], currency: str, has_order: bool) -> list[str]:
    what = f"{line['description']} ({line['code']})" if line["code"] else line["description"]
    where = " ".join(part for part in (line["tooth"], line["surface"]) if part)
    cents = (line["fee_cents"], line["primary_cents"] + line["secondary_cents"], line["discount_cents"], line["patient_cents"])
    order = [stage_title(line["priority"].strip())] if has_order else []
    return [what, *order, where, *(money(amount, currency) for amount in cents)]

"""What was agreed to in a payment plan, as a paper: the terms word for word, the schedule, the signature."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.papers import contact_lines, make_pdf, picture, printable
from core.people.models import Patient
from core.tenant import Tenant
from core.theme import Picture
from core.web.formats import long_day, money
from plugins.account.services.plans import NotOpen, Shown, one
from plugins.account.services.printing import address_of
from plugins.account.statement_pdf import AGREEMENT


def pdf(shown: Shown, patient: Patient, tenant: Tenant, logo: Picture | None = None) -> bytes:
    """The paper of a plan that somebody has agreed to."""
    return make_pdf({**printable(content(shown, patient, tenant, tenant.time_zone)), "logo": picture(logo)}, AGREEMENT)


def for_change(registry: Any, session: Session, practice_id: UUID, plan_id: UUID) -> bytes | None:
    """The paper of a plan for the practice's system; None where it is not agreed to (any more)."""
    try:
        shown = one(session, practice_id, plan_id)
    except NotOpen:
        return None
    if shown.plan.agreed_at is None:
        return None
    patient = session.get_one(Patient, (practice_id, shown.plan.patient_id))
    tenant = registry.tenants.current(practice_id, patient.clinic_id)
    return pdf(shown, patient, tenant, registry.tenants.picture(practice_id, tenant.theme.logo))


def content(shown: Shown, patient: Patient, tenant: Tenant, zone: ZoneInfo) -> dict[str, Any]:
    """Everything that is printed, as text."""
    plan, signature = shown.plan, shown.plan.signature or {}
    agreed = plan.agreed_at.astimezone(zone) if plan.agreed_at else plan.offered_at.astimezone(zone)
    return {
        "title": f"Payment plan, {tenant.name}",
        "heading": "Payment plan",
        "day": [agreed.year, agreed.month, agreed.day],
        "brand": tenant.theme.brand,
        "office": {"name": tenant.name, "lines": contact_lines(tenant.contact)},
        "patient": {"name": f"{patient.first_name} {patient.last_name}", "lines": list(address_of(patient))},
        "facts": [["Plan", plan.title], ["Agreed", f"{long_day(agreed.date())}, {agreed:%I:%M %p}".replace(", 0", ", ")]],
        "sums": [["To be paid", money(plan.total_cents)], ["Interest", money(shown.interest_cents)]],
        "due": {"label": "In all", "amount": money(shown.whole_cents), "text": f"In {len(shown.parts)} payments."},
        "terms": plan.terms.split("\n"),
        "rows": [[_number(part.number), long_day(part.due_on), money(part.interest_cents), money(part.amount_cents)] for part in shown.parts],
        "signed": f"Signed electronically by {signature.get('name', '')}",
        "proof": f"SHA-256 of the terms: {signature.get('terms_sha256', '')}",
        "footer": f"{tenant.name} · Payment plan",
    }


def _number(number: int) -> str:
    return str(number) if number else "Down payment"

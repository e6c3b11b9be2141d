"""Telling patients what the office did on their account. The mails say that there is something, and nothing of what it holds."""

from dataclasses import replace
from uuid import UUID

from core.auth.notices import send_notice
from core.people.models import Patient
from core.plugins import NoticeKind
from core.tasks import Work
from plugins.account.models import Estimate, Installment, Payment, PaymentPlan, PlanConsent, Statement
from plugins.account.pages import takes_payments
from plugins.account.services import consents, tries
from plugins.account.services.estimates import ESTIMATE
from plugins.account.services.pay_requests import link_for, path_of
from plugins.account.services.plans import PLAN
from plugins.account.services.statements import STATEMENT

TEMPLATE, PLAN_TEMPLATE, ESTIMATE_TEMPLATE = (f"account/mail/{name}" for name in ("statement", "plan", "estimate"))
AUTOMATIC = NoticeKind(
    "account.automatic", "Automatic payments", "A payment of a plan will be made by itself or was not possible, or this was switched on or off.", "arrow-repeat", can_be_off=False,
)  # fmt: skip
"""Whoever lets the office charge a card is told of it, whatever else they want to be told of."""


def tell_of_statement(work: Work, statement_id: UUID, account_id: UUID) -> None:
    """Tell an account that there is a statement, in the look of the patient's clinic; nobody where that has switched the tab off."""
    practice_id = work.tenant.practice_id
    statement = work.db.get(Statement, (practice_id, statement_id))
    if statement is None or statement.published_at is None:
        return
    patient = work.db.get_one(Patient, (practice_id, statement.patient_id))
    tenant = work.registry.tenants.current(practice_id, patient.clinic_id)
    if "account" in tenant.plugins:
        link = link_for(work.db, statement, patient, work.now) if statement.source == "office" else None
        path = path_of(work.registry.portal.secret_key, practice_id, link.id) if link else ""
        send_notice(replace(work, tenant=tenant), account_id, STATEMENT, TEMPLATE, {"path": path, "takes_payments": takes_payments(work.registry, tenant)})


def tell_of_plan(work: Work, plan_id: UUID, account_id: UUID) -> None:
    """Tell an account that there is something about a payment plan; nobody where the clinic has switched the tab off."""
    plan = work.db.get(PaymentPlan, (work.tenant.practice_id, plan_id))
    if plan:
        _tell(work, plan, account_id, PLAN, PLAN_TEMPLATE, {})


def tell_of_payment(work: Work, installment_id: UUID, account_id: UUID) -> None:
    """Tell an account that a payment of a plan is due soon; when it is made by itself, also that, and whoever agreed to it with what."""
    part = work.db.get(Installment, (work.tenant.practice_id, installment_id))
    plan = work.db.get(PaymentPlan, (part.practice_id, part.payment_plan_id)) if part else None
    if part is None or plan is None or plan.state != "active" or part.paid_cents >= part.amount_cents:
        return
    consent = consents.current(work.db, plan)
    if consent is None or part.due_on < consent.starts_on:
        _tell(work, plan, account_id, PLAN, PLAN_TEMPLATE, {})
        return
    card = consent.card if consent.given_by == account_id else ""
    _tell(work, plan, account_id, AUTOMATIC, "account/mail/plan_payment", {"part": part, "card": card, "plan": plan})


def tell_of_decline(work: Work, payment_id: UUID, account_id: UUID) -> None:
    """Tell an account that an automatic payment was not possible, and what comes next."""
    practice_id = work.tenant.practice_id
    payment = work.db.get_one(Payment, (practice_id, payment_id))
    part, plan = work.db.get_one(Installment, (practice_id, payment.installment_id)), work.db.get_one(PaymentPlan, (practice_id, payment.payment_plan_id))
    if part.paid_cents >= part.amount_cents:
        return
    consent = work.db.get_one(PlanConsent, (practice_id, payment.consent_id))
    card = payment.card if consent.given_by == account_id else ""
    about = {"again_on": tries.again_on(part, consent), "asks": payment.refusal == "needs_authentication", "is_off": consent.ended_at is not None}
    _tell(work, plan, account_id, AUTOMATIC, "account/mail/plan_declined", {"part": part, "card": card, "plan": plan, **about})


def tell_of_automatic(work: Work, consent_id: UUID, account_id: UUID) -> None:
    """Tell an account that automatic payments of a plan are on, or off."""
    consent = work.db.get_one(PlanConsent, (work.tenant.practice_id, consent_id))
    plan = work.db.get_one(PaymentPlan, (consent.practice_id, consent.payment_plan_id))
    card = consent.card if consent.given_by == account_id else ""
    about = {"is_on": consent.ended_at is None, "why": consents.STOPPED.get(consent.ended_why, ""), "card": card, "plan": plan}
    if consent.ended_why not in ("changed", "over"):
        _tell(work, plan, account_id, AUTOMATIC, "account/mail/plan_automatic", about)


def _tell(work: Work, plan: PaymentPlan, account_id: UUID, kind: NoticeKind, template: str, about: dict) -> None:
    """In the look of the patient's clinic; nobody where that has switched the tab off."""
    patient = work.db.get_one(Patient, (plan.practice_id, plan.patient_id))
    tenant = work.registry.tenants.current(plan.practice_id, patient.clinic_id)
    if "account" in tenant.plugins:
        send_notice(replace(work, tenant=tenant), account_id, kind, template, about)


def tell_of_estimate(work: Work, estimate_id: UUID, account_id: UUID) -> None:
    """Tell an account that the office has answered about an estimate; nobody where the clinic has switched the tab off."""
    practice_id = work.tenant.practice_id
    estimate = work.db.get(Estimate, (practice_id, estimate_id))
    if estimate is None:
        return
    patient = work.db.get_one(Patient, (practice_id, estimate.patient_id))
    tenant = work.registry.tenants.current(practice_id, patient.clinic_id)
    if "account" in tenant.plugins:
        send_notice(replace(work, tenant=tenant), account_id, ESTIMATE, ESTIMATE_TEMPLATE, {})

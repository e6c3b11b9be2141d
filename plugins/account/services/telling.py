"""Telling patients what the office did on their account. The mails say that there is something, and nothing of what it holds."""

from dataclasses import replace
from uuid import UUID

from core.auth.notices import send_notice
from core.people.models import Patient
from core.tasks import Work
from plugins.account.models import Estimate, PaymentPlan, Statement
from plugins.account.pages import takes_payments
from plugins.account.services.estimates import ESTIMATE
from plugins.account.services.pay_requests import link_for, path_of
from plugins.account.services.plans import PLAN
from plugins.account.services.statements import STATEMENT

TEMPLATE, PLAN_TEMPLATE, ESTIMATE_TEMPLATE = (f"account/mail/{name}" for name in ("statement", "plan", "estimate"))


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
    practice_id = work.tenant.practice_id
    plan = work.db.get(PaymentPlan, (practice_id, plan_id))
    if plan is None:
        return
    patient = work.db.get_one(Patient, (practice_id, plan.patient_id))
    tenant = work.registry.tenants.current(practice_id, patient.clinic_id)
    if "account" in tenant.plugins:
        send_notice(replace(work, tenant=tenant), account_id, PLAN, PLAN_TEMPLATE, {})


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

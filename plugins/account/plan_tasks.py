"""Work of payment plans behind the request: charging them, their interest, and what is told of them."""

from uuid import UUID

from sqlalchemy import and_, select

from core import outbox
from core.people.models import Patient
from core.tasks import Work, portal_task
from core.tenant import Tenant
from plugins.account.models import Installment, PaymentPlan
from plugins.account.pages import service_of
from plugins.account.services import charging, interest, plans, posting, telling


@portal_task("account.send_plan_notice", mail="Notice of a payment plan")
def send_plan_notice(work: Work, plan_id: str, account_id: str) -> None:
    """Tell an account that there is something about a payment plan."""
    telling.tell_of_plan(work, UUID(plan_id), UUID(account_id))


@portal_task("account.tell_of_payments")
def tell_of_payments(work: Work) -> None:
    """Tell of payments of plans that are due soon."""
    today = work.now.astimezone(work.tenant.time_zone).date()
    plans.tell_before(work.db, work.tenant.practice_id, today, work.tenant.settings["account.plan_notice_days"], work.now)


@portal_task("account.send_payment_notice", mail="Notice of a payment of a plan")
def send_payment_notice(work: Work, installment_id: str, account_id: str) -> None:
    """Tell an account that a payment of a plan is due soon."""
    telling.tell_of_payment(work, UUID(installment_id), UUID(account_id))


@portal_task("account.send_declined_notice", mail="Notice of an automatic payment that was declined")
def send_declined_notice(work: Work, payment_id: str, account_id: str) -> None:
    """Tell an account that an automatic payment was not possible."""
    telling.tell_of_decline(work, UUID(payment_id), UUID(account_id))


@portal_task("account.send_automatic_notice", mail="Notice of automatic payments")
def send_automatic_notice(work: Work, consent_id: str, account_id: str) -> None:
    """Tell an account that automatic payments are on, or off."""
    telling.tell_of_automatic(work, UUID(consent_id), UUID(account_id))


@portal_task("account.charge_plans")
def charge_plans(work: Work) -> None:
    """Post the interest of plans, and ask for each payment that is due to be charged."""
    practice_id = work.tenant.practice_id
    interest.post(work.db, practice_id, lambda clinic_id: posting.rules_of(_at(work, clinic_id)), work.now)
    for installment_id in charging.due(work.db, practice_id, work.now):
        outbox.put_once(work.db, practice_id, "account.charge_installment", {"installment_id": str(installment_id)})


@portal_task("account.charge_installment")
def charge_installment(work: Work, installment_id: str) -> None:
    """Charge a payment of a plan where it is due, agreed to and open; nothing where the clinic takes no payments in the portal."""
    practice_id, id_ = work.tenant.practice_id, UUID(installment_id)
    tenant = _at(work, _clinic_of(work, id_))
    service = service_of(work.registry, tenant)
    if service:
        charging.charge(work.db, practice_id, charging.Place(tenant, service), id_, work.now, work.db.commit)


def _at(work: Work, clinic_id: UUID | None) -> Tenant:
    return work.registry.tenants.tenant(work.tenant.practice_id, clinic_id, work.tenant.version)


def _clinic_of(work: Work, installment_id: UUID) -> UUID | None:
    of_plan = and_(PaymentPlan.practice_id == Installment.practice_id, PaymentPlan.id == Installment.payment_plan_id)
    of_patient = and_(Patient.practice_id == PaymentPlan.practice_id, Patient.id == PaymentPlan.patient_id)
    query = select(Patient.clinic_id).select_from(Installment).join(PaymentPlan, of_plan).join(Patient, of_patient)
    return work.db.scalar(query.where(Installment.practice_id == work.tenant.practice_id, Installment.id == installment_id))

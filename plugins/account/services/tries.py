"""What it leads to that an automatic payment was not made: it is tried again some days later, or not any more; the payer is told, in the end the office."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from core.tasks import enqueue
from plugins.account.models import Installment, Payment, PlanConsent
from plugins.account.services import consents, counting

FOR_GOOD = frozenset({"not_again", "expired_card", "bank_refused"})
"""Refusals after which the same card or bank account is not asked again."""
OURS = frozenset({"never_arrived", "busy", "not_possible"})
"""Refusals that are not the payer's: nothing is to be done about them as long as it is tried again."""


def failed(session: Session, payment: Payment, now: datetime) -> None:
    """An automatic payment came to nothing. The payment is locked by this transaction."""
    if payment.payment_plan_id is None or payment.installment_id is None:
        return
    plan = counting.locked_plan(session, payment.practice_id, payment.payment_plan_id)
    part = session.get_one(Installment, (payment.practice_id, payment.installment_id), populate_existing=True)
    consent = consents.current(session, plan)
    if consent is None or consent.id != payment.consent_id:
        return  # something else is charged by now, or nothing any more
    part.failures += 1
    if payment.refusal in FOR_GOOD:
        part.failures = consents.TRIES
        consents.end(session, plan, "ended" if payment.refusal == "expired_card" else "refused", now)
    elif part.failures >= consents.TRIES:
        plan.trouble, plan.trouble_at = "declined", now
    if payment.refusal not in OURS or part.failures >= consents.TRIES:
        _tell(session, payment, consent, now)
    session.flush()


def _tell(session: Session, payment: Payment, consent: PlanConsent, now: datetime) -> None:
    plan = counting.locked_plan(session, payment.practice_id, consent.payment_plan_id)
    for account_id in consents.told_of(session, plan, consent.given_by, now):
        enqueue(session, "account.send_declined_notice", payment_id=str(payment.id), account_id=str(account_id))


def again_on(part: Installment, consent: PlanConsent | None) -> date | None:
    """When a payment that was declined is tried again; None when it is not."""
    if consent is None or consent.ended_at or part.asked_on is None or not 0 < part.failures < consents.TRIES or part.paid_cents >= part.amount_cents:
        return None
    day = part.asked_on + timedelta(days=consents.AGAIN_DAYS)
    return day if day <= part.due_on + timedelta(days=consents.LATE_DAYS) else None

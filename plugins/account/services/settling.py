"""What becomes of a payment: the gateway's answer, the answer that was lost, the receipt."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.notices import send_notice
from core.plugins import NoticeKind
from core.tasks import Work, enqueue
from plugins.account.gateway import Answer, Charged, Declined, PaymentGateway, Unknown
from plugins.account.models import Guest, Payment

log = structlog.get_logger("account")

GatewayAt = Callable[[UUID | None], PaymentGateway | None]
RECEIPT = NoticeKind("account.receipt", "Receipts", "You have paid by card here.", "receipt")
RECEIPT_MAIL = "account/mail/receipt"
OPEN_STATES = ("created", "submitted", "unknown")
LOOK_AGAIN_AFTER = timedelta(minutes=2)
NEVER_ARRIVED_AFTER = timedelta(minutes=15)
"""A charge that the gateway does not know of by then was never asked for: far longer than a request can be under way."""


def settle(session: Session, practice_id: UUID, payment_id: UUID, answer: Answer, now: datetime) -> str:
    """Write down what the gateway answered and return the state; a payment that is settled already stays as it is."""
    payment = _locked(session, practice_id, payment_id)
    if payment is None or payment.state not in OPEN_STATES:
        return payment.state if payment else "failed"
    payment.gateway_reference = answer.reference or payment.gateway_reference
    if isinstance(answer, Unknown):
        payment.state = "unknown"
    elif isinstance(answer, Charged):
        payment.state, payment.card, payment.settled_at = "succeeded", answer.card, now
        enqueue(session, "account.send_receipt", payment_id=str(payment.id))
        if payment.account_id is None:
            enqueue(session, "account.match_guest", payment_id=str(payment.id))
    elif isinstance(answer, Declined):
        payment.state, payment.refusal, payment.settled_at = "failed", answer.reason, now
    session.flush()
    return payment.state


def reconcile(session: Session, practice_id: UUID, gateway_at: GatewayAt, payment_id: UUID, now: datetime) -> None:
    """Ask the gateway what became of a payment whose answer was lost; money is never asked for a second time.

    `gateway_at` gives the gateway of a clinic, or None where there is none any more.
    """
    payment = _locked(session, practice_id, payment_id)
    if payment is None or payment.state not in OPEN_STATES or now - payment.created_at < LOOK_AGAIN_AFTER:
        return
    gateway = gateway_at(payment.clinic_id)
    if gateway is None or gateway.name != payment.gateway:
        log.error("payment_without_gateway", payment=str(payment_id), gateway=payment.gateway)
        return
    settle(session, practice_id, payment_id, _look_up(gateway, payment, now), now)


def open_payments(session: Session, practice_id: UUID, now: datetime) -> list[UUID]:
    """The payments that should have been settled by now, oldest first."""
    where = (Payment.practice_id == practice_id, Payment.state.in_(OPEN_STATES), Payment.created_at <= now - LOOK_AGAIN_AFTER)
    return list(session.scalars(select(Payment.id).where(*where).order_by(Payment.created_at).limit(100)))


def send_receipt(work: Work, payment_id: UUID) -> None:
    """Mail the receipt to the payer, once: amount, office, date and number, nothing of the record."""
    payment = _locked(work.db, work.tenant.practice_id, payment_id)
    if payment is None or payment.state != "succeeded" or payment.receipt_sent_at:
        return
    office = work.registry.tenants.current(payment.practice_id, payment.clinic_id)
    if _mail_receipt(replace(work, tenant=office), payment):
        payment.receipt_sent_at = work.now


def _mail_receipt(work: Work, payment: Payment) -> bool:
    """Whether there was anybody to mail it to."""
    if payment.account_id:
        return send_notice(work, payment.account_id, RECEIPT, RECEIPT_MAIL, {"payment": payment})
    guest = work.db.get(Guest, (payment.practice_id, payment.id))
    if guest is None or not guest.email:
        return False
    work.send_mail(guest.email, RECEIPT_MAIL, {"payment": payment})
    return True


def _look_up(gateway: PaymentGateway, payment: Payment, now: datetime) -> Answer:
    if payment.gateway_reference:
        return gateway.fetch(payment.gateway_reference)
    found = gateway.find(payment.idempotency_key, payment.created_at)
    if found is None:
        return Declined("never_arrived") if now - payment.created_at > NEVER_ARRIVED_AFTER else Unknown()
    return found


def _locked(session: Session, practice_id: UUID, payment_id: UUID) -> Payment | None:
    where = (Payment.practice_id == practice_id, Payment.id == payment_id)
    return session.scalars(select(Payment).where(*where).with_for_update().execution_options(populate_existing=True)).one_or_none()

"""Giving money back: the row first, then the card service by the row's key, as for payments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import uuid7
from core.tasks import enqueue
from core.web.formats import money
from plugins.account.gateway.asking import CardService, CardServiceAway, CardServiceRefused, SeenRefund
from plugins.account.models import Payment, Refund
from plugins.account.services import settling
from plugins.account.services.asking import Keep
from plugins.account.services.looking_up import ServiceAt

SETTLE_AFTER = timedelta(minutes=2)
KEYS_HOLD = timedelta(hours=23)
"""So long the card service knows a key again; afterwards a refund is looked for by our id of it."""


class RefundRefused(Exception):
    """So much cannot be given back; the text says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is given back of which payment, why and by whom. `form_nonce` belongs to one opened form."""

    payment_id: UUID
    amount_cents: int
    reason: str
    form_nonce: str
    by: UUID


def left_cents(session: Session, payment: Payment) -> int:
    """What of a payment can still be given back: nothing that is on its way back already, or that the payer's bank has taken."""
    where = (Refund.practice_id == payment.practice_id, Refund.payment_id == payment.id, Refund.state != "failed")
    given = session.scalars(select(func.coalesce(func.sum(Refund.amount_cents), 0)).where(*where)).one()
    return max(0, payment.amount_cents - int(given) - payment.disputed_cents) if payment.state == "succeeded" else 0


def refund(session: Session, practice_id: UUID, service_at: ServiceAt, order: Order, now: datetime, keep: Keep) -> Refund:
    """Give money back; the same form sent again is the first refund. `keep` as for payments. Raises RefundRefused."""
    made, is_new = _put_on_record(session, practice_id, order, now)
    if is_new:
        keep(made.id)
        ask(session, practice_id, service_at, made.id, now)
    return session.get_one(Refund, (practice_id, made.id), populate_existing=True)


def ask(session: Session, practice_id: UUID, service_at: ServiceAt, refund_id: UUID, now: datetime) -> None:
    """Ask the card service for a refund that is on record, or what became of it; by one key, so that it is given once whoever asks how often."""
    made = session.get(Refund, (practice_id, refund_id), populate_existing=True)
    if made is None or made.state in ("succeeded", "failed"):
        return
    payment = session.get_one(Payment, (practice_id, made.payment_id))
    service = service_at(payment)
    if service is None:
        return
    try:
        seen = _seen(service, payment, made, now)
    except CardServiceAway:
        seen = None
    except CardServiceRefused:
        seen = SeenRefund("", payment.gateway_reference or "", made.amount_cents, "failed", str(made.id))
    if seen:
        settling.take_in_refund(session, practice_id, seen, "answer", now, made.id)


def _seen(service: CardService, payment: Payment, made: Refund, now: datetime) -> SeenRefund | None:
    if made.gateway_reference:
        return service.seen_refund(made.gateway_reference)
    if now - made.made_at < KEYS_HOLD:
        return service.refund(payment.gateway_reference or "", made.amount_cents, str(made.id), made.idempotency_key)
    return next((seen for seen in service.refunds_since(made.made_at) if seen.refund == str(made.id)), None)


def _put_on_record(session: Session, practice_id: UUID, order: Order, now: datetime) -> tuple[Refund, bool]:
    # One at a time for each payment: the second of two waits here and then sees the first.
    payment = settling.locked(session, practice_id, Payment.id == order.payment_id)
    before = session.scalars(select(Refund).where(Refund.practice_id == practice_id, Refund.form_nonce == order.form_nonce)).one_or_none()
    if before:
        return before, False
    left = left_cents(session, payment) if payment else 0
    if payment is not None and order.amount_cents <= 0:
        raise RefundRefused("The amount must be more than zero.")
    if payment is None or order.amount_cents > left:
        raise RefundRefused(f"At most {money(left)} of this payment can be given back." if left else "Nothing of this payment can be given back.")
    refund_id = uuid7()
    made = Refund(
        id=refund_id,
        payment_id=payment.id,
        amount_cents=order.amount_cents,
        state="submitted",
        reason=order.reason,
        idempotency_key=f"refund:{refund_id}",
        form_nonce=order.form_nonce,
        made_at=now,
        made_by=order.by,
    )
    session.add(made)
    enqueue(session, "account.settle_refund", at=now + SETTLE_AFTER, refund_id=str(refund_id))
    session.flush()
    return made, True

"""What becomes of a payment, of a refund and of a dispute: the one place where their states change.

Whoever comes to know something (the answer to a request, an event, a look at the card service afterwards) brings what the card service says now
and has it taken in here. It may come twice, late, and in any order: the row is locked, a state changes only to one that may follow, and what
hangs on a change (the step, the receipt, the books) is written with it in one transaction.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core import outbox
from core.tasks import enqueue
from plugins.account import changes
from plugins.account.gateway.asking import Seen, SeenDispute, SeenRefund
from plugins.account.models import Dispute, Payment, PaymentStep, Refund
from plugins.account.services import counting, differences, methods, states, tries

log = structlog.get_logger("account")

ToldBy = Literal["request", "answer", "event", "reconciling", "payer", "office"]
_REFUND_ORDER = ("submitted", "unknown", "processing", "succeeded", "failed")
"""A refund goes on in this order only: one that was made can still come back from the payer's bank."""


def take_in(
    session: Session, practice_id: UUID, seen: Seen, told_by: ToldBy, now: datetime, event_id: str = "", by_id: UUID | None = None
) -> Payment | None:
    """Take in what the card service says of a payment, and return it; None when it is none of ours.

    An amount or a currency that is not the row's is never booked, but noted as a difference; so is money that was taken for a payment that is
    over here.
    """
    payment = _seen_payment(session, practice_id, seen)
    if payment is None or _is_foreign(session, payment, seen, now):
        return payment
    _note_references(payment, seen)
    if seen.reason and payment.account_id is None and payment.gateway_reference:
        outbox.put_once(session, practice_id, "account.count_declines", {"payment_id": str(payment.id)})
    if states.may_follow(cast(states.State, payment.state), seen.state):
        step(session, payment, seen.state, told_by, now, event_id, by_id)
        _follow(session, payment, seen, now)
    elif seen.state == "succeeded" != payment.state and payment.state in states.OVER:
        _differs(session, "state", payment, seen, now)
    session.flush()
    return payment


def step(
    session: Session, payment: Payment, to: states.State, told_by: ToldBy, now: datetime, event_id: str = "", by_id: UUID | None = None
) -> None:
    """Change the state of a payment that this transaction has locked (or has just made), and write that down."""
    about = (PaymentStep.practice_id == payment.practice_id, PaymentStep.payment_id == payment.id)
    number = session.scalars(select(func.coalesce(func.max(PaymentStep.number), 0)).where(*about)).one() + 1
    change = {"number": number, "from_state": payment.state, "to_state": to, "told_by": told_by, "event_id": event_id, "by_id": by_id}
    session.add(PaymentStep(payment_id=payment.id, at=now, **change))
    payment.state = to


def _follow(session: Session, payment: Payment, seen: Seen, now: datetime) -> None:
    """What hangs on the new state."""
    if payment.state in states.OVER:
        payment.settled_at = now
    if payment.state == "failed" and payment.installment_id:
        tries.failed(session, payment, now)
    if payment.state != "succeeded":
        return
    payment.refusal = ""
    if seen.kept and seen.method and payment.keeps_method:
        methods.keep_of_payment(session, payment, seen.method, now)
    counting.count(session, payment, now)
    enqueue(session, "account.send_receipt", payment_id=str(payment.id))
    # Whom a guest has paid for is found out first; then it is booked.
    task = "account.book_payment" if payment.patient_id else "account.match_guest"
    enqueue(session, task, payment_id=str(payment.id))


def _note_references(payment: Payment, seen: Seen) -> None:
    payment.gateway_reference = payment.gateway_reference or seen.reference
    payment.checkout_reference = payment.checkout_reference or seen.checkout
    if payment.state in states.OPEN:
        payment.refusal = seen.reason or payment.refusal
        if seen.method:
            payment.card, payment.method_kind = seen.card, seen.method.kind


def _is_foreign(session: Session, payment: Payment, seen: Seen, now: datetime) -> bool:
    """Whether what was seen is not what the row asked for: then nothing of it is booked."""
    if (seen.amount_cents, seen.currency.upper()) != (payment.amount_cents, payment.currency):
        _differs(session, "amount", payment, seen, now)
        return True
    if payment.gateway_reference and seen.reference and seen.reference != payment.gateway_reference:
        # A second payment there for one of ours.
        _differs(session, "unknown_here", payment, seen, now)
        return True
    return False


def _differs(session: Session, kind: differences.Kind, payment: Payment, seen: Seen, now: datetime) -> None:
    log.error("payment_differs", kind=kind, payment=str(payment.id))
    here = {"state": payment.state, "amount_cents": payment.amount_cents, "currency": payment.currency}
    there = {"state": seen.state, "amount_cents": seen.amount_cents, "currency": seen.currency.upper()}
    differences.note(session, kind, seen.reference or seen.checkout or str(payment.id), now, here, there, payment.id)


def _seen_payment(session: Session, practice_id: UUID, seen: Seen) -> Payment | None:
    """The payment that was seen, locked: by our id of it, else by the card service's."""
    named = as_id(seen.payment)
    if named:
        return locked(session, practice_id, Payment.id == named)
    known = [Payment.gateway_reference == seen.reference] if seen.reference else []
    known += [Payment.checkout_reference == seen.checkout] if seen.checkout else []
    return locked(session, practice_id, or_(*known)) if known else None


def locked(session: Session, practice_id: UUID, which: ColumnElement[bool]) -> Payment | None:
    """A payment, as it is now, and nobody else changes it until this transaction ends."""
    query = select(Payment).where(Payment.practice_id == practice_id, which)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def as_id(text: str) -> UUID | None:
    """Our id in what the card service was told of a payment or refund, if it is one."""
    try:
        return UUID(text.removeprefix("pay:"))
    except ValueError:
        return None


def take_in_refund(
    session: Session, practice_id: UUID, seen: SeenRefund, told_by: ToldBy, now: datetime, refund_id: UUID | None = None
) -> Refund | None:
    """Take in what the card service says of a refund; None when its payment is none of ours. `refund_id` is ours of it where that is known.

    One that was made at the card service itself becomes a row here, by nobody.
    """
    payment = locked(session, practice_id, Payment.gateway_reference == seen.payment_reference)
    if payment is None:
        return None
    refunds = _all_of(session, Refund, payment)
    refund = _which_refund(refunds, seen, refund_id) or _unknown_refund(session, payment, seen, now)
    if refund.amount_cents != seen.amount_cents:
        here, there = {"amount_cents": refund.amount_cents}, {"amount_cents": seen.amount_cents}
        differences.note(session, "refund", seen.reference, now, here, there, payment.id)
        return refund
    refund.gateway_reference = seen.reference or None
    if _REFUND_ORDER.index(seen.state) > _REFUND_ORDER.index(refund.state):
        refund.state, refund.settled_at = seen.state, now if seen.state in ("succeeded", "failed") else None
    session.flush()
    _count_refunds(session, payment, now)
    return refund


def _which_refund(refunds: Iterable[Refund], seen: SeenRefund, refund_id: UUID | None) -> Refund | None:
    """The row of this refund: by its reference, by our id, else one of this amount whose answer was lost."""
    for refund in refunds:
        if refund.gateway_reference and refund.gateway_reference == seen.reference:
            return refund
    open_ones = [refund for refund in refunds if refund.gateway_reference is None]
    ours = [refund for refund in open_ones if refund.id == (refund_id or as_id(seen.refund))]
    lost = [refund for refund in open_ones if refund.amount_cents == seen.amount_cents and refund.state != "failed" and not seen.refund]
    return next(iter(ours or lost), None)


def _unknown_refund(session: Session, payment: Payment, seen: SeenRefund, now: datetime) -> Refund:
    key = f"there:{seen.reference}"
    refund = Refund(
        payment_id=payment.id, amount_cents=seen.amount_cents, state="submitted", idempotency_key=key, form_nonce=key, made_at=now
    )
    session.add(refund)
    return refund


def _count_refunds(session: Session, payment: Payment, now: datetime) -> None:
    """What was given back, or is on its way, comes off the payment; the books follow."""
    given = sum(refund.amount_cents for refund in _all_of(session, Refund, payment) if refund.state in ("processing", "succeeded"))
    if payment.refunded_cents != min(given, payment.amount_cents):
        payment.refunded_cents = min(given, payment.amount_cents)
        changes.note_back(session, payment, now)
        counting.count(session, payment, now)
        enqueue(session, "account.book_payment", payment_id=str(payment.id))
    session.flush()


def take_in_dispute(session: Session, practice_id: UUID, seen: SeenDispute, told_by: ToldBy, now: datetime) -> Dispute | None:
    """Take in what the card service says of a dispute, or of a bank that has taken a payment back; None when its payment is none of ours."""
    payment = locked(session, practice_id, Payment.gateway_reference == seen.payment_reference)
    if payment is None:
        return None
    disputes = _all_of(session, Dispute, payment)
    found = next((one for one in disputes if one.gateway_reference == seen.reference), None)
    dispute = found or Dispute(payment_id=payment.id, gateway_reference=seen.reference, opened_at=seen.opened_at, is_over=False)
    if not dispute.is_over:
        dispute.amount_cents, dispute.state, dispute.reason = seen.amount_cents, seen.state, seen.reason
        dispute.answer_by, dispute.is_over, dispute.won = seen.answer_by, seen.is_over, seen.won
    session.add(dispute)
    session.flush()
    was_returned = payment.is_returned
    _count_disputes(session, payment, now)
    if payment.is_returned and not was_returned:
        enqueue(session, "account.send_return_notice", payment_id=str(payment.id))
    return dispute


def is_taken_back(dispute: Dispute) -> bool:
    """Whether the payer's bank has the money: while a dispute lasts, and when it is lost. An inquiry takes nothing yet."""
    return dispute.won is False if dispute.is_over else not dispute.state.startswith("warning")


def _count_disputes(session: Session, payment: Payment, now: datetime) -> None:
    taken = sum(dispute.amount_cents for dispute in _all_of(session, Dispute, payment) if is_taken_back(dispute))
    if payment.disputed_cents != min(taken, payment.amount_cents):
        payment.disputed_cents = min(taken, payment.amount_cents)
        changes.note_back(session, payment, now)
    counting.count(session, payment, now)
    enqueue(session, "account.book_payment", payment_id=str(payment.id))
    session.flush()


def _all_of(session: Session, model, payment: Payment) -> list:
    where = (model.practice_id == payment.practice_id, model.payment_id == payment.id)
    return list(session.scalars(select(model).where(*where).order_by(model.id)))

"""What a payment counts towards the payment plan that it was made for: its own installment first, then the earliest; and what comes off again.

A payment counts with what is left of it: without refunds, and without what a payer's bank has taken back for good. `Payment.plan_cents` is what it
counts for now, so that counting it again, whoever does and however often, changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugins.account.models import Installment, Payment, PaymentPlan
from plugins.account.services import consents, states
from plugins.account.services.amortizing import received
from plugins.account.services.open_charges import lost_cents

ASKS = ("active", "paused")


def spread(parts: Sequence[tuple[int, int]], cents: int, first: int | None = None) -> list[int]:
    """What has been paid of each part, (amount, paid) by their order, after so much more came, or went again (below zero).

    What came goes to the part numbered `first`, then to the earliest that is open; what went is taken from that part, then from the latest.
    """
    paid = [before for _, before in parts]
    order = list(range(len(parts))) if cents >= 0 else list(reversed(range(len(parts))))
    if first is not None:
        order = [first, *(place for place in order if place != first)]
    for place in order:
        change = min(cents, parts[place][0] - paid[place]) if cents >= 0 else max(cents, -paid[place])
        paid[place] += change
        cents -= change
    return paid


def locked_plan(session: Session, practice_id: UUID, plan_id: UUID) -> PaymentPlan:
    """A plan as it is now; nobody else counts towards it, or changes it, until this transaction ends."""
    query = select(PaymentPlan).where(PaymentPlan.practice_id == practice_id, PaymentPlan.id == plan_id)
    return session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)).one()


def parts_of_plan(session: Session, practice_id: UUID, plan_id: UUID) -> list[Installment]:
    """Its installments as they are now, by their number."""
    query = select(Installment).where(Installment.practice_id == practice_id, Installment.payment_plan_id == plan_id)
    return list(session.scalars(query.order_by(Installment.number).execution_options(populate_existing=True)))


def count(session: Session, payment: Payment, now: datetime) -> None:
    """Bring a plan up to what is left of a payment that was made for it. The payment is locked by this transaction."""
    if payment.payment_plan_id is None:
        return
    plan = locked_plan(session, payment.practice_id, payment.payment_plan_id)
    if plan.external_id is not None:
        return  # the practice's system counts
    session.flush()
    lost = lost_cents(session, payment.practice_id, [payment.id]).get(payment.id, 0)
    left = max(0, payment.amount_cents - payment.refunded_cents - lost) if payment.state == "succeeded" else 0
    payment.plan_cents += add(session, plan, left - payment.plan_cents, now, payment.installment_id)
    session.flush()


def add(session: Session, plan: PaymentPlan, cents: int, now: datetime, first: UUID | None = None) -> int:
    """Count so much more towards a locked plan, or less; returns what of it could be counted. A plan of which all is paid is over, and goes on when
    money comes back."""
    parts = parts_of_plan(session, plan.practice_id, plan.id)
    place = next((number for number, part in enumerate(parts) if part.id == first), None)
    before = sum(part.paid_cents for part in parts)
    for part, paid in zip(parts, spread([(part.amount_cents, part.paid_cents) for part in parts], cents, place), strict=True):
        part.paid_cents = paid
    is_paid = all(part.paid_cents == part.amount_cents for part in parts)
    if is_paid and plan.state in ASKS:
        plan.state, plan.ended_at = "completed", now
        plan.trouble, plan.trouble_at = "", None
        consents.end(session, plan, "over", now)
    elif not is_paid and plan.state == "completed" and cents < 0:
        plan.state, plan.ended_at = "active", None
    session.flush()
    return sum(part.paid_cents for part in parts) - before


def next_cents(session: Session, plan: PaymentPlan) -> int:
    """What is to be paid next of a plan: what is open of the earliest installment, without what may be on its way. 0 for a plan that asks for nothing,
    and for one that the practice's system keeps."""
    if plan.state not in ASKS or plan.external_id is not None:
        return 0
    parts = [(part.amount_cents, part.paid_cents) for part in parts_of_plan(session, plan.practice_id, plan.id)]
    paid = received(parts, under_way_cents(session, plan))
    return next((amount - now for (amount, _), now in zip(parts, paid, strict=True) if now < amount), 0)


def under_way_cents(session: Session, plan: PaymentPlan) -> int:
    """Payments for a plan of which nobody knows yet whether they were taken."""
    where = (Payment.practice_id == plan.practice_id, Payment.payment_plan_id == plan.id, Payment.state.in_(states.UNCERTAIN))
    return int(session.scalars(select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(*where)).one())

"""Finding out what became of a payment: the page of the payer, an event and the sweep all ask the card service by this."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from plugins.account.gateway.asking import CardService, CardServiceAway, CardServiceRefused, Seen
from plugins.account.models import Payment, Refund
from plugins.account.services import settling, states

log = structlog.get_logger("account")

ServiceAt = Callable[[Payment], CardService | None]
"""The card service at which a payment was asked for, or None where there is none any more."""
LOOK_AGAIN_AFTER = timedelta(minutes=2)
NEVER_ARRIVED_AFTER = timedelta(minutes=15)
"""A payment that the card service does not know of by then was never asked for: far longer than a request can be under way."""

BANK_ASKS_FOR = timedelta(days=1)
"""So long a payer's bank waits for an answer about a card that is kept, as long as a page of the card service stays open."""


@dataclass(frozen=True, slots=True)
class Found:
    """A payment as it is now, and where its payer has to go on, if anywhere."""

    payment: Payment
    go_to: str = ""


def look_up(
    session: Session, practice_id: UUID, service_at: ServiceAt, payment_id: UUID, told_by: settling.ToldBy, now: datetime, event_id: str = ""
) -> Found | None:
    """Ask what is true now of a payment that is not over, and take it in; money is never asked for a second time. None when there is no such one.

    No row is locked while the card service is waited for. When it does not answer, nothing is changed.
    """
    payment = session.scalars(select(Payment).where(Payment.practice_id == practice_id, Payment.id == payment_id)).one_or_none()
    if payment is None or payment.state in states.OVER:
        return Found(payment) if payment else None
    service = service_at(payment)
    if service is None:
        log.error("payment_without_gateway", payment=str(payment_id), gateway=payment.gateway)
        return Found(payment)
    try:
        seen = service.look_up(payment.gateway_reference, payment.checkout_reference, str(payment.id), payment.created_at)
    except (CardServiceAway, CardServiceRefused):
        return Found(payment)
    seen = seen or _never_arrived(payment, now)
    seen = _call_off_old(service, payment, seen, now)
    if seen:
        settling.take_in(session, practice_id, seen if seen.payment else replace(seen, payment=str(payment_id)), told_by, now, event_id)
    return Found(payment, seen.go_to if seen else "")


def _never_arrived(payment: Payment, now: datetime) -> Seen | None:
    """What it means that the card service has never heard of it: nothing yet, while the request may still be under way."""
    if now - payment.created_at <= NEVER_ARRIVED_AFTER or payment.gateway_reference or payment.checkout_reference:
        return None
    return Seen("failed", payment.amount_cents, payment.currency, payment=str(payment.id), reason="never_arrived")


def _call_off_old(service: CardService, payment: Payment, seen: Seen | None, now: datetime) -> Seen | None:
    """A page of the card service ends by itself; a bank that asks about a kept card would wait for the payer for ever."""
    waits = seen is not None and seen.state == "payer" and payment.checkout_reference is None and payment.gateway_reference is not None
    if not waits or now - payment.created_at <= BANK_ASKS_FOR:
        return seen
    try:
        return service.call_off(payment.gateway_reference or "")
    except (CardServiceAway, CardServiceRefused):
        return seen


def open_payments(session: Session, practice_id: UUID, now: datetime) -> list[UUID]:
    """The payments that should be known of by now, the oldest first: bank accounts take days, and payers minutes."""
    states_of = Payment.state.in_(("created", "submitted", "unknown", "payer"))
    due = or_(and_(states_of, Payment.created_at <= now - LOOK_AGAIN_AFTER), Payment.state == "processing")
    query = select(Payment.id).where(Payment.practice_id == practice_id, due).order_by(Payment.created_at).limit(100)
    return list(session.scalars(query))


def open_refunds(session: Session, practice_id: UUID, now: datetime) -> list[UUID]:
    """The refunds of which nobody knows what became of them."""
    where = (Refund.practice_id == practice_id, Refund.state.in_(("submitted", "unknown", "processing")), Refund.made_at <= now - LOOK_AGAIN_AFTER)
    return list(session.scalars(select(Refund.id).where(*where).order_by(Refund.made_at).limit(100)))

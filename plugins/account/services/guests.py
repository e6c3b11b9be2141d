"""Paying without signing in. The request looks nobody up: it does the same, and takes as long, whoever is typed.

The threat is that stolen cards are tried out here, so payments are counted before they are asked for, and declined ones once more.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth import clearing, lockout
from core.auth.limits import Count, Limiter, windows
from plugins.account.amounts import LARGEST_GUEST_PAYMENT_CENTS, check_amount
from plugins.account.gateway.asking import CardService
from plugins.account.models import Guest, Payment, Verification
from plugins.account.services.asking import How, Keep, Made, ask
from plugins.account.services.payments import PaymentNotFound, again, begin, new_payment

TRIES = (windows("6 per 15 minutes; 12 per 1 hour; 30 per 1 day"), windows("20 per 15 minutes; 100 per 1 day"))
TRIES_AT_PRACTICE = windows("40 per 15 minutes; 400 per 1 day")
DECLINES = (windows("3 per 15 minutes; 6 per 1 hour; 10 per 1 day"), windows("10 per 15 minutes; 30 per 1 day"))
DECLINES_AT_PRACTICE = windows("15 per 15 minutes; 40 per 1 day")
"""At an address and in the network around it; and of all together, for whoever has many addresses."""
VERIFICATIONS_KEPT = timedelta(days=1)
SETTLED_KEPT, FAILED_KEPT = timedelta(days=90), timedelta(days=30)
"""How long what was typed is kept: after a payment is on an account or paid back, and after one that came to nothing."""


@dataclass(frozen=True, slots=True)
class For:
    """Who the payment is for, as it was typed, and where the receipt goes, if anywhere."""

    first_name: str
    last_name: str
    birthdate: date
    account_number: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class GuestOrder:
    """What a guest asks for. `address` is where the request comes from; see payments.Order for the rest."""

    who: For
    clinic_id: UUID | None
    amount_cents: int
    form_nonce: str
    address: str
    note: str = ""
    minimum_cents: int = 100


def pay(
    session: Session, service: CardService, limiter: Limiter, order: GuestOrder, how: Callable[[UUID], How], now: datetime, keep: Keep
) -> Made:
    """Pay, and return the payment with where the guest has to go on; the same form sent again is the first payment, whatever became of it.

    What is tried here is counted before the card service is asked for its page. See payments.make_payment for `how` and `keep`. Raises
    AmountRefused, TooManyAttempts: then nothing was paid.
    """
    practice_id: UUID = session.info["practice_id"]
    before = session.scalars(_sent(practice_id, order)).one_or_none()
    if before is None:
        check_amount(order.amount_cents, order.minimum_cents, LARGEST_GUEST_PAYMENT_CENTS)
        take_try(limiter, practice_id, order.address, now)
        before = _put_on_record(session, service, order, now)
        if before:
            keep(before.id)
            return ask(session, service, before, how(before.id), now)
        keep(None)  # the same form, sent twice at once
        before = session.scalars(_sent(practice_id, order)).one()
    return again(session, service, before, how(before.id), now)


def take_try(limiter: Limiter, practice_id: UUID, address: str, now: datetime) -> None:
    """Count that somebody is about to pay without signing in. Raises TooManyAttempts, also when too many cards were declined."""
    limiter.refuse_when_full(now, *_counts(practice_id, "pay.declined", address, DECLINES, DECLINES_AT_PRACTICE))
    limiter.take(now, *_counts(practice_id, "pay", address, TRIES, TRIES_AT_PRACTICE))


def count_decline(limiter: Limiter, practice_id: UUID, address: str) -> None:
    """A card was declined that somebody at this address has tried."""
    limiter.hit(*_counts(practice_id, "pay.declined", address, DECLINES, DECLINES_AT_PRACTICE))


def payment_of(session: Session, practice_id: UUID, payment_id: UUID) -> Payment:
    """A payment that a guest made, as long as what was typed for it is kept. Raises PaymentNotFound."""
    where = (Payment.practice_id == practice_id, Payment.id == payment_id, Payment.account_id.is_(None))
    typed = and_(Guest.practice_id == Payment.practice_id, Guest.id == Payment.id)
    found = session.scalars(select(Payment).join(Guest, typed).where(*where)).one_or_none()
    if found is None:
        raise PaymentNotFound
    return found


def typed_by(session: Session, payment: Payment) -> Guest:
    """What was typed for a payment."""
    return session.get_one(Guest, (payment.practice_id, payment.id))


def clear_away(session: Session, practice_id: UUID, now: datetime) -> None:
    """Forget what was typed for payments that are settled, or came to nothing, long enough ago; the payments stay. What waits for the office stays."""
    clearing.clear_rows(session, Guest, practice_id, Guest.settled_at <= now - SETTLED_KEPT)
    failed = (Payment.practice_id == practice_id, Payment.state.in_(("failed", "canceled")), Payment.settled_at <= now - FAILED_KEPT)
    clearing.clear_rows(session, Guest, practice_id, Guest.id.in_(select(Payment.id).where(*failed)))
    clearing.clear_rows(session, Verification, practice_id, Verification.asked_at <= now - VERIFICATIONS_KEPT)


def _counts(practice_id: UUID, what: str, address: str, places: tuple, whole: tuple) -> tuple[Count, ...]:
    return *lockout.of_places(practice_id, what, address, *places), Count(whole, practice_id, f"{what}.practice")


def _sent(practice_id: UUID, order: GuestOrder) -> Select:
    """The payment that this opened form has made already, if any."""
    where = (Payment.practice_id == practice_id, Payment.account_id.is_(None), Payment.form_nonce == order.form_nonce)
    return select(Payment).where(*where)


def _put_on_record(session: Session, service: CardService, order: GuestOrder, now: datetime) -> Payment | None:
    """The new payment; None when another request with the same form was quicker, which the index waits for."""
    values = new_payment(service, order.clinic_id, order.amount_cents, order.form_nonce, now)
    row = insert(Payment).values(practice_id=session.info["practice_id"], note=order.note, source="guest", **values)
    once = row.on_conflict_do_nothing(index_elements=["practice_id", "form_nonce"], index_where=text("account_id is null"))
    payment = session.scalars(once.returning(Payment)).one_or_none()
    if payment:
        session.add(Guest(id=payment.id, address=order.address, **asdict(order.who)))
        begin(session, payment, now)
    return payment

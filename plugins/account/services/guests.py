"""Paying without signing in. The request looks nobody up: it does the same, and takes as long, whoever is typed.

The threat is that stolen cards are tried out here, so payments are counted before they are asked for, and declined ones once more.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import Select, and_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth import clearing, lockout
from core.auth.limits import Count, Limiter, windows
from plugins.account.amounts import CURRENCY, LARGEST_GUEST_PAYMENT_CENTS, check_amount
from plugins.account.gateway import PaymentGateway
from plugins.account.models import Guest, Payment
from plugins.account.services.payments import PaymentNotFound, charge, look_again, new_payment

TRIES = (windows("6 per 15 minutes; 12 per 1 hour; 30 per 1 day"), windows("20 per 15 minutes; 100 per 1 day"))
TRIES_AT_PRACTICE = windows("40 per 15 minutes; 400 per 1 day")
DECLINES = (windows("3 per 15 minutes; 6 per 1 hour; 10 per 1 day"), windows("10 per 15 minutes; 30 per 1 day"))
DECLINES_AT_PRACTICE = windows("15 per 15 minutes; 40 per 1 day")
"""At an address and in the network around it; and of all together, for whoever has many addresses."""
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
    method: str
    form_nonce: str
    address: str
    note: str = ""
    minimum_cents: int = 100


def pay(
    session: Session, gateway: PaymentGateway, limiter: Limiter, order: GuestOrder, now: datetime, keep: Callable[[UUID], None]
) -> UUID:
    """Pay, and return the payment's id; the same form sent again returns the first payment, whatever became of it.

    `keep` makes a new payment last, as for payments.make_payment. Raises AmountRefused, TooManyAttempts: then nothing was paid.
    """
    practice_id: UUID = session.info["practice_id"]
    sent = _sent(practice_id, order)
    before: UUID | None = session.scalar(sent)
    if before:
        return before
    check_amount(order.amount_cents, order.minimum_cents, LARGEST_GUEST_PAYMENT_CENTS)
    declines = _counts(practice_id, "pay.declined", order.address, DECLINES, DECLINES_AT_PRACTICE)
    limiter.refuse_when_full(now, *declines)
    limiter.take(now, *_counts(practice_id, "pay", order.address, TRIES, TRIES_AT_PRACTICE))
    payment = _put_on_record(session, gateway.name, order, now)
    if payment is None:  # the same form, sent twice at once
        return cast(UUID, session.scalars(sent).one())
    keep(payment.id)
    if charge(session, gateway, payment, order.method, now) == "failed":
        limiter.hit(*declines)
    return payment.id


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
    failed = (Payment.practice_id == practice_id, Payment.state == "failed", Payment.settled_at <= now - FAILED_KEPT)
    clearing.clear_rows(session, Guest, practice_id, Guest.id.in_(select(Payment.id).where(*failed)))


def _counts(practice_id: UUID, what: str, address: str, places: tuple, whole: tuple) -> tuple[Count, ...]:
    return *lockout.of_places(practice_id, what, address, *places), Count(whole, practice_id, f"{what}.practice")


def _sent(practice_id: UUID, order: GuestOrder) -> Select:
    """The payment that this opened form has made already, if any."""
    where = (Payment.practice_id == practice_id, Payment.account_id.is_(None), Payment.form_nonce == order.form_nonce)
    return select(Payment.id).where(*where)


def _put_on_record(session: Session, gateway: str, order: GuestOrder, now: datetime) -> Payment | None:
    """The new payment; None when another request with the same form was quicker, which the index waits for."""
    values = new_payment(gateway, order.clinic_id, order.amount_cents, CURRENCY, order.form_nonce, now)
    row = insert(Payment).values(practice_id=session.info["practice_id"], note=order.note, **values)
    once = row.on_conflict_do_nothing(index_elements=["practice_id", "form_nonce"], index_where=text("account_id is null"))
    payment = session.scalars(once.returning(Payment)).one_or_none()
    if payment:
        session.add(Guest(id=payment.id, **asdict(order.who)))
        look_again(session, payment.id, now)
        session.flush()
    return payment

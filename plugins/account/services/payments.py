"""Making a payment: the row first, then the money, then the receipt."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import uuid7
from core.tasks import enqueue
from core.web.formats import money
from plugins.account.amounts import CURRENCY, LARGEST_PAYMENT_CENTS, AmountRefused, check_amount
from plugins.account.gateway.asking import CardService
from plugins.account.models import Guest, Payment
from plugins.account.services import looking_up, settling
from plugins.account.services.asking import How, Keep, Made, ask, close_pages, under_way
from plugins.account.services.looking_up import ServiceAt
from plugins.account.services.offers import About, Choice, offers_of
from plugins.account.services.open_charges import lock_patients

SETTLE_AFTER = timedelta(minutes=2)
"""When a payment is looked into whose answer was lost; longer than a card service may take to answer."""
ASKED_AGAIN = timedelta(hours=1)
"""So long the same form leads to the same page of the card service."""
TRIES = 3

# No letters and digits that are mistaken for one another when a receipt is read out on the telephone.
_RECEIPT_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


SMALLEST_CHARGE_CENTS = 50
"""What card services take at least; https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts"""


CHANGED = "The balance has changed since this page was opened. Please check the amount."


class PaymentNotFound(Exception):
    """There is no such payment for this patient."""


class BalanceChanged(Exception):
    """What is owed is not what the payer saw."""

    def __init__(self) -> None:
        super().__init__(CHANGED)


class PrepaymentNotConfirmed(Exception):
    """The amount is more than what is owed, and the payer has not said that this is meant."""

    def __init__(self, amount_cents: int, owed_cents: int):
        super().__init__("This is more than what is owed.")
        self.amount_cents, self.owed_cents = amount_cents, owed_cents
        self.excess_cents = amount_cents - owed_cents


@dataclass(frozen=True, slots=True)
class Order:
    """What a payer asks for: one of the offers (services/offers.py), or another amount.

    `amount_cents` is what the page showed for it, which must still hold, or the amount that was typed.
    `prepayment_confirmed_cents` is the amount of which the payer has said that it may be more than what is owed.

    `account_id` is none for whoever has proven to be the patient by a code (`source` verified). `method_id` is what is kept and charged.
    `form_nonce` belongs to one opened form. `typed` is who pays without an account, as `Guest` keeps it.
    """

    about: About
    account_id: UUID | None
    clinic_id: UUID | None
    choice: Choice
    amount_cents: int
    form_nonce: str
    source: str = "portal"
    pay_request_id: UUID | None = None
    method_id: UUID | None = None
    note: str = ""
    prepayment_confirmed_cents: int = 0
    minimum_cents: int = 100
    largest_cents: int = LARGEST_PAYMENT_CENTS
    typed: dict[str, Any] | None = None

    @property
    def patients(self) -> tuple[UUID, ...]:
        """For whom it is."""
        return self.about.family if self.choice == "family" else (self.about.patient_id,)


def new_nonce() -> str:
    """What makes one opened form different from every other."""
    return secrets.token_urlsafe(16)


def make_payment(session: Session, service: CardService, service_at: ServiceAt, order: Order, how, now: datetime, keep: Keep) -> Made:
    """Pay, and return the payment with where its payer has to go on; the same form sent again is the first payment, whatever became of it.

    `how` is a function of the payment's id that says with what is paid (`How`). Raises AmountRefused, BalanceChanged, PrepaymentNotConfirmed,
    StatementNotFound, JustPaid, CardServiceAway: then nothing was paid.
    """
    practice_id: UUID = session.info["practice_id"]
    before = sent_before(session, practice_id, order)
    for _ in range(TRIES if before is None else 0):
        close_pages(session, practice_id, service_at, order.patients, now, keep, order.form_nonce)
        payment, is_new = _put_on_record(session, practice_id, service, order, how, now)
        if payment and is_new:
            keep(payment.id)
            return ask(session, service, payment, how(payment.id), now)
        keep(None)
        if payment:
            before = payment
            break
    if before is None:
        raise BalanceChanged
    return again(session, service, before, how(before.id), now)


def again(session: Session, service: CardService, payment: Payment, how: How, now: datetime) -> Made:
    """The same form once more: it leads to the same page of the card service; what is kept is never charged by it."""
    if payment.card_account != service.card_account:
        return Made(payment.id)
    if payment.checkout_reference or payment.gateway_reference:
        found = looking_up.look_up(session, payment.practice_id, lambda _: service, payment.id, "payer", now)
        return Made(payment.id, found.go_to if found else "")
    if payment.state in ("submitted", "unknown") and payment.method_id is None and now - payment.created_at < ASKED_AGAIN:
        return ask(session, service, payment, how, now)
    return Made(payment.id)


def _put_on_record(session: Session, practice_id: UUID, service: CardService, order: Order, how, now: datetime) -> tuple[Payment | None, bool]:
    """The payment of this form, and whether it is new; none when somebody else has opened a page for these patients meanwhile."""
    # One payment at a time for each patient: the second of two waits here and then sees the first.
    lock_patients(session, practice_id, order.patients)
    before = sent_before(session, practice_id, order)
    if before:
        return before, False
    if any(payment.state == "payer" for payment in under_way(session, practice_id, order.patients, locks=True)):
        return None, False
    _check(session, practice_id, order)
    about = order.about
    values = new_payment(service, order.clinic_id, order.amount_cents, order.form_nonce, now) | {"source": order.source, "note": order.note, "pay_request_id": order.pay_request_id}
    values |= {"patient_id": about.patient_id, "account_id": order.account_id, "method_id": order.method_id}
    values |= {"scope": "family" if order.choice == "family" else "patient"}
    values |= {"statement_id": about.statement_id if order.choice == "statement" else None}
    values |= {"visit": about.visit if order.choice == "visit" else None, "payment_plan_id": about.plan_id if order.choice == "plan" else None}
    payment = Payment(**values)
    payment.keeps_method = how(payment.id).keeps_method
    begin(session, payment, now)
    if order.typed:
        session.add(Guest(id=payment.id, outcome="matched", settled_at=now, **order.typed))
        session.flush()
    return payment, True


def begin(session: Session, payment: Payment, now: datetime) -> None:
    """Put a payment on record that is about to be asked for, and see to it that somebody asks what became of it if its answer is lost."""
    session.add(payment)
    session.flush()
    settling.step(session, payment, "submitted", "request", now)
    enqueue(session, "account.settle_payment", at=now + SETTLE_AFTER, payment_id=str(payment.id))
    session.flush()


def sent_before(session: Session, practice_id: UUID, order: Order) -> Payment | None:
    """The payment that this opened form has made already, if any."""
    who = Payment.account_id == order.account_id if order.account_id else Payment.account_id.is_(None)
    where = (Payment.practice_id == practice_id, who, Payment.form_nonce == order.form_nonce)
    return session.scalars(select(Payment).where(*where)).one_or_none()


def _check(session: Session, practice_id: UUID, order: Order) -> None:
    offers = offers_of(session, practice_id, order.about)
    cents, payable = order.amount_cents, offers.payable(order.choice)
    if order.choice != "other" and offers.amounts.get(order.choice, 0) != cents:
        raise BalanceChanged
    if order.choice != "other" and cents == 0:
        raise AmountRefused("There is nothing to pay. To pay in advance, choose another amount.")
    # A whole balance below the office's smallest payment can still be paid off.
    smallest = SMALLEST_CHARGE_CENTS if order.choice != "other" or cents == payable else order.minimum_cents
    check_amount(cents, smallest, order.largest_cents)
    if cents > payable and cents != order.prepayment_confirmed_cents:
        raise PrepaymentNotConfirmed(cents, payable)


def new_payment(service: CardService, clinic_id: UUID | None, amount_cents: int, form_nonce: str, now: datetime) -> dict[str, Any]:
    """The columns of a payment that is about to be asked for, whoever makes it."""
    payment_id = uuid7()
    return {
        "id": payment_id,
        "clinic_id": clinic_id,
        "amount_cents": amount_cents,
        "currency": CURRENCY,
        "state": "created",
        "idempotency_key": f"pay:{payment_id}",
        "form_nonce": form_nonce,
        "receipt_number": _receipt_number(),
        "gateway": service.name,
        "card_account": service.card_account,
        "created_at": now,
    }


def _receipt_number() -> str:
    letters = "".join(secrets.choice(_RECEIPT_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def payment(session: Session, practice_id: UUID, patient_id: UUID, payment_id: UUID) -> Payment:
    """A payment for this patient. Raises PaymentNotFound."""
    where = (Payment.practice_id == practice_id, Payment.patient_id == patient_id, Payment.id == payment_id)
    found = session.scalars(select(Payment).where(*where)).one_or_none()
    if found is None:
        raise PaymentNotFound
    return found


def excess_text(refusal: PrepaymentNotConfirmed) -> str:
    """What to ask before more is paid than is owed."""
    owed, excess = refusal.owed_cents, refusal.excess_cents
    if owed == 0:
        return f"Nothing is owed right now. {money(excess)} would be kept as a credit for later visits."
    return f"That is {money(excess)} more than the {money(owed)} that is owed. The rest would be kept as a credit for later visits."

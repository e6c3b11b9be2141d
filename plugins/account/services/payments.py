"""Making a payment: the row first, then the money, then the receipt."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people.models import Patient
from core.tasks import enqueue
from core.web.formats import money
from plugins.account.amounts import AmountRefused, check_amount
from plugins.account.gateway import PaymentGateway
from plugins.account.models import Payment
from plugins.account.services import ledger, settling
from plugins.account.services.answers import seen_of

Choice = Literal["balance", "statement", "other"]
SETTLE_AFTER = timedelta(minutes=2)
"""When a payment is looked into whose answer was lost; longer than a gateway may take to answer."""

# No letters and digits that are mistaken for one another when a receipt is read out on the telephone.
_RECEIPT_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


SMALLEST_CHARGE_CENTS = 50
"""What card services take at least; https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts"""


class PaymentNotFound(Exception):
    """There is no such payment for this patient."""


class BalanceChanged(Exception):
    """What is owed is not what the payer saw."""

    def __init__(self) -> None:
        super().__init__("The balance has changed since this page was opened. Please check the amount.")


class PrepaymentNotConfirmed(Exception):
    """The amount is more than what is owed, and the payer has not said that this is meant."""

    def __init__(self, amount_cents: int, balance: ledger.Balance):
        super().__init__("This is more than what is owed.")
        self.amount_cents, self.balance = amount_cents, balance
        self.excess_cents = amount_cents - balance.payable_cents


@dataclass(frozen=True, slots=True)
class Order:
    """What a payer asks for: the whole balance, what is left of the last statement, or another amount.

    `amount_cents` is what the page showed for it, which must still hold, or the amount that was typed.
    `prepayment_confirmed_cents` is the amount of which the payer has said that it may be more than what is owed.

    `zone` is the clinic's; `method` is what the gateway calls the card, never its number. `form_nonce` belongs to one opened form.
    """

    patient_id: UUID
    account_id: UUID
    clinic_id: UUID | None
    choice: Choice
    amount_cents: int
    method: str
    form_nonce: str
    zone: ZoneInfo
    note: str = ""
    prepayment_confirmed_cents: int = 0
    minimum_cents: int = 100
    currency: str = "USD"


def new_nonce() -> str:
    """What makes one opened form different from every other."""
    return secrets.token_urlsafe(16)


def make_payment(session: Session, gateway: PaymentGateway, order: Order, now: datetime, keep: Callable[[UUID], None]) -> UUID:
    """Pay, and return the payment's id; the same form sent again returns the first payment, whatever became of it.

    `keep` is called with the id of a new payment and makes it last (it commits), so that the payment is on record before anyone is asked for money and no
    transaction is open while the gateway is waited for. Raises AmountRefused, BalanceChanged, PrepaymentNotConfirmed: then
    nothing was paid.
    """
    practice_id: UUID = session.info["practice_id"]
    payment, is_new = _put_on_record(session, practice_id, gateway.name, order, now)
    if is_new:
        keep(payment.id)
        charge(session, gateway, payment, order.method, now)
    return payment.id


def charge(session: Session, gateway: PaymentGateway, payment: Payment, method: str, now: datetime) -> str:
    """Ask for the money of a payment that is on record, write down the answer, and return the state."""
    answer = gateway.charge(payment.amount_cents, payment.currency, method, payment.idempotency_key, f"Payment {payment.receipt_number}")
    settled = settling.take_in(session, payment.practice_id, seen_of(payment, answer), "answer", now)
    assert settled
    return settled.state


def _put_on_record(session: Session, practice_id: UUID, gateway: str, order: Order, now: datetime) -> tuple[Payment, bool]:
    # One payment at a time for each patient: the second of two waits here and then sees the first.
    where = (Patient.practice_id == practice_id, Patient.id == order.patient_id)
    session.execute(select(Patient.id).where(*where).with_for_update(key_share=True))
    before = _sent_before(session, practice_id, order)
    if before:
        return before, False
    _check(ledger.overview(session, practice_id, order.patient_id, order.zone), order)
    about = {"patient_id": order.patient_id, "account_id": order.account_id, "note": order.note}
    payment = Payment(**new_payment(gateway, order.clinic_id, order.amount_cents, order.currency, order.form_nonce, now), **about)
    session.add(payment)
    look_again(session, payment.id, now)
    session.flush()
    return payment, True


def look_again(session: Session, payment_id: UUID, now: datetime) -> None:
    """See to it that somebody asks what became of a payment whose answer was lost."""
    enqueue(session, "account.settle_payment", at=now + SETTLE_AFTER, payment_id=str(payment_id))


def _sent_before(session: Session, practice_id: UUID, order: Order) -> Payment | None:
    where = (Payment.practice_id == practice_id, Payment.account_id == order.account_id, Payment.form_nonce == order.form_nonce)
    return session.scalars(select(Payment).where(*where)).one_or_none()


def _check(overview: ledger.Overview, order: Order) -> None:
    cents, payable = order.amount_cents, overview.balance.payable_cents
    now = {"balance": payable, "statement": overview.statement_due_cents}
    if now.get(order.choice, cents) != cents:
        raise BalanceChanged
    if order.choice != "other" and cents == 0:
        raise AmountRefused("There is nothing to pay. To pay in advance, choose another amount.")
    # A whole balance below the office's smallest payment can still be paid off.
    check_amount(cents, SMALLEST_CHARGE_CENTS if order.choice != "other" or cents == payable else order.minimum_cents)
    if cents > payable and cents != order.prepayment_confirmed_cents:
        raise PrepaymentNotConfirmed(cents, overview.balance)


def new_payment(gateway: str, clinic_id: UUID | None, amount_cents: int, currency: str, form_nonce: str, now: datetime) -> dict[str, Any]:
    """The columns of a payment that is about to be asked for, whoever makes it."""
    payment_id = uuid7()
    return {
        "id": payment_id,
        "clinic_id": clinic_id,
        "amount_cents": amount_cents,
        "currency": currency,
        "state": "submitted",
        "idempotency_key": f"pay:{payment_id}",
        "form_nonce": form_nonce,
        "receipt_number": _receipt_number(),
        "gateway": gateway,
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
    owed, excess = refusal.balance.payable_cents, refusal.excess_cents
    if owed == 0:
        return f"Nothing is owed right now. {money(excess)} would be kept as a credit for later visits."
    return f"That is {money(excess)} more than the {money(owed)} that is owed. The rest would be kept as a credit for later visits."

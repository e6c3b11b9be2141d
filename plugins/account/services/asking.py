"""Asking the card service for the money of a payment that is on record, and closing what a payer has left open there."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from plugins.account.gateway.asking import Ask, CardService, CardServiceAway, CardServiceRefused, Kind, Seen
from plugins.account.models import Payment
from plugins.account.services import settling, states
from plugins.account.services.looking_up import ServiceAt

Keep = Callable[[UUID | None], None]
"""Makes what was written last (it commits), with the id of a payment that is new; no transaction is open while the card service is waited for."""


class JustPaid(Exception):
    """What the payer had begun before has just been paid: nobody pays it again without having seen that."""

    def __init__(self, payment_id: UUID):
        super().__init__("You have just paid.")
        self.payment_id = payment_id


@dataclass(frozen=True, slots=True)
class How:
    """With what is paid: something that the payer keeps (`method` is the card service's reference), else on a page of the card service.

    Without the payer (`payer_is_here`), as in automatic payments, their bank cannot ask them.
    """

    back_to: str
    method: str | None = None
    customer: str | None = None
    kinds: Sequence[Kind] = ("card",)
    keeps_method: bool = False
    payer_is_here: bool = True


@dataclass(frozen=True, slots=True)
class Made:
    """A payment, and where its payer has to go on, if anywhere."""

    payment_id: UUID
    go_to: str = ""


def ask(session: Session, service: CardService, payment: Payment, how: How, now: datetime) -> Made:
    """Ask for the money once (the same payment has the same key) and take in the answer."""
    seen = _asked(service, payment, how)
    # What an earlier request was told is worth more than that this one was not answered.
    if seen.state != "unknown" or payment.state == "submitted":
        settling.take_in(session, payment.practice_id, seen, "answer", now)
    return Made(payment.id, seen.go_to)


def _asked(service: CardService, payment: Payment, how: How) -> Seen:
    wanted = Ask(str(payment.id), payment.amount_cents, payment.currency, payment.idempotency_key, how.back_to, how.customer)
    try:
        if how.method:
            return service.charge(wanted, how.method, how.payer_is_here)
        return service.open_page(wanted, how.keeps_method, how.kinds)
    except CardServiceRefused as refused:
        return Seen("failed", payment.amount_cents, payment.currency, payment=str(payment.id), reason=refused.reason)
    except CardServiceAway:
        return Seen("unknown", payment.amount_cents, payment.currency, payment=str(payment.id))


def under_way(session: Session, practice_id: UUID, patient_ids: Collection[UUID], locks: bool = False) -> list[Payment]:
    """Payments for these patients, or for the families that they are in, of which nobody knows yet whether they were paid. Once locked, they stay
    as they are until this transaction ends: what is read after them of balances fits to them."""
    guarantors = select(Patient.guarantor_id).where(Patient.practice_id == practice_id, Patient.id.in_(patient_ids))
    theirs = or_(Payment.patient_id.in_(patient_ids), and_(Payment.scope == "family", Payment.patient_id.in_(guarantors)))
    query = select(Payment).where(Payment.practice_id == practice_id, Payment.state.in_(states.OPEN), theirs).order_by(Payment.id)
    return list(session.scalars((query.with_for_update() if locks else query).execution_options(populate_existing=True)))


def close_pages(
    session: Session, practice_id: UUID, service_at: ServiceAt, patient_ids: Collection[UUID], now: datetime, keep: Keep, form_nonce: str
) -> None:
    """Before a payer pays anew: nobody can go on with what was begun for these patients by another form. The page of this one stays open: the same
    form, sent twice at once, leads to it. Raises JustPaid, CardServiceAway."""
    begun = (payment for payment in under_way(session, practice_id, patient_ids) if payment.state == "payer")
    found = [payment for payment in begun if payment.form_nonce != form_nonce]
    keep(None)
    for payment in found:
        state = close(session, service_at, payment, now, "payer")
        keep(None)
        if state in ("succeeded", "processing"):
            raise JustPaid(payment.id)


def close(
    session: Session, service_at: ServiceAt, payment: Payment, now: datetime, told_by: settling.ToldBy, by_id: UUID | None = None
) -> str:
    """End a payment that waits for its payer, and return its state: when they have just paid, that is taken in. Raises CardServiceAway, also when it
    cannot be ended."""
    service = service_at(payment)
    if service is None:
        raise CardServiceAway
    try:
        if payment.checkout_reference:
            seen = service.close_page(payment.checkout_reference)
        else:
            seen = service.call_off(payment.gateway_reference or "")
    except CardServiceRefused:
        raise CardServiceAway from None
    closed = settling.take_in(session, payment.practice_id, seen, told_by, now, by_id=by_id)
    if closed is None or closed.state == "payer":
        raise CardServiceAway
    return closed.state

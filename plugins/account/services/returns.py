"""Payments that a payer's bank takes back after they were made: why, in plain words; who is told; and that the office has seen to it.

A debit of a bank account can come back days after it has succeeded. The card service reports that as a dispute that is lost from the start
(https://docs.stripe.com/payments/ach-direct-debit#disputed-payments): nobody can answer it, and what it paid is owed again.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.orm import Session

from core.plugins.waiting import at_clinics
from plugins.account.models import Dispute, Payment

# https://docs.stripe.com/api/disputes/object#dispute_object-reason
_REASONS = {
    "bank_cannot_process": "the bank could not process it",
    "check_returned": "the bank returned it",
    "credit_not_processed": "the payer waits for money that was to be given back",
    "customer_initiated": "the payer has asked the bank for the money",
    "debit_not_authorized": "the payer has told the bank that nobody was allowed to take it",
    "duplicate": "the payer says that it was paid twice",
    "fraudulent": "the payer says that somebody else has paid with this",
    "incorrect_account_details": "the account is not there, or its number is wrong",
    "insufficient_funds": "there was not enough money in the account",
    "product_not_received": "the payer says that what was paid for was not done",
    "product_unacceptable": "the payer says that what was paid for was not as agreed",
    "subscription_canceled": "the payer says that this was ended before",
    "unrecognized": "the payer does not know what it was for",
}


def reason_text(reason: str) -> str:
    """Why a bank takes a payment back, as part of a sentence; the card service's own word never reaches a page."""
    return _REASONS.get(reason, "the bank gives no reason")


_UNSEEN = (Dispute.is_over, Dispute.won.is_(False), Dispute.seen_at.is_(None))
HOW_MANY = (
    select(func.count())
    .select_from(Dispute)
    .join(Payment, and_(Payment.practice_id == Dispute.practice_id, Payment.id == Dispute.payment_id))
    .where(Dispute.practice_id == bindparam("practice_id"), *_UNSEEN, at_clinics(Payment.clinic_id))
    .where(bindparam("since") < Dispute.opened_at, bindparam("now") >= Dispute.opened_at)
)
"""How many were taken back for good that nobody at the office has seen to."""


def see_to(session: Session, practice_id: UUID, payment_id: UUID, by: UUID, now: datetime) -> bool:
    """The office has seen to what was taken back of a payment; False when there is nothing that it has not seen to."""
    mine = (Dispute.practice_id == practice_id, Dispute.payment_id == payment_id, *_UNSEEN)
    return bool(session.execute(update(Dispute).where(*mine).values(seen_at=now, seen_by=by).returning(Dispute.id)).all())

"""What the card service keeps of payments, and with which payout the rest came to the bank: taken in every night, for bookkeeping."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from plugins.account.gateway.asking import BalanceLine as Seen
from plugins.account.gateway.asking import CardService
from plugins.account.models import BalanceLine

OVER = timedelta(days=35)
MOVED = ("payout", "payout_cancel", "payout_failure")
"""Kinds that move money between the account and the bank: they are no income, and cost nothing."""
WORDS = {
    "charge": "Payment", "payment": "Payment", "refund": "Refund", "payment_refund": "Refund", "refund_failure": "Refund that came back",
    "payment_failure_refund": "Payment that failed", "adjustment": "Dispute", "stripe_fee": "Fee of the card service",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sums:
    """What came and went, what the card service kept of it, and what is left, in cents."""

    gross_cents: int = 0
    fee_cents: int = 0

    @property
    def net_cents(self) -> int:
        """What is left of it."""
        return self.gross_cents - self.fee_cents


class Line(NamedTuple):
    """A line for bookkeeping: `what` in words, and the receipt of the payment that it is about, if any."""

    day: date
    clinic_id: UUID | None
    what: str
    receipt_number: str
    sums: Sums
    payout_reference: str
    paid_out_on: date | None
    reference: str


def keep(session: Session, practice_id: UUID, service: CardService, now: datetime) -> None:
    """Take in the lines of the last weeks, and those of payouts that are new. Raises CardServiceAway, CardServiceRefused."""
    for seen in service.balance_since(now - OVER):
        _put(session, practice_id, service, seen)
    payouts = {one.reference: one for one in service.payouts()}
    known = select(BalanceLine.payout_reference).where(BalanceLine.practice_id == practice_id, BalanceLine.payout_reference.in_(payouts)).distinct()
    for reference in payouts.keys() - set(session.scalars(known)):
        for seen in service.lines_of(reference):
            _put(session, practice_id, service, seen, payout_reference=reference, paid_out_at=payouts[reference].arrives_at)


def _put(session: Session, practice_id: UUID, service: CardService, seen: Seen, **more: object) -> None:
    if seen.kind in MOVED:
        return
    values = {
        "practice_id": practice_id, "reference": seen.reference, "card_account": service.card_account, "payment_reference": seen.payment_reference,
        "kind": seen.kind, "amount_cents": seen.amount_cents, "fee_cents": seen.fee_cents, "currency": seen.currency, "at": seen.at, **more,
    }  # fmt: skip
    row = insert(BalanceLine).values(id=uuid7(), **values)
    session.execute(row.on_conflict_do_update(index_elements=["practice_id", "reference"], set_=more) if more else row.on_conflict_do_nothing())


_LINES = text("""
select (line.at at time zone :zone)::date as day, coalesce(p.clinic_id, a.clinic_id) as clinic, line.kind, coalesce(p.receipt_number, '') as receipt,
    line.amount_cents, line.fee_cents, line.payout_reference, (line.paid_out_at at time zone 'UTC')::date as paid_out_on, line.reference
from account_balance_line line
left join account_payment p on p.practice_id = :practice and p.gateway_reference = line.payment_reference and line.payment_reference <> ''
left join account_card_account a on a.practice_id = :practice and a.reference = line.card_account
where line.practice_id = :practice and (line.at at time zone :zone)::date between :first and :last
    and line.at >= cast(:first as date) - 2 and line.at < cast(:last as date) + 2
    and (cast(:clinics as uuid[]) is null or coalesce(p.clinic_id, a.clinic_id) = any(:clinics))
order by line.at, line.reference""")


def lines(session: Session, practice_id: UUID, first: date, last: date, zone: ZoneInfo, clinic_ids: Collection[UUID] = ()) -> Iterator[Line]:
    """Each line of these days, the oldest first; of these clinics, none means all."""
    about = {"practice": practice_id, "first": first, "last": last, "zone": zone.key, "clinics": list(clinic_ids) or None}
    for row in session.execute(_LINES, about):
        what = WORDS.get(row.kind, row.kind.replace("_", " ").capitalize())
        sums = Sums(row.amount_cents, row.fee_cents)
        yield Line(row.day, row.clinic, what, row.receipt, sums, row.payout_reference, row.paid_out_on, row.reference)


def together(found: Collection[Line]) -> Sums:
    """What lines come to."""
    return Sums(sum(line.sums.gross_cents for line in found), sum(line.sums.fee_cents for line in found))

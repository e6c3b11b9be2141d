"""Comparing with the card service: what it knows is taken in, and what does not agree after that is noted for staff.

No row is locked while the card service is waited for: everything is asked first.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from plugins.account.gateway.asking import CardService, Seen, SeenDispute, SeenRefund
from plugins.account.models import Difference, Payment, Refund
from plugins.account.services import differences, settling, truth

WINDOW = timedelta(hours=72)
SUMS_OVER = timedelta(days=35)
STAYS_AFTER = timedelta(minutes=30)
"""What does not agree for longer than this is told to those who run the installation, too."""
SETTLES_WITHIN = timedelta(hours=1)
_TAKEN = ("succeeded", "processing")
_BOOKED = ("charge", "payment", "payment_failure_refund", "refund", "payment_refund", "refund_failure")

HOW_MANY = (
    select(func.count())
    .select_from(Difference)
    .where(
        Difference.practice_id == bindparam("practice_id"),
        Difference.closed_at.is_(None),
        Difference.found_at > bindparam("since"),
        Difference.found_at <= bindparam("now"),
    )
)
"""How many differences are open; they are of accounts, and those of whole practices."""


class DifferencesStay(Exception):
    """Something does not agree for so long that whoever runs the installation has to know."""


@dataclass(frozen=True)
class Sums:
    """What was taken less what went back, in the portal and at the card service."""

    here_cents: int
    there_cents: int


def compare(session: Session, practice_id: UUID, service: CardService, now: datetime) -> None:
    """Compare the last three days. Raises CardServiceAway, CardServiceRefused; then nothing has changed."""
    since = now - WINDOW
    seen = list(service.payments_since(since))
    refunds, disputes = list(service.refunds_since(since)), list(service.disputes_since(since))
    for payment in reversed(seen):
        _compare_payment(session, practice_id, service, payment, now)
    _take_in_afterwards(session, practice_id, service, refunds, disputes, now)
    _find_missing(session, practice_id, service.card_account, since, {one.reference for one in seen}, now)
    _find_missing_refunds(session, practice_id, service.card_account, since, {one.reference for one in refunds}, now)
    _close_mended(session, practice_id, now)


def _compare_payment(session: Session, practice_id: UUID, service: CardService, seen: Seen, now: datetime) -> None:
    row = truth.take_in(session, practice_id, service, seen, "reconciling", now)
    if row is None and seen.state in _TAKEN:
        there = {"state": seen.state, "amount_cents": seen.amount_cents, "currency": seen.currency}
        differences.note(session, "unknown_here", seen.reference or "", now, {}, there)


def _take_in_afterwards(
    session: Session, practice_id: UUID, service: CardService, refunds: list[SeenRefund], disputes: list[SeenDispute], now: datetime
) -> None:
    paid = {one.payment_reference for one in refunds} | {one.payment_reference for one in disputes}
    for reference in paid - {""}:
        _know_payment(session, practice_id, service, reference, now)
    for refund in reversed(refunds):
        if settling.take_in_refund(session, practice_id, refund, "reconciling", now) is None:
            differences.note(session, "refund", refund.reference, now, {}, {"amount_cents": refund.amount_cents, "state": refund.state})
    for dispute in reversed(disputes):
        if settling.take_in_dispute(session, practice_id, dispute, "reconciling", now) is None:
            differences.note(session, "dispute", dispute.reference, now, {}, {"amount_cents": dispute.amount_cents, "state": dispute.state})


def _know_payment(session: Session, practice_id: UUID, service: CardService, reference: str, now: datetime) -> None:
    """A refund or a dispute may be of a payment that is older than what is compared."""
    known = select(Payment.id).where(Payment.practice_id == practice_id, Payment.gateway_reference == reference)
    seen = None if session.scalar(known) else service.look_up(reference, None, "", now)
    if seen:
        truth.take_in(session, practice_id, service, seen, "reconciling", now)


def _find_missing(session: Session, practice_id: UUID, card_account: str, since: datetime, known: set[str | None], now: datetime) -> None:
    mine = (Payment.practice_id == practice_id, Payment.card_account == card_account, Payment.created_at >= since)
    for row in session.scalars(select(Payment).where(*mine, Payment.state.in_(_TAKEN))):
        if row.gateway_reference not in known:
            here = {"state": row.state, "amount_cents": row.amount_cents, "currency": row.currency}
            differences.note(session, "unknown_there", row.gateway_reference or str(row.id), now, here, {}, row.id)


def _find_missing_refunds(session: Session, practice_id: UUID, card_account: str, since: datetime, known: set[str], now: datetime) -> None:
    mine = (Refund.practice_id == practice_id, Refund.made_at >= since, Refund.state.in_(_TAKEN))
    paid = (Payment.practice_id == Refund.practice_id, Payment.id == Refund.payment_id, Payment.card_account == card_account)
    for refund in session.scalars(select(Refund).join(Payment, paid[0] & paid[1] & paid[2]).where(*mine)):
        if refund.gateway_reference and refund.gateway_reference not in known:
            here = {"state": refund.state, "amount_cents": refund.amount_cents}
            differences.note(session, "refund", refund.gateway_reference, now, here, {}, refund.payment_id)


def _close_mended(session: Session, practice_id: UUID, now: datetime) -> None:
    """What was unknown and is known by now has mended itself."""
    known = select(Payment.gateway_reference).where(Payment.practice_id == practice_id, Payment.state.in_(_TAKEN))
    mine = (Difference.practice_id == practice_id, Difference.closed_at.is_(None))
    mended = (Difference.kind == "unknown_here", Difference.payment_id.is_(None), Difference.reference.in_(known))
    session.execute(update(Difference).where(*mine, *mended).values(mended_at=now, closed_at=now))


def compare_sums(session: Session, practice_id: UUID, service: CardService, now: datetime) -> Sums:
    """Hold every payment of the last weeks against the lines of the account's balance, to the cent; returns both sums."""
    since = now - SUMS_OVER
    there = _there(service, since)
    mine = (Payment.practice_id == practice_id, Payment.card_account == service.card_account, Payment.created_at.between(since, now - SETTLES_WITHIN))
    rows = session.scalars(select(Payment).where(*mine, Payment.gateway_reference.is_not(None)))
    here = {str(row.gateway_reference): row for row in rows}
    sums: Counter[str] = Counter()
    for reference, row in here.items():
        cents = row.amount_cents - row.refunded_cents if row.state == "succeeded" else 0
        sums["here"], sums["there"] = sums["here"] + cents, sums["there"] + there[reference]
        if cents != there[reference]:
            differences.note(session, "ledger", reference, now, {"amount_cents": cents}, {"amount_cents": there[reference]}, row.id)
    return Sums(sums["here"], sums["there"])


def _there(service: CardService, since: datetime) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in service.balance_since(since):
        if line.kind in _BOOKED:
            found[line.payment_reference] += line.amount_cents
    return found


def open_ones(session: Session, practice_id: UUID, most: int = 200) -> list[Difference]:
    """What does not agree, the newest first."""
    query = select(Difference).where(Difference.practice_id == practice_id, Difference.closed_at.is_(None))
    return list(session.scalars(query.order_by(Difference.found_at.desc()).limit(most)))


def close(session: Session, practice_id: UUID, difference_id: UUID, by: UUID, now: datetime) -> bool:
    """Somebody at the office has seen to a difference; False when it is none, or closed already."""
    which = (Difference.practice_id == practice_id, Difference.id == difference_id, Difference.closed_at.is_(None))
    return session.scalar(update(Difference).where(*which).values(closed_at=now, closed_by=by).returning(Difference.id)) is not None


def check_that_none_stays(session: Session, practice_id: UUID, now: datetime) -> None:
    """Raises DifferencesStay when something does not agree for longer than half an hour."""
    stays = [one for one in open_ones(session, practice_id) if one.found_at <= now - STAYS_AFTER]
    if stays:
        raise DifferencesStay(f"{len(stays)} differences")


def accounts_to_compare(session: Session, practice_id: UUID, current: Iterable[str], now: datetime) -> set[str]:
    """The accounts that payments go to now, and those that some went to lately."""
    mine = (Payment.practice_id == practice_id, Payment.created_at >= now - SUMS_OVER, Payment.card_account != "")
    lately: Any = session.scalars(select(Payment.card_account).where(*mine).distinct())
    return {*current, *lately} - {""}

"""What is true of a payment that was seen by itself, and not by the page on which it is made."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugins.account.gateway.asking import CardService, Seen
from plugins.account.models import Payment
from plugins.account.services import settling

_FOR_GOOD = ("succeeded", "processing")


def take_in(
    session: Session, practice_id: UUID, service: CardService, seen: Seen, told_by: settling.ToldBy, now: datetime, event_id: str = ""
) -> Payment | None:
    """Take in a payment. While its page is open, a card that is declined there is no end: the payer may try another one, so the page is asked."""
    if seen.state not in _FOR_GOOD:
        seen = _by_its_page(session, practice_id, service, seen)
    return settling.take_in(session, practice_id, seen, told_by, now, event_id)


def _by_its_page(session: Session, practice_id: UUID, service: CardService, seen: Seen) -> Seen:
    row: Any = _row(session, practice_id, seen)
    if row is None or seen.checkout:
        return seen
    if row.checkout_reference is None and row.gateway_reference == seen.reference:
        return seen  # a kept card: there is no page
    return service.look_up(None, row.checkout_reference, str(row.id), row.created_at) or seen


def _row(session: Session, practice_id: UUID, seen: Seen) -> Any:
    columns = (Payment.id, Payment.checkout_reference, Payment.gateway_reference, Payment.created_at)
    named = settling.as_id(seen.payment)
    if named is None and seen.reference is None:  # a page on which a card is kept: it is no payment
        return None
    which = Payment.id == named if named else Payment.gateway_reference == seen.reference
    return session.execute(select(*columns).where(Payment.practice_id == practice_id, which)).one_or_none()

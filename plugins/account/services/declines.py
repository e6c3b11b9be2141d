"""Cards that are declined for somebody who pays without signing in: counted at the address that the form came from, whoever tells of them.

Stolen cards are tried out on the page of the card service, and whoever does that never comes back from it.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.limits import Limiter
from plugins.account.gateway.asking import CardServiceAway
from plugins.account.models import Guest, Payment
from plugins.account.services import asking, guests
from plugins.account.services.looking_up import ServiceAt

COUNTED, ON_ONE_PAGE = 50, 5
"""So many of one payment are counted at most; and after so many its page is closed, so that nobody goes on trying there."""


def count(session: Session, practice_id: UUID, service_at: ServiceAt, limiter: Limiter, payment_id: UUID, now: datetime) -> None:
    """Count the cards that have been declined for a payment and were not counted yet. Raises CardServiceAway, CardServiceRefused."""
    payment = session.get(Payment, (practice_id, payment_id))
    service = service_at(payment) if payment and payment.gateway_reference else None
    if payment is None or service is None:
        return
    tried = min(service.declines(payment.gateway_reference or ""), COUNTED)
    if tried >= ON_ONE_PAGE and payment.state == "payer":
        with suppress(CardServiceAway):  # the next one that is declined closes it
            asking.close(session, service_at, payment, now, "reconciling")
    guest = session.scalars(select(Guest).where(Guest.practice_id == practice_id, Guest.id == payment_id).with_for_update()).one_or_none()
    if guest:
        for _ in range(tried - guest.declines):
            guests.count_decline(limiter, practice_id, guest.address)
        guest.declines = max(tried, guest.declines)

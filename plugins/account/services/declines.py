"""Cards that are declined for somebody who pays without signing in: counted at the address that the form came from, whoever tells of them.

Stolen cards are tried out on the page of the card service, and whoever does that never comes back from it.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.limits import Limiter
from plugins.account.models import Guest, Payment
from plugins.account.services import guests
from plugins.account.services.looking_up import ServiceAt

COUNTED = 50
"""So many of one payment are counted at most: long before that nobody can pay from there."""


def count(session: Session, practice_id: UUID, service_at: ServiceAt, limiter: Limiter, payment_id: UUID) -> None:
    """Count the cards that have been declined for a payment and were not counted yet. Raises CardServiceAway, CardServiceRefused."""
    payment = session.get(Payment, (practice_id, payment_id))
    service = service_at(payment) if payment and payment.gateway_reference else None
    if payment is None or service is None:
        return
    tried = min(service.declines(payment.gateway_reference or ""), COUNTED)
    guest = session.scalars(select(Guest).where(Guest.practice_id == practice_id, Guest.id == payment_id).with_for_update()).one_or_none()
    if guest:
        for _ in range(tried - guest.declines):
            guests.count_decline(limiter, practice_id, guest.address)
        guest.declines = max(tried, guest.declines)

"""Work of the Account tab behind the request."""

from typing import Any
from uuid import UUID

from core.tasks import Work, portal_task
from plugins.account.gateway import PaymentGateway, gateway_for
from plugins.account.services import assigning, guests, settling


@portal_task("account.send_receipt", mail="Receipt")
def send_receipt(work: Work, payment_id: str) -> None:
    """Mail a receipt."""
    settling.send_receipt(work, UUID(payment_id))


@portal_task("account.match_guest")
def match_guest(work: Work, payment_id: str) -> None:
    """Find out whose account a payment belongs to that was made without signing in."""
    assigning.match(work.db, work.tenant.practice_id, UUID(payment_id), work.now)


@portal_task("account.clear_guests")
def clear_guests(work: Work) -> None:
    """Forget what guests typed for payments that are long over."""
    guests.clear_away(work.db, work.tenant.practice_id, work.now)


@portal_task("account.settle_payment")
def settle_payment(work: Work, payment_id: str) -> None:
    """Look into a payment whose answer may have been lost."""
    practice_id = work.tenant.practice_id
    registry: Any = work.registry

    def gateway_at(clinic_id: UUID | None) -> PaymentGateway | None:
        return gateway_for(registry, registry.tenants.current(practice_id, clinic_id))

    settling.reconcile(work.db, practice_id, gateway_at, UUID(payment_id), work.now)


@portal_task("account.settle_payments")
def settle_payments(work: Work) -> None:
    """Look into every payment that should have been settled by now."""
    for payment_id in settling.open_payments(work.db, work.tenant.practice_id, work.now):
        settle_payment(work, str(payment_id))

"""Work of the Account tab behind the request."""

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.tasks import Work, portal_task
from plugins.account.models import Payment
from plugins.account.pages import services_at
from plugins.account.services import (
    assigning,
    batches,
    guests,
    looking_up,
    pay_requests,
    posting,
    receipts,
    refunds,
    request_outcomes,
    scheduled_estimates,
    telling,
)


@portal_task("account.send_receipt", mail="Receipt")
def send_receipt(work: Work, payment_id: str) -> None:
    """Mail a receipt."""
    receipts.send_receipt(work, UUID(payment_id))


@portal_task("account.send_return_notice", mail="Word of a payment that a bank has taken back")
def send_return_notice(work: Work, payment_id: str) -> None:
    """Tell a payer that their bank has taken a payment back."""
    receipts.send_return_notice(work, UUID(payment_id))


@portal_task("account.match_guest")
def match_guest(work: Work, payment_id: str) -> None:
    """Find out whose account a payment belongs to that was made without signing in."""
    assigning.match(work.db, work.tenant.practice_id, UUID(payment_id), work.now)


@portal_task("account.clear_guests")
def clear_guests(work: Work) -> None:
    """Forget what guests typed for payments that are long over."""
    guests.clear_away(work.db, work.tenant.practice_id, work.now)


@portal_task("account.book_payment")
def book_payment(work: Work, payment_id: str) -> None:
    """Bring the books up to what became of a payment."""
    practice_id, id_ = work.tenant.practice_id, UUID(payment_id)
    clinic_id = work.db.scalar(select(Payment.clinic_id).where(Payment.practice_id == practice_id, Payment.id == id_))
    tenants: Any = work.registry.tenants
    posting.book(work.db, practice_id, id_, posting.rules_of(tenants.current(practice_id, clinic_id)), work.now)
    if people := request_outcomes.patients_of(work.db, practice_id, id_):
        request_outcomes.end_all(work, people)


@portal_task("account.settle_payment")
def settle_payment(work: Work, payment_id: str) -> None:
    """Look into a payment whose answer may have been lost."""
    practice_id = work.tenant.practice_id
    looking_up.look_up(work.db, practice_id, services_at(work.registry, practice_id), UUID(payment_id), "reconciling", work.now)


@portal_task("account.settle_payments")
def settle_payments(work: Work) -> None:
    """Look into every payment that should have been settled by now."""
    for payment_id in looking_up.open_payments(work.db, work.tenant.practice_id, work.now):
        settle_payment(work, str(payment_id))
    for refund_id in looking_up.open_refunds(work.db, work.tenant.practice_id, work.now):
        settle_refund(work, str(refund_id))


@portal_task("account.settle_refund")
def settle_refund(work: Work, refund_id: str) -> None:
    """Find out what became of a refund whose answer may have been lost."""
    practice_id = work.tenant.practice_id
    refunds.ask(work.db, practice_id, services_at(work.registry, practice_id), UUID(refund_id), work.now)


@portal_task("account.make_statements")
def make_statements(work: Work, batch_id: str) -> None:
    """Make the next statements of a batch."""
    batches.go_on(work, UUID(batch_id))


@portal_task("account.send_statement_notice", mail="Notice of a statement")
def send_statement_notice(work: Work, statement_id: str, account_id: str) -> None:
    """Tell an account that there is a statement."""
    telling.tell_of_statement(work, UUID(statement_id), UUID(account_id))


@portal_task("account.mail_pay_request", mail="Request to pay")
def mail_pay_request(work: Work, request_id: str) -> None:
    """Mail a request to pay."""
    pay_requests.send(work, UUID(request_id))


@portal_task("account.text_pay_request", mail="Request to pay, by text", is_text=True)
def text_pay_request(work: Work, request_id: str) -> None:
    """Send a request to pay by text message."""
    pay_requests.send(work, UUID(request_id))


@portal_task("account.ask_again")
def ask_again(work: Work, request_id: str) -> None:
    """Send a new link in place of one that is over."""
    if before := pay_requests.send_again(work, UUID(request_id)):
        request_outcomes.replace(work.db, before, work.now)


@portal_task("account.end_requests")
def end_requests(work: Work) -> None:
    """Write down which requests to pay have come to an end."""
    request_outcomes.end_all(work)


@portal_task("account.send_estimate_notice", mail="Notice of an estimate")
def send_estimate_notice(work: Work, estimate_id: str, account_id: str) -> None:
    """Tell an account that the office has answered what treatment will cost."""
    telling.tell_of_estimate(work, UUID(estimate_id), UUID(account_id))


@portal_task("account.ask_for_visits")
def ask_for_visits(work: Work) -> None:
    """Ask the office for the estimates of visits that were scheduled lately."""
    practice_id = work.tenant.practice_id
    tenants: Any = work.registry.tenants
    places = [tenants.current(practice_id, clinic.id) for clinic in work.tenant.clinics] or [work.tenant]
    if not any(place.settings["account.estimates_for_visits"] for place in places):
        return
    on = frozenset(name for name in work.registry.plugins.plugins if tenants.on_somewhere(practice_id, name))
    about = {"practice_id": practice_id, "patient_id": None, "since": work.now - scheduled_estimates.LOOKS_BACK, "now": work.now}
    visits = [one for _, found in work.registry.plugins.enabled(on).each("portal_planned", work.db, **about) for one in found]
    scheduled_estimates.ask_for_visits(work.db, practice_id, visits, partial(tenants.current, practice_id), work.now)

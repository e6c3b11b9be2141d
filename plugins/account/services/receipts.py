"""The receipt that goes to whoever has paid, once; and word of a payment that their bank has taken back."""

from dataclasses import replace
from uuid import UUID

from core.auth.notices import send_notice
from core.plugins import NoticeKind
from core.tasks import Work
from plugins.account.models import Guest, Payment
from plugins.account.services import settling

RECEIPT = NoticeKind("account.receipt", "Receipts", "You have paid here.", "receipt")
RECEIPT_MAIL, RETURN_MAIL = "account/mail/receipt", "account/mail/returned"


def send_receipt(work: Work, payment_id: UUID) -> None:
    """Mail the receipt to the payer, once: amount, office, date and number, nothing of the record."""
    payment = settling.locked(work.db, work.tenant.practice_id, Payment.id == payment_id)
    if payment is None or payment.state != "succeeded" or payment.receipt_sent_at:
        return
    office = work.registry.tenants.current(payment.practice_id, payment.clinic_id)
    if _mail(replace(work, tenant=office), payment, RECEIPT_MAIL):
        payment.receipt_sent_at = work.now


def send_return_notice(work: Work, payment_id: UUID) -> None:
    """Tell the payer that their bank has taken a payment back: again amount, office, date and number."""
    payment = work.db.get(Payment, (work.tenant.practice_id, payment_id))
    if payment and payment.is_returned:
        office = work.registry.tenants.current(payment.practice_id, payment.clinic_id)
        _mail(replace(work, tenant=office), payment, RETURN_MAIL)


def _mail(work: Work, payment: Payment, template: str) -> bool:
    """Whether there was anybody to mail it to."""
    if payment.account_id:
        return send_notice(work, payment.account_id, RECEIPT, template, {"payment": payment})
    guest = work.db.get(Guest, (payment.practice_id, payment.id))
    if guest is None or not guest.email:
        return False
    work.send_mail(guest.email, template, {"payment": payment})
    return True

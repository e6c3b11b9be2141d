"""The receipt that goes to whoever has paid, once."""

from dataclasses import replace
from uuid import UUID

from core.auth.notices import send_notice
from core.plugins import NoticeKind
from core.tasks import Work
from plugins.account.models import Guest, Payment
from plugins.account.services import settling

RECEIPT = NoticeKind("account.receipt", "Receipts", "You have paid here.", "receipt")
RECEIPT_MAIL = "account/mail/receipt"


def send_receipt(work: Work, payment_id: UUID) -> None:
    """Mail the receipt to the payer, once: amount, office, date and number, nothing of the record."""
    payment = settling.locked(work.db, work.tenant.practice_id, Payment.id == payment_id)
    if payment is None or payment.state != "succeeded" or payment.receipt_sent_at:
        return
    office = work.registry.tenants.current(payment.practice_id, payment.clinic_id)
    if _mail_receipt(replace(work, tenant=office), payment):
        payment.receipt_sent_at = work.now


def _mail_receipt(work: Work, payment: Payment) -> bool:
    """Whether there was anybody to mail it to."""
    if payment.account_id:
        return send_notice(work, payment.account_id, RECEIPT, RECEIPT_MAIL, {"payment": payment})
    guest = work.db.get(Guest, (payment.practice_id, payment.id))
    if guest is None or not guest.email:
        return False
    work.send_mail(guest.email, RECEIPT_MAIL, {"payment": payment})
    return True

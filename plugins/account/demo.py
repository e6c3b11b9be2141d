"""The demo's part of this tab: a payment that was made in the portal and is not yet in the office's books."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import requests
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.people.models import Patient
from plugins.account.gateway import card_service_for
from plugins.account.gateway.asking import Ask, CardService
from plugins.account.models import Entry, Payment
from plugins.account.services import payments, settling

_CENTS, _AGO = 5_000, timedelta(hours=26)
_CARD = {"kind": "card", "number": "4242424242424242", "expiry": "12/40", "code": "123"}


def make(db: Session, registry, practice_id: UUID, patients: Mapping[str, Patient], now: datetime) -> None:
    """Let whoever owes most pay $50 by card, yesterday; the receipt has been sent. Without a stand-in nobody pays."""
    query = (
        select(Account)
        .join(Entry, (Entry.practice_id == Account.practice_id) & (Entry.patient_id == Account.patient_id))
        .where(Account.practice_id == practice_id)
        .group_by(Account.practice_id, Account.id)
        .having(func.sum(Entry.amount_cents) > _CENTS)
        .order_by(func.sum(Entry.amount_cents).desc())
        .limit(1)
    )
    payer = db.scalars(query).one_or_none()
    service = card_service_for(registry, registry.tenants.current(practice_id, None)) if registry.portal.payments == "local" else None
    if payer and service:
        clinic_id = next(patient.clinic_id for patient in patients.values() if patient.id == payer.patient_id)
        _pay(db, service, payer, clinic_id, now - _AGO)


def _pay(db: Session, service: CardService, payer: Account, clinic_id: UUID | None, at: datetime) -> None:
    """The payment, as a browser makes it on the page of the stand-in."""
    values = payments.new_payment(service, clinic_id, _CENTS, payments.new_nonce(), at)
    payment = Payment(**values | {"patient_id": payer.patient_id, "account_id": payer.id, "receipt_number": "DEM2-PAY7", "receipt_sent_at": at})
    payments.begin(db, payment, at)
    page = service.open_page(Ask(str(payment.id), _CENTS, payment.currency, payment.idempotency_key, "http://localhost/"), False, ["card"])
    requests.post(page.go_to, data=_CARD, allow_redirects=False, timeout=10)
    seen = service.look_up(None, page.checkout, str(payment.id), at)
    if seen:
        settling.take_in(db, payment.practice_id, seen, "answer", at)

"""The demo's part of this tab: a payment that was made in the portal and is not yet in the office's books."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.db import uuid7
from core.people.models import Patient
from plugins.account.amounts import CURRENCY
from plugins.account.models import Entry, Payment

_CENTS, _AGO = 5_000, timedelta(hours=26)


def make(db: Session, registry, practice_id: UUID, patients: Mapping[str, Patient], now: datetime) -> None:
    """Let whoever owes most pay $50 by card, yesterday; the receipt has been sent."""
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
    if payer:
        clinic_id = next(patient.clinic_id for patient in patients.values() if patient.id == payer.patient_id)
        db.add(_paid(payer, clinic_id, now - _AGO))
        db.flush()


def _paid(payer: Account, clinic_id: UUID | None, at: datetime) -> Payment:
    """The payment. No account at the card service has it: nothing is compared with it there."""
    key = str(uuid7())
    return Payment(
        patient_id=payer.patient_id,
        account_id=payer.id,
        clinic_id=clinic_id,
        amount_cents=_CENTS,
        currency=CURRENCY,
        state="succeeded",
        idempotency_key=key,
        form_nonce=key,
        receipt_number="DEM2-PAY7",
        gateway="local",
        card="Visa ending in 4242",
        method_kind="card",
        created_at=at,
        settled_at=at,
        receipt_sent_at=at,
    )

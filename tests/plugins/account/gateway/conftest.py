"""The card service of a practice, at the stand-in; and somebody who fills in its pages."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
import requests
import stripe

from core.db import uuid7
from plugins.account.gateway import card_service_for
from plugins.account.gateway.asking import Ask
from plugins.account.models import Payment
from plugins.account.services import card_accounts

CARD = {"kind": "card", "expiry": "12/34", "code": "123"}


@pytest.fixture
def stand_in(stand_ins, monkeypatch):
    """The stand-in for Stripe that the portal under test talks to. The library asks again at once, instead of waiting."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.01)
    found = stand_ins["stripe_address"]
    ahead = found.ahead
    yield found
    # Where a test let days go by, the next one begins today again.
    found.ahead = ahead


@pytest.fixture
def service(registry, practice, stand_in):
    """The practice's card service."""
    return card_service_for(registry, registry.tenants.current(practice.id, None))


@pytest.fixture
def payer():
    """Fills in hosted pages as a payer would, and says where each leads."""

    def answered(response) -> SimpleNamespace:
        refusals = re.findall(r'<p class="wrong"[^>]*>([^<]*)', response.text)
        return SimpleNamespace(status=response.status_code, goes_to=response.headers.get("Location", ""), refusals=refusals, text=response.text)

    def send(address: str, **fields) -> SimpleNamespace:
        return answered(requests.post(address, urlencode(fields), headers={"Content-Type": "application/x-www-form-urlencoded"}, allow_redirects=False, timeout=10))

    def bank(seen, address: str, answer: str) -> SimpleNamespace:
        return send(address if "//" in address else seen.go_to.partition("/pay/")[0] + address, answer=answer)

    return SimpleNamespace(
        card=lambda seen, number="4242424242424242", **more: send(seen.go_to, **CARD | {"number": number} | more),
        bank_account=lambda seen, number="000123456789": send(seen.go_to, kind="us_bank_account", routing="110000000", account=number),
        answer_bank=bank,
        look=lambda seen: answered(requests.get(seen.go_to, timeout=10, allow_redirects=False)),
    )


@pytest.fixture
def account(db, practice, service):
    """The practice's account at the card service."""
    account = card_accounts.add(db, practice.id, None, service.card_account, False, None, datetime.now(UTC))
    db.commit()
    return account.reference


@pytest.fixture
def pay_with(make, db, service, payer):
    """`pay_with(number)`: a payment that somebody has made on the hosted page; here nobody knows of it yet."""

    def pay(number="4242424242424242", cents=5000):
        payment_id, patient = uuid7(), make.patient()
        page = service.open_page(Ask(str(payment_id), cents, "USD", f"pay:{payment_id}:1", f"http://practice.localhost/account/payments/{payment_id}"), False, ("card", "bank"))
        row = Payment(
            id=payment_id, patient_id=patient.id, amount_cents=cents, currency="USD", state="payer", idempotency_key=str(payment_id), form_nonce=str(payment_id),
            receipt_number=payment_id.hex[-12:], gateway="local", created_at=datetime.now(UTC), checkout_reference=page.checkout, card_account=service.card_account,
        )  # fmt: skip
        db.add(row)
        db.commit()
        payer.bank_account(page, number) if number.startswith("000") else payer.card(page, number)
        return row

    return pay

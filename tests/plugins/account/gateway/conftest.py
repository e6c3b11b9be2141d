"""The card service of a practice, at the stand-in; and somebody who fills in its pages."""

import re
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
import requests
import stripe

from plugins.account.gateway import card_service_for

CARD = {"kind": "card", "expiry": "12/34", "code": "123"}


@pytest.fixture
def stand_in(stand_ins, monkeypatch):
    """The stand-in for Stripe that the portal under test talks to. The library asks again at once, instead of waiting."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.01)
    return stand_ins["stripe_address"]


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

"""What the tests of the Account tab share: a patient with a ledger, and the form of the Pay page."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
import stripe

from plugins.account.gateway import card_service_for

GOOD, DECLINED, POOR, ASKS_BANK = "4242424242424242", "4000000000000002", "4000000000009995", "4000002760003184"
"""Test cards, as Stripe has them."""
GUEST = {"first_name": "Robin", "last_name": "Vale", "birthdate": "1985-04-12", "amount": "40"}
KNOWN = {"first_name": "Robin", "last_name": "Vale", "birthdate": "1985-04-12"}
"""What is typed by who pays without signing in, and by who asks for a code."""


@pytest.fixture
def patient(make):
    """A patient whose ledger comes to $130.00, with one statement of $250.00."""
    return with_ledger(make)


def with_ledger(make, **fields):
    """A patient of this practice with a ledger and a statement."""
    found = make.patient(**fields)
    about = {"patient": found.external_id}
    entry = about | {"kind": "ledger_entry"}
    make.take_in(
        [
            entry
            | {
                "external_id": "E1",
                "entry_type": "charge",
                "entered_on": "2026-09-01",
                "description": "Crown",
                "amount_cents": 40000,
                "provider": "D1",
            },
            entry
            | {
                "external_id": "E2",
                "entry_type": "insurance_payment",
                "entered_on": "2026-09-20",
                "description": "Plan paid",
                "amount_cents": -15000,
            },
            entry
            | {"external_id": "E3", "entry_type": "payment", "entered_on": "2026-10-12", "description": "Check", "amount_cents": -12000},
            about
            | {
                "kind": "statement",
                "external_id": "S1",
                "number": "1007",
                "sent_on": "2026-10-01",
                "due_on": "2026-10-31",
                "balance_cents": 25000,
                "insurance_pending_cents": 5000,
                "lines": [
                    {"entered_on": "2026-09-01", "description": "Crown", "provider": "Dana Okafor, DDS", "amount_cents": 40000},
                    {"entered_on": "2026-09-20", "description": "Plan paid", "amount_cents": -15000},
                ],
            },
        ]
    )
    return found


@pytest.fixture
def pay_form():
    """`pay_form(app)`: the opened form of the Pay page, filled in for the whole balance and a new card."""

    def open_form(app, query="", **values):
        form = app.get(f"/account/pay{query}").forms["pay"]
        if "All that is owed" in form.text and "choice" not in values:
            form["choice"] = "balance"
        for name, value in values.items():
            form[name] = value
        return form

    return open_form


@pytest.fixture
def stand_in(stand_ins, monkeypatch):
    """The stand-in for Stripe that the portal under test talks to. The library asks again at once, instead of waiting."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.01)
    return stand_ins["stripe_address"]


@pytest.fixture
def type_card():
    """`type_card(answer)`: type a card into the hosted page that an answer of the portal leads to; where that leads, or "" when it was refused."""

    def send(answer, number=GOOD, **more):
        fields = {"kind": "card", "number": number, "expiry": "12/40", "code": "123"} | more
        typed = requests.post(answer.location, data=fields, allow_redirects=False, timeout=10)
        return typed.headers.get("Location", "")

    return send


@pytest.fixture
def come_back():
    """`come_back(app, address)`: the page of the portal to which a payer is led back."""
    return lambda app, address: app.get(urlsplit(address).path)


@pytest.fixture
def pay(pay_form, type_card, come_back):
    """`pay(app, number)`: pay with a new card; the receipt."""
    return lambda app, number=GOOD, **values: come_back(app, type_card(pay_form(app, **values).submit(status=303), number))


@pytest.fixture
def text_of():
    """`text_of(response)`: the words of a page, without tags."""
    return lambda response: " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def payments_of(db):
    """`payments_of()`: the practice's payments as they are in the database now, oldest first."""
    from sqlalchemy import select

    from plugins.account.models import Payment

    def read():
        db.rollback()
        mine = select(Payment).where(Payment.practice_id == db.info["practice_id"]).order_by(Payment.id)
        return list(db.scalars(mine.execution_options(populate_existing=True)).all())

    return read


@pytest.fixture
def taken(registry, practice, stand_in):
    """`taken()`: what the card service has taken of this practice's payers, in cents, the oldest first."""

    def ask():
        service = card_service_for(registry, registry.tenants.current(practice.id, None))
        found = service.payments_since(datetime.now(UTC) - timedelta(days=1))
        return [seen.amount_cents for seen in found if seen.state == "succeeded"][::-1]

    return ask


@pytest.fixture
def fill(web):
    """`fill(**values)`: the opened form, filled in for Robin."""

    def open_form(app=web, path="/pay", **values):
        page = app.get(path)
        while page.status_int == 303:
            page = page.follow()
        form = page.forms["guest"]
        for name, value in (GUEST | values).items():
            form[name] = value
        return form

    return open_form


@pytest.fixture
def ask(web, practice):
    """`ask(**typed)`: the page that takes the code."""

    def send(place=None, **typed):
        form = web.get(f"/account/pay-now/{place or practice.clinic_id}/verify").forms["verify"]
        for name, value in (KNOWN | typed).items():
            form[name] = value
        return form.submit(status=200)

    return send


@pytest.fixture
def code_for(work_off, mails, practice):
    """`code_for(address)`: the code that was mailed there last."""

    def read(address="robin@example.test"):
        work_off()
        work_off()
        found = [mail for mail in mails.to(address) if "code for paying" in mail["Subject"] and (practice.slug in str(mail["Reply-To"]) or "robin" not in address)]
        return re.search(r"Your code: (\d{6})", found[-1].get_body(("plain",)).get_content()).group(1) if found else ""

    return read


@pytest.fixture
def verified(ask, code_for):
    """`verified()`: the page on which the patient pays who has typed the code."""

    def open_page(**typed):
        form = ask(**typed).forms["code"]
        form["code"] = code_for()
        answer = form.submit(status=303)
        while answer.status_int == 303:
            answer = answer.follow()
        return answer

    return open_page

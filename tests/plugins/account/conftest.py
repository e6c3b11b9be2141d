"""What the tests of the Account tab share: a patient with a ledger, and the form of the Pay page."""

import re
from types import SimpleNamespace

import pytest

GOOD_CARD = {"card_number": "4242 4242 4242 4242", "card_expiry": "12/40", "card_code": "123"}


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
    """`pay_form(app)`: the opened form of the Pay page, filled in for the whole balance with a test card that pays."""

    def open_form(app, **values):
        form = next(form for form in app.get("/account/pay").forms.values() if "card_number" in form.fields)
        if "All that is owed" in form.text and "choice" not in values:
            form["choice"] = "balance"
        for name, value in (GOOD_CARD | values).items():
            form[name] = value
        return form

    return open_form


@pytest.fixture
def text_of():
    """`text_of(response)`: the words of a page, without tags."""
    return lambda response: " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


@pytest.fixture
def payments_of(db):
    """`payments_of()`: the practice's payments as they are in the database now, oldest first."""
    from sqlalchemy import select

    from plugins.account.models import LocalCharge, Payment

    def read(model):
        db.rollback()
        rows = db.scalars(select(model).where(model.practice_id == db.info["practice_id"]).order_by(model.id).execution_options(populate_existing=True)).all()
        return list(rows)

    return SimpleNamespace(rows=lambda: read(Payment), charges=lambda: read(LocalCharge))

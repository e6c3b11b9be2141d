"""Amounts that nobody can mean, and what is not one's own: refused by each way of paying, in clear words, with a row of ids in the audit log."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth.limits import Limiter
from core.testing import browser
from plugins.account.models import Entry, Payment, Refund, Statement
from plugins.account.services import pay_requests
from tenants import settings as office_settings

AMOUNTS = {
    "-5": "more than zero", "0.00": "more than zero", "99999999999": "The largest payment here is $50,000.00", "€25": "US dollars", "25 EUR": "US dollars",
    "١٢": "could not read this amount",
}  # fmt: skip
"""What is typed, and what the answer says."""
RIGHT = "1985-04-12"


@pytest.fixture(autouse=True)
def fresh_limiter(registry, stand_in):
    """Each test counts tries for itself."""
    before, registry.limiter = registry.limiter, Limiter("memory://")
    yield
    registry.limiter = before


@pytest.fixture
def link(patient, db, registry, practice):
    """Where the link of a request to pay leads."""
    row = pay_requests.ask(db, patient, None, "patient", pay_requests.Message("mail", "S", "B", "en"), 500, None, datetime.now(UTC))
    db.commit()
    return pay_requests.path_of(registry.portal.secret_key, practice.id, row.id)


@pytest.fixture
def opened(web, link):
    """`opened()`: the form of paying behind the link of a request to pay."""

    def open_form():
        page = web.get(link)
        if "asked" in page.forms:
            form = page.forms["asked"]
            form["birthdate"] = RIGHT
            page = form.submit("act", value="open", status=303).follow()
        return page.click("Pay now").forms["pay"]

    return open_form


@pytest.fixture
def paying(signed_in, patient, pay_form):
    """`paying()`: the form of whoever is signed in."""
    app = signed_in(patient)
    return lambda: pay_form(app)


@pytest.fixture
def known(verified, web):
    """`known()`: the form of whoever has typed the code."""
    path = verified().request.path
    return lambda: web.get(path).forms["pay"]


@pytest.fixture
def refunding(signed_in, patient, pay, make, payments_of):
    """`refunding()`: the form by which the office gives money back."""
    pay(signed_in(patient))
    app, [made] = signed_in(account=make.staff("billing")), payments_of()
    return lambda: app.get(f"/office/account/online/{made.id}").forms["refund"]


@pytest.fixture
def entering(signed_in, patient, make, db, registry, practice):
    """`entering()`: the form for a line of the ledger."""
    office_settings.change(db, registry.plugins, practice.id, None, "account.books", "portal", "Alex", datetime.now(UTC))
    db.commit()
    app = signed_in(account=make.staff("billing"))
    return lambda: app.get(f"/office/account/accounts/{patient.id}/enter").forms["enter"]


def _rows(db, action="account.amount.refuse"):
    db.rollback()
    columns = (AuditEvent.patient_id, AuditEvent.target_id)
    return [tuple(row) for row in db.execute(select(*columns).where(AuditEvent.action == action, AuditEvent.practice_id == db.info["practice_id"]))]


WAYS = {
    "paying": {"choice": "other"}, "fill": {}, "known": {"choice": "other"}, "opened": {"choice": "other"},
    "refunding": {"reason": "Paid twice"}, "entering": {"description": "Exam"},
}  # fmt: skip
"""Each way by the fixture that opens its form, with what else is filled in."""
LARGER_AT_THE_OFFICE = {"refunding": "At most $130.00", "entering": "at most $1,000,000.00"}


@pytest.mark.parametrize("name", WAYS)
def test_an_amount_that_nobody_can_mean_is_refused_by_each_way_of_paying_and_on_record(name, request, patient, db, text_of, payments_of):
    open_form, more = request.getfixturevalue(name), WAYS[name]
    about = (None if name == "fill" else patient.id, payments_of()[0].id if name == "refunding" else None)
    before = [db.scalars(select(model.id)).all() for model in (Payment, Refund, Entry)]
    for number, (typed, words) in enumerate((AMOUNTS | {"1000000.01": LARGER_AT_THE_OFFICE.get(name, "The largest payment here is")}).items(), 1):
        form = open_form()
        for field, value in (more | {"amount": typed}).items():
            form[field] = value
        assert words in text_of(form.submit(status=422)), typed
        assert _rows(db) == [about] * number, typed
    assert [db.scalars(select(model.id)).all() for model in (Payment, Refund, Entry)] == before


@pytest.mark.parametrize("name", ["paying", "known", "opened"])
def test_an_amount_that_was_changed_in_the_form_is_refused_and_on_record(name, request, patient, db, text_of):
    open_form = request.getfixturevalue(name)
    for number, changed in enumerate(("1", "-13000", "0", "9" * 30, "ten"), 1):
        form = open_form()
        form["choice"] = "balance"
        form["balance_seen"].force_value(changed)
        answer = text_of(form.submit(status=422))
        assert any(words in answer for words in ("The balance has changed", "did not arrive as a whole")), changed
        assert _rows(db) == [(patient.id, None)] * number, changed
    assert db.scalars(select(Payment.id)).all() == []


def test_a_statement_a_visit_or_a_page_of_somebody_else_is_refused_and_on_record(signed_in, patient, make, pay_form, db, text_of):
    sam = make.patient(first_name="Sam")
    about = {"entry_type": "charge", "entered_on": "2026-10-01", "description": "X-ray", "amount_cents": 500, "patient": sam.external_id, "visit": "V7"}
    statement = {"kind": "statement", "external_id": "S7", "number": "7", "sent_on": "2026-10-01", "balance_cents": 100, "patient": sam.external_id}
    make.take_in([about | {"kind": "ledger_entry", "external_id": "X7"}, statement])
    statement_id = db.scalars(select(Statement.id).where(Statement.patient_id == sam.id)).one()
    app, asked = signed_in(patient), 0
    for query in (f"?statement={statement_id}", "?visit=V7", "?visit=x", f"?statement={uuid4()}"):
        app.get(f"/account/pay{query}", status=404)
        asked += 1
        assert _rows(db, "account.payment.refuse") == [(patient.id, None)] * asked, query
    for choice, name, value in (("statement", "statement", statement_id), ("visit", "visit", "V7"), ("balance", "patient", sam.id)):
        form = pay_form(app)
        fields = [(key, one) for key, one in form.submit_fields() if key not in (name, "choice")]
        answer = form.response.goto("/account/pay", method="POST", params=[*fields, (name, str(value)), ("choice", choice)], status=422)
        asked += 1
        assert any(words in text_of(answer) for words in ("not on your account any more", "switched to another person"))
        assert _rows(db, "account.payment.refuse") == [(patient.id, None)] * asked, choice
    assert db.scalars(select(Payment.id)).all() == []


def test_a_link_of_another_practice_opens_nothing_and_is_on_record_where_it_was_tried(link, portal, other_practice, other_db, web, db):
    app = browser(portal, other_practice)
    form = app.get(link).forms["asked"]
    form["birthdate"] = RIGHT
    assert "This did not open anything." in form.submit("act", value="open", status=422)
    assert _rows(other_db, "account.pay_request.failed") == [(None, None)]
    assert _rows(db, "account.pay_request.failed") == []

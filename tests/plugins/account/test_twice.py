"""Whoever clicks twice, or six times, pays once: by each way of paying, and at the office."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.auth.limits import Limiter
from plugins.account.models import Method, Refund
from plugins.account.services import pay_requests

CLICKS = 5


@pytest.fixture(autouse=True)
def fresh_limiter(registry, stand_in):
    """Each test counts tries for itself."""
    before, registry.limiter = registry.limiter, Limiter("memory://")
    yield
    registry.limiter = before


@pytest.fixture
def by_kept_card(signed_in, patient, pay, pay_form, db):
    """The form of paying with a card that is kept."""

    def form():
        app = signed_in(patient)
        pay(app, choice="other", amount="30", keep=True)
        return pay_form(app, choice="balance", pay_with=str(db.scalars(select(Method.id)).one()))

    return form


@pytest.fixture
def by_code(patient, verified):
    """The form behind a code, with a card that is kept there."""

    def form(type_card, come_back, web, db):
        first = verified().forms["pay"]
        first["choice"], first["amount"], first["keep"] = "other", "30", True
        come_back(web, type_card(first.submit(status=303)))
        found = verified().forms["pay"]
        found["choice"], found["pay_with"] = "balance", str(db.scalars(select(Method.id)).one())
        return found

    return form


@pytest.fixture
def by_link(patient, db, registry, practice, web):
    """The form behind the link of a request to pay."""

    def form():
        message = pay_requests.written(registry.tenants.current(practice.id, patient.clinic_id), patient, 13_000, pay_requests.MAIL, "https://x")
        row = pay_requests.ask(db, patient, None, "patient", message, 13_000, None, datetime.now(UTC) - timedelta(hours=2))
        db.commit()
        opened = web.get(pay_requests.path_of(registry.portal.secret_key, practice.id, row.id)).forms["asked"]
        opened["birthdate"] = "1985-04-12"
        found = opened.submit("act", value="open", status=303).follow().click("Pay now").forms["pay"]
        found["choice"] = "balance"
        return found

    return form


def click(form, type_card):
    """Send it so many times at once, and pay on whatever pages that leads to."""
    with ThreadPoolExecutor(CLICKS) as pool:
        answers = list(pool.map(lambda _: form.submit(), range(CLICKS)))
    assert {answer.status_int for answer in answers} == {303}
    for page in {answer.location: answer for answer in answers if "/pay/cs_" in answer.location}.values():
        type_card(page)


def test_a_kept_card_is_charged_once(by_kept_card, type_card, payments_of, taken):
    click(by_kept_card(), type_card)
    assert (len(payments_of()), taken()) == (2, [3000, 10000])


def test_a_card_that_is_kept_behind_a_code_is_charged_once(by_code, type_card, come_back, web, db, payments_of, taken):
    click(by_code(type_card, come_back, web, db), type_card)
    assert (len(payments_of()), taken()) == (2, [3000, 10000])


def test_behind_a_code_a_new_card_is_charged_once(verified, patient, type_card, payments_of, taken):
    click(verified().forms["pay"], type_card)
    assert len(payments_of()) == len(taken()) == 1


def test_behind_a_link_a_new_card_is_charged_once(by_link, type_card, payments_of, taken):
    click(by_link(), type_card)
    assert (len(payments_of()), taken()) == (1, [13000])


def test_money_is_given_back_once(signed_in, patient, pay, make, payments_of, type_card, db):
    pay(signed_in(patient))
    form = signed_in(account=make.staff("billing")).get(f"/office/account/online/{payments_of()[0].id}").forms["refund"]
    form["amount"], form["reason"] = "30", "Paid twice"
    click(form, type_card)
    assert [(one.amount_cents, one.state) for one in db.scalars(select(Refund))] == [(3000, "succeeded")]

"""Verify and pay: a code to the address in the chart, then what is owed and the cards that are kept."""


import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth.limits import Limiter
from plugins.account.models import Method

ROBIN = {"first_name": "Robin", "last_name": "Vale", "birthdate": "1985-04-12"}


@pytest.fixture(autouse=True)
def fresh_limiter(registry, stand_in):
    """Each test counts tries for itself."""
    before, registry.limiter = registry.limiter, Limiter("memory://")
    yield
    registry.limiter = before


def test_whoever_types_the_code_sees_what_is_owed_and_pays_it(patient, verified, type_card, come_back, web, payments_of, text_of, work_off, mails):
    page = verified()
    assert "You owe $130.00 now." in text_of(page)
    assert "Robin Vale" in page.text
    receipt = come_back(web, type_card(page.forms["pay"].submit(status=303)))
    assert "Thank you, your payment is made $80.00" in text_of(receipt)
    [payment] = payments_of()
    assert (payment.patient_id, payment.account_id, payment.source) == (patient.id, None, "verified")
    work_off()
    assert [mail for mail in mails.to("robin@example.test") if payment.receipt_number in mail.get_body(("plain",)).get_content()]


def test_a_card_that_is_kept_is_there_the_next_time_and_for_nobody_else(patient, make, verified, type_card, come_back, web, text_of, db, signed_in):
    form = verified().forms["pay"]
    form["choice"], form["amount"], form["keep"] = "other", "30", True
    come_back(web, type_card(form.submit(status=303)))
    page = verified()
    assert "Visa ending in 4242" in page.text
    [method] = db.scalars(select(Method))
    form = page.forms["pay"]
    form["pay_with"], form["choice"] = str(method.id), "balance"
    assert "Thank you, your payment is made $100.00" in text_of(form.submit(status=303).follow())
    assert "ending in 4242" not in signed_in(patient).get("/account/methods").text
    other = signed_in(make.patient(first_name="Ada")).get("/account/pay").forms["pay"]
    other["pay_with"].force_value(str(method.id))
    other["amount"] = "5"
    other.submit(status=422)


def test_no_code_goes_out_where_nobody_fits_or_two_do_until_the_number_says_which(patient, make, ask, code_for):
    ask(last_name="Stranger")
    ask(birthdate="1985-04-13")
    assert code_for() == ""
    twin = make.patient(first_name="Robin", last_name="Vale", birthdate="1985-04-12")
    assert "with the account number of the bill" in ask().text
    assert code_for() == ""
    ask(account_number=twin.external_id)
    assert code_for()


def test_whoever_comes_to_another_clinic_is_taken_to_the_own_one(make, ask, code_for, practice, text_of):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    moved = make.patient(clinic="C2", email="moved@example.test")
    form = ask(place=practice.clinic_id).forms["code"]
    form["code"] = code_for("moved@example.test")
    page = form.submit(status=303).follow()
    assert f"/pay-now/{moved.clinic_id}/for/" in page.location
    assert "Lakeside" in page.follow().text


def test_a_wrong_code_and_a_link_that_is_over_open_nothing(patient, ask, web, practice, text_of, db):
    form = ask().forms["code"]
    form["code"] = "123"
    assert "This code is not right, or too old." in text_of(form.submit(status=422))
    answer = web.get(f"/account/pay-now/{practice.clinic_id}/for/{'x' * 43}", status=303)
    assert answer.location.endswith("/verify")
    actions = select(AuditEvent.action).where(AuditEvent.action.like("account.verification.%")).order_by(AuditEvent.action)
    assert db.scalars(actions).all() == ["account.verification.ask", "account.verification.fail"]


def test_who_tries_too_often_waits(patient, ask, web, practice, text_of):
    for _ in range(5):
        ask()
    form = web.get(f"/account/pay-now/{practice.clinic_id}/verify").forms["verify"]
    for name, value in ROBIN.items():
        form[name] = value
    assert "Too many codes were asked for." in text_of(form.submit(status=422))

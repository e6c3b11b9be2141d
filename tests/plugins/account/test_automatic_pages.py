"""The pages of automatic payments: agreeing, charging another card, stopping; what the office sees and may do; paying the next payment by hand."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from core.db import uuid7
from core.tasks import enqueue
from plugins.account.models import Installment, Method, Payment, PaymentPlan, PlanConsent
from plugins.account.services import charging, consents, plans
from plugins.account.services.amortizing import Deal, schedule
from plugins.account.services.plans import Signature

NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.fixture
def agreed(patient, db, make, signed_in):
    """A plan of $120 in twelve months that was signed, and the browser of whoever signed it."""
    reader = make.account(patient)
    deal = Deal(12_000, 0, 0, "monthly", TODAY + timedelta(days=10), 12)
    plan = plans.offer(db, patient, "Crown", deal, plans.terms_of(deal, schedule(deal, TODAY), "Main Street"), None, make.staff().id, TODAY, NOW, uuid7())
    plans.agree(db, plan, Signature("Ada", "", plans.hash_of(plan.terms), ""), reader.id, TODAY, NOW)
    db.commit()
    return SimpleNamespace(plan=plan, app=signed_in(account=reader), path=f"/account/plans/{plan.id}", at_office=f"/office/account/plans/{plan.id}")


@pytest.fixture
def add_card(agreed, type_card):
    """`add_card()`: keep a card on the way from the plan; the page to which that leads."""

    def send(number="4242424242424242"):
        form = agreed.app.get(f"/account/methods?plan={agreed.plan.id}").forms["add"]
        form["agrees"] = True
        back = urlsplit(type_card(form.submit(status=303), number))
        return agreed.app.get(f"{back.path}?{back.query}", status=303).follow()

    return send


@pytest.fixture
def desk(signed_in, make):
    """The browser of whoever does the billing."""
    return signed_in(account=make.staff("billing"))


def _state(db, agreed):
    db.rollback()
    plan = db.get_one(PaymentPlan, (agreed.plan.practice_id, agreed.plan.id), populate_existing=True)
    return plan, consents.current(db, plan)


def _switch_on(page):
    form = page.forms["automatic-on"]
    form["consents"] = True
    return form.submit("act", value="on", status=303).follow()


def test_they_are_agreed_to_with_a_card_that_is_added_on_the_way_changed_and_switched_off(agreed, add_card, db, stand_in, text_of):
    page = agreed.app.get(agreed.path)
    assert "You keep no card or bank account here yet." in page
    page = add_card()
    assert page.request.path == agreed.path
    assert "12 payments of $10.00, every month from" in page
    form = page.forms["automatic-on"]
    assert "Say that you agree: tick the box." in form.submit("act", value="on", status=422)
    assert _state(db, agreed)[1] is None
    page = _switch_on(page)
    _, first = _state(db, agreed)
    assert "Visa ending in 4242" in page.text
    assert "12 payments of $10.00, every month from" in first.words
    add_card("5555555555554444")
    page = agreed.app.get(agreed.path)
    form = page.forms["automatic-on"]
    form["method"] = str(db.scalars(select(Method.id).where(Method.last_four == "4444")).one())
    page = _switch_on(page)
    _, second = _state(db, agreed)
    assert "ending in 4444" in second.card
    assert db.get_one(PlanConsent, (first.practice_id, first.id)).ended_why == "changed"
    page = page.forms["automatic-off"].submit("act", value="off", status=303).follow()
    assert "Automatic payments are off." in page
    assert _state(db, agreed)[1] is None


def test_nobody_agrees_to_other_words_than_those_that_count_or_with_what_is_not_theirs(agreed, add_card, db, stand_in, make, signed_in):
    page = add_card()
    form = page.forms["automatic-on"]
    form["consents"] = True
    form["words"] = "0" * 64
    assert "Please read what you agree to once more." in form.submit("act", value="on", status=422)
    form = page.forms["automatic-on"]
    form["consents"] = True
    form["method"].force_value(str(uuid7()))
    assert "Choose the card or bank account" in form.submit("act", value="on", status=422)
    stranger = signed_in(make.patient(first_name="Eve"))
    token = stranger.get("/account/methods").forms["add"]["csrf_token"].value
    stranger.post(f"{agreed.path}/automatic", {"csrf_token": token, "act": "on", "consents": "1"}, status=404)
    assert _state(db, agreed)[1] is None


def test_a_card_that_pays_a_plan_is_removed_only_when_that_is_meant_and_both_sides_hear_of_it(agreed, add_card, db, stand_in, desk, work_off, mails, patient):
    _switch_on(add_card())
    page = agreed.app.get("/account/methods")
    assert "automatic payments stop" in page
    form = next(form for form in page.forms.values() if form.action.endswith("/remove"))
    token = form["csrf_token"].value
    agreed.app.post(form.action, {"csrf_token": token}, status=303)
    assert _state(db, agreed)[1] is not None
    agreed.app.post(form.action, {"csrf_token": token, "stops": "yes"}, status=303)
    plan, consent = _state(db, agreed)
    assert (consent, plan.trouble) == (None, "removed")
    work_off()
    assert any(mail["Subject"] == "Automatic payments are off" for mail in mails.to(patient.email))
    assert "Automatic payments that stopped" in desk.get("/office")
    page = desk.get(agreed.at_office)
    assert "The card or bank account was removed." in page
    page.forms["noted"].submit("act", value="noted", status=303)
    assert "Automatic payments that stopped" not in desk.get("/office")


def test_the_office_sees_each_try_and_switches_them_off_but_never_on(agreed, add_card, db, stand_in, desk):
    _switch_on(add_card())
    page = desk.get(agreed.at_office)
    assert "Visa ending in 4242" in page
    assert "What was agreed to, word for word" in page
    token = page.forms["automatic-off"]["csrf_token"].value
    page.forms["automatic-off"].submit("act", value="automatic_off", status=303)
    assert _state(db, agreed)[1] is None
    assert "The office has switched them off." in agreed.app.get(agreed.path)
    for act in ("automatic_on", "on"):
        desk.post(agreed.at_office, {"csrf_token": token, "act": act}, status=422)
    assert _state(db, agreed)[1] is None


def test_the_next_payment_is_paid_by_hand_in_one_tap_and_counts(agreed, add_card, db, stand_in):
    form = add_card().forms["pay-plan"]
    assert "Pay $10.00 with Visa ending in 4242" in form.text
    form.submit(status=303)
    db.rollback()
    payment = db.scalars(select(Payment).where(Payment.payment_plan_id == agreed.plan.id)).one()
    assert (payment.state, payment.amount_cents, payment.plan_cents) == ("succeeded", 1_000, 1_000)
    assert plans.one(db, agreed.plan.practice_id, agreed.plan.id).paid_cents == 1_000
    assert "$10.00" in agreed.app.get(agreed.path).forms["pay-plan"].text


def test_the_task_charges_what_is_due_at_the_card_service_once(agreed, add_card, db, taken, work_off, monkeypatch):
    monkeypatch.setattr(charging, "FROM_HOUR", 0)
    _switch_on(add_card())
    db.execute(update(Installment).where(Installment.payment_plan_id == agreed.plan.id, Installment.number == 1).values(due_on=NOW.date() - timedelta(days=1)))
    db.execute(update(PlanConsent).where(PlanConsent.payment_plan_id == agreed.plan.id).values(starts_on=NOW.date() - timedelta(days=2)))
    db.commit()
    for _ in range(2):
        enqueue(db, "account.charge_plans")
        db.commit()
        for _ in range(3):
            work_off()
    db.rollback()
    payment = db.scalars(select(Payment).where(Payment.payment_plan_id == agreed.plan.id)).one()
    assert (payment.source, payment.state, payment.amount_cents, payment.plan_cents) == ("plan", "succeeded", 1_000, 1_000)
    assert taken() == [1_000]
    page = agreed.app.get(agreed.path)
    assert "Automatic payments so far (1)" in page

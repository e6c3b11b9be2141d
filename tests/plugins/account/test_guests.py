"""Paying without signing in: anybody can, nobody learns who is a patient here, and the money finds its account."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pypdfium2
import pypdfium2.raw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core import tasks
from core.audit import AuditEvent
from core.auth.limits import Limiter, TooManyAttempts
from core.outbox import OutboxRow
from core.testing import browser
from plugins.account.amounts import LARGEST_GUEST_PAYMENT_CENTS, LARGEST_PAYMENT_CENTS
from plugins.account.gateway.asking import Seen, SeenDispute
from plugins.account.models import Guest
from plugins.account.services import assigning, guests, settling
from plugins.account.services.asking import How
from tenants import settings as office_settings

ROBIN = {"first_name": "Robin", "last_name": "Vale", "birthdate": "1985-04-12", "amount": "40"}
DECLINED = "4000000000000002"


@pytest.fixture(autouse=True)
def fresh_limiter(registry):
    """Each test counts tries for itself."""
    before, registry.limiter = registry.limiter, Limiter("memory://")
    yield
    registry.limiter = before


@pytest.fixture
def robin(make):
    return make.patient(first_name="Robin", last_name="Vale", birthdate="1985-04-12")


@pytest.fixture
def paid(fill, web, type_card, come_back, stand_in):
    """`paid(**values)`: pay as a guest with a new card; the receipt."""
    return lambda **values: come_back(web, type_card(fill(**values).submit(status=303)))


@pytest.fixture
def guests_of(db):
    def read():
        db.rollback()
        return list(
            db.scalars(
                select(Guest)
                .where(Guest.practice_id == db.info["practice_id"])
                .order_by(Guest.id)
                .execution_options(populate_existing=True)
            ).all()
        )

    return read


@pytest.fixture
def switch(db, registry, practice):
    def turn(name, value, clinic_id=None):
        office_settings.change(db, registry.plugins, practice.id, clinic_id, name, value, "Alex", datetime.now(UTC))
        db.commit()

    return turn


def test_the_sign_in_page_leads_to_paying_and_back(web):
    [link] = web.get("/sign-in").lxml.xpath("//a[contains(., 'Pay a bill without signing in')]/@href")
    page = web.get(link).follow()
    assert page.forms["guest"]
    assert page.lxml.xpath("//main//a[@href='/sign-in']")


def test_a_payment_for_a_patient_is_on_the_account_as_pending(robin, work_off, payments_of, guests_of, signed_in, text_of, paid):
    assert "Thank you, your payment is made $40.00" in text_of(paid())
    work_off()
    [payment], [guest] = payments_of(), guests_of()
    assert (payment.patient_id, payment.account_id, payment.state, guest.outcome) == (robin.id, None, "succeeded", "matched")
    page = text_of(signed_in(robin).get("/account"))
    assert "This counts $40.00" in page
    assert "Pending" in page


def test_what_a_guest_wrote_and_where_the_receipt_went_is_not_shown_on_the_account(robin, work_off, payments_of, signed_in, paid):
    paid(note="Hello there", email="payer@example.test")
    work_off()
    page = signed_in(robin).get(f"/account/payments/{payments_of()[0].id}")
    assert payments_of()[0].receipt_number in page.text
    assert "Hello there" not in page.text
    assert "payer@example.test" not in page.text


WAYS = {
    "nobody": {"last_name": "Stranger"},
    "another birthdate": {"birthdate": "1985-04-13"},
    "another number": {"account_number": "no such chart"},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_payment_that_fits_nobody_is_taken_and_waits_for_the_office(way, robin, work_off, payments_of, guests_of, paid):
    paid(**WAYS[way])
    work_off()
    [payment], [guest] = payments_of(), guests_of()
    assert (payment.state, payment.patient_id, guest.outcome, guest.reason) == ("succeeded", None, "waiting", "nobody")


def test_of_two_with_one_name_and_birthdate_the_account_number_says_which(robin, make, work_off, payments_of, guests_of, paid):
    other = make.patient(first_name="Robin", last_name="Vale", birthdate="1985-04-12")
    paid()
    paid(account_number=other.external_id)
    work_off()
    assert [payment.patient_id for payment in payments_of()] == [None, other.id]
    assert [(guest.outcome, guest.reason) for guest in guests_of()] == [("waiting", "several"), ("matched", "")]


def test_a_patient_of_another_clinic_is_for_the_office_to_decide(make, work_off, payments_of, practice, paid):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    make.patient(first_name="Robin", last_name="Vale", birthdate="1985-04-12", clinic="C2")
    paid(path=f"/account/pay-now/{practice.clinic_id}")
    work_off()
    assert [payment.patient_id for payment in payments_of()] == [None]


def test_a_practice_with_several_clinics_asks_which(make, web):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    page = web.get("/pay").follow()
    [link] = page.lxml.xpath("//main//a[contains(., 'Lakeside')]/@href")
    assert "You pay" in web.get(link).text


def _without_what_differs(response) -> str:
    text = re.sub(r'name="(csrf_token|form_nonce)" value="[^"]*"', "", response.text)
    text = re.sub(r"Stranger|Vale|[A-Z2-9]{4}-[A-Z2-9]{4}|[0-9a-f]{8}-[0-9a-f-]{27}|nonce-[^']*|\d+:\d\d", "", text)
    return re.sub(r'nonce="[^"]*"', "", text)


def test_who_is_a_patient_here_and_who_is_not_get_the_same_answer_by_the_same_statements(robin, fill, statements, type_card, come_back, web):
    found = []
    for last_name in ("Vale", "Stranger"):
        form = fill(last_name=last_name)
        with statements() as asked:
            answer = form.submit(status=303)
        back = type_card(answer)
        with statements() as shown:
            page = come_back(web, back)
        found.append((_without_what_differs(page), [re.sub(r"'[^']*'", "", one) for one in [*asked, *shown]]))
    assert found[0] == found[1]
    assert not any("patient" in one and "select" in one.lower() and "from patient" in one.lower() for one in found[0][1])


def test_the_receipt_is_mailed_if_asked_for_and_says_nothing_of_anybody(robin, work_off, mails, practice, paid):
    paid(email="payer-of-bills@example.test")
    paid()
    work_off()
    work_off()
    [mail] = mails.to("payer-of-bills@example.test")
    body = mail.get_body(("plain",)).get_content()
    assert "$40.00" in body
    assert "your account in the patient portal" not in body + mail.get_body(("html",)).get_content()
    for word in ("Robin", "Vale", "April 12", "04/12/1985", "1985-04-12"):
        assert word not in mail.as_string()


def test_a_receipt_is_for_the_browser_that_paid_alone(portal, practice, other_practice, paid, web):
    page = paid()
    assert page.text.count("Visa ending in 4242") == 1
    web.get(page.request.path, status=200)
    paper = page.click("Download")
    for app in (browser(portal, practice), browser(portal, other_practice)):
        app.get(page.request.path, status=404)
        app.get(paper.request.path, status=404)


def test_the_receipt_of_a_guest_is_a_tagged_paper_with_what_was_paid_and_nothing_of_the_account(robin, paid):
    page = paid()
    paper = page.click("Download")
    assert paper.headers["Content-Disposition"].startswith('attachment; filename="Receipt ')
    document = pypdfium2.PdfDocument(paper.body)
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
    text = document[0].get_textpage().get_text_range()
    for words in ("Receipt number", "Robin Vale", "Visa ending in 4242", "$40.00"):
        assert words in text
    assert not [words for words in ("April 12", "04/12/1985", "1985-04-12") if words in text]


def test_a_payment_that_is_not_made_has_no_receipt_to_keep(fill, payments_of, web, stand_in):
    fill().submit(status=303)
    web.get(f"/account/pay-now/receipts/{payments_of()[0].id}/download", status=404)


def test_a_bank_debit_that_came_back_leaves_a_guest_no_receipt_and_says_that_it_is_owed_again(
    fill, type_card, come_back, payments_of, web, text_of, work_off, mails, stand_in, db, practice
):
    address = f"guest{secrets.token_hex(4)}@example.test"
    back = type_card(fill(kind="bank", email=address).submit(status=303), kind="us_bank_account", routing="110000000", account="000123456789")
    stand_in.pass_time(60)
    come_back(web, back)
    [payment] = payments_of()
    now = datetime.now(UTC)
    seen = SeenDispute("dp_1", payment.gateway_reference, 4000, "lost", "insufficient_funds", now, None, True, False)
    settling.take_in_dispute(db, practice.id, seen, "event", now)
    db.commit()
    page = text_of(web.get(f"/account/pay-now/receipts/{payment.id}"))
    assert "Your bank has taken this payment back" in page
    assert "Thank you" not in page
    web.get(f"/account/pay-now/receipts/{payment.id}/download", status=404)
    work_off()
    assert [mail["Subject"] for mail in mails.to(address) if "taken back" in mail["Subject"]]


def test_six_submits_of_one_form_at_once_are_one_charge(fill, payments_of, taken, type_card):
    form = fill()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: form.submit(expect_errors=True), range(6)))
    assert {answer.status_int for answer in answers} == {303}
    for answer in answers:
        if "/account/" not in answer.location:
            type_card(answer)
    assert (len(payments_of()), taken()) == (1, [4000])


def test_a_declined_card_is_told_on_the_hosted_page_and_another_one_pays(fill, payments_of, type_card, come_back, web, text_of):
    answer = fill(note="For mother").submit(status=303)
    assert type_card(answer, DECLINED) == ""
    assert "Thank you" in text_of(come_back(web, type_card(answer)))
    assert [payment.state for payment in payments_of()] == ["succeeded"]


@pytest.mark.parametrize("typed, state, days", [({}, "succeeded", guests.SETTLED_KEPT), ({}, "canceled", guests.FAILED_KEPT), ({"last_name": "Stranger"}, "succeeded", None)])
def test_what_was_typed_is_forgotten_in_time_and_the_payment_stays(typed, state, days, robin, fill, work_off, payments_of, guests_of, db, practice):
    fill(**typed).submit(status=303)
    [payment] = payments_of()
    settling.take_in(db, practice.id, Seen(state, 4000, "USD", str(payment.id)), "event", datetime.now(UTC))
    db.commit()
    work_off()
    over = payments_of()[0].settled_at + (days or timedelta(days=3650))
    guests.clear_away(db, practice.id, over - timedelta(minutes=5))
    assert len(guests_of()) == 1
    guests.clear_away(db, practice.id, over + timedelta(minutes=5))
    assert len(guests_of()) == (0 if days else 1), "what waits for the office stays"
    assert len(payments_of()) == 1
    assert "account.clear_guests" in tasks.schedule(practice.registry.plugins)


def test_a_payment_whose_answer_is_lost_is_found_out_by_the_worker_and_then_matched(robin, fill, type_card, payments_of, guests_of, db, work_off):
    type_card(fill().submit(status=303))
    db.execute(update(OutboxRow).where(OutboxRow.task == "account.settle_payment").values(available_at=datetime.now(UTC) - timedelta(minutes=1)))
    db.commit()
    assert guests_of()[0].outcome == ""
    for _ in range(3):
        work_off()
    [payment] = payments_of()
    assert (payment.state, payment.patient_id) == ("succeeded", robin.id)


@pytest.mark.parametrize(
    "typed, words",
    [
        ("", "Fill in the amount."), ("0", "The amount must be more than zero."), ("-5", "The amount must be more than zero."),
        ("0.50", "The smallest payment by card is $1.00."), ("10,000.01", "The largest payment here is $10,000.00."), ("five", "We could not read this amount."),
    ],
)  # fmt: skip
def test_an_amount_that_cannot_be_paid_is_told(typed, words, fill, payments_of, text_of):
    assert words in text_of(fill(amount=typed).submit(status=422))
    assert payments_of() == []


@pytest.mark.parametrize(
    "field, typed, words",
    [
        ("first_name", "", "first name"), ("birthdate", "2990-01-01", "The birthdate must be in the past."),
        ("email", "nobody", "Type an e-mail address such as name@example.com."),
        ("form_nonce", "x", "This page did not arrive as a whole."),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_form_is_told_before_anything_is_paid(field, typed, words, fill, payments_of, text_of):
    assert words in text_of(fill(**{field: typed}).submit(status=422))
    assert payments_of() == []


def test_cards_that_are_tried_out_are_stopped_and_told_so(fill, payments_of, text_of, type_card, web, work_off):
    for _ in range(3):
        assert type_card(fill().submit(status=303), DECLINED) == ""
        web.get(f"/account/pay-now/receipts/{payments_of()[-1].id}")
        web.get(f"/account/pay-now/receipts/{payments_of()[-1].id}")
        work_off()
    page = fill().submit(status=422)
    assert "Too many payments were tried here. Nothing was paid. Please wait" in text_of(page)
    assert page.forms["guest"]["first_name"].value == "Robin"
    assert [payment.state for payment in payments_of()] == ["payer"] * 3


def test_what_was_begun_can_be_gone_on_with_though_no_more_may_be_tried(fill):
    forms = [fill() for _ in range(6)]
    answers = [form.submit(status=303) for form in forms]
    assert fill().submit(status=422)
    assert forms[5].submit(status=303).location == answers[5].location


def test_many_addresses_together_are_stopped_too(practice, registry, db):
    now, opened = datetime.now(UTC), []

    def open_page(ask, keeps_method, kinds):
        opened.append(ask.payment)
        return Seen("payer", ask.amount_cents, ask.currency, ask.payment, checkout=f"cs_{ask.payment}")

    service = SimpleNamespace(name="local", card_account="acct_1", open_page=open_page)
    with pytest.raises(TooManyAttempts):
        for number in range(50):
            order = guests.GuestOrder(guests.For("A", "B", now.date()), practice.clinic_id, 500, f"nonce-of-form-{number:04}", f"10.{number}.0.1")
            guests.pay(db, service, registry.limiter, order, lambda _: How("http://x"), now, lambda _: None)
    assert len(opened) == 40


def test_declined_cards_of_many_addresses_stop_everybody(practice, registry):
    for number in range(15):
        guests.take_try(registry.limiter, practice.id, f"10.{number}.0.1", datetime.now(UTC))
        guests.count_decline(registry.limiter, practice.id, f"10.{number}.0.1")
    with pytest.raises(TooManyAttempts):
        guests.take_try(registry.limiter, practice.id, "10.99.0.1", datetime.now(UTC))


OFF = {"the tab": ("account", False), "paying": ("account.pay", False), "paying without signing in": ("account.guest_payments", False)}


@pytest.mark.parametrize("what", OFF)
def test_where_payments_are_off_there_is_no_link_and_no_page(what, fill, web, practice, switch, db, registry, payments_of, paid):
    form, made = fill(), paid().request.path
    name, value = OFF[what]
    if name == "account":
        office_settings.switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), name, value, "Alex", datetime.now(UTC))
        db.commit()
    else:
        switch(name, value)
    assert "Pay a bill" not in web.get("/sign-in").text
    for path in ("/pay", "/account/pay-now", f"/account/pay-now/{practice.clinic_id}"):
        web.get(path, status=404)
    form.submit(status=404)
    assert len(payments_of()) == 1
    web.get(made, status=404 if name == "account" else 200)


def test_on_at_one_clinic_only_that_one_is_paid(make, web, switch, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    switch("account.pay", False, practice.clinic_id)
    assert web.get("/pay").follow().status_int == 303
    web.get(f"/account/pay-now/{practice.clinic_id}", status=404)


def test_paying_is_on_record_without_a_name(payments_of, db, paid):
    paid()
    [row] = db.execute(select(AuditEvent.target_id, AuditEvent.patient_id).where(AuditEvent.action == "account.guest_payment.make")).all()
    assert tuple(row) == (payments_of()[0].id, None)


# The office.


@pytest.fixture
def waiting(work_off, payments_of, paid):
    """A payment that waits: the last name has a slip in it."""
    paid(last_name="Valle", note="For the crown")
    work_off()
    return payments_of()[0]


def _page(app, waiting):
    [link] = app.get("/office/account/payments").lxml.xpath("//table//a/@href")
    assert link == f"/office/account/payments/{waiting.id}"
    return app.get(link)


def test_the_office_sees_what_waits_and_assigns_it_to_who_is_meant(robin, waiting, signed_in, make, payments_of, guests_of, text_of, db):
    staff = make.staff("billing")
    app = signed_in(account=staff)
    assert "Payments to assign" in app.get("/office").text
    page = _page(app, waiting)
    assert "Valle" in page.text
    assert "For the crown" in page.text
    page.forms["assign-1"].submit(status=303)
    [payment], [guest] = payments_of(), guests_of()
    assert (payment.patient_id, guest.outcome, guest.settled_by) == (robin.id, "assigned", staff.id)
    assert "Nothing to assign" in app.get("/office/account/payments").text
    assert "This counts $40.00" in text_of(signed_in(robin).get("/account"))
    row = db.execute(select(AuditEvent.patient_id, AuditEvent.target_id).where(AuditEvent.action == "account.guest_payment.assign")).one()
    assert tuple(row) == (robin.id, payment.id)


def test_it_can_be_assigned_by_the_chart_number_and_once_only(waiting, signed_in, make, payments_of, text_of):
    other, app = make.patient(first_name="Ada"), signed_in(account=make.staff())
    form = _page(app, waiting).forms["by-number"]
    form["chart_number"] = "no such chart"
    assert "There is no patient with this chart number." in text_of(form.submit(status=422))
    form["chart_number"] = other.external_id
    form.submit(status=303)
    form.submit(status=404)
    assert payments_of()[0].patient_id == other.id


def test_a_payment_that_was_paid_back_is_off_the_list_and_on_no_account(robin, waiting, signed_in, make, payments_of, guests_of):
    app = signed_in(account=make.staff())
    _page(app, waiting).forms["refunded"].submit(status=303)
    assert (payments_of()[0].patient_id, guests_of()[0].outcome) == (None, "refunded")
    app.get(f"/office/account/payments/{waiting.id}", status=404)


def test_staff_of_another_clinic_see_nothing_of_it_and_assign_nothing_to_others(robin, waiting, signed_in, make, practice, payments_of):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    lakeside = make.patient(clinic="C2")
    app = signed_in(account=make.staff("billing", clinic_ids=(lakeside.clinic_id,)))
    assert "Nothing to assign" in app.get("/office/account/payments").text
    app.get(f"/office/account/payments/{waiting.id}", status=404)
    ours = signed_in(account=make.staff("billing", clinic_ids=(practice.clinic_id,)))
    form = _page(ours, waiting).forms["by-number"]
    form["chart_number"] = lakeside.external_id
    form.submit(status=422)
    assert payments_of()[0].patient_id is None


STEPS = st.lists(st.sampled_from(["match", "assign Robin", "assign Ada", "refund"]), min_size=1, max_size=5)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, paid=st.booleans(), named=st.sampled_from(["Vale", "Nobody"]))
def test_in_whatever_order_it_is_settled_the_money_is_on_one_account_at_most_and_stays_there(steps, paid, named, db, practice, make, robin):
    now = datetime.now(UTC)
    ada = make.patient(first_name="Ada")
    staff = make.staff()
    order = guests.GuestOrder(guests.For("Robin", named, robin.birthdate), practice.clinic_id, 500, secrets.token_hex(16), "10.0.0.1")
    payment = guests._put_on_record(db, SimpleNamespace(name="local", card_account="acct_1"), order, now)
    payment.state = "succeeded" if paid else "failed"
    db.flush()
    seen = None
    for step in steps:
        try:
            if step == "match":
                assigning.match(db, practice.id, payment.id, now)
            elif step == "refund":
                assigning.mark_refunded(db, practice.id, payment.id, now, staff.id)
            else:
                assigning.assign(db, practice.id, payment.id, (robin if "Robin" in step else ada).id, now, staff.id)
        except assigning.NotWaiting:
            pass
        guest = guests.typed_by(db, payment)
        assert (payment.patient_id is not None) == (guest.outcome in ("matched", "assigned"))
        assert seen is None or payment.patient_id == seen
        assert paid or guest.outcome == ""
        seen = payment.patient_id
    db.rollback()


def test_the_most_that_a_guest_may_pay_is_less_than_what_a_patient_may():
    assert LARGEST_GUEST_PAYMENT_CENTS < LARGEST_PAYMENT_CENTS

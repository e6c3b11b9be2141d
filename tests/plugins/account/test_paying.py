"""Paying, as a patient's browser does it, with the stand-in for the card service."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pypdfium2
import pytest
import requests
from sqlalchemy import select, text, update

from core.audit import AuditEvent
from plugins.account.gateway.asking import CardServiceAway
from plugins.account.gateway.stripe_cards import StripeCardService
from plugins.account.models import Method, Payment, PaymentStep, Statement
from plugins.account.services import payments
from tenants import settings as office_settings

GOOD, DECLINED, ASKS_BANK = "4242424242424242", "4000000000000002", "4000002760003184"


@pytest.fixture(autouse=True)
def _quick(stand_in):
    """The library asks again at once."""


def other_amount(form, typed):
    form["choice"] = "other"
    form["amount"] = typed
    return form


def test_the_whole_balance_is_paid_and_the_receipt_shows_it(signed_in, patient, pay, payments_of, taken, text_of):
    app = signed_in(patient)
    page = text_of(pay(app))
    assert "Thank you, your payment is made $130.00" in page
    assert "Visa ending in 4242" in page
    [payment] = payments_of()
    assert (payment.amount_cents, payment.currency, payment.state, payment.gateway) == (13000, "USD", "succeeded", "local")
    assert payment.receipt_number in page
    assert taken() == [13000]
    file = app.get(f"/account/payments/{payment.id}/download")
    words = pypdfium2.PdfDocument(BytesIO(file.body))[0].get_textpage().get_text_bounded()
    assert payment.receipt_number in words
    assert "$130.00" in words


def test_what_is_left_of_the_last_statement_can_be_paid_alone(signed_in, patient, pay, pay_form, payments_of):
    app = signed_in(patient)
    assert [option[0] for option in pay_form(app)["choice"].options] == ["statement", "balance", "other"]
    pay(app, choice="statement")
    form = pay_form(app, choice="balance")
    assert "The statement" not in form.text
    pay(app)
    assert [(payment.amount_cents, payment.statement_id) for payment in payments_of()] == [(8000, None), (5000, None)]


def test_a_payment_is_pending_until_the_office_enters_it(signed_in, patient, pay, payments_of, text_of, make):
    app = signed_in(patient)
    pay(app, choice="other", amount="$30")
    page = text_of(app.get("/account"))
    assert "You owe now* $100.00" in page
    assert "Pending" in page
    record = {"kind": "ledger_entry", "external_id": "E9", "patient": patient.external_id, "entry_type": "payment", "entered_on": "2026-11-01"}
    make.take_in([record | {"description": "Card", "amount_cents": -3000, "receipt_number": payments_of()[0].receipt_number}])
    page = text_of(app.get("/account"))
    assert "You owe now $100.00" in page
    assert "Pending" not in page


def test_the_receipt_is_mailed_once_and_says_nothing_of_the_record(signed_in, patient, pay, work_off, mails, practice):
    pay(signed_in(patient))
    work_off()
    work_off()
    [mail] = [mail for mail in mails.to("robin@example.test") if practice.slug in str(mail["Reply-To"])]
    assert "Receipt for your payment" in mail["Subject"]
    assert "$130.00" in mail.get_body(("plain",)).get_content()
    assert "$130.00" in mail.get_body(("html",)).get_content()
    for word in ("Robin", "Vale", "Crown", "April 12", "04/12/1985", "1985-04-12"):
        assert word not in mail.as_string()


def test_who_has_turned_receipts_off_gets_none_and_is_promised_none(signed_in, patient, make, practice, pay, work_off, mails, payments_of):
    account = make.account(patient)
    app = signed_in(account=account)
    app.get("/profile/notices").forms["account-receipt"].submit("on")
    page = pay(app)
    assert "A copy" not in page.text
    assert "until then it is marked as pending" in page.text
    work_off()
    assert [mail for mail in mails.to("robin@example.test") if practice.slug in str(mail["Reply-To"])] == []
    app.get("/profile/notices").forms["account-receipt"].submit("on")
    here = page.request.path
    assert "A copy is on its way" in app.get(here).text
    with practice.session() as session:
        session.execute(update(Payment).where(Payment.practice_id == practice.id).values(settled_at=datetime.now(UTC) - timedelta(days=2)))
        session.commit()
    assert "A copy" not in app.get(here).text


def test_paying_is_on_record(signed_in, patient, pay, payments_of, db):
    pay(signed_in(patient))
    [payment] = payments_of()
    rows = db.execute(select(AuditEvent.target_id, AuditEvent.patient_id).where(AuditEvent.action == "account.payment.make")).all()
    assert [tuple(row) for row in rows] == [(payment.id, patient.id)]
    steps = db.execute(select(PaymentStep.to_state, PaymentStep.told_by).where(PaymentStep.payment_id == payment.id).order_by(PaymentStep.number))
    assert [tuple(step) for step in steps] == [("submitted", "request"), ("payer", "answer"), ("succeeded", "payer")]


def test_the_same_form_sent_twice_leads_to_the_same_page_and_is_one_payment(signed_in, patient, pay_form, type_card, payments_of, taken):
    form = pay_form(signed_in(patient))
    first, second = form.submit(), form.submit()
    assert first.location == second.location
    assert type_card(first)
    assert "/account/payments/" in form.submit().location
    assert (len(payments_of()), taken()) == (1, [13000])


def test_a_form_that_comes_while_its_first_sending_is_under_way_does_not_close_the_page_of_that(signed_in, patient, pay_form, type_card, taken, monkeypatch):
    form = pay_form(signed_in(patient))
    first, look = form.submit(), payments.sent_before
    looked: list[bool] = []

    def not_yet_there(*about):
        looked.append(True)
        return look(*about) if len(looked) > 1 else None

    monkeypatch.setattr(payments, "sent_before", not_yet_there)
    assert form.submit().location == first.location
    assert type_card(first)
    assert taken() == [13000]


def test_six_submits_of_one_form_at_once_are_one_payment(signed_in, patient, pay_form, type_card, payments_of, taken):
    form = pay_form(signed_in(patient))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: form.submit(), range(6)))
    assert {answer.status_int for answer in answers} == {303}
    for answer in answers:
        if "/account/" not in answer.location:
            type_card(answer)
    assert (len(payments_of()), taken()) == (1, [13000])


def test_of_two_opened_forms_the_second_closes_the_page_of_the_first(signed_in, patient, pay_form, type_card, payments_of, taken):
    app = signed_in(patient)
    forms = [pay_form(app) for _ in range(2)]
    first, second = (form.submit(status=303) for form in forms)
    assert type_card(first) == ""
    assert type_card(second)
    app.get(f"/account/payments/{payments_of()[1].id}")
    assert [payment.state for payment in payments_of()] == ["canceled", "succeeded"]
    assert taken() == [13000]


def test_whoever_has_just_paid_in_another_tab_is_told_so_and_pays_no_second_time(signed_in, patient, pay_form, type_card, payments_of, taken, text_of):
    app = signed_in(patient)
    forms = [pay_form(app) for _ in range(2)]
    assert type_card(forms[0].submit(status=303))
    page = text_of(forms[1].submit(status=303).follow())
    assert "it has just been made. Nothing was paid a second time." in page
    assert "Thank you, your payment is made $130.00" in page
    assert (len(payments_of()), taken()) == (1, [13000])


def test_two_opened_forms_sent_at_once_do_not_pay_the_balance_twice(signed_in, patient, pay_form, type_card, payments_of, taken):
    app = signed_in(patient)
    forms = [pay_form(app) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda form: form.submit(expect_errors=True), forms))
    for answer in answers:
        if answer.status_int == 303 and "/account/" not in answer.location:
            type_card(answer)
    assert taken() == [13000]


def test_a_declined_card_is_told_on_the_hosted_page_and_another_one_pays(signed_in, patient, pay_form, type_card, come_back, payments_of, text_of):
    app = signed_in(patient)
    answer = pay_form(app).submit(status=303)
    assert type_card(answer, DECLINED) == ""
    page = text_of(app.get(f"/account/payments/{payments_of()[0].id}"))
    assert "This payment waits for you" in page
    assert "No money was taken yet." in page
    assert "Thank you" in text_of(come_back(app, type_card(answer)))


def test_a_payment_that_was_begun_can_be_gone_on_with_or_called_off(signed_in, patient, pay_form, type_card, payments_of, taken):
    app = signed_in(patient)
    answer = pay_form(app).submit(status=303)
    page = app.get(f"/account/payments/{payments_of()[0].id}")
    assert page.lxml.xpath("//a[contains(., 'Go on paying')]/@href") == [answer.location]
    page = next(form for form in page.forms.values() if "call-off" in form.action).submit(status=303).follow()
    assert "This payment was called off" in page.text
    assert type_card(answer) == ""
    assert taken() == []


def test_a_card_that_is_kept_pays_the_next_time_at_once(signed_in, patient, pay, pay_form, payments_of, taken, db, text_of):
    app = signed_in(patient)
    pay(app, choice="other", amount="30", keep=True)
    [method] = db.scalars(select(Method))
    form = pay_form(app, pay_with=str(method.id))
    assert "Visa ending in 4242, good until 12/2040" in text_of(form.response if hasattr(form, "response") else app.get("/account/pay"))
    assert "Thank you, your payment is made $100.00" in text_of(form.submit(status=303).follow())
    assert form.submit(status=303).location.endswith(str(payments_of()[1].id))
    assert taken() == [3000, 10000]


def test_a_card_that_is_not_to_be_kept_is_not(signed_in, patient, pay, db):
    pay(signed_in(patient))
    assert db.scalars(select(Method)).all() == []


def test_a_bank_that_asks_is_led_to_and_back_from(signed_in, patient, pay, pay_form, type_card, payments_of, db, text_of, stand_in):
    app = signed_in(patient)
    form = pay_form(app, choice="other", amount="30", keep=True)
    bank = type_card(form.submit(status=303), ASKS_BANK)
    requests.post(stand_in.address + bank if bank.startswith("/") else bank, data={"answer": "approve"}, timeout=10, allow_redirects=False)
    app.get(f"/account/payments/{payments_of()[0].id}")
    [method] = db.scalars(select(Method))
    answer = pay_form(app, pay_with=str(method.id)).submit(status=303)
    assert "/account/" not in answer.location
    page = app.get(f"/account/payments/{payments_of()[1].id}")
    assert "your bank still asks you" in text_of(page)
    assert page.lxml.xpath("//a[contains(., 'Go on paying')]/@href") == [answer.location]


def test_a_bank_account_takes_days_and_counts_as_pending_meanwhile(signed_in, patient, pay_form, type_card, come_back, payments_of, text_of, stand_in):
    app = signed_in(patient)
    answer = pay_form(app, pay_with="bank").submit(status=303)
    back = type_card(answer, kind="us_bank_account", routing="110000000", account="000123456789")
    page = text_of(come_back(app, back))
    assert "Your bank is paying" in page
    assert "Nothing is owed now" in text_of(app.get("/account/pay"))
    assert [payment.state for payment in payments_of()] == ["processing"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Please enter the amount."),
        ("abc", "We could not read this amount."),
        ("-5", "The amount must be more than zero."),
        ("0", "The amount must be more than zero."),
        ("0.99", "The smallest payment by card is $1.00."),
        ("12.345", "We could not read this amount."),
        ("50,000.01", "The largest payment here is $50,000.00."),
        ("9" * 39, "The largest payment here is $50,000.00."),
        ("1" * 41, "Shorten the amount to at most 40 characters."),
        ("€20", "Amounts here are in US dollars."),
        ("<script>", "We could not read this amount."),
    ],
)
def test_a_wrong_amount_is_explained_and_still_there(signed_in, patient, pay_form, payments_of, text_of, typed, words):
    page = other_amount(pay_form(signed_in(patient)), typed).submit(status=422)
    assert words in text_of(page)
    assert page.forms["pay"]["amount"].value == typed
    assert payments_of() == []


def test_more_than_is_owed_is_paid_only_when_that_is_meant(signed_in, patient, pay_form, payments_of, text_of):
    page = other_amount(pay_form(signed_in(patient)), "200").submit(status=422)
    assert "That is $70.00 more than the $130.00 that is owed." in text_of(page)
    form = page.forms["pay"]
    assert not form["more_than_owed"].checked
    form["more_than_owed"].checked = True
    form["amount"] = "2000"  # what was agreed to is 200
    page = form.submit(status=422)
    assert payments_of() == []
    form["amount"] = "200"
    form.submit(status=303)
    assert [payment.amount_cents for payment in payments_of()] == [20000]


def test_who_owes_nothing_can_pay_in_advance(signed_in, make, pay_form, type_card, come_back, text_of):
    app = signed_in(make.patient())
    form = pay_form(app)
    form["amount"] = "40"
    page = form.submit(status=422)
    assert "$40.00 would be kept as a credit" in text_of(page)
    form = page.forms["pay"]
    form["more_than_owed"].checked = True
    come_back(app, type_card(form.submit(status=303)))
    assert "Your credit* $40.00" in text_of(app.get("/account"))


def test_a_balance_that_changed_is_shown_before_it_is_paid(signed_in, patient, pay_form, payments_of, make, text_of):
    form = pay_form(signed_in(patient))
    record = {"kind": "ledger_entry", "external_id": "E9", "patient": patient.external_id, "entry_type": "charge", "entered_on": "2026-11-01"}
    make.take_in([record | {"description": "Filling", "amount_cents": 10000}])
    page = form.submit(status=422)
    assert "The balance has changed since this page was opened." in text_of(page)
    assert "$230.00" in text_of(page)
    assert payments_of() == []


@pytest.mark.parametrize("name", ["balance_seen", "statement_seen", "patient", "form_nonce", "choice", "more_than_owed", "pay_with"])
@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 50])
def test_a_changed_form_pays_nothing_and_is_no_fault_of_ours(signed_in, patient, pay_form, payments_of, name, value):
    form = pay_form(signed_in(patient))
    fields = [(key, text) for key, text in form.submit_fields() if key != name] + [(name, value)]
    answer = form.response.goto("/account/pay", method="POST", params=fields, expect_errors=True)
    # What is left out has a default: the whole balance, no more than it. Any text can be the mark of an opened form.
    harmless = (value == "" and name in ("choice", "more_than_owed", "statement_seen", "pay_with")) or (name, value) == ("form_nonce", "9" * 50)
    harmless = harmless or (name == "statement_seen" and value != "x")  # not what is paid here
    assert answer.status_int == (303 if harmless else 422)
    assert len(payments_of()) == (answer.status_int == 303)


def test_a_smaller_amount_in_the_form_does_not_make_the_balance_smaller(signed_in, patient, pay_form, payments_of):
    form = pay_form(signed_in(patient))
    form["balance_seen"].force_value("100")
    form.submit(status=422)
    assert payments_of() == []


def test_a_form_that_was_made_for_another_person_pays_nothing(signed_in, patient, make, pay_form, payments_of, text_of):
    helper = make.account(make.patient(first_name="Sam"))
    make.grant(helper, patient)
    app = signed_in(account=helper)
    form = pay_form(app)
    form["patient"].force_value(str(patient.id))
    form["amount"] = "5"
    page = form.submit(status=422)
    assert "You have switched to another person’s account" in text_of(page)
    assert payments_of() == []


def test_a_guarantor_pays_for_the_family_and_whoever_is_none_cannot(signed_in, patient, make, pay, pay_form, payments_of, text_of, work_off):
    child = make.patient(first_name="Sam", guarantor=patient.external_id, birthdate="2015-03-01")
    entry = {"kind": "ledger_entry", "external_id": "S9", "patient": child.external_id, "entry_type": "charge", "entered_on": "2026-10-01"}
    make.take_in([entry | {"description": "Cleaning", "amount_cents": 9000}])
    account = make.account(patient)
    make.grant(account, child)
    app = signed_in(account=account)
    assert "All that the family owes" in app.get("/account/pay").text
    assert "Thank you, your payment is made $220.00" in text_of(pay(app, choice="family"))
    work_off()
    assert [(payment.scope, payment.amount_cents) for payment in payments_of()] == [("family", 22000)]
    assert "Nothing is owed now" in text_of(app.get("/account/pay"))
    form = pay_form(signed_in(child))
    assert "family" not in form.text
    assert "Nothing is owed now" in text_of(form.response)


def test_a_visit_or_a_statement_that_a_link_leads_to_is_paid(signed_in, patient, make, pay_form, payments_of, db):
    entry = {"kind": "ledger_entry", "patient": patient.external_id, "entry_type": "charge", "entered_on": "2026-11-01"}
    make.take_in([entry | {"external_id": "V9", "description": "Filling", "amount_cents": 4000, "visit": "V9"}])
    app = signed_in(patient)
    form = pay_form(app, "?visit=V9", choice="visit")
    form.submit(status=303)
    [payment] = payments_of()
    assert (payment.visit, payment.amount_cents) == ("V9", 4000)
    form["visit_seen"].force_value("3999")
    form["form_nonce"].force_value("n" * 20)
    form.submit(status=422)
    assert [payment.state for payment in payments_of()][1:] == []


def test_a_statement_or_a_card_of_somebody_else_is_refused_and_on_record(signed_in, patient, make, pay, pay_form, payments_of, db, text_of):
    sam = make.patient(first_name="Sam")
    about = {"patient": sam.external_id, "sent_on": "2026-10-01", "balance_cents": 100}
    charge = {"entry_type": "charge", "entered_on": "2026-10-01", "description": "X-ray", "amount_cents": 500, "patient": sam.external_id}
    make.take_in([charge | {"kind": "ledger_entry", "external_id": "X7"}, about | {"kind": "statement", "external_id": "S7", "number": "7"}])
    statement_id = db.scalars(select(Statement.id).where(Statement.patient_id == sam.id)).one()
    pay(signed_in(sam), choice="balance", keep=True)
    method_id = db.scalars(select(Method.id)).one()
    app, other = signed_in(patient), pay_form(signed_in(patient))
    app.get(f"/account/pay?statement={statement_id}", status=404)
    app.get(f"/account/pay?statement={uuid4()}", status=404)
    form = pay_form(app)
    form["pay_with"].force_value(str(method_id))
    assert "This is not on your account any more." in text_of(form.submit(status=422))
    fields = [*other.submit_fields(), ("statement", str(statement_id)), ("choice", "statement")]
    other.response.goto("/account/pay", method="POST", params=fields, status=422)
    assert [payment.patient_id for payment in payments_of()] == [sam.id]
    refused = select(AuditEvent.patient_id).where(AuditEvent.action == "account.payment.refuse")
    assert db.scalars(refused).all() == [patient.id] * 4


def test_a_receipt_of_another_person_is_not_found(signed_in, patient, make, pay, payments_of, other_signed_in, other_make):
    pay(signed_in(patient))
    [payment] = payments_of()
    signed_in(make.patient(first_name="Sam")).get(f"/account/payments/{payment.id}", status=404)
    other_signed_in(other_make.patient()).get(f"/account/payments/{payment.id}", status=404)


def test_an_office_that_takes_no_payments_has_no_pay_page(signed_in, patient, pay_form, practice, db, registry):
    app = signed_in(patient)
    form = pay_form(app)
    office_settings.change(db, registry.plugins, practice.id, None, "account.pay", False, "test", datetime.now(UTC))
    db.commit()
    app.get("/account/pay", status=404)
    form.submit(status=404)
    assert "/account/pay" not in app.get("/account")
    assert "/account/pay" not in app.get("/home")


def test_the_office_sets_the_smallest_payment_and_a_smaller_balance_can_still_be_paid_off(
    signed_in, patient, pay_form, practice, db, registry, text_of
):
    office_settings.change(db, registry.plugins, practice.id, None, "account.minimum_payment_cents", 20000, "test", datetime.now(UTC))
    db.commit()
    app = signed_in(patient)
    assert "The smallest payment by card is $200.00." in text_of(other_amount(pay_form(app), "129").submit(status=422))
    pay_form(app).submit(status=303)


def test_the_payment_is_on_record_before_anyone_is_asked_for_money(signed_in, patient, pay_form, payments_of, monkeypatch, text_of):
    seen = []

    def open_page(self, *arguments):
        seen.extend(payment.state for payment in payments_of())
        raise ConnectionResetError

    monkeypatch.setattr(StripeCardService, "open_page", open_page)
    app = signed_in(patient)
    pay_form(app).submit(status=500)
    assert seen == ["submitted"]
    assert [payment.state for payment in payments_of()] == ["submitted"]
    page = text_of(app.get("/account"))
    assert "We do not know yet whether your payment of $130.00 went through." in page


def test_a_lost_answer_is_told_honestly_and_found_out_by_the_page_itself(signed_in, patient, pay, pay_form, payments_of, text_of, stand_in, monkeypatch):
    app = signed_in(patient)
    real = StripeCardService.open_page

    def lost(self, *arguments):
        real(self, *arguments)
        raise CardServiceAway

    monkeypatch.setattr(StripeCardService, "open_page", lost)
    answer = pay_form(app).submit(status=303)
    assert [payment.state for payment in payments_of()] == ["unknown"]
    assert "A payment of $130.00 is being checked" in text_of(app.get("/account/pay"))
    monkeypatch.undo()
    assert "This payment waits for you" in text_of(answer.follow())


def test_a_card_service_that_is_away_takes_nothing_and_says_so(signed_in, patient, pay_form, payments_of, text_of, stand_in):
    app = signed_in(patient)
    pay_form(app).submit(status=303)
    form = pay_form(app)
    stand_in.away = True
    try:
        page = form.submit(status=422)
    finally:
        stand_in.away = False
    assert "The card service does not answer right now. Nothing was paid." in text_of(page)
    assert [payment.state for payment in payments_of()] == ["payer"]


def test_nothing_of_a_record_is_told_to_the_card_service(signed_in, patient, pay, monkeypatch):
    sent, real = [], requests.Session.request
    monkeypatch.setattr(requests.Session, "request", lambda self, *args, **more: sent.append(str((args, more))) or real(self, *args, **more))
    pay(signed_in(patient), keep=True, note="About my crown")
    asked = "\n".join(one for one in sent if "/v1/" in one)
    assert "metadata" in asked
    # Whole words only: made-up ids in an address may hold any few letters.
    for word in ("Robin", "Vale", "1985", "Crown", "crown", "robin", "S1", "1007"):
        assert not re.search(rf"(?<![\w-]){word}(?![\w-])", asked), word


def test_no_card_number_is_kept_anywhere(signed_in, patient, pay, db, capsys, caplog):
    pay(signed_in(patient), keep=True)
    tables = db.scalars(text("select table_name from information_schema.tables where table_schema = 'public'")).all()
    rows = "\n".join(str(row) for table in tables for row in db.execute(text(f'select * from "{table}"')))
    logged = caplog.text + "".join(capsys.readouterr())
    for number in (GOOD, "4242 4242"):
        assert number not in rows
        assert number not in logged


def test_a_receipt_number_has_no_letters_that_are_misheard():
    numbers = {payments._receipt_number() for _ in range(200)}
    assert len(numbers) == 200
    assert not set("01OIL") & set("".join(numbers))

"""Paying, as a patient's browser does it, with the local stand-in for a card service."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from core.audit import AuditEvent
from plugins.account.gateway.local import LocalGateway
from plugins.account.models import Payment
from plugins.account.services import payments
from tenants import settings as office_settings


def other_amount(form, typed):
    form["choice"] = "other"
    form["amount"] = typed
    return form


def test_the_whole_balance_is_paid_and_the_receipt_shows_it(signed_in, patient, pay_form, payments_of, text_of):
    app = signed_in(patient)
    answer = pay_form(app).submit()
    assert answer.status_int == 303
    page = text_of(answer.follow())
    assert "Thank you, your payment is made $130.00" in page
    assert "Visa ending in 4242" in page
    [payment] = payments_of.rows()
    assert (payment.amount_cents, payment.currency, payment.state, payment.gateway) == (13000, "USD", "succeeded", "local")
    assert payment.receipt_number in page
    assert [charge.amount_cents for charge in payments_of.charges()] == [13000]


def test_what_is_left_of_the_last_statement_can_be_paid_alone(signed_in, patient, pay_form, payments_of):
    app = signed_in(patient)
    assert [option[0] for option in pay_form(app)["choice"].options] == ["statement", "balance", "other"]
    pay_form(app, choice="statement").submit(status=303)
    assert [payment.amount_cents for payment in payments_of.rows()] == [8000]
    form = pay_form(app, choice="balance")
    assert "The last statement" not in form.text
    form.submit(status=303)
    assert [payment.amount_cents for payment in payments_of.rows()] == [8000, 5000]


def test_a_payment_is_pending_until_the_office_enters_it(signed_in, patient, pay_form, payments_of, text_of, make):
    app = signed_in(patient)
    other_amount(pay_form(app), "$30").submit()
    page = text_of(app.get("/account"))
    assert "You owe now* $100.00" in page
    assert "This counts $30.00 that you paid here" in page
    assert "Pending" in page
    record = {
        "kind": "ledger_entry",
        "external_id": "E9",
        "patient": patient.external_id,
        "entry_type": "payment",
        "entered_on": "2026-11-01",
    }
    make.take_in([record | {"description": "Card", "amount_cents": -3000, "receipt_number": payments_of.rows()[0].receipt_number}])
    page = text_of(app.get("/account"))
    assert "You owe now $100.00" in page
    assert "Pending" not in page


def test_the_receipt_is_mailed_once_and_says_nothing_of_the_record(signed_in, patient, pay_form, work_off, mails, practice):
    pay_form(signed_in(patient)).submit()
    work_off()
    work_off()
    [mail] = [mail for mail in mails.to("robin@example.test") if practice.slug in str(mail["Reply-To"])]
    assert "Receipt for your payment" in mail["Subject"]
    assert "$130.00" in mail.get_body(("plain",)).get_content()
    assert "$130.00" in mail.get_body(("html",)).get_content()
    for word in ("Robin", "Vale", "Crown", "April 12", "04/12/1985", "1985-04-12"):
        assert word not in mail.as_string()


def test_who_has_turned_receipts_off_gets_none_and_is_promised_none(signed_in, patient, make, practice, pay_form, work_off, mails, payments_of):
    account = make.account(patient)
    app = signed_in(account=account)
    app.get("/profile/notices").forms["account-receipt"].submit("on")
    answer = pay_form(app).submit()
    assert "A copy" not in answer.follow().text
    assert "until then it is marked as pending" in answer.follow().text
    work_off()
    assert [mail for mail in mails.to("robin@example.test") if practice.slug in str(mail["Reply-To"])] == []
    app.get("/profile/notices").forms["account-receipt"].submit("on")
    assert "A copy is on its way" in answer.follow().text
    with practice.session() as session:
        session.execute(update(Payment).where(Payment.practice_id == practice.id).values(settled_at=datetime.now(UTC) - timedelta(days=2)))
        session.commit()
    assert "A copy" not in answer.follow().text


def test_paying_is_on_record(signed_in, patient, pay_form, payments_of, db):
    pay_form(signed_in(patient)).submit()
    [payment] = payments_of.rows()
    rows = db.execute(select(AuditEvent.target_id, AuditEvent.patient_id).where(AuditEvent.action == "account.payment.make")).all()
    assert [tuple(row) for row in rows] == [(payment.id, patient.id)]


def test_the_same_form_sent_twice_is_one_payment_with_one_receipt(signed_in, patient, pay_form, payments_of):
    form = pay_form(signed_in(patient))
    assert form.submit().location == form.submit().location
    assert len(payments_of.charges()) == 1


def test_six_submits_of_one_form_at_once_are_one_charge(signed_in, patient, pay_form, payments_of):
    form = pay_form(signed_in(patient))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: form.submit(), range(6)))
    assert {answer.status_int for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len(payments_of.rows()) == len(payments_of.charges()) == 1


def test_two_opened_forms_sent_at_once_do_not_pay_the_balance_twice(signed_in, patient, pay_form, payments_of):
    app = signed_in(patient)
    forms = [pay_form(app) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda form: form.submit(expect_errors=True), forms))
    assert sorted(answer.status_int for answer in answers) == [303, 422]
    assert [charge.amount_cents for charge in payments_of.charges()] == [13000]


def test_a_declined_card_is_told_and_everything_but_the_card_is_still_there(signed_in, patient, pay_form, payments_of, text_of):
    form = other_amount(pay_form(signed_in(patient), card_number="4000 0000 0000 0002", note="For the crown"), "25.5")
    page = form.submit(status=422)
    assert "The card was declined. No money was taken." in text_of(page)
    again = next(form for form in page.forms.values() if "card_number" in form.fields)
    assert (again["choice"].value, again["amount"].value, again["note"].value, again["card_expiry"].value) == (
        "other",
        "25.5",
        "For the crown",
        "12/40",
    )
    assert again["card_number"].value == again["card_code"].value == ""
    assert [payment.state for payment in payments_of.rows()] == ["failed"]
    again["card_number"], again["card_code"] = "4242424242424242", "123"
    again.submit(status=303)
    assert [payment.state for payment in payments_of.rows()] == ["failed", "succeeded"]


def test_a_declined_form_sent_again_is_not_charged_again(signed_in, patient, pay_form, payments_of):
    form = pay_form(signed_in(patient), card_number="4000000000000002")
    form.submit(status=422)
    form.submit(status=422)
    assert len(payments_of.rows()) == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4000 0027 6000 3184", "Your bank wants to ask you"),
        ("4000000000009995", "does not have enough money"),
        ("4000002500003155", "Your bank"),
    ],
)
def test_other_refusals_say_what_to_do(signed_in, patient, pay_form, text_of, number, words):
    assert words in text_of(pay_form(signed_in(patient), card_number=number).submit(status=422))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"card_number": "4111 1111 1111 1111"}, "This is not one of the test cards. Never enter a real card here."),
        ({"card_number": ""}, "Please enter the card number."),
        ({"card_number": "x" * 30}, "This is not one of the test cards."),
        ({"card_expiry": "13/40"}, "Please enter month and year, such as 04/30."),
        ({"card_expiry": "01/20"}, "This card has expired."),
        ({"card_expiry": ""}, "Please enter month and year"),
        ({"card_code": "12"}, "Please enter the 3 digits from the back of the card."),
        ({"note": "n" * 501}, "Shorten the note to the office to at most 500 characters."),
    ],
)
def test_wrong_card_details_are_explained_and_nothing_is_put_on_record(signed_in, patient, pay_form, payments_of, text_of, values, words):
    assert words in text_of(pay_form(signed_in(patient), **values).submit(status=422))
    assert payments_of.rows() == []


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
        ("<script>", "We could not read this amount."),
    ],
)
def test_a_wrong_amount_is_explained_and_still_there(signed_in, patient, pay_form, payments_of, text_of, typed, words):
    page = other_amount(pay_form(signed_in(patient)), typed).submit(status=422)
    assert words in text_of(page)
    assert next(form for form in page.forms.values() if "amount" in form.fields)["amount"].value == typed
    assert payments_of.rows() == []


def test_more_than_is_owed_is_paid_only_when_that_is_meant(signed_in, patient, pay_form, payments_of, text_of):
    page = other_amount(pay_form(signed_in(patient)), "200").submit(status=422)
    assert "That is $70.00 more than the $130.00 that is owed." in text_of(page)
    form = next(form for form in page.forms.values() if "more_than_owed" in form.fields)
    form["card_number"], form["card_code"] = "4242424242424242", "123"
    assert not form["more_than_owed"].checked
    form["more_than_owed"].checked = True
    form["amount"] = "2000"  # what was agreed to is 200
    page = form.submit(status=422)
    assert payments_of.rows() == []
    form["amount"] = "200"
    form.submit(status=303)
    assert [payment.amount_cents for payment in payments_of.rows()] == [20000]


def test_who_owes_nothing_can_pay_in_advance(signed_in, make, pay_form, payments_of, text_of):
    app = signed_in(make.patient())
    form = pay_form(app)
    form["amount"] = "40"
    page = form.submit(status=422)
    assert "$40.00 would be kept as a credit" in text_of(page)
    form = next(form for form in page.forms.values() if "more_than_owed" in form.fields)
    form["card_number"], form["card_code"], form["more_than_owed"].checked = "4242424242424242", "123", True
    form.submit(status=303)
    assert "Your credit* $40.00" in text_of(app.get("/account"))


def test_a_balance_that_changed_is_shown_before_it_is_paid(signed_in, patient, pay_form, payments_of, make, text_of):
    form = pay_form(signed_in(patient))
    record = {
        "kind": "ledger_entry",
        "external_id": "E9",
        "patient": patient.external_id,
        "entry_type": "charge",
        "entered_on": "2026-11-01",
    }
    make.take_in([record | {"description": "Filling", "amount_cents": 10000}])
    page = form.submit(status=422)
    assert "The balance has changed since this page was opened." in text_of(page)
    assert "$230.00" in text_of(page)
    assert payments_of.rows() == []


@pytest.mark.parametrize("name", ["balance_seen", "statement_seen", "patient", "form_nonce", "choice", "more_than_owed"])
@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 50])
def test_a_changed_form_pays_nothing_and_is_no_fault_of_ours(signed_in, patient, pay_form, payments_of, name, value):
    form = pay_form(signed_in(patient))
    fields = [(key, text) for key, text in form.submit_fields() if key != name] + [(name, value)]
    answer = form.response.goto("/account/pay", method="POST", params=fields, expect_errors=True)
    # What is left out has a default: the whole balance, no more than it. Any text can be the mark of an opened form.
    harmless = (value == "" and name in ("choice", "more_than_owed", "statement_seen")) or (name, value) == ("form_nonce", "9" * 50)
    harmless = harmless or (name == "statement_seen" and value != "x")  # not what is paid here
    assert answer.status_int == (303 if harmless else 422)
    assert len(payments_of.rows()) == (answer.status_int == 303)


def test_a_smaller_amount_in_the_form_does_not_make_the_balance_smaller(signed_in, patient, pay_form, payments_of):
    form = pay_form(signed_in(patient))
    form["balance_seen"].force_value("100")
    form.submit(status=422)
    assert payments_of.rows() == []


def test_a_form_that_was_made_for_another_person_pays_nothing(signed_in, patient, make, pay_form, payments_of, text_of):
    helper = make.account(make.patient(first_name="Sam"))
    make.grant(helper, patient)
    app = signed_in(account=helper)
    form = pay_form(app)
    form["patient"].force_value(str(patient.id))
    form["amount"] = "5"
    page = form.submit(status=422)
    assert "You have switched to another person’s account" in text_of(page)
    assert payments_of.rows() == []


def test_a_receipt_of_another_person_is_not_found(signed_in, patient, make, pay_form, payments_of):
    pay_form(signed_in(patient)).submit()
    [payment] = payments_of.rows()
    signed_in(make.patient(first_name="Sam")).get(f"/account/payments/{payment.id}", status=404)


def test_a_receipt_of_another_practice_is_not_found(signed_in, patient, pay_form, payments_of, other_signed_in, other_make):
    pay_form(signed_in(patient)).submit()
    [payment] = payments_of.rows()
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

    def charge(self, *arguments):
        seen.extend(payment.state for payment in payments_of.rows())
        raise ConnectionResetError

    monkeypatch.setattr(LocalGateway, "charge", charge)
    app = signed_in(patient)
    pay_form(app).submit(status=500)
    assert seen == ["submitted"]
    assert [payment.state for payment in payments_of.rows()] == ["submitted"]
    page = text_of(app.get("/account"))
    assert "We do not know yet whether your payment of $130.00 went through." in page
    assert "Being checked" in page


def test_a_lost_answer_is_told_honestly(signed_in, patient, pay_form, payments_of, text_of):
    app = signed_in(patient)
    page = text_of(pay_form(app, card_number="4000000000000119").submit(status=303).follow())
    assert "We do not know yet whether this payment went through" in page
    assert "Please do not pay again." in page
    assert [payment.state for payment in payments_of.rows()] == ["unknown"]
    assert "A payment of $130.00 is being checked" in text_of(app.get("/account/pay"))


def test_no_card_number_is_kept_anywhere(signed_in, patient, pay_form, db, capsys, caplog):
    app = signed_in(patient)
    pay_form(app, card_number="4000000000000002").submit(status=422)
    pay_form(app, card_number="4111111111111111", card_code="987").submit(status=422)
    pay_form(app).submit(status=303)
    tables = db.scalars(text("select table_name from information_schema.tables where table_schema = 'public'")).all()
    rows = "\n".join(str(row) for table in tables for row in db.execute(text(f'select * from "{table}"')))
    logged = caplog.text + "".join(capsys.readouterr())
    for number in ("4242424242424242", "4242 4242", "4000000000000002", "4111111111111111"):
        assert number not in rows
        assert number not in logged


def test_a_receipt_number_has_no_letters_that_are_misheard():
    numbers = {payments._receipt_number() for _ in range(200)}
    assert len(numbers) == 200
    assert not set("01OIL") & set("".join(numbers))

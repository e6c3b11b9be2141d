"""Online payments at the office: the queue, processing, giving back, closing, and the file."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.audit import AuditEvent
from plugins.account.gateway import card_service_for
from plugins.account.gateway.asking import SeenDispute
from plugins.account.models import Dispute, Entry, Payment, Refund
from plugins.account.services import comparing, settling
from tests.plugins.account.office.conftest import ROOT

AT = f"{ROOT}/online"


@pytest.fixture
def made(signed_in, patient, pay, payments_of, work_off):
    """A payment of $130.00 that waits to be processed."""
    pay(signed_in(patient))
    work_off()
    return payments_of()[0]


@pytest.fixture
def refunds_of(db):
    def read():
        db.rollback()
        return [(one.amount_cents, one.state, one.reason) for one in db.scalars(select(Refund).order_by(Refund.id))]

    return read


def test_what_waits_is_on_the_first_page_and_in_the_queue_until_it_is_processed(office, made, keeps_books, payments_of, db, text_of):
    app = office()
    assert "Pending online payments" in app.get("/office").text
    page = app.get(AT)
    assert made.receipt_number in page.text
    form = page.forms["process"]
    form["chosen"] = True
    assert "1 payment is processed." in form.submit(status=303).follow().text
    [payment] = payments_of()
    assert payment.process_state == "processed"
    assert db.scalars(select(Entry.amount_cents).where(Entry.source == "portal")).all() == [-13000]
    assert made.receipt_number not in app.get(AT).text
    assert made.receipt_number in app.get(f"{AT}?state=processed").text
    assert "Pending online payments" not in app.get("/office").text
    assert "Choose the payments" in app.post(f"{AT}/process", {"csrf_token": form["csrf_token"].value}, status=303).follow().text


def test_what_the_system_has_entered_waits_no_more(office, made, make, patient):
    record = {"kind": "ledger_entry", "external_id": "E9", "patient": patient.external_id, "entry_type": "payment", "entered_on": "2026-11-01"}
    make.take_in([record | {"description": "Card", "amount_cents": -13000, "receipt_number": made.receipt_number}])
    assert made.receipt_number not in office().get(AT).text


def test_money_is_given_back_in_parts_never_more_than_was_paid_and_once_for_each_form(office, made, refunds_of, payments_of, text_of, work_off, taken):
    app = office()
    form = app.get(f"{AT}/{made.id}").forms["refund"]
    form["amount"], form["reason"] = "30", "Paid twice"
    assert "on its way back" in form.submit(status=303).follow().text
    form.submit(status=303)
    assert refunds_of() == [(3000, "succeeded", "Paid twice")]
    form = app.get(f"{AT}/{made.id}").forms["refund"]
    form["amount"], form["reason"] = "100.01", "x"
    assert "At most $100.00 of this payment can be given back." in text_of(form.submit(status=422))
    for typed, words in (("-1", "more than zero"), ("0", "given back"), ("x", "could not read"), ("9" * 20, "largest")):
        form["amount"] = typed
        assert words in text_of(form.submit(status=422)), typed
    form["amount"] = "100"
    form.submit(status=303)
    assert payments_of()[0].refunded_cents == 13000
    assert "refund" not in app.get(f"{AT}/{made.id}").forms


def test_a_payment_that_is_not_finished_is_closed(office, signed_in, patient, pay_form, type_card, payments_of, text_of):
    answer = pay_form(signed_in(patient)).submit(status=303)
    [payment] = payments_of()
    page = office().get(f"{AT}/{payment.id}").forms["close"].submit(status=303).follow()
    assert "The payment is voided. No money was taken." in text_of(page)
    assert type_card(answer) == ""
    assert payments_of()[0].state == "canceled"


def test_a_dispute_is_shown_with_what_to_do_by_when(office, made, db, practice, text_of):
    seen = SeenDispute("dp_1", made.gateway_reference, 13000, "needs_response", "fraudulent", datetime.now(UTC), datetime(2026, 12, 24, 12, tzinfo=UTC), False, None)
    settling.take_in_dispute(db, practice.id, seen, "event", datetime.now(UTC))
    db.commit()
    app = office()
    assert "Disputes to answer" in app.get("/office").text
    page = text_of(app.get(f"{AT}/{made.id}"))
    assert "until December 24, 2026" in page
    assert "Give money back" not in page
    assert made.receipt_number in app.get(f"{AT}?state=disputed").text


def test_a_bank_debit_that_comes_back_is_owed_again_the_payer_is_told_and_the_office_sees_to_it(
    office, signed_in, patient, pay_form, type_card, keeps_books, set_to, payments_of, work_off, db, practice, registry, mails, stand_in, text_of
):
    set_to("account.process_at_once", True)
    app, bank = signed_in(patient), {"kind": "us_bank_account", "routing": "110000000", "account": "000555555559"}
    type_card(pay_form(app, pay_with="bank").submit(status=303), **bank)
    stand_in.pass_time(60)
    stand_in.work()
    for _ in range(2):
        with practice.session() as session:
            comparing.compare(session, practice.id, card_service_for(registry, registry.tenants.current(practice.id)), datetime.now(UTC))
            session.commit()
        work_off()
    db.execute(update(Dispute).where(Dispute.practice_id == practice.id).values(opened_at=datetime.now(UTC)))  # the bank's clock was ahead
    db.commit()
    [payment] = payments_of()
    assert (payment.state, payment.disputed_cents, payment.is_returned) == ("succeeded", 13000, True)
    assert sorted(db.scalars(select(Entry.amount_cents).where(Entry.source == "portal"))) == [-13000, 13000]
    page = text_of(app.get(f"/account/payments/{payment.id}"))
    assert "Your bank has taken this payment back" in page
    assert "Thank you" not in page
    app.get(f"/account/payments/{payment.id}/download", status=404)
    assert "You owe $130.00 now." in text_of(app.get("/account/pay"))
    [told] = [mail for mail in mails.to("robin@example.test") if practice.slug in str(mail["Reply-To"]) and "taken back" in mail["Subject"]]
    assert "$130.00" in told.get_body(("plain",)).get_content()
    desk = office()
    assert "Payments that a bank has taken back" in desk.get("/office").text
    assert payment.receipt_number in desk.get(AT).text
    assert "Returned by the bank" in text_of(desk.get(f"{AT}?state=returned"))
    page = desk.get(f"{AT}/{payment.id}")
    assert "$130.00 came back: there was not enough money in the account." in text_of(page)
    assert "refund" not in page.forms
    assert "Ask to pay" in page.text
    after = page.forms["seen"].submit(status=303).follow()
    assert "seen" not in after.forms
    assert payment.receipt_number not in desk.get(AT).text
    assert "Payments that a bank has taken back" not in desk.get("/office").text


def test_the_file_has_what_is_shown_and_whoever_only_sees_changes_nothing(office, made, db):
    app = office()
    file = app.get(f"{AT}/file?state=&source=portal")
    assert made.receipt_number in file.text
    assert "130.0" in file.text
    assert made.receipt_number not in app.get(f"{AT}/file?source=guest").text
    app.get(f"{AT}?since=2026-12-01&until=2026-11-01", status=422)
    assert db.scalars(select(AuditEvent.action).where(AuditEvent.action == "account.online.export")).all()


def test_staff_of_another_clinic_see_and_change_nothing_of_it(office, made, make, practice, payments_of):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    lakeside = make.patient(clinic="C2").clinic_id
    app = office(clinic_ids=(lakeside,))
    assert made.receipt_number not in app.get(f"{AT}?state=").text
    app.get(f"{AT}/{made.id}", status=404)
    token = app.get(AT).forms["process"]["csrf_token"].value
    app.post(f"{AT}/process", {"csrf_token": token, "chosen": str(made.id)}, status=404)
    app.post(f"{AT}/{made.id}/refund", {"csrf_token": token, "amount": "1", "reason": "x", "form_nonce": "n" * 20}, status=404)
    assert [(one.process_state, one.refunded_cents) for one in payments_of()] == [("pending", 0)]


def test_whoever_has_not_proven_who_they_are_gives_nothing_back(office, made, db, practice, refunds_of):
    from core.auth.models import SignInSession

    app = office()
    form = app.get(f"{AT}/{made.id}").forms["refund"]
    form["amount"], form["reason"] = "30", "Paid twice"
    db.execute(SignInSession.__table__.update().where(SignInSession.practice_id == practice.id).values(proven_at=datetime.now(UTC) - timedelta(hours=1)))
    db.commit()
    assert "/prove" in form.submit(status=303).location
    assert refunds_of() == []
    assert db.scalars(select(Payment.refunded_cents)).all() == [0]

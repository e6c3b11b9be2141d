"""Requests to pay: what the office sends, and what the link in it opens, for whom, and for how long."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import quote
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from core.auth.limits import Limiter
from core.db import uuid7
from core.tasks import Work, enqueue
from core.testing import browser
from core.texting import TextStopped, codes, stops
from plugins.account.models import Entry, Payment, PayRequest, Statement
from plugins.account.services import pay_requests, pay_words, request_outcomes
from plugins.account.settings import AccountSettings

ROOT = "/office/account"
TODAY = datetime.now(UTC).date()
RIGHT = "1985-04-12"


@pytest.fixture(autouse=True)
def fresh_limiter(registry):
    """Each test counts tries for itself."""
    before, registry.limiter = registry.limiter, Limiter("memory://")
    yield
    registry.limiter = before


@pytest.fixture
def owing(make, db):
    """A patient who owes $80."""
    patient = make.patient(email=f"robin{uuid4().hex}@example.test")
    db.add(Entry(patient_id=patient.id, entry_type="charge", entered_on=TODAY - timedelta(days=9), description="Filling", amount_cents=8_000))
    db.commit()
    return patient


@pytest.fixture
def asked(owing, db, registry, practice):
    """A request to pay that was sent, and where its link leads."""
    tenant = registry.tenants.current(practice.id, owing.clinic_id)
    message = pay_requests.written(tenant, owing, 8_000, pay_requests.MAIL, "https://x")
    row = pay_requests.ask(db, owing, None, "patient", message, 8_000, None, datetime.now(UTC) - timedelta(hours=2))
    db.commit()
    return SimpleNamespace(id=row.id, path=pay_requests.path_of(registry.portal.secret_key, practice.id, row.id))


def _open(app, path: str, birthdate: str = RIGHT, status: int = 303):
    form = app.get(path).forms["asked"]
    form["birthdate"] = birthdate
    return form.submit("act", value="open", status=status)


def _state(db, request_id) -> str:
    db.rollback()
    return db.scalars(select(PayRequest.state).where(PayRequest.id == request_id)).one()


def test_the_office_asks_by_mail_and_sees_what_came_of_it(owing, signed_in, make, work_off, mails, web, db, registry, practice):
    app = signed_in(account=make.staff("billing"))
    form = app.get(f"{ROOT}/accounts/{owing.id}").click("Ask to pay").forms["ask"]
    assert "$80.00 is due now" in form.submit("act", value="preview")
    body = form["body"].value
    form["body"] = body.replace("[MsgToPayURL]", "")
    assert "without it nobody can pay" in form.submit("act", value="send", status=422)
    form["body"] = f"{body}\n[Amount] please"
    assert "Nobody knows what [Amount] stands for" in form.submit("act", value="send", status=422)
    form["body"] = f"{body}\nSee you <soon>."
    preview = form.submit("act", value="preview")
    assert "See you &lt;soon&gt;." in preview
    form.submit("act", value="send", status=303)
    work_off()
    [mail] = mails.to(owing.email)
    text = mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "New statement from Main Street"
    assert "80.00" not in text
    path = re.search(r"/account/asked/[\w-]{43}", text)[0]
    assert "Sent" in app.get(f"{ROOT}/requests")
    page = _open(web, path).follow()
    assert "$80.00" in page
    assert "Filling" not in page
    assert web.get(path).status_int == 200
    assert "Opened" in app.get(f"{ROOT}/requests")
    row = db.scalars(select(PayRequest).where(PayRequest.practice_id == practice.id)).one()
    statement = db.get_one(Statement, (practice.id, row.statement_id))
    assert statement.published_at
    money = {"amount_cents": 8_000, "currency": "USD", "gateway": "local", "receipt_number": "ABCD-2345", "idempotency_key": "k", "form_nonce": "n"}
    now = datetime.now(UTC)
    db.add(Payment(patient_id=owing.id, state="succeeded", source="link", pay_request_id=row.id, created_at=now, settled_at=now, **money))
    db.commit()
    assert "Paid" in app.get(f"{ROOT}/requests?state=paid")
    assert "There is nothing to pay now." in web.get(path)


def test_behind_the_link_the_bill_is_paid_and_the_office_sees_that_it_is(asked, owing, web, type_card, come_back, text_of, signed_in, make, db):
    page = _open(web, asked.path).follow().click("Pay now")
    assert "You owe $80.00 now." in text_of(page)
    assert "keep" not in page.forms["pay"].fields
    receipt = come_back(web, type_card(page.forms["pay"].submit(status=303)))
    assert "Thank you, your payment is made" in text_of(receipt)
    payment = db.scalars(select(Payment).where(Payment.patient_id == owing.id)).one()
    assert (payment.state, payment.source, payment.pay_request_id, payment.amount_cents) == ("succeeded", "link", asked.id, 8_000)
    assert "Paid" in signed_in(account=make.staff("billing")).get(f"{ROOT}/requests?state=paid")
    assert "There is nothing to pay now." in web.get(asked.path)


def test_a_birthdate_is_not_enough_for_a_card_that_is_kept(asked, owing, web, registry, db, make):
    form = _open(web, asked.path).follow().click("Pay now").forms["pay"]
    form["pay_with"].force_value(str(uuid4()))
    form.submit(status=422)
    assert db.scalars(select(Payment).where(Payment.patient_id == owing.id)).all() == []


def test_nobody_pays_by_a_link_without_having_said_the_birthdate(asked, web):
    token = web.get(asked.path).forms["asked"]["csrf_token"].value
    assert web.get(f"{asked.path}/pay", status=303).location.endswith(asked.path)
    assert web.post(f"{asked.path}/pay", {"csrf_token": token, "choice": "balance"}, status=303).location.endswith(asked.path)


def test_the_amount_is_the_one_that_is_owed_now_and_never_more_than_was_asked_for(asked, owing, web, db):
    statement = Statement(id=uuid7(), patient_id=owing.id, number="1", sent_on=TODAY, balance_cents=8_000, amount_due_cents=8_000, source="office")
    db.add(statement)
    db.flush()
    db.execute(update(PayRequest).where(PayRequest.id == asked.id).values(statement_id=statement.id))
    db.add(Entry(patient_id=owing.id, entry_type="charge", entered_on=TODAY, description="New", amount_cents=5_000))
    db.commit()
    assert "$80.00" in _open(web, asked.path).follow()
    db.add(Entry(patient_id=owing.id, entry_type="payment", entered_on=TODAY + timedelta(days=1), description="Check", amount_cents=-3_000))
    db.commit()
    assert "$50.00" in web.get(asked.path)


def test_whatever_is_wrong_has_one_answer(asked, owing, web, portal, practice, other_practice, db, registry):
    def told(path: str, birthdate: str = RIGHT) -> str:
        registry.limiter = Limiter("memory://")
        app = browser(portal, practice)
        shown, answer = app.get(path).text, _open(app, path, birthdate, status=422).text
        assert "The address" not in answer
        return "".join(re.sub(r'value="[^"]{20,}"', "", one).replace(path, "…") for one in (shown, answer)).replace(birthdate, "…")

    other = pay_requests.path_of(registry.portal.secret_key, other_practice.id, asked.id)
    nobody = pay_requests.path_of(registry.portal.secret_key, practice.id, uuid4())
    first = told("/account/asked/" + "x" * 43)
    assert "This did not open anything." in first
    last = "B" if asked.path[-1] == "A" else "A"
    for path, birthdate in ((asked.path, "1985-04-13"), (other, RIGHT), (nobody, RIGHT), (asked.path[:-5] + "zzzz" + last, RIGHT), (f"/account/asked/{quote(chr(233) + chr(129463))}", RIGHT), ("/account/asked/x", RIGHT)):
        assert told(path, birthdate) == first, path
    for change in ({"state": "withdrawn"}, {"state": "replaced"}, {"state": "sent", "expires_at": datetime.now(UTC)}):
        db.execute(update(PayRequest).where(PayRequest.id == asked.id).values(**change))
        db.commit()
        assert told(asked.path) == first, change
    assert _state(db, asked.id) == "sent"


def test_the_history_says_what_came_of_each_request_by_whatever_way_it_ended(owing, make, db, registry, practice, signed_in, text_of):
    now, child = datetime.now(UTC), make.patient(first_name="Kit", guarantor=owing.external_id)
    old = Statement(id=uuid7(), patient_id=owing.id, number="1", sent_on=TODAY - timedelta(days=20), balance_cents=3_000, amount_due_cents=3_000, source="office")
    db.add_all([old, Entry(patient_id=child.id, entry_type="charge", entered_on=TODAY, description="Check-up", amount_cents=500)])
    db.flush()
    tenant = registry.tenants.current(practice.id)

    def ask(patient=owing, scope="patient", statement=None, at=now):
        message = pay_requests.Message(pay_requests.MAIL, "Subject", "Body", "en")
        row = pay_requests.ask(db, patient, statement, scope, message, 500, None, at)
        row.state = "sent"
        return row.id

    ids = {
        "sent": ask(), "opened": ask(), "paid": ask(), "expired": ask(at=now - timedelta(days=61)), "settled": ask(child), "paid before": ask(statement=old),
        "family": ask(scope="family"), "withdrawn": ask(),
    }  # fmt: skip
    db.execute(update(PayRequest).where(PayRequest.id == ids["opened"]).values(state="opened", opened_at=now))
    money = {"amount_cents": 100, "currency": "USD", "gateway": "local", "receipt_number": "ABCD-2345", "idempotency_key": "k", "form_nonce": "n"}
    db.add(Payment(patient_id=owing.id, state="succeeded", source="link", pay_request_id=ids["paid"], created_at=now, settled_at=now, **money))
    # What an old statement asked for was paid by check, and what the child owed was forgiven; the family still owes the rest.
    for patient, kind, cents in ((owing, "payment", -3_000), (child, "adjustment", -500)):
        db.add(Entry(patient_id=patient.id, entry_type=kind, entered_on=TODAY, description="x", amount_cents=cents))
    db.commit()

    app = signed_in(account=make.staff("billing"))
    [form] = [one for one in app.get(f"{ROOT}/requests").forms.values() if str(ids["withdrawn"]) in one.action]
    assert "The request was withdrawn." in form.submit(status=303).follow()
    assert "had come to an end already" in form.submit(status=303).follow()
    db.commit()
    request_outcomes.end_all(Work(registry, db, tenant, uuid7(), now))
    db.commit()
    found = {name: _state(db, one) for name, one in ids.items()}
    assert found == {name: name for name in ids} | {"family": "sent", "paid before": "settled"}
    ended = db.scalars(select(PayRequest.state).where(PayRequest.practice_id == practice.id, PayRequest.ended_at.is_not(None))).all()
    assert sorted(ended) == ["expired", "paid", "settled", "settled", "withdrawn"]
    assert "Nothing is owed any more" in text_of(app.get(f"{ROOT}/requests?state=settled"))
    elsewhere = signed_in(account=make.staff("billing", clinic_ids=(uuid4(),)))
    elsewhere.post(form.action, {"csrf_token": elsewhere.get(f"{ROOT}/accounts").forms["find"]["csrf_token"].value}, status=404)


def test_what_was_withdrawn_before_it_left_is_not_sent_and_not_asked_for_again(owing, db, registry, practice, work_off, mails):
    message = pay_requests.Message(pay_requests.MAIL, "Subject", "Body [MsgToPayURL]", "en")
    row = pay_requests.ask(db, owing, None, "patient", message, 500, None, datetime.now(UTC) - timedelta(hours=2))
    request_outcomes.withdraw(db, practice.id, row.id, datetime.now(UTC))
    db.commit()
    work_off()
    enqueue(db, "account.ask_again", request_id=str(row.id))
    db.commit()
    work_off()
    assert mails.to(owing.email) == []
    assert _state(db, row.id) == "withdrawn"


def test_birthdates_are_not_guessed(asked, web, portal, practice, registry):
    for day in range(1, 6):
        _open(web, asked.path, f"1985-03-0{day}", status=422)
    assert "Too many tries" in _open(web, asked.path, RIGHT, status=422)
    elsewhere = browser(portal, practice)
    elsewhere.extra_environ["REMOTE_ADDR"] = "198.51.100.7"
    assert "Too many tries" in _open(elsewhere, asked.path, RIGHT, status=422)  # it is counted at the link, too
    registry.limiter = Limiter("memory://")
    _open(elsewhere, asked.path)


def test_what_was_opened_is_open_in_that_browser_alone(asked, web, portal, practice):
    _open(web, asked.path)
    assert "asked" in browser(portal, practice).get(asked.path).forms
    assert "Fill in the birthdate." in browser(portal, practice).get(asked.path).forms["asked"].submit("act", value="open", status=422)


def test_a_link_that_is_over_is_sent_anew_to_the_address_on_file_which_nobody_sees(asked, owing, web, db, work_off, mails, registry, practice):
    db.execute(update(PayRequest).where(PayRequest.id == asked.id).values(state="sent", expires_at=datetime.now(UTC)))
    db.commit()
    answers = []
    for path in (asked.path, asked.path, "/account/asked/" + "x" * 43):
        page = web.get(path).forms["again"].submit("act", value="again")
        answers.append(re.sub(r'value="[^"]{20,}"', "", page.text).replace(path, "…"))
    assert len(set(answers)) == 1
    assert owing.email not in answers[0]
    for _ in range(3):
        work_off()
    assert _state(db, asked.id) == "replaced"
    [mail] = mails.to(owing.email)  # asked for twice, sent once in the hour
    path = re.search(r"/account/asked/[\w-]{43}", mail.get_body(("plain",)).get_content())[0]
    assert path != asked.path
    assert "$80.00" in _open(web, path).follow()


def test_a_child_is_asked_for_at_the_guarantor_and_in_the_guarantors_language(make, db, registry, practice, work_off, mails):
    head = make.patient(first_name="Ana", language="es-MX", email=f"ana{uuid4().hex}@example.test")
    child = make.patient(first_name="Leo", birthdate=TODAY - timedelta(days=3000), guarantor=head.external_id, email="")
    tenant = registry.tenants.current(practice.id)
    person = pay_requests.recipient_of(db, child, TODAY)
    assert person.id == head.id
    message = pay_requests.written(tenant, person, 500, pay_requests.MAIL, "https://x")
    pay_requests.ask(db, child, None, "patient", message, 500, None, datetime.now(UTC))
    db.commit()
    work_off()
    [mail] = mails.to(head.email)
    assert mail["Subject"].startswith("Nuevo estado de cuenta")
    assert "Ver lo que debo" in mail.get_body(("html",)).get_content()


def test_a_text_goes_out_once_and_what_nobody_can_get_is_marked(owing, make, db, registry, practice, work_off, mails):
    tenant = registry.tenants.current(practice.id)
    reached = make.patient(phone="303-555-0177")
    lost = make.patient(phone="", email="")
    ids = []
    for patient in (reached, lost):
        message = pay_requests.written(tenant, patient, 500, pay_requests.TEXT, "https://x")
        ids.append(pay_requests.ask(db, patient, None, "patient", message, 500, None, datetime.now(UTC)).id)
    db.commit()
    before = len(mails.to("+13035550177"))
    work_off()
    work_off()
    assert len(mails.to("+13035550177")) == before + 1
    assert [_state(db, one) for one in ids] == ["sent", "failed"]


def test_nobody_is_asked_by_text_who_wants_none_and_stop_holds_for_every_practice_of_the_sender(
    make, other_make, db, other_db, registry, practice, other_practice, work_off, mails, signed_in
):
    number, now = "+13035560001", datetime.now(UTC)
    yes, no = make.patient(phone=number, text_ok=True), make.patient(phone="303-556-0002", text_ok=False)
    theirs = other_make.patient(phone=number, text_ok=True)

    def send(session, patient, office):
        message = pay_requests.Message(pay_requests.TEXT, "", "Pay: [MsgToPayURL]", "en")
        row = pay_requests.ask(session, patient, None, "patient", message, 500, None, now)
        session.commit()
        work_off(office)
        session.refresh(row)
        return row.state, row.failure, len(mails.to(number))

    sent = len(mails.to(number))
    assert send(db, yes, practice) == ("sent", "", sent + 1)
    assert send(db, no, practice)[:2] == ("failed", pay_requests.NO_TEXTS)
    stops.heed(db, codes.key_of(registry.portal.secret_key, number), True, now)
    db.commit()
    for session, patient, office in ((db, yes, practice), (other_db, theirs, other_practice)):
        assert send(session, patient, office) == ("failed", pay_requests.NO_TEXTS, sent + 1)
    form = signed_in(account=make.staff("billing")).get(f"{ROOT}/accounts/{yes.id}/ask").forms["ask"]
    form["channel"] = "text"
    assert "STOP came from this number" in form.submit("act", value="send", status=422)
    with pytest.raises(TextStopped):  # whatever else is sent, such as a code
        Work(registry, db, registry.tenants.current(practice.id), uuid7(), now).send_text(number, "account/text/payer_code", {"code": "1", "minutes": 9})
    stops.heed(db, codes.key_of(registry.portal.secret_key, number), False, now)
    db.commit()
    assert send(other_db, theirs, other_practice) == ("sent", "", sent + 2)


@pytest.mark.parametrize(("field", "text"), [("ask_body", "Pay!"), ("ask_text_es", "[Salary] [MsgToPayURL]"), ("ask_subject", "[MsgToPayURL]")])
def test_a_template_without_the_link_or_with_tags_that_nobody_knows_is_refused(field, text):
    with pytest.raises(ValidationError):
        AccountSettings(**{field: text})
    assert AccountSettings(ask_body=f"[NameF] [{pay_words.LINK}]")

"""Nothing of a patient reaches the card service, a log, an address, the queue or the subject of a mail, whatever way is paid."""

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import pytest
import requests
import webtest
from sqlalchemy import select, text, update

from core import tasks
from core.auth.limits import Limiter
from core.db import uuid7
from core.outbox import OutboxRow
from plugins.account.models import Entry, Installment, Method, PlanConsent, Statement
from plugins.account.services import charging, pay_requests, plans
from plugins.account.services.amortizing import Deal, schedule
from plugins.account.services.plans import Signature
from tests.plugins.account.conftest import GOOD, with_ledger

CANARIES = {
    "first_name": "Zebulonia", "last_name": "Quixworth", "birthdate": "1931-02-03", "external_id": "CHARTBASILISK", "email": "kraken@canary.example",
    "phone": "555-019-9731", "address_1": "77 Gorgon Terrace",
}  # fmt: skip
PROCEDURE, NOTE, NAME_OF_CARD, STATEMENT, LOGIN, REASON = "Odontoplexy", "Wyvernword", "Chimeracard", "GRIFFIN-7", "manticorelogin", "Hydrareason"
WORDS = [*CANARIES.values(), "02/03/1931", "February 3", "5550199731", "Gorgon", "BASILISK", "kraken", PROCEDURE, NOTE, NAME_OF_CARD, "GRIFFIN", LOGIN, REASON]
BANK = {"kind": "us_bank_account", "routing": "110000000", "account": "000123456789"}

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
THERE = r"(acct|cus|pm|pi|cs_test|seti|re|du|ch|py)_[A-Za-z0-9_]+"
VALUES = rf"{UUID}|{THERE}|[0-9]+|true|card|us_bank_account|usd|payment|setup|off_session|account_onboarding|(data\.)?(source|latest_charge|payment_intent\.latest_charge|setup_intent\.payment_method)"
BACK = rf"http://PRACTICE\.localhost/(account/(payments/{UUID}|methods/back(\?plan={UUID})?|pay-now/receipts/{UUID})|office/account/[a-z-]+(/{UUID})?(/[a-z-]+)?)"
HEADERS = {
    "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "idempotency-key", "stripe-account", "stripe-version", "user-agent",
    "x-stripe-client-telemetry", "x-stripe-client-user-agent",
}  # fmt: skip


def canaries_in(words: str) -> list[str]:
    """Which of them are in this, however it is written."""
    plain = unquote_plus(words).lower()
    return [word for word in WORDS if word.lower() in plain]


@pytest.fixture
def heard(monkeypatch, stand_in, registry):
    """Everything that goes to the card service (as it leaves the library), into the queue and into addresses; and tries are counted anew."""
    found = SimpleNamespace(asked=[], queue=[], addresses=[])
    send, request, before = requests.Session.send, webtest.TestApp.do_request, registry.limiter

    def sent(session, prepared, **more):
        if "/v1/" in prepared.url:
            found.asked.append(prepared)
        return send(session, prepared, **more)

    def requested(app, asked, *arguments, **more):
        answer = request(app, asked, *arguments, **more)
        found.addresses += [asked.url, answer.headers.get("Location", "")]
        return answer

    monkeypatch.setattr(requests.Session, "send", sent)
    monkeypatch.setattr(webtest.TestApp, "do_request", requested)
    monkeypatch.setattr(tasks.celery, "send_task", lambda *about, **more: found.queue.append(repr((about, more))))
    registry.limiter = Limiter("memory://")
    yield found
    registry.limiter = before


@pytest.fixture
def patient(make, db):
    """A patient each of whose words is known again wherever it appears."""
    found = with_ledger(make, **CANARIES)
    charge = {"kind": "ledger_entry", "patient": found.external_id, "entry_type": "charge", "entered_on": "2026-09-01", "description": "Crown"}
    make.take_in([charge | {"external_id": "BIG", "amount_cents": 900_000}, charge | {"external_id": "V9", "amount_cents": 4_000, "visit": "V9"}])
    db.query(Entry).filter(Entry.practice_id == db.info["practice_id"]).update({"description": PROCEDURE})
    db.query(Statement).filter(Statement.practice_id == db.info["practice_id"]).update({"number": STATEMENT})
    db.commit()
    return found


def by_a_plan(app, patient, account, make, type_card, db, work_off, monkeypatch):
    """A payment plan that is charged by itself, with a card that is kept for it."""
    monkeypatch.setattr(charging, "FROM_HOUR", 0)
    now = datetime.now(UTC)
    deal = Deal(2_400, 0, 0, "monthly", now.date() + timedelta(days=9), 12)
    terms = plans.terms_of(deal, schedule(deal, now.date()), PROCEDURE)
    plan = plans.offer(db, patient, PROCEDURE, deal, terms, None, make.staff().id, now.date(), now, uuid7())
    plans.agree(db, plan, Signature(CANARIES["last_name"], "", plans.hash_of(plan.terms), ""), account.id, now.date(), now)
    db.commit()
    add = app.get(f"/account/methods?plan={plan.id}").forms["add"]
    add["agrees"] = True
    back = urlsplit(type_card(add.submit(status=303), GOOD))
    form = app.get(f"{back.path}?{back.query}", status=303).follow().forms["automatic-on"]
    form["consents"] = True
    form.submit("act", value="on", status=303)
    past = now.date() - timedelta(days=1)
    db.execute(update(Installment).where(Installment.payment_plan_id == plan.id, Installment.number == 1).values(due_on=past))
    db.execute(update(PlanConsent).where(PlanConsent.payment_plan_id == plan.id).values(starts_on=past))
    tasks.enqueue(db, "account.charge_plans")
    db.commit()
    for _ in range(2):
        work_off()


def signed_in_ways(app, pay, pay_form, type_card, come_back, db):
    """Every way of a patient who is signed in: new card, kept card, bank account, called off, a card without paying, its name."""
    pay(app, choice="other", amount="3", pay_with="card", keep=True, note=NOTE)
    pay(app, choice="statement", pay_with="card", note=NOTE)
    method = db.scalars(select(Method)).first()
    pay_form(app, choice="other", amount="4", pay_with=str(method.id), note=NOTE).submit(status=303).follow()
    pay_form(app, query="?visit=V9", choice="visit", note=NOTE).submit(status=303)
    come_back(app, type_card(pay_form(app, choice="other", amount="5", pay_with="bank", note=NOTE).submit(status=303), **BANK))
    pay_form(app, choice="other", amount="6", pay_with="card").submit(status=303)
    form = app.get("/account/methods").forms
    add = next(one for one in form.values() if "agrees" in one.fields)
    add["agrees"] = True
    come_back(app, type_card(add.submit(status=303), GOOD))
    app.post(f"/account/methods/{method.id}/name", {"csrf_token": add["csrf_token"].value, "name": NAME_OF_CARD}, status=303)


def other_ways(web, patient, fill, ask, code_for, type_card, come_back, work_off, db, practice, registry):
    """As a guest, by a code, and by the link of a request to pay."""
    names = {name: CANARIES[name] for name in ("first_name", "last_name", "birthdate")}
    come_back(web, type_card(fill(**names, email=CANARIES["email"], account_number=CANARIES["external_id"], amount="7", note=NOTE).submit(status=303)))
    form = ask(**names).forms["code"]
    form["code"] = code_for(CANARIES["email"])
    page = form.submit(status=303)
    while page.status_int == 303:
        page = page.follow()
    pay = page.forms["pay"]
    pay["choice"], pay["amount"], pay["note"], pay["keep"] = "other", "8", NOTE, True
    come_back(web, type_card(pay.submit(status=303)))
    tenant = registry.tenants.current(practice.id, patient.clinic_id)
    row = pay_requests.ask(db, patient, None, "patient", pay_requests.written(tenant, patient, 8_000, pay_requests.MAIL, "https://x"), 8_000, None, datetime.now(UTC) - timedelta(hours=2))
    db.commit()
    path = pay_requests.path_of(registry.portal.secret_key, practice.id, row.id)
    opened = web.get(path).forms["asked"]
    opened["birthdate"] = CANARIES["birthdate"]
    pay = opened.submit("act", value="open", status=303).follow().click("Pay now").forms["pay"]
    pay["choice"], pay["amount"], pay["note"] = "other", "9", NOTE
    come_back(web, type_card(pay.submit(status=303)))


def office_ways(office, payment):
    """Giving back, processing, and connecting with the card service."""
    desk = office()
    form = desk.get(f"/office/account/online/{payment.id}").forms["refund"]
    form["amount"], form["reason"] = "1", REASON
    form.submit(status=303)
    queue = desk.get("/office/account/online").forms["process"]
    desk.post("/office/account/online/process", {"csrf_token": queue["csrf_token"].value, "chosen": str(payment.id)}, status=303)


def test_no_word_of_a_patient_leaves_us_whatever_way_is_paid(
    heard, patient, make, db, practice, registry, signed_in, web, pay, pay_form, fill, ask, code_for, type_card, come_back, work_off, payments_of, mails, capfd, caplog, monkeypatch
):
    caplog.set_level(logging.DEBUG)
    account = make.account(patient, user_name=LOGIN)
    app = signed_in(account=account)
    by_a_plan(app, patient, account, make, type_card, db, work_off, monkeypatch)
    signed_in_ways(app, pay, pay_form, type_card, come_back, db)
    other_ways(web, patient, fill, ask, code_for, type_card, come_back, work_off, db, practice, registry)
    office_ways(lambda: signed_in(account=make.staff("billing")), next(one for one in payments_of() if one.state == "succeeded"))
    db.rollback()
    for task in ("account.compare", "account.compare_sums", "account.settle_payments"):
        tasks.enqueue(db, task)
    db.commit()
    work_off()
    assert {(one.source, one.state) for one in payments_of()} >= {(source, "succeeded") for source in ("portal", "plan", "guest", "verified", "link")}
    assert len(heard.asked) > 20
    for one in heard.asked:
        looked_at(one, practice, registry)
    elsewhere(heard, db, practice, mails, capfd.readouterr(), caplog.text)


def looked_at(asked, practice, registry):
    """One request, with its address and its headers: no canary, and no field that is not known to be harmless."""
    body = asked.body.decode() if isinstance(asked.body, bytes) else asked.body or ""
    assert canaries_in(f"{asked.url}\n{asked.headers}\n{body}") == []
    assert {name.lower() for name in asked.headers} <= HEADERS
    assert re.fullmatch(rf"(customer|pay|refund|keep|account):{UUID}(:[A-Za-z0-9_-]+)?|{UUID}", asked.headers.get("Idempotency-Key", f"pay:{practice.id}"))
    name = re.escape(registry.tenants.current(practice.id).practice_name)
    harmless = re.compile(rf"{VALUES}|Payment to {name}|{name}|{BACK.replace('PRACTICE', practice.slug)}")
    place, _, query = asked.url.partition("?")
    assert re.fullmatch(rf"http://127\.0\.0\.1:[0-9]+/v1/[a-z_/]+(/{THERE}(/[a-z_]+)?)?", place), place
    for field, value in parse_qsl(query) + parse_qsl(body):
        assert harmless.fullmatch(value), (field, value)


def elsewhere(heard, db, practice, mails, printed, logged):
    """Addresses, the queue, logs, audit, and what mails say."""
    assert canaries_in("\n".join(heard.addresses)) == []
    assert len(heard.queue) > 10
    assert canaries_in("\n".join(heard.queue)) == []
    assert "Stripe API response" in logged
    assert canaries_in(printed.out + printed.err + logged) == []
    rows = db.scalars(select(OutboxRow.ids).where(OutboxRow.practice_id == practice.id)).all()
    assert canaries_in(json.dumps(rows)) == []
    audit = db.execute(text("select * from audit_event where practice_id = :id"), {"id": practice.id}).all()
    assert len(audit) > 10
    assert canaries_in("\n".join(map(str, audit))) == []
    found = [mail for mail in mails.to(CANARIES["email"]) if practice.slug in str(mail["Reply-To"])]
    assert len(found) > 4
    for mail in found:
        said = mail["Subject"] + "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
        assert canaries_in(said) == []

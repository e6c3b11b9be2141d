"""Payment plans: what the office offers, the patient signs, and what becomes of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from uuid import uuid4

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.db import uuid7
from core.testing import make_office
from plugins.account.models import Entry, Installment, PaymentPlan, PayRequest, Statement
from plugins.account.services import plans
from plugins.account.services.amortizing import Deal, schedule
from plugins.account.services.plans import NotOpen, Signature
from tests.core.records.api.conftest import System

ROOT = "/office/account"
NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.fixture
def patient(make):
    return make.patient(first_name="Ada", email=f"ada{uuid4().hex}@example.test")


@pytest.fixture
def office(signed_in, make):
    """`office(role)`: a browser in which somebody with this role is signed in at the office."""
    return lambda role="billing", **about: signed_in(account=make.staff(role, **about))


@pytest.fixture
def offered(patient, db, make):
    """A plan of $600 in six months with $100 down, that waits for an answer; who reads it."""
    reader = make.account(patient)
    deal = Deal(60_000, 10_000, 650, "monthly", TODAY + timedelta(days=30), 6)
    terms = plans.terms_of(deal, schedule(deal, TODAY), "Main Street")
    plan = plans.offer(db, patient, "Crown", deal, terms, None, make.staff().id, TODAY, NOW, uuid7())
    db.commit()
    return SimpleNamespace(plan=plan, reader=reader, path=f"/account/plans/{plan.id}")


def _plan(db) -> PaymentPlan:
    db.rollback()
    return db.scalars(select(PaymentPlan).where(PaymentPlan.practice_id == db.info["practice_id"]).execution_options(populate_existing=True)).one()


def test_the_office_sees_the_schedule_before_it_offers_and_offers_once(office, patient, make, db, work_off, mails):
    db.add(Entry(patient_id=patient.id, entry_type="charge", entered_on=TODAY, description="Crown", amount_cents=60_000))
    db.commit()
    make.account(patient)
    app = office()
    form = app.get(f"{ROOT}/accounts/{patient.id}").click("Offer a plan").forms["offer"]
    assert form["total"].value == "600.00"
    form["down"], form["interest"], form["first_due_on"] = "100", "6.5", str(TODAY + timedelta(days=30))
    page = form.submit("act", value="preview")
    assert "Yearly interest: 6.50 percent" in page
    assert "Down payment: $100.00, due when I agree." in page
    form = page.forms["offer"]
    form["payments"] = "0"
    assert "must be at least 1" in form.submit("act", value="offer", status=422)
    form["payments"], form["down"] = "6", "600"
    assert "leaves nothing" in form.submit("act", value="offer", status=422)
    form["down"], form["interest"] = "100", "lots"
    assert "Check the yearly interest" in form.submit("act", value="offer", status=422)
    form["interest"] = "6.5"
    for _ in range(2):
        form.submit("act", value="offer", status=303)
    plan = _plan(db)
    assert (plan.state, plan.interest_basis_points, plan.down_payment_cents) == ("offered", 650, 10_000)
    work_off()
    [mail] = mails.to(patient.email)
    assert mail["Subject"] == "Your payment plan"
    assert "600" not in mail.get_body(("plain",)).get_content()
    assert "Ada Vale" in app.get(f"{ROOT}/plans")
    limited = office(clinic_ids=(uuid4(),))
    limited.get(f"{ROOT}/plans/{plan.id}", status=404)
    assert "Ada Vale" not in limited.get(f"{ROOT}/plans")


def test_the_patient_signs_what_was_shown_and_keeps_a_copy(offered, signed_in, db):
    app = signed_in(account=offered.reader)
    assert "Your answer, please" in app.get("/account/plans")
    form = app.get(offered.path).forms["agree"]
    page = form.submit("act", value="agree", status=422)
    assert "Type your full name" in page
    assert "Say that you agree" in page
    form["name"], form["agrees"], form["drawn"] = "Ada Vale", True, "<svg>"
    assert "Draw your signature again" in form.submit("act", value="agree", status=422)
    form["drawn"] = "10,20 30,40;50,60"
    page = form.submit("act", value="agree", status=303).follow()
    assert "Signed by" in page
    plan = _plan(db)
    assert plan.state == "active"
    assert plan.signature["name"] == "Ada Vale"
    assert plan.signature["terms_sha256"] == plans.hash_of(plan.terms)
    assert plan.agreed_by == offered.reader.id
    words = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(BytesIO(app.get(f"{offered.path}/download").body)))
    assert "Signed electronically by Ada Vale" in words
    assert "I owe Main Street $600.00" in words.replace("\r\n", " ").replace("\n", " ")
    assert "has been answered" in form.submit("act", value="decline", status=303).follow()
    assert _plan(db).state == "active"


def test_terms_that_were_changed_meanwhile_or_are_somebody_elses_are_not_signed(offered, signed_in, db, make):
    app = signed_in(account=offered.reader)
    form = app.get(offered.path).forms["agree"]
    form["name"], form["agrees"] = "Ada Vale", True
    db.execute(update(PaymentPlan).where(PaymentPlan.id == offered.plan.id).values(terms="I owe more"))
    db.commit()
    assert "has been answered, changed or ended" in form.submit("act", value="agree", status=303).follow()
    assert _plan(db).state == "offered"
    db.execute(update(PaymentPlan).where(PaymentPlan.id == offered.plan.id).values(answer_by=TODAY - timedelta(days=3)))
    db.commit()
    assert "The time for an answer is over." in app.get(offered.path)
    other = signed_in(account=make.account(make.patient()))
    other.get(offered.path, status=404)
    other.get(f"{offered.path}/download", status=404)
    token = other.get("/account/plans").forms["sign-out"]["csrf_token"].value
    other.post(f"{offered.path}/answer", {"csrf_token": token, "act": "decline"}, status=404)


def test_of_two_who_answer_at_the_same_moment_one_does(offered, practice):
    def answer(agrees: bool) -> bool:
        with practice.session() as session:
            plan = session.get_one(PaymentPlan, (practice.id, offered.plan.id))
            try:
                if agrees:
                    plans.agree(session, plan, Signature("Ada", "", plans.hash_of(plan.terms), ""), offered.reader.id, TODAY, NOW)
                else:
                    plans.decline(session, plan, TODAY, NOW)
            except NotOpen:
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(answer, [True, False, True, False])) == [False, False, False, True]


def test_a_pause_is_asked_for_and_granted_and_the_plan_goes_on_until_it_is_paid(offered, signed_in, office, db, practice):
    app, desk = signed_in(account=offered.reader), office()
    form = app.get(offered.path).forms["agree"]
    form["name"], form["agrees"] = "Ada Vale", True
    page = form.submit("act", value="agree", status=303).follow()
    page.forms["pause"]["why"] = "Lost my job"
    assert "You have asked for a pause" in page.forms["pause"].submit("act", value="pause", status=303).follow()
    assert "Pauses of payment plans" in desk.get("/office")
    page = desk.get(f"{ROOT}/plans").click("Ada Vale")
    assert "Lost my job" in page
    page = page.forms["pause"].submit("act", value="grant", status=303).follow()
    assert _plan(db).state == "paused"
    assert "The office has paused this plan." in app.get(offered.path)
    page = page.forms["act"].submit("act", value="go_on", status=303).follow()
    page.forms["act"]["amount"] = "0"
    assert "more than zero" in page.forms["act"].submit("act", value="received", status=422)
    page.forms["act"]["amount"] = "150"
    page.forms["act"].submit("act", value="received", status=303)
    shown = plans.one(db, practice.id, offered.plan.id)
    assert [part.paid_cents for part in shown.parts[:2]] == [10_000, 5_000]
    assert "$50.00 paid" in app.get(offered.path)
    left = shown.whole_cents - shown.paid_cents
    page.forms["act"]["amount"] = f"{left // 100 + 5}.{left % 100:02}"
    assert "$5.00 were more than is left" in page.forms["act"].submit("act", value="received", status=303).follow()
    assert _plan(db).state == "completed"


@settings(max_examples=60)
@given(st.lists(st.builds(plans.Coming, st.uuids(), st.dates(TODAY - timedelta(days=9), TODAY + timedelta(days=9)), st.integers(0, 5), st.booleans()), max_size=8), st.integers(0, 8))
def test_a_payment_is_told_of_in_the_days_before_it_is_due_and_only_while_it_is_open(parts, days):
    chosen = plans.to_tell(parts, TODAY, days)
    for part in parts:
        soon = days > 0 and timedelta(0) <= part.due_on - TODAY <= timedelta(days=days)
        assert (part.id in chosen) == (soon and part.open_cents > 0 and not part.is_told)


def test_two_rounds_at_once_tell_of_a_payment_once(offered, practice, db, work_off, mails, patient):
    plan = db.get_one(PaymentPlan, (practice.id, offered.plan.id))
    plans.agree(db, plan, Signature("Ada", "", plans.hash_of(plan.terms), ""), offered.reader.id, TODAY, NOW)
    db.execute(update(Installment).where(Installment.payment_plan_id == plan.id, Installment.number == 0).values(paid_cents=10_000))
    db.commit()
    work_off()
    before, day = len(mails.to(patient.email)), TODAY + timedelta(days=28)

    def go_round(_) -> None:
        with practice.session() as session:
            plans.tell_before(session, practice.id, day, 3, datetime.now(UTC))
            session.commit()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(go_round, range(6)))
    work_off()
    assert len(mails.to(patient.email)) == before + 1


def test_what_the_office_asked_for_goes_with_the_chart_and_is_erased_with_it(make, db, practice, registry):
    kept, absorbed, batch = make.patient(), make.patient(), uuid7()
    for one in (kept, absorbed):
        made = Statement(id=uuid7(), patient_id=one.id, number="1", sent_on=TODAY, balance_cents=1, amount_due_cents=1, source="office", batch=batch)
        db.add(made)
        db.flush()
        db.add(PayRequest(patient_id=one.id, statement_id=made.id, channel="mail", asked_cents=1, made_at=NOW, expires_at=NOW))
    db.commit()
    hooks = registry.plugins.only("account")
    hooks.portal_patients_merged(db=db, practice_id=practice.id, kept=kept.id, absorbed=absorbed.id)
    db.commit()
    files = [file.name for found in hooks.portal_export(db=db, practice_id=practice.id, person_id=kept.id) for file in found]
    assert "requests-to-pay.csv" in files
    mine = select(PayRequest.id).where(PayRequest.practice_id == practice.id, PayRequest.patient_id == kept.id)
    assert len(db.scalars(mine).all()) == 2
    hooks.portal_erase(db=db, practice_id=practice.id, person_id=kept.id)
    assert db.scalars(mine).all() == []


def test_the_practices_system_fetches_what_was_signed_and_nobody_else_does(offered, patient, portal, registry, practice, db):
    system = System(portal, practice)
    plan = offered.plan
    plans.agree(db, plan, Signature("Ada Ode", "", plans.hash_of(plan.terms), ""), offered.reader.id, TODAY, NOW)
    db.commit()
    told = system.ask("GET", "changes", status=200).json["changes"]
    assert [one["data"]["file"] for one in told] == [{"content_type": "application/pdf"}]
    path = f"changes/{told[0]['id']}/file"
    answer = system.ask("GET", path, status=200)
    assert "Ada Ode" in pypdfium2.PdfDocument(BytesIO(answer.body))[0].get_textpage().get_text_range()
    fetched = select(AuditEvent.patient_id, AuditEvent.target_id).where(AuditEvent.practice_id == practice.id, AuditEvent.action == "api.changes.file")
    assert db.execute(fetched).all() == [(patient.id, system.key.id)]
    assert System(portal, practice, reads=False, kinds=["patient"]).ask("GET", path).status_int == 403
    for stranger, asked in ((System(portal, make_office(registry)), path), (system, f"changes/{uuid4()}/file"), (system, "changes/x/file")):
        assert stranger.ask("GET", asked).status_int == 404
    plans.cancel(db, plan, NOW + timedelta(days=1))
    db.commit()
    ended = system.ask("GET", f"changes?after={told[0]['number']}", status=200).json["changes"][0]
    assert ended["data"]["file"] is None
    assert system.ask("GET", f"changes/{ended['id']}/file").status_int == 404

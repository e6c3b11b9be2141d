"""Statements that the office makes: what is on them, for one, and for many."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from uuid import uuid4

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import tasks
from core.db import uuid7
from core.outbox import OutboxRow
from plugins.account.models import Claim, Entry, Statement, StatementBatch
from plugins.account.services import batches, owing, statements
from plugins.account.services.statements import Line, Sums
from tests.plugins.account.office.conftest import ROOT

TODAY = datetime.now(UTC).date()
lines = st.lists(st.tuples(st.integers(0, 400), st.integers(-50_000, 50_000)), max_size=12).map(
    lambda pairs: sorted((Line(TODAY - timedelta(days=days), "x", cents) for days, cents in pairs), key=lambda line: line.entered_on)
)


@settings(max_examples=60)
@given(lines, st.integers(0, 200))
def test_a_statement_leaves_no_line_out_in_the_middle_and_what_it_leaves_out_is_old_or_was_paid(found, days):
    first = statements.first_line(found, days, TODAY)
    assert 0 <= first <= len(found)
    before = found[:first]
    if days:
        assert all(line.entered_on < TODAY - timedelta(days=days) for line in before)
        assert all(line.entered_on >= TODAY - timedelta(days=days) for line in found[first:])
    else:
        assert sum(line.cents for line in before) <= 0


@settings(max_examples=60)
@given(st.integers(-100_000, 100_000), st.builds(Sums, st.integers(0, 90_000), st.integers(0, 90_000), st.integers(0, 9_000)))
def test_what_is_due_is_never_below_nothing_and_at_most_what_is_owed_and_what_the_plan_asks_for(balance, sums):
    due = statements.amount_due(balance, sums)
    assert 0 <= due <= max(0, balance) + sums.plan_due_cents


@pytest.fixture
def family(make, db):
    """A guarantor with a child and a child whose record is confidential; each owes $100 of a visit so many days ago."""
    head = make.patient(first_name="Ada")
    child = make.patient(first_name="Ben", guarantor=head.external_id)
    hidden = make.patient(first_name="Cleo", guarantor=head.external_id, is_confidential=True)
    for days, one in ((20, head), (45, child), (100, hidden)):
        entry = {"entry_type": "charge", "entered_on": TODAY - timedelta(days=days), "description": "Filling", "amount_cents": 10_000, "tooth": "14"}
        db.add(Entry(patient_id=one.id, source="records", **entry))
    db.commit()
    return SimpleNamespace(head=head, child=child, hidden=hidden, ids={head.id, child.id, hidden.id})


def _owing(db, **filters):
    return {one.head_id: one for one in owing.owing(db, db.info["practice_id"], owing.Filters(**filters), TODAY)}


def test_what_is_owed_and_since_when_by_patient_and_by_family(db, family):
    alone, together = _owing(db), _owing(db, scope="family")
    assert {one.ages for one in alone.values()} == {(10_000, 0, 0, 0), (0, 10_000, 0, 0), (0, 0, 0, 10_000)}
    assert set(together) == {family.head.id, family.hidden.id}  # a confidential record stands alone
    assert together[family.head.id].ages == (10_000, 10_000, 0, 0)


def test_credits_pay_the_oldest_first_and_what_was_taken_back_does_not_count(db, family):
    practice_id = db.info["practice_id"]
    old = Entry(id=uuid7(), patient_id=family.head.id, entry_type="charge", entered_on=TODAY - timedelta(days=200), description="x", amount_cents=5_000, source="office")
    db.add(old)
    db.flush()
    db.add(Entry(patient_id=family.head.id, entry_type="charge", entered_on=TODAY, description="x", amount_cents=-5_000, voids_id=old.id, source="office"))
    db.add(Entry(patient_id=family.child.id, entry_type="payment", entered_on=TODAY, description="x", amount_cents=-12_500, source="office"))
    db.commit()
    found = _owing(db, scope="family")
    assert found[family.head.id].ages == (7_500, 0, 0, 0)
    assert found[family.head.id].owed_cents == 7_500
    assert family.child.id not in _owing(db)  # it has a credit
    assert _owing(db, negative=True)[family.child.id].ages == (0, 0, 0, 0)
    assert owing.how_many(db, practice_id, owing.Filters(), TODAY)[0] == 2


def test_filters_choose(db, family, practice):
    def names(**filters):
        return {("head", "child", "hidden")[[family.head.id, family.child.id, family.hidden.id].index(one)] for one in _owing(db, **filters)}

    assert names(age="30") == {"child", "hidden"}
    assert names(age="90") == {"hidden"}
    assert names(least_cents=10_001) == set()
    assert names(most_cents=9_999) == set()
    assert names(clinic=uuid4()) == set()
    assert names(plans="only") == set()
    db.add(Claim(patient_id=family.child.id, carrier="Plan", state="sent", billed_cents=10_000, estimated_cents=4_000))
    common = {"number": "1", "balance_cents": 0, "amount_due_cents": 0, "source": "office"}
    db.add(Statement(patient_id=family.head.id, sent_on=TODAY - timedelta(days=10), published_at=datetime.now(UTC), **common))
    db.add(Statement(patient_id=family.hidden.id, sent_on=TODAY - timedelta(days=10), **common))  # nobody has seen it
    db.commit()
    assert names(without_pending=True) == {"head", "hidden"}
    assert names(not_billed_days=30) == {"child", "hidden"}
    assert names(activity=True) == {"child", "hidden"}
    assert _owing(db)[family.child.id].pending_insurance_cents == 4_000


def _text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(BytesIO(content))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_one_is_looked_at_made_published_and_told_of(office, family, make, signed_in, work_off, mails, db, set_to):
    reader = signed_in(account=make.account(family.head))
    app = office()
    make_form = app.get(f"{ROOT}/accounts/{family.head.id}").click("Make a statement").forms["make"]
    make_form["scope"], make_form["note"], make_form["publish"] = "family", "Thank you \u202e for coming", False
    preview = make_form.submit("act", value="preview")
    assert preview.content_type == "application/pdf"
    words = _text(preview.body)
    assert "Ben" in words
    assert "Filling (tooth 14)" in words
    assert "Cleo" not in words
    assert db.scalars(select(Statement.id).where(Statement.practice_id == db.info["practice_id"])).all() == []
    page = make_form.submit("act", value="make", status=303).follow()
    assert "Only the office sees it." in page
    made = db.scalars(select(Statement).where(Statement.practice_id == db.info["practice_id"])).one()
    assert (made.balance_cents, made.amount_due_cents, made.scope, len(made.lines)) == (20_000, 20_000, "family", 2)
    reader.get(f"/account/statements/{made.id}", status=404)
    told = page.forms["notify"].submit("act", status=303).follow()
    assert "a mail says so" in told
    work_off()
    reader.get(f"/account/statements/{made.id}", status=200)
    [mail] = mails.to(family.head.email)[-1:]
    assert mail["Subject"] == "A statement is waiting for you"
    assert "see what is due and pay without signing in" in " ".join(mail.get_body(("plain",)).get_content().split())
    set_to("account.pay", False)
    page.forms["notify"].submit("act", status=303)
    work_off()
    without = " ".join(mails.to(family.head.email)[-1].get_body(("plain",)).get_content().split())
    assert "see what is due without signing in" in without
    assert "pay" not in without.replace("/account/asked/", "")
    assert "nobody can pay by it" in app.get(f"{ROOT}/accounts/{family.head.id}/ask")
    assert "200" not in mail.get_body(("plain",)).get_content().replace("localhost", "")
    assert _text(app.get(f"{ROOT}/statements/{made.id}/file").body)
    office(clinic_ids=(uuid4(),)).get(f"{ROOT}/statements/{made.id}", status=404)


def test_what_is_wrong_with_a_statement_is_said(office, family):
    app = office()
    form = app.get(f"{ROOT}/accounts/{family.child.id}/statement").forms["make"]
    form["scope"], form["note"], form["days"] = "family", "Kept", "0"
    page = form.submit("act", value="make", status=422)
    assert "The days must be at least 1." in page
    assert page.forms["make"]["note"].value == "Kept"
    form["days"] = "30"
    assert "account of its guarantor" in form.submit("act", value="make", status=422)


def _begin(app, **values):
    form = app.get(f"{ROOT}/statements/many").forms["filter"]
    for name, value in ({"least": "5"} | values).items():
        form[name] = value
    return form.submit()


def test_many_are_counted_made_told_of_and_reported(office, family, make, work_off, db):
    make.account(family.head)
    app = office()
    assert "No account fits" in _begin(app, least="5000")
    assert "Turn them around." in app.get(f"{ROOT}/statements/many?least=9&most=8", status=422)
    counted = _begin(app)
    assert "3 accounts fit, $300.00 together" in counted
    begin = counted.forms["begin"]
    page = begin.submit(status=303).follow()
    assert begin.submit(status=303).location.endswith(page.request.path)  # pressed twice
    assert "Statements are being made" in page
    assert page.headers["Refresh"]
    for _ in range(4):
        work_off()
    done = app.get(page.request.path)
    assert "Statements were made" in done
    assert "Nobody has access to this record" not in done
    assert "Nobody has access to the record in the portal." in done
    batch = db.scalars(select(StatementBatch).where(StatementBatch.practice_id == db.info["practice_id"])).one()
    assert (batch.made, batch.skipped, batch.failed, batch.state) == (2, 1, 0, "done")
    made = db.scalars(select(Statement).where(Statement.batch == batch.id)).all()
    assert {one.patient_id for one in made} == {family.head.id, family.child.id}  # the guarantor sees the child’s, and nobody the confidential one
    assert all(one.notified_at for one in made)


def test_whatever_dies_each_account_gets_one(family, make, registry, practice, monkeypatch, db):
    """The worker dies after each step and before its commit, and the task comes twice, at the same moment."""
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    now = datetime.now(UTC)
    batch_id = batches.begin(db, practice.id, owing.Filters(), batches.Delivery(unseen=True), 3, "n" * 20, make.staff().id, (), now)
    db.commit()

    def run(dies: bool) -> None:
        with practice.session() as session:
            batches.go_on(tasks.Work(registry, session, registry.tenants.current(practice.id), uuid7(), now), batch_id)
            if dies:
                session.rollback()
            else:
                session.commit()

    for _ in range(3):
        run(dies=True)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, [False, False]))
    db.rollback()
    made = db.scalars(select(Statement.patient_id).where(Statement.batch == batch_id)).all()
    assert sorted(made) == sorted(family.ids)
    batch = db.get_one(StatementBatch, (practice.id, batch_id), populate_existing=True)
    assert (batch.made, batch.state) == (3, "done")
    assert db.scalars(select(OutboxRow.id).where(OutboxRow.practice_id == practice.id)).all()


def test_a_batch_is_stopped_and_what_was_made_stays(office, family, make, db, practice, work_off):
    page = _begin(office()).forms["begin"].submit(status=303).follow()
    assert "No more statements are made." in page.forms["stop"].submit(status=303).follow()
    work_off()
    assert db.scalars(select(Statement.id).where(Statement.practice_id == practice.id)).all() == []


def test_a_statement_of_years_and_of_date_is_composed_by_two_questions(family, db, practice, registry, statements):
    from plugins.account.services import statements as service

    tenant = registry.tenants.current(practice.id)
    with statements() as seen:
        made = service.compose(db, practice.id, family.head, service.Wish("family", 0, 30), date(2030, 1, 1), tenant.time_zone)
    assert len(seen) == 2
    assert made.due_on == date(2030, 1, 31)

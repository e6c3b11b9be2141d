"""Ledger entries and statements that a practice's system sends."""

import pytest
from sqlalchemy import select

from core.records import door
from core.records.kinds import kinds_for
from core.safety import testing
from plugins.account import exporting
from plugins.account.models import Claim, Coverage, Entry, Installment, PaymentPlan, Statement


@pytest.fixture
def send(registry, db):
    kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
    return lambda **record: door.take_in(db, kinds, [record])[0]


def entry(patient, **fields):
    return {"kind": "ledger_entry", "external_id": "E1", "patient": patient.external_id, "entry_type": "charge", "entered_on": "2026-10-01"} | {
        "description": "Crown", "amount_cents": 40000} | fields  # fmt: skip


def statement(patient, **fields):
    return {
        "kind": "statement",
        "external_id": "S1",
        "patient": patient.external_id,
        "number": "7",
        "sent_on": "2026-10-01",
        "balance_cents": 900,
    } | fields


def test_a_batch_sent_again_changes_nothing_and_a_correction_is_taken(send, make, db):
    patient = make.patient()
    assert send(**entry(patient)).outcome == "created"
    assert send(**entry(patient)).outcome == "unchanged"
    assert send(**entry(patient, amount_cents=41000)).outcome == "updated"
    assert db.scalars(select(Entry.amount_cents).where(Entry.patient_id == patient.id)).all() == [41000]


def test_a_statement_sent_again_changes_nothing(send, make):
    sent = statement(make.patient(), lines=[{"entered_on": "2026-09-01", "description": "Crown", "amount_cents": 900}])
    assert send(**sent).outcome == "created"
    assert send(**sent).outcome == "unchanged"


@pytest.mark.parametrize(("balance", "insurance", "due"), [(900, 0, 900), (900, 400, 500), (900, 1000, 0), (-50, 0, 0)])
def test_what_is_due_is_the_balance_less_what_insurance_will_pay(send, make, db, balance, insurance, due):
    patient = make.patient()
    assert send(**statement(patient, balance_cents=balance, insurance_pending_cents=insurance)).outcome == "created"
    assert db.scalars(select(Statement.amount_due_cents).where(Statement.patient_id == patient.id)).one() == due


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_cents": 1.5},
        {"amount_cents": "100"},
        {"amount_cents": 10**12},
        {"entry_type": "gift"},
        {"entered_on": "soon"},
        {"description": ""},
        {"patient": "nobody"},
        {"provider": "nobody"},
        {"color": "red"},
    ],
)
def test_an_entry_that_cannot_be_right_is_refused_with_a_reason(send, make, wrong):
    answer = send(**(entry(make.patient()) | wrong))
    assert answer.outcome == "refused"
    assert answer.reason


def test_a_claim_a_coverage_and_a_plan_with_its_installments_are_taken_in_once_and_corrected(send, make, db):
    patient = make.patient()
    of = {"patient": patient.external_id}
    claim = of | {"kind": "claim", "external_id": "C1", "carrier": "Summit", "state": "sent", "sent_on": "2026-10-01", "billed_cents": 10000, "estimated_cents": 6000}
    cover = of | {"kind": "insurance_coverage", "external_id": "I1", "carrier": "Summit", "annual_maximum_cents": 150000, "percentages": [{"kind": "Fillings", "percent": 80}]}
    plan = of | {"kind": "payment_plan", "external_id": "P1", "title": "Braces", "total_cents": 30000, "first_due_on": "2026-11-01", "offered_at": "2026-10-01T10:00:00Z"}
    part = {"kind": "installment", "external_id": "P1-1", "payment_plan": "P1", "number": 1, "due_on": "2026-11-01", "amount_cents": 15000}
    for record, change in ((claim, {"state": "received"}), (cover, {"used_cents": 500}), (plan, {"state": "paused"}), (part, {"paid_cents": 15000})):
        assert [send(**record).outcome, send(**record).outcome, send(**(record | change)).outcome] == ["created", "unchanged", "updated"]
    mine = {model: db.scalars(select(model).where(model.patient_id == patient.id)).one() for model in (Claim, Coverage, PaymentPlan)}
    assert mine[Coverage].percentages == [{"kind": "Fillings", "percent": 80}]
    assert db.scalars(select(Installment.paid_cents).where(Installment.payment_plan_id == mine[PaymentPlan].id)).all() == [15000]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "claim", "carrier": "Summit", "state": "lost", "billed_cents": 1},
        {"kind": "claim", "carrier": "Summit", "state": "sent", "billed_cents": -1},
        {"kind": "insurance_coverage", "carrier": "Summit", "percentages": [{"kind": "Fillings", "percent": 101}]},
        {"kind": "insurance_coverage", "carrier": "Summit", "order": 0},
        {"kind": "payment_plan", "title": "Braces", "total_cents": 1, "down_payment_cents": 2, "first_due_on": "2026-11-01", "offered_at": "2026-10-01T10:00:00Z"},
        {"kind": "payment_plan", "title": "Braces", "total_cents": 1, "state": "offered", "first_due_on": "2026-11-01", "offered_at": "2026-10-01T10:00:00Z"},
        {"kind": "installment", "payment_plan": "nobody’s", "number": 1, "due_on": "2026-11-01", "amount_cents": 1},
    ],
)
def test_insurance_and_plans_that_cannot_be_right_are_refused(send, make, wrong):
    about = {} if wrong["kind"] == "installment" else {"patient": make.patient().external_id}
    assert send(external_id="X", **about, **wrong).outcome == "refused"


def test_insurance_and_plans_are_exported_go_to_the_kept_chart_and_are_erased(send, make, db, practice, registry):
    kept, absorbed = make.patient(), make.patient()
    of = {"patient": absorbed.external_id}
    send(**of, kind="claim", external_id="C1", carrier="Summit", state="sent", billed_cents=10000)
    send(**of, kind="insurance_coverage", external_id="I1", carrier="Summit")
    send(**of, kind="payment_plan", external_id="P1", title="Braces", total_cents=30000, first_due_on="2026-11-01", offered_at="2026-10-01T10:00:00Z")
    send(kind="installment", external_id="P1-1", payment_plan="P1", number=1, due_on="2026-11-01", amount_cents=15000)
    hooks = registry.plugins.only("account")
    hooks.portal_patients_merged(db=db, practice_id=practice.id, kept=kept.id, absorbed=absorbed.id)
    names = {file.name for found in hooks.portal_export(db=db, practice_id=practice.id, person_id=kept.id) for file in found}
    assert {"claims.csv", "insurance.csv", "payment-plans.csv", "installments.csv"} <= names
    hooks.portal_erase(db=db, practice_id=practice.id, person_id=kept.id)
    assert not [model for model in (Claim, Coverage, PaymentPlan, Installment) if db.scalars(select(model.id).where(model.practice_id == practice.id)).all()]


@pytest.fixture(scope="module")
def paper() -> bytes:
    return testing.pdf()


def test_the_paper_of_a_statement_is_shown_as_it_came_and_exported(signed_in, make, db, practice, paper):
    patient = make.patient()
    make.take_in([statement(patient)])
    address = f"/account/statements/{db.scalars(select(Statement.id)).one()}"
    app = signed_in(patient)
    assert app.get(address).body != paper
    sent = statement(patient, file=make.upload("statement", paper, "application/pdf"))
    assert make.take_in([sent])[0].outcome == "updated"
    assert make.take_in([sent, statement(patient)])[1].outcome == "unchanged"
    shown, saved = app.get(address), app.get(f"{address}/download")
    assert shown.body == saved.body == paper
    assert (shown.content_type, shown.headers["Content-Disposition"].partition(";")[0]) == ("application/pdf", "inline")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    [file] = [file for file in exporting.files(db, practice.id, patient.id) if file.key]
    assert file.key == db.scalars(select(Statement.file_key)).one()


def test_what_is_no_pdf_is_no_paper_of_a_statement(send, make, db, paper):
    patient = make.patient()
    answer = send(**statement(patient, file=make.upload("statement", paper[:200], "application/pdf")))
    assert (answer.outcome, answer.reason) == ("refused", "file: It is damaged or cut off, so it cannot be opened.")
    assert db.scalars(select(Statement)).all() == []

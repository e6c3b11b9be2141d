"""Ledger entries and statements that a practice's system sends."""

import pytest
from sqlalchemy import select

from core import records
from core.records.kinds import kinds_for
from plugins.account.models import Entry, Statement


@pytest.fixture
def send(registry, db):
    kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
    return lambda **record: records.take_in(db, kinds, [record])[0]


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

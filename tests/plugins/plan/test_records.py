from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from core.records import door
from core.records.kinds import kinds_for
from plugins.plan.models import PlannedProcedure, TreatmentPlan
from plugins.plan.records import PlannedProcedureRecord

CENTS = st.integers(min_value=0, max_value=1_000_000_00)


def plan(patient, **fields):
    return {
        "kind": "treatment_plan",
        "external_id": "T1",
        "patient": patient.external_id,
        "heading": "Crown",
        "saved_on": date(2026, 11, 3),
    } | fields


def procedure(**fields):
    return {
        "kind": "planned_procedure",
        "external_id": "T1-1",
        "plan": "T1",
        "description": "Porcelain crown",
        "fee_cents": 120000,
    } | fields


def take_in(db, registry, batch):
    answers = door.take_in(db, kinds_for(registry, frozenset({"plan"})), batch)
    db.commit()
    return answers


def test_a_plan_and_its_procedures_are_taken_in_and_a_second_time_changes_nothing(make, db):
    batch = [plan(make.patient()), procedure(primary_estimate_cents=60000, discount_cents=5000)]
    assert [answer.outcome for answer in make.take_in(batch)] == ["created", "created"]
    assert [answer.outcome for answer in make.take_in(batch)] == ["unchanged", "unchanged"]
    assert db.scalars(select(PlannedProcedure.patient_cents)).one() == 55000


def test_a_corrected_fee_changes_the_patients_part_with_it(make, db):
    make.take_in([plan(make.patient()), procedure(primary_estimate_cents=60000)])
    assert make.take_in([procedure(fee_cents=100000, primary_estimate_cents=60000)])[0].outcome == "updated"
    db.expire_all()
    assert db.scalars(select(PlannedProcedure.patient_cents)).one() == 40000


@pytest.mark.parametrize(
    "wrong",
    [
        {"fee_cents": -1}, {"fee_cents": 10.5}, {"fee_cents": "120000"}, {"fee_cents": 10**12}, {"description": ""}, {"description": "a\0b"},
        {"plan": "nowhere"}, {"patient_cents": 119999}, {"unknown": 1},
    ],
)  # fmt: skip
def test_a_procedure_that_cannot_be_right_is_refused_with_a_reason(make, db, registry, wrong):
    answers = take_in(db, registry, [plan(make.patient()), procedure(**wrong)])
    assert (answers[0].outcome, answers[1].outcome) == ("created", "refused")
    assert answers[1].reason
    assert db.scalars(select(PlannedProcedure.id)).all() == []


@pytest.mark.parametrize("wrong", [{"currency": "usd"}, {"status": "signed"}, {"heading": ""}, {"saved_on": "soon"}, {"note": "x" * 5001}])
def test_a_plan_that_cannot_be_right_is_refused(make, db, registry, wrong):
    assert take_in(db, registry, [plan(make.patient(), **wrong)])[0].outcome == "refused"
    assert db.scalars(select(TreatmentPlan.id)).all() == []


@given(CENTS, CENTS, CENTS, CENTS, st.integers(-5, 5))
def test_a_patients_part_that_is_sent_along_must_be_what_the_other_figures_leave(fee, primary, secondary, discount, off):
    figures = {"fee_cents": fee, "primary_estimate_cents": primary, "secondary_estimate_cents": secondary, "discount_cents": discount}
    fields = {
        "external_id": "1",
        "plan": "T1",
        "description": "Crown",
        "patient_cents": fee - primary - secondary - discount + off,
        **figures,
    }
    if off:
        with pytest.raises(ValidationError):
            PlannedProcedureRecord(**fields)
    else:
        assert "patient_cents" not in PlannedProcedureRecord(**fields).model_dump()

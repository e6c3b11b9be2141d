from datetime import date
from uuid import uuid4

import pytest

from plugins.plan.services import reading as services


def plan(patient, number=1, **fields):
    plan = {"kind": "treatment_plan", "external_id": f"T{number}", "patient": patient.external_id, "heading": f"Plan {number}"}
    return plan | {"saved_on": date(2026, 11, number)} | fields


def procedure(plan=1, number=1, **fields):
    words = {
        "kind": "planned_procedure",
        "external_id": f"T{plan}-{number}",
        "plan": f"T{plan}",
        "position": number,
        "description": f"Step {number}",
    }
    return words | {"fee_cents": 10000} | fields


def test_plans_come_newest_first_with_their_procedures_in_order(make, db, practice):
    patient = make.patient()
    make.take_in([plan(patient, 1), plan(patient, 2), procedure(1, 2), procedure(1, 1), procedure(2, 1)])
    found = services.saved_plans(db, practice.id, patient.id)
    assert [(one.heading, [p.description for p in one.procedures]) for one in found] == [
        ("Plan 2", ["Step 1"]),
        ("Plan 1", ["Step 1", "Step 2"]),
    ]


def test_only_saved_plans_are_shown(make, db, practice):
    patient = make.patient()
    make.take_in([plan(patient, 1, status="active"), plan(patient, 2, status="inactive"), plan(patient, 3)])
    assert [one.heading for one in services.saved_plans(db, practice.id, patient.id)] == ["Plan 3"]


def test_a_plan_without_procedures_costs_nothing(make, db, practice):
    patient = make.patient()
    make.take_in([plan(patient)])
    [found] = services.saved_plans(db, practice.id, patient.id)
    assert (found.procedures, found.amounts.fee) == ((), 0)


@pytest.mark.parametrize("count", [1, 12])
def test_all_plans_are_one_statement_however_many_there_are(make, db, practice, statements, count):
    patient = make.patient()
    make.take_in([row for n in range(1, count + 1) for row in (plan(patient, n), procedure(n, 1), procedure(n, 2))])
    with statements() as seen:
        assert len(services.saved_plans(db, practice.id, patient.id)) == count
    assert len(seen) == 1


def test_a_plan_of_another_person_is_not_found(make, db, practice):
    patient, other = make.patient(), make.patient()
    make.take_in([plan(other)])
    [theirs] = services.saved_plans(db, practice.id, other.id)
    assert services.saved_plans(db, practice.id, patient.id) == []
    with pytest.raises(services.PlanNotFound):
        services.saved_plan(db, practice.id, patient.id, theirs.id)


def test_a_plan_of_another_practice_is_not_found_even_by_its_id(make, db, practice, other_make, other_db, other_practice):
    patient, stranger = make.patient(), other_make.patient()
    other_make.take_in([plan(stranger)])
    [theirs] = services.saved_plans(other_db, other_practice.id, stranger.id)
    with pytest.raises(services.PlanNotFound):
        services.saved_plan(db, practice.id, patient.id, theirs.id)
    # The wall holds even where a query names the wrong practice.
    with pytest.raises(services.PlanNotFound):
        services.saved_plan(db, other_practice.id, stranger.id, theirs.id)


def test_the_newest_plan_is_told_with_the_patients_part(make, db, practice):
    patient = make.patient()
    make.take_in([plan(patient, 1), plan(patient, 2), procedure(2, 1, primary_estimate_cents=4000), procedure(2, 2), procedure(1, 1)])
    newest = services.newest_plan(db, practice.id, patient.id)
    assert (newest.heading, newest.count, newest.patient_cents) == ("Plan 2", 2, 16000)


def test_who_has_no_plan_has_no_newest_one(make, db, practice):
    assert services.newest_plan(db, practice.id, uuid4()) is None

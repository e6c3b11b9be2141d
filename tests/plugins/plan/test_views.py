from datetime import date

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from plugins.plan.services import reading as services

CROWN = {"external_id": "T1-1", "plan": "T1", "position": 1, "priority": "1", "tooth": "14", "surface": "MOD", "code": "D2740",
         "description": "Porcelain crown", "fee_cents": 130000, "primary_estimate_cents": 50000, "secondary_estimate_cents": 10000,
         "discount_cents": 10000}  # fmt: skip
CLEANING = {"external_id": "T1-2", "plan": "T1", "position": 2, "priority": "2", "description": "Cleaning", "fee_cents": 12000}


@pytest.fixture
def patient(make):
    patient = make.patient()
    plan = {
        "external_id": "T1",
        "patient": patient.external_id,
        "heading": "Crown and cleaning",
        "saved_on": date(2026, 11, 3),
        "presenter": "Dana",
    }
    procedures = [{"kind": "planned_procedure", **one} for one in (CROWN, CLEANING)]
    make.take_in([{"kind": "treatment_plan", "note": "Two visits.\nCall us <b>any</b> time.", **plan}, *procedures])
    return patient


def test_the_list_shows_each_plan_with_what_it_costs_and_who_pays(patient, signed_in):
    page = signed_in(patient).get("/plan")
    for expected in ("Crown and cleaning", "November 3, 2026", "Porcelain crown", "14 MOD", "$1,300.00", "$600.00", "$500.00 primary", "$100.00 secondary",
                     "$100.00", "Priority 1", "Priority 2", "$720.00", "Call us &lt;b&gt;any&lt;/b&gt; time."):  # fmt: skip
        assert expected in page.text


def test_the_list_is_as_of_the_day_saved_and_ends_with_the_offices_note_on_estimates(patient, signed_in):
    page = signed_in(patient).get("/plan")
    assert "as of the day on which it was saved" in page
    assert "What insurance pays is an estimate." in page


def test_one_plan_has_a_page_to_print(patient, signed_in):
    app = signed_in(patient)
    page = app.get("/plan").click("^Crown and cleaning$")
    assert "Fees and estimates as of November 3, 2026" in page
    assert "presented by Dana" in page


def test_columns_that_would_be_empty_are_left_out(make, signed_in):
    patient = make.patient()
    make.take_in([
        {"kind": "treatment_plan", "external_id": "T9", "patient": patient.external_id, "heading": "Cleaning", "saved_on": date(2026, 1, 2)},
        {"kind": "planned_procedure", **CLEANING, "plan": "T9"},
    ])  # fmt: skip
    page = signed_in(patient).get("/plan")
    assert "Discount" not in page
    assert "Tooth" not in page
    assert "Priority" not in page


def test_a_patient_without_plans_is_told_what_would_be_here(make, signed_in):
    assert "No treatment plans yet" in signed_in(make.patient()).get("/plan")


def test_a_plan_of_another_person_is_not_found(patient, make, signed_in, db, practice):
    [theirs] = services.saved_plans(db, practice.id, patient.id)
    signed_in(make.patient()).get(f"/plan/{theirs.id}", status=404)


def test_a_plan_of_another_practice_is_not_found(patient, db, practice, other_make, other_signed_in):
    [theirs] = services.saved_plans(db, practice.id, patient.id)
    other_signed_in(other_make.patient()).get(f"/plan/{theirs.id}", status=404)


def test_the_plan_of_a_child_is_seen_only_while_the_child_is_in_view(patient, make, signed_in):
    parent = make.patient(first_name="Pat")
    account = make.account(parent)
    make.grant(account, patient, plugin="plan", level="see")
    app = signed_in(account=account)
    assert "Crown and cleaning" not in app.get("/plan")
    app.get("/home").forms[0].submit("person", value=str(patient.id))
    assert "Crown and cleaning" in app.get("/plan")


@pytest.mark.parametrize("plan_id", ["nonsense", "0", "..%2f", "0192f5c1-7a3e-7c11-8d2b-3f4a5b6c7d8e", "{1}"])
def test_an_address_that_names_no_plan_is_not_found(make, signed_in, plan_id):
    signed_in(make.patient()).get(f"/plan/{plan_id}", status=404)


def test_the_pages_keep_to_five_statements(patient, signed_in, statements):
    app = signed_in(patient)
    app.get("/home")  # whose first request finds the practice
    for address in ("/plan", app.get("/plan").click("^Crown and cleaning$").request.path):
        with statements() as seen:
            app.get(address)
        assert len(seen) <= 5, seen


def test_looking_at_a_plan_is_audited(patient, signed_in, db):
    app = signed_in(patient)
    path = app.get("/plan").click("^Crown and cleaning$").request.path
    events = db.scalars(select(AuditEvent).where(AuditEvent.action == "plan.plan.view").order_by(AuditEvent.happened_at)).all()
    assert [(event.patient_id, str(event.target_id or "")) for event in events] == [(patient.id, ""), (patient.id, path.rsplit("/")[-1])]


def test_the_home_page_shows_the_newest_plan(patient, signed_in):
    page = signed_in(patient).get("/home")
    assert "Crown and cleaning" in page
    assert "$720.00" in page

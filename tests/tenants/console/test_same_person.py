"""The office says whether somebody who came in is a patient here already."""

from datetime import UTC, date, datetime

import pytest

from core.audit import AuditEvent
from core.people.models import PatientNumber

NOW = datetime.now(UTC)
SAID = {"first_name": "Rosa", "last_name": "Vale", "birthdate": "1984-05-17", "preferred_name": "", "sex": "F", "email": "rosa@example.test", "phone": "303-555-0114"}


@pytest.fixture
def waiting(db, practice, make):
    """`waiting()`: a question about a patient here, and the patient."""

    def act(clinic_id=None):
        patient = make.patient(first_name="Rosa", last_name="Vale", birthdate=date(1984, 5, 17), phone="303-555-0199")
        patient.external_id, patient.source = None, "office"
        row = PatientNumber(patient_id=patient.id, external_id="DC-20417", state="waits", is_own=True, said=SAID, first_at=NOW, last_at=NOW)
        db.add(row)
        db.commit()
        return row, patient

    return act


def test_what_waits_leads_to_both_side_by_side_and_a_yes_gives_the_chart_its_number(db, office, waiting):
    row, patient = waiting()
    app = office("office_admin")
    page = app.get("/office").click("Same person", href="/office/same-person").click("Vale, Rosa")
    compared = {row.th.text: row.select_one(".pill").get_text(strip=True) for row in page.html.select("tbody tr") if row.select_one(".pill")}
    assert (compared["Phone"], compared["Born"]) == ("Differs", "Agrees")
    done = page.forms["answer-same"].submit().follow()
    assert "Nobody waits" in done
    db.expire_all()
    assert (db.merge(patient).external_id, db.merge(row).state, db.merge(row).said) == ("DC-20417", "same", None)
    assert db.query(AuditEvent).filter_by(practice_id=row.practice_id, action="office.same_person.same", patient_id=patient.id).count() == 1


def test_two_people_are_not_asked_about_again_and_later_stays_on_the_list(db, office, waiting):
    row, patient = waiting()
    app = office("office_admin")
    page = app.get(f"/office/same-person/{row.id}")
    assert "Put off until" in page.forms["answer-later"].submit().follow()
    assert "Same person?" not in app.get("/office").html.find(id="waiting").get_text()
    page.forms["answer-different"].submit().follow()
    db.expire_all()
    assert (db.merge(patient).external_id, db.merge(row).state) == (None, "different")
    app.get(f"/office/same-person/{row.id}", status=404)


def test_nobody_decides_without_the_permission_or_for_another_clinic_or_with_another_word(practice, office, waiting):
    row, _ = waiting()
    office("front_desk").get("/office/same-person", status=403)
    app = office("office_admin")
    page = app.get(f"/office/same-person/{row.id}")
    page.forms["answer-same"]["answer"].force_value("everything")
    assert "Choose one of the three." in page.forms["answer-same"].submit(status=422)
    app.get("/office/same-person/nobody", status=404)

"""Taking a merge back at the office."""

import pytest
from sqlalchemy import select

from core.people.models import MergedChart, Patient
from core.testing import PASSWORD
from tests.tenants.console.test_merging import WHY, fill, page_of

BACK = "Father and son of the same name"


@pytest.fixture
def merged(office, make):
    """A person's two charts, of which the office has made one."""
    kept, absorbed = make.patient(external_id="K-1"), make.patient(external_id="A-1", first_name="Ruben", email="old@example.test")
    make.account(absorbed, user_name="ruben-here")
    make.take_in([{"kind": "appointment", "external_id": "V1", "patient": "A-1", "starts_at": "2026-11-01T15:00:00Z", "minutes": 30, "reason": "Filling"}])
    fill(office().get(page_of(kept, absorbed))).follow()
    return kept, absorbed


def path(kept, absorbed) -> str:
    return f"/office/patients/{kept.id}/unmerge/{absorbed.id}"


def there(db, practice) -> set:
    db.rollback()
    return set(db.scalars(select(Patient.id).where(Patient.practice_id == practice.id)))


def test_from_the_patients_page_to_two_charts_again(office, merged, db, practice, audited):
    kept, absorbed = merged
    app = office()
    choice = app.get(f"/office/patients/{kept.id}").click("One other chart is part of it")
    row = choice.html.select_one("#merged tbody tr").get_text(" ", strip=True)
    assert "A-1 Ruben Vale, born April 12, 1985" in row
    assert "by Kim Sato" in row
    assert WHY in row
    page = choice.click("Undo the merge")
    words = " ".join(page.html.get_text(" ").split())
    assert "Appointments 1 entry" in words
    assert "ruben-here" in words
    page.forms["unmerge"]["reason"] = BACK
    done = page.forms["unmerge"].submit().follow()
    assert done.request.path == f"/office/patients/{absorbed.id}"
    assert "There are two charts again" in done.text
    assert {kept.id, absorbed.id} <= there(db, practice)
    [entry] = audited("office.patients.unmerge")
    assert (entry.patient_id, entry.target_id) == (kept.id, absorbed.id)
    app.get(path(*merged), status=404)


def test_it_asks_for_a_reason_and_who_is_there_and_keeps_what_was_typed(office, merged, db, practice, proof_is_old):
    app = office()
    page = app.get(path(*merged))
    page.forms["unmerge"]["reason"] = "\0short"
    refused = page.forms["unmerge"].submit(status=422)
    assert "at least 10" in refused.text
    proof_is_old()
    refused.forms["unmerge"]["reason"] = BACK
    form = refused.forms["unmerge"].submit().follow().forms["prove"]
    form["password"] = PASSWORD
    assert form.submit().follow().forms["unmerge"]["reason"].value == BACK
    assert merged[1].id not in there(db, practice)


def test_what_was_taken_back_already_is_said_and_changes_nothing(office, merged, monkeypatch, db, practice):
    from core.people.unmerging import CannotUnmerge
    from tenants.console import unmerging

    def refuse(*_):
        raise CannotUnmerge("Somebody may have taken the merge back already.")

    page = office().get(path(*merged))
    monkeypatch.setattr(unmerging, "unmerge", refuse)
    page.forms["unmerge"]["reason"] = BACK
    assert "already" in page.forms["unmerge"].submit(status=422).text
    assert merged[1].id not in there(db, practice)


def test_what_the_practices_system_has_merged_or_what_is_too_old_has_no_button(office, merged, make, db, practice):
    kept, absorbed = merged
    other = make.patient(external_id="B-1")
    make.take_in([{"kind": "patient", "external_id": "B-1", "first_name": "Robin", "last_name": "Vale", "merged_into": "K-1"}])
    db.get_one(MergedChart, (practice.id, absorbed.id)).was = None
    db.commit()
    app = office()
    page = app.get(f"/office/patients/{kept.id}/merge")
    assert "Undo the merge" not in page.text
    assert "When your system takes it back, so does the portal" in page.text
    assert "Older than 90 days" in page.text
    for one in (absorbed, other):
        app.get(path(kept, one), status=404)


@pytest.mark.parametrize("role", ["front_desk", "billing", "clinical", "read_only"])
def test_only_admins_take_it_back(office, merged, role):
    app = office(role)
    app.get(path(*merged), status=403)
    page = app.get(f"/office/patients/{merged[0].id}")
    assert "One other chart is part of it" in page.text
    assert not page.html.select("a[href$='#merged']")


def test_a_chart_of_another_clinic_or_practice_is_not_there(office, make, other_make, merged, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    here, there_ = make.patient(external_id="H-1"), make.patient(external_id="T-1", clinic="C2")
    fill(office().get(page_of(here, there_)), confirmation="T-1").follow()
    app = office(clinic_ids=(practice.clinic_id,))
    app.get(path(here, there_), status=404)
    app.get(path(merged[0], other_make.patient()), status=404)
    app.get(f"/office/patients/{here.id}/unmerge/nonsense", status=404)

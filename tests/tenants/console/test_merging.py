"""Making one chart of two at the office."""

import pytest
from sqlalchemy import select

from core.people.models import MergedChart, Patient

WHY = "Entered twice at the desk on the same day"


@pytest.fixture
def two(make):
    """A person's two charts."""
    return make.patient(external_id="K-1"), make.patient(external_id="A-1", email="old@example.test", phone="")


def is_there(db, practice, patient) -> bool:
    """Whether there is a chart still; whatever the session remembers."""
    return db.scalar(select(Patient.id).where(Patient.practice_id == practice.id, Patient.id == patient.id)) is not None


def page_of(kept, absorbed) -> str:
    return f"/office/patients/{kept.id}/merge/{absorbed.id}"


def fill(page, reason=WHY, confirmation="A-1"):
    form = page.forms["merge"]
    form["reason"], form["confirmation"] = reason, confirmation
    return form.submit(status="*")


def test_from_the_patients_page_to_one_chart(office, two, make, db, practice, audited):
    kept, absorbed = two
    make.grant(make.account(make.patient(first_name="Dana", last_name="Reed")), absorbed)
    make.take_in([{"kind": "appointment", "external_id": "V1", "patient": "A-1", "starts_at": "2026-11-01T15:00:00Z", "minutes": 30, "reason": "Filling"}])
    app = office()
    choice = app.get(f"/office/patients/{kept.id}").click("Merge charts")
    assert "These look alike" in choice.text
    page = choice.click(href=page_of(kept, absorbed))
    rows = [" ".join(row.get_text(" ", strip=True).split()).replace("@ ", "@") for row in page.html.select("tbody tr")]
    assert "Chart K-1 A-1" in rows
    assert "E-mail robin@example.test old@example.test" in rows
    assert "Phone 555-0142 None" in rows
    assert "In Appointments 0 1" in rows
    assert "Dana Reed can see the other chart only" in page.html.get_text()
    assert "You can undo this for 90 days" in page.text
    assert [entry.patient_id for entry in audited("office.patients.compare")] == [kept.id, absorbed.id]
    done = fill(page).follow()
    assert "The two charts are one now" in done.text
    assert not is_there(db, practice, absorbed)
    row = db.get_one(MergedChart, (practice.id, absorbed.id))
    assert (row.reason, row.patient_id) == (WHY, kept.id)
    [entry] = audited("office.patients.merge")
    assert (entry.patient_id, entry.target_id, entry.account_id) == (kept.id, absorbed.id, row.merged_by_id)
    app.get(page_of(kept, absorbed), status=404)
    app.get(f"/office/patients/{absorbed.id}", status=404)


def test_the_other_chart_is_found_by_a_search_and_the_other_way_round_is_a_button_away(office, two, make):
    other = make.patient(external_id="Z-9", first_name="Zelda", last_name="Quite", birthdate=None)
    form = office().get(f"/office/patients/{two[0].id}/merge").forms["find-other"]
    form["find"] = "zelda"
    page = form.submit().follow()
    assert "zelda" not in page.request.url.lower()
    turned = page.click("Compare").click("Keep the other one")
    assert turned.request.path == page_of(other, two[0])
    assert "The birthdates differ" in turned.text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"confirmation": ""}, "Type what stands above"), ({"confirmation": "K-1"}, "Type A-1 here"), ({"reason": "short"}, "at least 10"),
        ({"reason": "\0" * 20}, "at least 10"), ({"reason": "x" * 501}, "Shorten"), ({"reason": ""}, "Say why"),
    ],
)  # fmt: skip
def test_nothing_happens_without_a_reason_and_a_typed_confirmation(office, two, db, practice, given, sentence):
    page = fill(office().get(page_of(*two)), **given)
    assert page.status_int == 422
    assert sentence in page.text
    assert page.forms["merge"]["confirmation"].value == given.get("confirmation", "A-1")
    assert is_there(db, practice, two[1])


def test_it_asks_first_who_is_there_and_keeps_what_was_typed(office, two, proof_is_old):
    app = office()
    page = app.get(page_of(*two))
    proof_is_old()
    answer = fill(page)
    assert "/office/profile/prove?next=" in answer.location
    from core.testing import PASSWORD

    form = answer.follow().forms["prove"]
    form["password"] = PASSWORD
    assert form.submit().follow().forms["merge"]["reason"].value == WHY


def test_a_tab_that_cannot_move_is_told_and_nothing_is_changed(office, two, db, practice, monkeypatch):
    from core.people import merging

    def refuse(*_):
        raise merging.CannotMerge("The tab Plan could not move what it holds, so nothing was changed.")

    monkeypatch.setattr(merging, "_refuse_what_is_left", refuse)
    app = office()
    page = fill(app.get(page_of(*two)))
    assert page.status_int == 422
    assert "could not move" in page.text
    assert is_there(db, practice, two[1])


@pytest.mark.parametrize("role", ["front_desk", "billing", "clinical", "read_only"])
def test_only_admins_merge(office, two, role):
    app = office(role)
    app.get(page_of(*two), status=403)
    assert "Merge charts" not in app.get(f"/office/patients/{two[0].id}").text


def test_charts_of_other_clinics_and_practices_are_not_there(office, make, other_make, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    here, there, elsewhere = make.patient(), make.patient(clinic="C2"), other_make.patient()
    app = office(clinic_ids=(practice.clinic_id,))
    for pair in ((here, there), (there, here), (here, elsewhere), (here, here)):
        app.get(page_of(*pair), status=404)
    app.get(f"/office/patients/{here.id}/merge/nonsense", status=404)


def test_without_a_number_the_last_name_confirms(office, two, db, practice):
    two[1].external_id = None
    db.merge(two[1])
    db.commit()
    page = office().get(page_of(*two))
    assert "Type Vale to confirm" in page.text
    fill(page, confirmation="vale").follow()
    assert not is_there(db, practice, two[1])

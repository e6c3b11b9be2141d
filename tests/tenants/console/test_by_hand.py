"""Patients whom the office writes down by hand."""

from datetime import date

import pytest
from sqlalchemy import select

from core.people.finding import find
from core.people.models import Grant, Patient, Relationship
from core.people.wanted import read_wanted

NEW = "/office/patients/new"
ADA = {"first_name": "Ada", "last_name": "Quill", "preferred_name": "Addie", "birthdate": "1990-05-17", "email": "ada.quill@example.test", "phone": "303-555-0142"}


def send(app, then="", form=None, **typed):
    form = form or app.get(NEW).forms["chart"]
    for name, value in typed.items():
        form[name] = value
    return form.submit("then", value=then, status="*")


def patients(db, practice) -> list[Patient]:
    db.expire_all()
    return list(db.scalars(select(Patient).where(Patient.practice_id == practice.id).order_by(Patient.id)))


def test_from_the_form_to_the_invitation(office, db, practice, audited, work_off, mails):
    app = office("front_desk")
    page = send(app, "invite", app.get("/office/patients").click("Add a patient").forms["chart"], **ADA).follow()
    assert "Addie Quill is added, and the invitation is on its way." in page.text
    assert "Written by hand at the office" in page.text
    [ada] = patients(db, practice)
    assert (ada.name, ada.birthdate, ada.email, ada.phone, ada.external_id, ada.source) == ("Addie Quill", date(1990, 5, 17), "ada.quill@example.test", "303-555-0142", None, "office")
    assert ada.clinic_id == practice.clinic_id
    work_off()
    assert len(mails.to("ada.quill@example.test")) == 1
    [entry] = audited("office.patients.add")
    assert entry.patient_id == ada.id
    assert [one.id for one in find(db, practice.id, read_wanted("quill", date(2026, 11, 28))).exact] == [ada.id]


def test_access_on_paper_comes_next_where_that_is_wanted(office, db, practice):
    page = send(office(), "paper", **{**ADA, "email": ""})
    [ada] = patients(db, practice)
    assert page.location.endswith(f"/office/patients/{ada.id}/give")


@pytest.mark.parametrize(
    "same",
    [
        {"first_name": "Ada", "last_name": "Quill", "birthdate": "1990-05-17", "email": "", "phone": ""},
        {"first_name": "Béa", "last_name": "Other", "birthdate": "2001-01-01", "email": "ADA.Quill@example.test", "phone": ""},
        {"first_name": "Béa", "last_name": "Other", "birthdate": "2001-01-01", "email": "bea@example.test", "phone": "(303) 555 0142"},
    ],
)
def test_who_looks_alike_is_shown_first_and_another_one_is_added_only_when_that_is_meant(office, make, db, practice, same):
    ada = make.patient(**ADA)
    app = office()
    warned = send(app, **{"preferred_name": "", **same})
    assert warned.status_int == 422
    assert warned.html.select_one("#alike a")["href"].endswith(f"/office/patients/{ada.id}")
    assert warned.forms["chart"]["first_name"].value == same["first_name"]
    assert patients(db, practice) == [ada]
    # Somebody else who looks alike came in meanwhile: that one was not looked at.
    make.patient(**{**ADA, **same})
    again = send(app, form=warned.forms["chart"])
    assert again.status_int == 422
    assert send(app, form=again.forms["chart"]).status_int == 303
    assert len(patients(db, practice)) == 3


def test_a_name_alone_that_somebody_else_has_is_no_warning(office, make):
    make.patient(**ADA)
    assert send(office(), **{**ADA, "birthdate": "1991-05-17", "email": "", "phone": ""}).status_int == 303


def test_a_parent_who_pays_is_found_and_may_see_what_the_settings_allow(office, make, db, practice):
    account = make.account(make.patient(external_id="M-1", first_name="Mona", last_name="Quill", birthdate=date(1985, 1, 2), phone="303-555-0199", email="m@example.test"))
    make.patient(external_id="M-2", first_name="Mona", last_name="Quill", birthdate=date(1960, 1, 2), phone="", email="")
    app = office()
    child = {**ADA, "birthdate": "2020-05-17", "relative": "mona quill"}
    page = send(app, **child)
    assert "Several patients fit" in page.text
    form = page.forms["chart"]
    form["relative_id"] = str(account.patient_id)
    page = send(app, form=form)
    assert "Say what this person is" in page.text
    assert send(app, form=page.forms["chart"], relative="M-1", is_guarantor=True, relation="parent").status_int == 303
    new = patients(db, practice)[-1]
    assert new.guarantor_id == account.patient_id
    [relation] = db.scalars(select(Relationship).where(Relationship.practice_id == practice.id))
    assert (relation.patient_id, relation.related_id, relation.relation, relation.is_guardian) == (new.id, account.patient_id, "parent", True)
    assert db.scalars(select(Grant.relation).where(Grant.practice_id == practice.id, Grant.patient_id == new.id, Grant.account_id == account.id)).first() == "guardian"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"first_name": ""}, "Fill in the first name"),
        ({"last_name": "🦷"}, "in letters that can be seen"),
        ({"first_name": "Ada\u202e"}, "in letters that can be seen"),
        ({"birthdate": "2999-01-01"}, "still to come"),
        ({"birthdate": "17 May"}, "as a date"),
        ({"birthdate": ""}, "nobody gets access without it"),
        ({"phone": "555"}, "with its area code"),
        ({"phone": "call 303-555-0142 at night"}, "with its area code"),
        ({"email": "ada at example"}, "such as name@example.com"),
        ({"relative": "Nobody Here"}, "No patient fits"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(office, db, practice, typed, sentence):
    page = send(office(), **{**ADA, **typed})
    assert page.status_int == 422
    assert sentence in page.text
    kept = page.forms["chart"]
    assert {name: kept[name].value for name in ADA if name not in typed} == {name: value for name, value in ADA.items() if name not in typed}
    assert patients(db, practice) == []


def test_an_invitation_needs_an_address(office, db, practice):
    assert "An invitation needs an e-mail address" in send(office(), "invite", **{**ADA, "email": ""}).text
    assert patients(db, practice) == []


def test_who_works_at_some_clinics_adds_there_and_sees_nobody_of_others(office, make, db, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    make.patient(**ADA, clinic="C2")
    app = office("front_desk", clinic_ids=(practice.clinic_id,))
    form = app.get(NEW).forms["chart"]
    assert "clinic" not in form.fields
    assert send(app, form=form, **ADA).status_int == 303
    assert patients(db, practice)[-1].clinic_id == practice.clinic_id
    choosing = send(office(), **{**ADA, "email": "x@example.test", "phone": ""})
    assert "Choose the clinic from the list" in choosing.text


def test_what_was_written_by_hand_is_changed_by_hand_and_what_a_system_sends_is_not(office, make, db, practice, audited):
    app = office()
    send(app, **ADA)
    [ada] = patients(db, practice)
    page = app.get(f"/office/patients/{ada.id}").click("Change")
    form = page.forms["chart"]
    assert form["email"].value == "ada.quill@example.test"
    form["email"], form["last_name"] = "new@example.test", "Quill-Oh"
    assert "Saved." in form.submit().follow().text
    [ada] = patients(db, practice)
    assert (ada.email, ada.last_name) == ("new@example.test", "Quill-Oh")
    assert [one.id for one in find(db, practice.id, read_wanted("new@example.test", date(2026, 11, 28))).exact] == [ada.id]
    form.submit()  # nothing new
    assert len(audited("office.patients.change")) == 1
    sent = make.patient(external_id="S-1")
    assert "Written by hand" not in app.get(f"/office/patients/{sent.id}").text
    app.get(f"/office/patients/{sent.id}/contact", status=404)


def test_adding_asks_first_who_is_there_and_keeps_what_was_typed(office, proof_is_old):
    app = office()
    form = app.get(NEW).forms["chart"]
    proof_is_old()
    assert "/office/profile/prove" in send(app, form=form, **ADA).location

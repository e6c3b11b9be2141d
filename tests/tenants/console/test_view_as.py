"""The way into the portal as a patient sees it."""

import pytest
from sqlalchemy import select

from core.auth.models import SignInSession, SupportAccess
from core.testing import add_sign_in


def form_of(app, patient):
    return app.get(f"/office/patients/{patient.id}").click("View as patient").forms["view-as"]


def test_a_reason_opens_the_portal(office, make, practice, db, audited):
    patient = make.patient()
    app = office("clinical")
    form = form_of(app, patient)
    form["reason"] = "  The May statement does not open\r\n"
    home = form.submit().follow()
    assert home.request.path == "/home"
    assert "Robin Vale" in home.html.select_one(".looking").get_text()
    [access] = db.scalars(select(SupportAccess).where(SupportAccess.practice_id == practice.id))
    assert access.reason == "The May statement does not open"
    [entry] = audited("office.view_as.begin")
    assert (entry.patient_id, entry.support_id, entry.address) == (patient.id, access.id, "127.0.0.9")
    assert app.get("/office").status_int == 200, "the office stays open beside it"


@pytest.mark.parametrize(("reason", "sentence"), [
    ("", "Say why you look"), ("   ", "Say why you look"), ("too short", "at least 10 characters"), ("x" * 501, "at most 500 characters"),
])  # fmt: skip
def test_without_a_reason_nothing_opens(office, make, reason, sentence, db, practice):
    patient = make.patient()
    form = form_of(office(), patient)
    form["reason"] = reason
    page = form.submit(status=422)
    assert sentence in page.text
    assert page.forms["view-as"]["reason"].value == reason
    assert db.scalars(select(SupportAccess).where(SupportAccess.practice_id == practice.id)).all() == []


@pytest.mark.parametrize("reason", ["\u202eturned around, but a reason", "🦷🦷🦷🦷🦷🦷🦷🦷🦷🦷", "with a null\0 character in it", "<script>alert(1)</script>"])
def test_an_odd_reason_is_one(office, make, reason):
    form = form_of(office(), make.patient())
    form["reason"] = reason
    assert form.submit().location.endswith("/home")


def test_what_the_browser_had_open_at_the_portal_is_told_and_ends(office, make, practice, db):
    patient, own = make.patient(), make.account(make.patient())
    app = office()
    add_sign_in(app, practice, own)
    form = form_of(app, patient)
    assert "open in this browser for somebody else" in app.get(f"/office/patients/{patient.id}/view-as").text
    form["reason"] = "Called because nothing opens"
    form.submit()
    assert db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id, SignInSession.account_id == own.id)).all() == []


def test_who_may_not_look_finds_no_button_and_no_page(office, make):
    patient = make.patient()
    app = office("read_only")
    assert "View as patient" not in app.get(f"/office/patients/{patient.id}").text
    app.get(f"/office/patients/{patient.id}/view-as", status=403)

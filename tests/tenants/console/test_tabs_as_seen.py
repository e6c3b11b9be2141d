"""A draft of the tabs, as a patient would see it: for this browser alone, read only, and never saved."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.auth import looking
from core.auth.models import SupportAccess
from core.auth.roles import ROLES, SETTING, Role
from core.people.models import Patient
from tenants import settings
from tests.tenants.console.test_tabs import preview_of, save

TABS = ("appointments", "account", "plan", "webmail", "summary", "images")


@pytest.fixture
def patient(make):
    """Somebody with a visit to confirm."""
    patient = make.patient(first_name="Robin", last_name="Vale")
    starts_at = datetime.now(UTC) + timedelta(days=2)
    make.take_in([{"kind": "appointment", "external_id": "V1", "patient": patient.external_id, "starts_at": starts_at, "minutes": 50, "reason": "Filling"}])
    return patient


def draft(app, **typed):
    """The preview of a draft, in words."""
    return preview_of(app.get("/office/tabs"), **typed)


def see(app, preview, patient=None, **more):
    """The page with the frame: as a patient, else as nobody of the first clinic."""
    form = preview.forms["as-seen"]
    if patient is None:
        return form.submit("clinic", index=0, **more)
    form["find"] = patient.last_name
    return form.submit().forms["as-seen"].submit("patient", value=str(patient.id), **more)


def test_the_portal_is_the_patients_with_the_draft_and_nobody_else_sees_it(office, patient, signed_in, db, practice):
    theirs, app = signed_in(patient), office()
    page = see(app, draft(app, **{"on.plan": False, "title.images": "X-rays"}), patient)
    assert page.html.find("iframe")["src"] == "/home"
    home = app.get("/home")
    assert "Preview, not saved." in home.html.select_one(".looking").get_text(" ", strip=True)
    assert "Robin Vale would see it" in " ".join(home.html.select_one(".looking").get_text(" ", strip=True).split())
    assert "X-rays" in home.html.select_one(".tabs").text
    assert not home.html.select("a[href='/plan']")
    app.get("/plan", status=404)
    assert "Filling" in app.get("/appointments").text
    for other in (theirs, signed_in(patient), office()):
        assert "X-rays" not in other.get("/contact")
    theirs.get("/plan", status=200)
    assert "X-rays" not in theirs.get("/home")
    save(preview_of(app.get("/office/tabs"), **{"on.plan": False}))
    theirs.get("/plan", status=404)


@pytest.mark.parametrize("is_on", [True, False])
def test_acts_are_seen_and_none_can_be_done(office, patient, is_on):
    app = office()
    see(app, draft(app, **{"on.appointments.confirm": is_on, "on.plan": False}), patient)
    assert bool(app.get("/appointments").html.select("main form")) is is_on
    token = app.get("/home").forms["stop-looking"]["csrf_token"].value
    for path in ("/appointments/confirm", "/webmail/compose", "/sign-out"):
        assert "You are looking only" in app.post(path, {"csrf_token": token}, status=403)


def test_only_the_preview_may_stand_in_a_frame_of_the_same_address(office, patient):
    app = office()
    page = see(app, draft(app, **{"on.plan": False}), patient)
    for shown in (app.get("/home"), app.get("/appointments"), app.get("/plan", status=404), app.get("/nowhere", status=404), app.get("/profile", status=403)):
        assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    for other in (page, app.get("/office/tabs"), app.get("/office/patients")):
        assert other.headers["X-Frame-Options"] == "DENY"


def test_an_example_patient_of_a_clinic_sees_every_tab_without_data_and_stands_in_no_log(office, audited, practice, db):
    app = office()
    see(app, draft(app, **{"title.images": "X-rays"}))
    assert "Example Patient would see it" in " ".join(app.get("/home").html.select_one(".looking").get_text(" ", strip=True).split())
    for name in TABS:
        app.get(f"/{name}", status=200)
    assert {entry.patient_id for entry in audited("portal.home.view")} == {None}
    assert len(audited("office.tabs.try_out")) == 1
    assert not audited("office.view_as.begin")
    app.get("/contact").forms["stop-looking"].submit()
    assert not db.scalars(select(Patient).where(Patient.practice_id == practice.id)).all(), "nobody was made up for good"


def test_a_clinics_draft_is_seen_by_its_own_patients_only(office, make, patient, db, practice):
    from core.tenant import touch
    from tenants.models import Clinic

    clinic = Clinic(external_id="C2", name="South", time_zone="America/New_York", position=2)
    db.add(clinic)
    touch(db, practice.id)
    db.commit()
    there, app = make.patient(last_name="Vale", clinic="C2"), office()
    preview = preview_of(app.get("/office/tabs", {"clinic": str(clinic.id)}), **{"on.plan": "off"})
    form = preview.forms["as-seen"]
    form["find"] = "Vale"
    found = form.submit()
    assert [button["value"] for button in found.html.select("button[name=patient]")] == [str(there.id)]
    app.post("/office/tabs/as-seen", [*found.forms["as-seen"].submit_fields(), ("patient", str(patient.id))], status=404)
    found.forms["as-seen"].submit("patient", value=str(there.id))
    app.get("/plan", status=404)


def test_it_is_a_look_at_the_record_in_the_audit_and_ends_by_itself_or_when_saved(office, patient, audited, db, practice):
    app = office()
    preview = draft(app, **{"on.plan": False})
    see(app, preview, patient)
    [began] = audited("office.view_as.begin")
    [access] = db.scalars(select(SupportAccess).where(SupportAccess.practice_id == practice.id))
    assert (began.patient_id, began.support_id) == (patient.id, access.id)
    assert access.until - access.began_at == looking.LASTS
    app.get("/home")
    assert audited("portal.home.view")[-1].support_id == access.id
    save(preview)
    assert app.get("/home", status=303).location.endswith(f"/office/patients/{patient.id}")
    assert len(audited("office.view_as.end")) == 1


def test_closing_leads_back_to_the_tabs_and_not_from_within_the_frame(office, patient):
    app = office()
    see(app, draft(app, **{"on.plan": False}), patient)
    assert "stop-looking" not in app.get("/home", headers={"Sec-Fetch-Dest": "iframe"}).forms
    assert app.get("/home").forms["stop-looking"].submit().location.endswith("/office/tabs")
    app.get("/home", status=303)


def test_without_the_permission_to_look_as_a_patient_there_is_an_example_only(office, patient, monkeypatch):
    fewer = Role("Tabs", "Tabs alone", frozenset({"office.home", "office.tabs.see", "office.tabs.change"}))
    monkeypatch.setitem(ROLES, "billing", fewer)
    app = office("billing")
    preview = draft(app, **{"on.plan": False})
    assert "find" not in preview.forms["as-seen"].fields
    app.post("/office/tabs/as-seen", [*preview.forms["as-seen"].submit_fields(), ("patient", str(patient.id))], status=403)
    see(app, preview)
    assert "Example Patient" in app.get("/home")
    monkeypatch.setitem(ROLES, "billing", Role("Nothing", "", frozenset({"office.home", "office.view_as"})))
    app.get("/home", status=303)


def test_an_operator_opens_no_portal(entered, practice, db):
    settings.change(db, practice.registry.plugins, practice.id, None, SETTING, "act", "test", datetime.now(UTC))
    db.commit()
    app = entered("act")
    preview = draft(app, **{"on.plan": False})
    assert "as-seen" not in preview.forms
    form = preview.forms["save"]
    form.action = "/office/tabs/as-seen"
    assert form.submit(status=403)


def test_nothing_typed_is_lost_and_what_was_searched_for_stands_in_no_address(office, patient):
    app = office()
    preview = draft(app, **{"title.images": "X-rays"})
    answer = preview.forms["as-seen"].submit(status=422)
    assert "Type what you know" in answer.text
    form = answer.forms["as-seen"]
    form["find"] = "Vlae"
    found = form.submit()
    assert "Robin" in found.text
    assert found.request.query_string == ""
    assert found.forms["back"]["title.images"].value == "X-rays"
    assert "Save" in found.forms["back"].submit().text


def test_what_a_frame_shows_once_the_preview_is_over_says_so_and_is_not_refused(office, patient):
    app = office()
    see(app, draft(app, **{"on.plan": False}))
    app.post("/office/sign-out", {"csrf_token": app.get("/office").forms["sign-out"]["csrf_token"].value})
    for path in ("/home", "/office/branding/preview"):
        ended = app.get(path, headers={"Sec-Fetch-Dest": "iframe"}, status=403)
        assert "This preview has ended" in ended
        assert "frame-ancestors 'self'" in ended.headers["Content-Security-Policy"]
        assert ended.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert not ended.html.select("body a:not(.skip-link)")
        app.get(path, status=303)

"""Looking at the portal as a patient: what ends it, and what it never does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth import looking, services, staff
from core.auth.models import Account, SignInSession, SupportAccess
from core.testing import add_sign_in, browser
from core.web.formats import time_of

NOW = datetime.now(UTC)
WHY = "Called because nothing opens"


@pytest.fixture
def looks(portal, practice, db, make):
    """`looks(member, patient)`: a browser in which somebody of the office looks at the portal as a patient."""

    def begin(member, patient, now=None):
        app = browser(portal, practice)
        app.set_cookie("cuspid", looking.begin(db, db.merge(member), patient, WHY, now or datetime.now(UTC), services.NOWHERE))
        db.commit()
        return app

    return begin


@pytest.fixture
def patient(make):
    """Somebody with a visit to confirm, and an account."""
    patient = make.patient(first_name="Robin")
    make.take_in(
        [{"kind": "appointment", "external_id": "V1", "patient": patient.external_id, "starts_at": NOW + timedelta(days=2), "minutes": 50,
          "reason": "Filling"}]
    )  # fmt: skip
    make.account(patient)
    return patient


def test_the_portal_is_the_patients_and_says_who_looks_until_when(looks, make, patient, db, practice):
    app = looks(make.staff("front_desk"), patient)
    [access] = db.scalars(select(SupportAccess).where(SupportAccess.practice_id == practice.id))
    for path in ("/home", "/appointments", "/contact"):
        page = app.get(path)
        banner = page.html.select_one(".looking").get_text(" ", strip=True)
        assert "Kim Sato" in banner
        assert "Robin Vale" in banner
        assert f"Read only, until {time_of(access.until, ZoneInfo('America/New_York'))}." in banner
        assert "Viewing" not in page.text
        assert not page.html.select("a[href='/profile'], #sign-out, [data-idle-seconds]")
    assert "Filling" in app.get("/appointments").text
    assert not app.get("/appointments").html.select("main form")


def test_nobody_else_has_a_banner(signed_in, patient, looks, make):
    app = signed_in(patient)
    assert not app.get("/home").html.select(".looking")
    assert not app.get("/nowhere", status=404).html.select(".looking")


@pytest.mark.parametrize("path", ["/profile", "/profile/password", "/profile/security", "/profile/devices", "/profile/email"])
def test_the_patients_own_account_is_closed(looks, make, patient, path):
    page = looks(make.staff(), patient).get(path, status=403)
    assert "You are looking only" in page.text
    assert page.forms["stop-looking"], "also from here one can go back"


@pytest.mark.parametrize("path", ["/appointments", "/sign-in", "/sign-out", "/forgot", "/family/switch", "/profile/stay", "/nowhere", "/webmail/compose"])
def test_nothing_can_be_sent(looks, make, patient, path, db, practice):
    app = looks(make.staff(), patient)
    token = app.get("/home").forms["stop-looking"]["csrf_token"].value
    answer = app.post(path, {"csrf_token": token, "user_name": "x", "password": "y"}, status=403)
    assert "You are looking only" in answer.text
    assert app.get("/home").status_int == 200


def test_the_button_leads_back_to_the_office_and_closes_the_portal(looks, make, patient, db, practice):
    member = make.staff("front_desk")
    app = looks(member, patient)
    add_sign_in(app, practice, member)
    back = app.get("/home").forms["stop-looking"].submit()
    assert back.location.endswith(f"/office/patients/{patient.id}")
    assert back.follow().status_int == 200
    assert app.get("/home", status=303).location.endswith("/sign-in?next=%2Fhome")
    [access] = db.scalars(select(SupportAccess).where(SupportAccess.practice_id == practice.id))
    assert access.ended_at
    assert (access.reason, access.level, access.patient_id) == (WHY, "see", patient.id)


def test_it_ends_after_half_an_hour_and_leads_back_to_the_office(looks, make, patient):
    app = looks(make.staff(), patient, NOW - looking.LASTS - timedelta(seconds=1))
    assert app.get("/home", status=303).location.endswith(f"/office/patients/{patient.id}")


def _closed(db, practice, member, patient, app, make):
    staff.close(db, practice.id, member.id, NOW)


def _another_role(db, practice, member, patient, app, make):
    db.get(Account, (practice.id, member.id)).role = "read_only"


def _another_clinic(db, practice, member, patient, app, make):
    from uuid import uuid4

    db.get(Account, (practice.id, member.id)).clinic_ids = [uuid4()]


def _patient_moved(db, practice, member, patient, app, make):
    patient.clinic_id = None


def _signed_out(db, practice, member, patient, app, make):
    add_sign_in(app, practice, member)
    app.get("/office").forms["sign-out"].submit()


def _looks_as_another(db, practice, member, patient, app, make):
    looking.begin(db, db.get(Account, (practice.id, member.id)), make.patient(), WHY, NOW, services.NOWHERE)


@pytest.mark.parametrize("change", [_closed, _another_role, _another_clinic, _patient_moved, _signed_out, _looks_as_another])
def test_it_ends_at_the_next_click(looks, make, patient, db, practice, change):
    make.staff()
    member = make.staff("front_desk", clinic_ids=(practice.clinic_id,))
    app = looks(member, patient)
    app.get("/home", status=200)
    change(db, practice, member, patient, app, make)
    db.commit()
    app.get("/home", status=303)


def test_a_session_of_an_account_that_may_not_look_opens_nothing(looks, make, patient):
    looks(make.staff("read_only"), patient).get("/home", status=303)


def test_the_token_is_nothing_at_the_office(looks, make, patient):
    app = looks(make.staff(), patient)
    app.set_cookie("cuspid-office", app.cookies["cuspid"])
    app.get("/office", status=303)


def test_confidential_records_and_tabs_that_are_off_are_as_for_the_patient(looks, make, patient, db, practice):
    patient.is_confidential = True
    db.commit()
    app = looks(make.staff(), patient)
    assert app.get("/home").status_int == 200
    from tenants import settings

    settings.change(db, practice.registry.plugins, practice.id, None, "images", False, "test", NOW)
    db.commit()
    app.get("/images", status=404)


def test_the_patients_log_names_who_looked_and_not_why(looks, make, patient, signed_in, db, practice):
    member = make.staff("front_desk")
    looks(member, patient).get("/appointments")
    mine = db.scalars(select(Account).where(Account.practice_id == practice.id, Account.patient_id == patient.id)).one()
    log = signed_in(account=mine).get("/profile/access-log")
    rows = [" ".join(row.get_text(" ", strip=True).split()) for row in log.html.select("tbody tr")]
    assert any(row.startswith("Opened the list Appointments Kim Sato, at the office (looked at the portal as you)") for row in rows)
    assert any(row.startswith("Began to look at the portal as this patient") for row in rows)
    assert WHY not in log.text


def test_whoever_looks_reads_the_log_as_the_patient_does_and_a_guardian_reads_it_of_the_patient(looks, make, patient, signed_in):
    member = make.staff("front_desk")
    app = looks(member, patient)
    app.get("/appointments")
    log = app.get("/profile/access-log").text
    assert "Kim Sato, at the office (looked at the portal as you)" in log
    guardian = make.account(make.patient(first_name="Dana"))
    make.grant(guardian, patient)
    theirs = signed_in(account=guardian)
    token = theirs.get("/home").forms["sign-out"]["csrf_token"].value
    theirs.post("/family/switch", {"csrf_token": token, "person": str(patient.id)})
    assert "Kim Sato, at the office (looked at the portal as the patient)" in theirs.get("/profile/access-log").text


def test_every_entry_holds_the_reason(looks, make, patient, db, practice):
    member = make.staff()
    app = looks(member, patient)
    app.get("/home")
    app.get("/home").forms["stop-looking"].submit()
    [access] = db.scalars(select(SupportAccess).where(SupportAccess.practice_id == practice.id))
    rows = db.execute(select(AuditEvent.action, AuditEvent.support_id).where(AuditEvent.practice_id == practice.id, AuditEvent.account_id == member.id))
    found = [tuple(row) for row in rows]
    assert {("office.view_as.begin", access.id), ("portal.home.view", access.id), ("office.view_as.end", access.id)} == set(found)


def test_it_is_no_device_of_the_member(looks, make, patient, signed_in):
    member = make.staff()
    looks(member, patient)
    assert len(signed_in(account=member).get("/office/profile/devices").html.select(".list-row")) == 1


def test_signing_out_everywhere_ends_it_too(looks, make, patient, db, practice):
    member = make.staff()
    app = looks(member, patient)
    services.sign_out_others(db, practice.id, member.id)
    db.commit()
    app.get("/home", status=303)
    assert db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id, SignInSession.support_id.is_not(None))).all() == []

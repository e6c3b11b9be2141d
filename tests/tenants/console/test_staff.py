"""Staff at the office's pages."""

import re

import pytest

from core.auth import staff
from core.auth.models import Account
from core.testing import PASSWORD


def invitation(app, **typed):
    form = app.get("/office/staff/invite").forms["invite"]
    for name, value in ({"name": "Lee Ode", "email": "lee@example.test", "role": "front_desk"} | typed).items():
        form[name] = value
    return form.submit(status="*")


@pytest.fixture
def lakeside(make, registry, practice):
    """A second clinic; its id."""
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    return next(clinic.id for clinic in registry.tenants.current(practice.id).clinics if clinic.name == "Lakeside")


def box(form, clinic_id):
    """The box of a clinic."""
    return next(one for one in form.fields["clinics"] if one._value == str(clinic_id))


def test_the_list_says_who_works_here_with_what_and_where(office, make, lakeside, audited, db, practice):
    make.staff("billing", name="Lee Ode", clinic_ids=(lakeside,))
    gone = make.staff("clinical", name="Ann Gone")
    staff.close(db, practice.id, gone.id, gone.created_at)
    db.commit()
    page = office("read_only", name="Kim Sato").get("/office/staff")
    rows = [" ".join(row.get_text(" ", strip=True).split()).replace("@ ", "@") for row in page.html.select("tbody tr")]
    assert [re.sub(r" \S+@\S+", "", row) for row in rows] == [
        "Kim Sato (you) Read only All Never Second step to come", "Lee Ode Billing Lakeside Never Second step to come", "Ann Gone Clinical All Never Closed",
    ]  # fmt: skip
    assert "Invite somebody" not in page.text
    assert len(audited("office.staff.view")) == 1


def test_an_invitation_is_mailed_with_role_and_clinics(office, make, lakeside, work_off, mails, db, practice):
    app = office()
    form = app.get("/office/staff").click("Invite somebody").forms["invite"]
    form["name"], form["email"], form["role"] = "Lee Ode", "lee-new@example.test", "front_desk"
    box(form, lakeside).checked = True
    assert "on its way" in form.submit().follow().text
    work_off()
    assert len(mails.to("lee-new@example.test")) == 1
    account = staff.find(db, practice.id, "lee-new@example.test")
    assert (account.name, account.role, account.clinic_ids) == ("Lee Ode", "front_desk", [lakeside])


@pytest.mark.parametrize(("typed", "sentence"), [
    ({"name": ""}, "Fill in the name"), ({"name": "x" * 101}, "at most 100 characters"), ({"email": "lee"}, "e-mail"), ({"email": ""}, "Fill in the e-mail"),
    ({"name": "K\u202eim"}, "name of the person"),
])  # fmt: skip
def test_what_cannot_be_invited_is_said_and_nothing_typed_is_lost(office, typed, sentence):
    page = invitation(office(), **typed)
    assert page.status_int == 422
    assert sentence in page.text
    form = page.forms["invite"]
    assert form["role"].value == "front_desk"
    for name, value in typed.items():
        assert form[name].value == value


@pytest.mark.parametrize("wrong", [{"role": "king"}, {"role": ""}, {"clinics": "00000000-0000-0000-0000-000000000000"}, {"clinics": "x"}])
def test_a_made_up_role_or_clinic_is_refused(office, wrong):
    app = office()
    token = app.get("/office/staff/invite").forms["invite"]["csrf_token"].value
    typed = {"csrf_token": token, "name": "Lee", "email": "lee@example.test", "role": "billing"} | wrong
    assert "Choose" in app.post("/office/staff/invite", typed, status=422).text


def test_role_and_clinics_are_changed(office, make, lakeside, db, practice):
    account = make.staff("billing", name="Lee Ode")
    app = office()
    form = app.get("/office/staff").click("Lee Ode").forms["change"]
    assert form["role"].value == "billing"
    form["role"] = "clinical"
    box(form, lakeside).checked = True
    assert "signs in anew" in form.submit().follow().text
    db.expire_all()
    again = db.get(Account, (practice.id, account.id))
    assert (again.role, again.clinic_ids) == ("clinical", [lakeside])
    assert box(app.get(f"/office/staff/{account.id}").forms["change"], lakeside).checked


def test_somebody_loses_a_phone_leaves_and_comes_back(office, make, db, practice, signed_in, work_off, mails):
    account = make.staff("billing")
    account.totp_secret = "x"
    db.commit()
    app, theirs, page = office(), signed_in(account=account), f"/office/staff/{account.id}"
    assert "An app that shows codes" in app.get(page).text
    assert "Not set up yet" in app.get(page).forms["forget-second"].submit().follow().text
    theirs.get("/office", status=303)
    app.get(page).forms["close"].submit()
    closed = app.get(page)
    assert "Closed" in closed.text
    assert "change" not in closed.forms
    closed.forms["invite-again"].submit()
    work_off()
    assert any("/office/invitation/" in mail.get_body(("plain",)).get_content() for mail in mails.to(account.email))
    assert "Closed" not in app.get(page).html.select_one("main").get_text()


def test_the_own_access_and_the_last_admin_stay(office, make, signed_in, db):
    admin = make.staff()
    app = signed_in(account=admin)
    page = app.get(f"/office/staff/{admin.id}")
    assert "Somebody else has to change your own access" in page.text
    assert not page.html.select("main form")
    token = page.forms["sign-out"]["csrf_token"].value
    for act in ("change", "forget-second", "close", "invite-again"):
        answer = app.post(f"/office/staff/{admin.id}/{act}", {"csrf_token": token, "role": "billing"}, status=422)
        assert "Somebody else" in answer.text
    only = make.staff()
    admin.clinic_ids = []
    db.commit()
    app.post(f"/office/staff/{only.id}/change", {"csrf_token": token, "role": "billing"}, status=303)


def test_an_admin_of_one_clinic_looks_after_its_staff_only(office, make, lakeside, practice, db):
    everywhere, here, there = make.staff(name="All"), make.staff("billing", (practice.clinic_id,), "Here"), make.staff("billing", (lakeside,), "There")
    app = office("office_admin", clinic_ids=(practice.clinic_id,))
    token = app.get("/office/profile").forms["sign-out"]["csrf_token"].value
    for account in (everywhere, there):
        assert not app.get(f"/office/staff/{account.id}").html.select("main form")
        for act in ("change", "forget-second", "close", "invite-again"):
            app.post(f"/office/staff/{account.id}/{act}", {"csrf_token": token, "role": "billing", "clinics": str(practice.clinic_id)}, status=422)
    page = app.get(f"/office/staff/{here.id}")
    assert "Lakeside" not in page.forms["change"].text
    answer = app.post(f"/office/staff/{here.id}/change", {"csrf_token": token, "role": "billing"}, status=422)
    assert "your own clinics only" in answer.text
    app.post(f"/office/staff/{here.id}/change", {"csrf_token": token, "role": "clinical", "clinics": str(practice.clinic_id)}, status=303)


@pytest.mark.parametrize("act", ["change", "forget-second", "close", "invite-again"])
def test_every_change_asks_first_who_is_there(office, make, proof_is_old, act):
    account = make.staff("billing")
    app = office()
    token = app.get("/office/staff").forms["sign-out"]["csrf_token"].value
    proof_is_old()
    answer = app.post(f"/office/staff/{account.id}/{act}", {"csrf_token": token, "role": "clinical"}, status=303)
    form = answer.follow().forms["prove"]
    form["password"] = PASSWORD
    assert form.submit().location.endswith(f"/office/staff/{account.id}")


def test_inviting_asks_first_who_is_there(office, make, proof_is_old):
    app = office()
    proof_is_old()
    assert "/office/profile/prove" in app.get("/office/staff/invite", status=303).location


def test_staff_of_other_practices_and_patients_are_nobody_here(office, make, other_make):
    app = office()
    for account in (other_make.staff(), make.account(make.patient())):
        app.get(f"/office/staff/{account.id}", status=404)
    app.get("/office/staff/nonsense", status=404)

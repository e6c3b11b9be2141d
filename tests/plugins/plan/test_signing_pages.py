"""The page of a plan: reading it, signing it, declining it, keeping a copy; and the office's page of what was signed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from plugins.plan.models import Signature
from tenants import settings

ROOT = "/office/plan/signatures"


@pytest.fixture
def app(scene, signed_in):
    return signed_in(account=scene.account)


@pytest.fixture
def path(scene):
    return f"/plan/{scene.plan().id}"


@pytest.fixture
def office(signed_in, make):
    """`office(role)`: somebody of the office."""
    return lambda role: signed_in(account=make.staff(role))


@pytest.fixture
def change(db, registry, practice):
    """`change(name, value)`: the office sets something."""
    def set_(name, value):
        settings.change(db, registry.plugins, practice.id, None, name, value, "Alex", datetime.now(UTC))
        db.commit()
    return set_


def fill(form, name="Ada Vale"):
    form["name"], form["agrees"], form["consents"] = name, True, True
    return form


def test_a_plan_is_signed_on_its_page_and_the_copy_opened(scene, app, path, db):
    assert "Waits for a signature" in app.get("/plan")
    page = fill(app.get(path).forms["sign"]).submit("act", value="sign", status=303).follow()
    assert "The plan is signed" in page
    assert "Ada Vale signed this plan" in page
    assert "sign" not in page.forms
    copy = page.click("Open the signed copy")
    assert (copy.content_type, copy.body[:4]) == ("application/pdf", b"%PDF")
    assert "Vale" not in copy.headers["Content-Disposition"]
    assert db.scalars(select(Signature.address)).one()
    done = db.scalars(select(AuditEvent.action).where(AuditEvent.action.in_(["plan.plan.sign", "plan.signature.download"])).order_by(AuditEvent.happened_at)).all()
    assert done == ["plan.plan.sign", "plan.signature.download"]


def test_who_leaves_something_out_is_told_what_and_nothing_typed_is_lost(scene, app, path, db):
    form = app.get(path).forms["sign"]
    form["name"] = "Ada Vale"
    page = form.submit("act", value="sign", status=422)
    assert "Say that you have read the plan" in page
    assert "sign on paper at the office" in page
    assert page.forms["sign"]["name"].value == "Ada Vale"
    page.forms["sign"]["name"], page.forms["sign"]["agrees"], page.forms["sign"]["consents"] = "", True, True
    assert "Type your full name" in page.forms["sign"].submit("act", value="sign", status=422)
    assert db.scalars(select(Signature)).all() == []


def test_a_plan_that_changed_since_the_page_was_opened_is_shown_anew(scene, app, path, db):
    form = fill(app.get(path).forms["sign"])
    scene.fee(150000)
    page = form.submit("act", value="sign", status=303).follow()
    assert "signed or changed in the meantime" in page
    assert "$1,500.00" in page
    assert db.scalars(select(Signature)).all() == []
    fill(page.forms["sign"]).submit("act", value="sign", status=303)
    scene.fee(160000)
    page = app.get(path)
    assert "Changed since it was signed" in page
    assert page.click("Open what was signed").content_type == "application/pdf"
    assert "sign" in page.forms


@pytest.mark.parametrize("shown", ["", "x", "0" * 64, "0" * 65])
def test_a_form_that_is_not_ours_signs_nothing(scene, app, path, db, shown):
    form = fill(app.get(path).forms["sign"])
    form["shown"].force_value(shown)
    assert form.submit("act", value="sign", status="*").status_int in (303, 422)
    assert db.scalars(select(Signature)).all() == []


def test_a_plan_is_declined_and_the_office_reads_why(scene, app, path, office):
    form = app.get(path).forms["decline"]
    form["why"] = "I want to wait"
    page = form.submit("act", value="decline", status=303).follow()
    assert "You have declined this plan" in page
    assert "decline" not in page.forms
    assert "sign" in page.forms
    assert "I want to wait" in office("clinical").get(ROOT)


def test_a_plan_that_nobody_asks_about_is_only_read_until_the_office_wants_all_signed(scene, app, path, change):
    scene.send(signature="")
    assert "sign" not in app.get(path).forms
    change("plan.ask_for_signatures", "all")
    assert "sign" in app.get(path).forms
    assert "Sign your treatment plan" in app.get("/home")
    scene.send(signature="not_wanted")
    assert "sign" not in app.get(path).forms
    scene.send(signature="", saved_on=datetime.now(UTC).date() - timedelta(days=200))
    assert "sign" not in app.get(path).forms


def test_what_waits_stands_on_the_home_page_and_goes_once_it_is_signed(scene, app, path):
    page = app.get("/home")
    assert page.click("Sign your treatment plan").request.path == path
    scene.sign()
    assert "Sign your treatment plan" not in app.get("/home")


def test_who_may_only_look_does_not_sign(scene, make, signed_in, path):
    helper = make.account(make.patient(first_name="Pat"))
    make.grant(helper, scene.patient, plugin="plan", level="see")
    app = signed_in(account=helper)
    app.get("/home").forms[0].submit("person", value=str(scene.patient.id))
    page = app.get(path)
    assert "sign" not in page.forms
    assert "may act for Ada" in page
    assert "Sign Ada" not in app.get("/family")


def test_a_guardian_signs_for_a_child_and_the_child_does_not(scene, make, db, signed_in, path):
    scene.patient.birthdate = date(datetime.now(UTC).year - 9, 1, 1)
    db.merge(scene.patient)
    db.commit()
    child = signed_in(account=scene.account)
    page = child.get(path)
    assert "A parent or guardian signs it" in page
    assert "Sign your treatment plan" not in child.get("/home")
    token = page.forms[0]["csrf_token"].value
    child.post(f"{path}/sign", {"csrf_token": token, "act": "sign", "name": "Ada", "agrees": "yes", "consents": "yes"}, status=403)
    parent = make.account(make.patient(first_name="Pat"))
    make.grant(parent, scene.patient, plugin="plan", level="act")
    app = signed_in(account=parent)
    app.get("/home").forms[0].submit("person", value=str(scene.patient.id))
    fill(app.get(path).forms["sign"], "Pat Vale").submit("act", value="sign", status=303)
    assert db.scalars(select(Signature.for_self)).one() is False


def test_a_copy_of_another_person_or_practice_is_not_found(scene, make, signed_in, other_make, other_signed_in):
    made = scene.sign()
    for app in (signed_in(make.patient(first_name="Sam")), other_signed_in(other_make.patient())):
        app.get(f"/plan/signed/{made.id}", status=404)
    signed_in(account=scene.account).get("/plan/signed/nonsense", status=404)


def test_what_was_signed_is_kept_in_view_when_the_plan_is_not_shown_any_more(scene, app, path):
    scene.sign()
    scene.send(status="inactive")
    app.get(path, status=404)
    assert app.get("/plan").click("Crown, upper left").content_type == "application/pdf"


def test_the_office_sees_who_signed_what_when_and_opens_the_copy(scene, office):
    scene.sign("Ada M. Vale")
    scene.fee(150000)
    desk = office("front_desk")
    page = desk.get(ROOT)
    for words in ("Ada M. Vale", "Crown, upper left", "Changed since"):
        assert words in page
    assert page.click("the copy of Ada").body[:4] == b"%PDF"
    office("read_only").get(ROOT, status=403)


def test_where_signing_is_switched_off_plans_are_read_only(scene, app, path, change):
    form = fill(app.get(path).forms["sign"])
    change("plan.sign", False)
    assert "sign" not in app.get(path).forms
    assert "Sign your treatment plan" not in app.get("/home")
    form.submit("act", value="sign", status=404)


def test_a_question_about_a_plan_leads_to_a_new_message(scene, app, path):
    assert app.get(path).click("Ask about this plan").request.path == "/webmail/compose"


def test_the_pages_keep_to_five_statements(scene, app, path, statements):
    scene.sign()
    scene.fee(150000)
    app.get("/home")
    for address in ("/plan", path):
        with statements() as seen:
            app.get(address)
        assert len(seen) <= 5, seen

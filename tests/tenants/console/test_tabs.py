"""The page of the tabs: change, look at what comes of it, save; and the history."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.tenant import touch
from tenants import settings
from tenants.models import Clinic, OfficeSetting, Practice, SettingChange, SettingPlan


@pytest.fixture
def south(db, practice):
    """A second clinic."""
    clinic = Clinic(external_id="C2", name="South", time_zone="America/New_York", position=2)
    db.add(clinic)
    touch(db, practice.id)
    db.commit()
    return clinic


@pytest.fixture
def page(office):
    """`page(clinic, role)`: the page of the tabs, of the practice or of a clinic."""
    return lambda clinic=None, **about: office(**about).get("/office/tabs", {"clinic": str(clinic.id)} if clinic else {})


def preview_of(shown, **typed):
    form = shown.forms["tabs"]
    for name, value in typed.items():
        form[name.replace("__", ".")] = value
    return form.submit(index=0, name=None)


def save(preview, **typed):
    form = preview.forms["save"]
    for name, value in typed.items():
        form[name] = value
    return form.submit()


def test_a_tab_that_is_switched_off_is_gone_on_the_patients_next_click_and_back_with_its_data(page, signed_in, make):
    patient = make.patient()
    browser = signed_in(patient)
    browser.get("/plan", status=200)
    preview = preview_of(page(), **{"on.plan": False})
    assert "Plan is off." in preview.html.find("ul", "office-say").text
    assert "Plan" not in preview.html.find("div", "office-bar").text
    browser.get("/plan", status=200)  # nothing is saved yet
    assert "Saved" in save(preview).follow().text
    browser.get("/plan", status=404)
    assert "/plan" not in browser.get("/home")
    save(preview_of(page(), **{"on.plan": True}))
    browser.get("/plan", status=200)


def test_a_connection_is_switched_for_the_whole_practice_and_has_no_name_for_patients_and_no_place(page, south, registry, practice, make, signed_in):
    assert "Open Dental" not in page(south)
    shown = page()
    assert shown.html.find(id="behind").text == "Records in and out"
    assert "title.opendental" not in shown.forms["tabs"].fields
    assert "Saved" in save(preview_of(shown, **{"on.opendental": True})).follow().text
    assert registry.tenants.current(practice.id).plugins >= {"opendental"}
    assert "Open Dental" not in signed_in(make.patient()).get("/home")
    save(preview_of(page(), **{"on.opendental": False}))
    assert "opendental" not in registry.tenants.current(practice.id).plugins


def test_a_clinic_goes_its_own_way_and_follows_again(page, south, signed_in, make):
    there, here = signed_in(make.patient(clinic="C2")), signed_in(make.patient())
    save(preview_of(page(south), **{"on.webmail.write": "off", "on.images": "off"}))
    there.get("/webmail/compose", status=404)
    there.get("/images", status=404)
    here.get("/images", status=200)
    preview = preview_of(page(south), **{"on.images": "follow"})
    assert "Images follows the practice at South." in preview.html.find("ul", "office-say").text
    save(preview)
    there.get("/images", status=200)


def test_tabs_are_named_and_moved_without_a_script(page, signed_in, make):
    shown = page()
    form = shown.forms["tabs"]
    form["title.images"] = "  X-rays  &  photos "
    form.action = "/office/tabs"  # as the button says
    moved = form.submit("move", value="images up")
    assert moved.forms["tabs"]["title.images"].value == "X-rays & photos"
    names = [item["data-name"] for item in moved.html.find_all("li", "office-tab")]
    assert names.index("images") == names.index("summary") - 1
    save(preview_of(moved))
    bar = [link.text.strip() for link in signed_in(make.patient()).get("/home").html.find("nav", "tabs").find_all("a", "tabs__tab")]
    assert bar.index("X-rays & photos") == bar.index("Summary") - 1


def test_a_clinic_has_names_and_an_order_of_its_own_until_they_are_the_practices_again(page, south, signed_in, make, db):
    there, here = signed_in(make.patient(clinic="C2")), signed_in(make.patient())
    form = page(south).forms["tabs"]
    form["title.plan"], form.action = "Treatment", "/office/tabs"
    save(preview_of(form.submit("move", value="plan up")))
    bars = [[link.text.strip() for link in browser.get("/home").html.find("nav", "tabs").find_all("a", "tabs__tab")] for browser in (there, here)]
    assert bars[0].index("Treatment") == bars[0].index("Account") - 1
    assert bars[1].index("Plan") == bars[1].index("Account") + 1
    form = page(south).forms["tabs"]
    form["title.plan"], form.action = "", "/office/tabs"
    save(preview_of(form.submit("move", value="plan down")))
    assert not db.scalars(select(OfficeSetting)).all()


def test_a_name_that_is_too_long_is_told_and_kept(page):
    form = page().forms["tabs"]
    form["title.images"] = "x" * 25
    answer = form.submit(status=422)
    assert "Shorten the name of Images to at most 24 characters." in answer.text
    assert answer.forms["tabs"]["title.images"].value == "x" * 25


def test_nothing_changed_is_told(page):
    assert "Nothing is changed yet." in page().forms["tabs"].submit(status=422).text


def test_a_change_is_planned_on_the_clinics_clock_and_can_be_cancelled(page, south, db, office):
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    answer = save(preview_of(page(south), **{"on.plan": "off"}), when="later", day=day.isoformat(), hour="07:30").follow()
    assert "Planned. It happens by itself" in answer.text
    plan = db.scalars(select(SettingPlan)).one()
    assert plan.due_at.astimezone(south_zone()).strftime("%Y-%m-%d %H:%M") == f"{day} 07:30"
    changes = office().get("/office/changes")
    assert "Plan is off at South." in changes.text
    cancel = next(form for form in changes.forms.values() if form.action.endswith(f"{plan.id}/cancel"))
    assert "The plan is cancelled." in cancel.submit().follow().text
    db.refresh(plan)
    assert plan.state == "cancelled"


def south_zone():
    from zoneinfo import ZoneInfo

    return ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "typed, words",
    [
        ({}, "Fill in the day."),
        ({"day": "2020-01-01", "hour": "08:00"}, "Choose a day from today on, within two years."),
        ({"day": "9999-12-31", "hour": "08:00"}, "Choose a day from today on, within two years."),
        ({"day": "soon", "hour": "08:00"}, "Type the day as a date, such as 2026-12-07."),
    ],
)
def test_a_time_that_cannot_be_is_told_and_the_draft_stays(page, db, typed, words):
    preview = preview_of(page(), **{"on.plan": False})
    form = preview.forms["save"]
    form["when"] = "later"
    for name, value in typed.items():
        form[name] = value
    answer = form.submit(status=422)
    assert words in answer.text
    assert "Plan is off." in answer.text
    assert not db.scalar(select(func.count(OfficeSetting.id)))


def test_what_somebody_else_changed_meanwhile_is_shown_before_it_is_saved(page, db, practice, registry):
    preview = preview_of(page(), **{"on.plan": False})
    settings.change(db, registry.plugins, practice.id, None, "webmail", False, "Alex", datetime.now(UTC))
    db.commit()
    answer = preview.forms["save"].submit(status=422)
    assert "Somebody has changed something meanwhile." in answer.text
    assert "WebMail is on." in answer.text


def test_undo_puts_all_of_a_change_back_and_asks_where_something_was_changed_since(page, office, db, practice):
    save(preview_of(page(), **{"on.plan": False, "on.webmail": False}))
    save(preview_of(page(), **{"on.webmail": True}))
    browser = office()
    first = db.scalars(select(SettingChange.change_set).order_by(SettingChange.id)).first()
    form = next(form for form in browser.get("/office/changes").forms.values() if form.action.endswith(f"{first}/undo"))
    asked = form.submit(status=409)
    assert "WebMail is off." in asked.text
    assert asked.forms["anyhow"].submit("anyhow").follow().text.count("Undone by") == 1
    assert [(row.name, row.value["value"]) for row in db.scalars(select(OfficeSetting))] == []


def test_what_is_withheld_and_what_needs_another_tab_is_explained(page, db, practice):
    db.scalars(select(Practice).where(Practice.id == practice.id)).one().withheld = ["plan"]
    touch(db, practice.id)
    db.commit()
    shown = page()
    assert "Withheld" in shown.html.find("li", {"data-name": "plan"}).text
    assert "on.plan" not in [field.get("name") for field in shown.html.find_all("input", {"type": "checkbox"})]


def test_a_tab_that_others_need_says_so_and_the_preview_tells_what_goes_with_it(portal_with, garden, practice, make, sign_in_at):
    bed = type("Bed", (garden,), {"name": "bed", "title": "Beds", "needs": ("garden",)})
    browser = sign_in_at(portal_with(garden(), bed()), make.staff())
    shown = browser.get("/office/tabs")
    assert "Beds needs this tab, and goes off with it." in " ".join(shown.html.find("li", {"data-name": "garden"}).text.split())
    preview = preview_of(shown, **{"on.garden": False})
    assert "Beds goes off with it: it needs Garden." in preview.html.find("ul", "office-say").text


@pytest.fixture
def sign_in_at(practice, db):
    """`sign_in_at(portal, account)`: a browser at another portal."""
    from core.testing import sign_in

    return lambda portal, account: sign_in(portal, practice, account)


def test_somebody_with_clinics_of_their_own_changes_those_only(office, south, practice, db):
    browser = office(clinic_ids=[south.id])
    page = browser.get("/office/tabs").follow()
    assert str(south.id) in page.request.url
    browser.get("/office/tabs", {"clinic": str(practice.clinic_id)}, status=404)
    token = page.forms["tabs"]["csrf_token"].value
    for place in ("", str(practice.clinic_id), "nowhere"):
        browser.post("/office/tabs/save", {"csrf_token": token, "place": place, "order": "plan"}, status=404)
    save(preview_of(page, **{"on.plan": "off"}))
    assert db.scalars(select(OfficeSetting.clinic_id)).all() == [south.id]
    settings_of_all = db.scalars(select(SettingChange)).one()
    assert settings_of_all.account_id


def test_who_may_only_see_changes_nothing(page, office):
    shown = page(role="read_only")
    assert not shown.html.find("form", id="tabs").find("input", {"type": "checkbox", "disabled": False})
    assert "Preview" not in shown.html.find("main").text
    office("front_desk").get("/office/tabs", status=403)


def test_the_page_costs_no_more_statements_than_any(page, office, statements):
    browser = office()
    browser.get("/office/tabs")
    with statements() as seen:
        browser.get("/office/tabs")
    assert len(seen) <= 5

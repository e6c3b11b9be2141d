"""Each part's settings, made from its schema: for the practice, and for a clinic that does not follow it."""

from datetime import UTC, datetime, timedelta

import pytest
from pyramid.interfaces import IRoutesMapper
from sqlalchemy import select

from core.auth.models import SignInSession
from core.tenant import touch
from tenants.console import changes
from tenants.models import Clinic, OfficeSetting, SettingChange
from tenants.settings import Author, Change, apply


@pytest.fixture
def south(db, practice):
    """A second clinic."""
    clinic = Clinic(external_id="C2", name="South", time_zone="America/New_York", position=2)
    db.add(clinic)
    touch(db, practice.id)
    db.commit()
    return clinic


def kept(db):
    db.expire_all()
    return {(row.clinic_id, row.name): row.value["value"] for row in db.scalars(select(OfficeSetting))}


def test_every_setting_of_every_part_is_asked_with_its_words(office, registry):
    browser = office()
    for part, schema in registry.plugins.settings.items():
        if schema is None:
            browser.get(f"/office/settings/{part}", status=404)
            continue
        page = browser.get(f"/office/settings/{part}")
        assert page.html.find("h1").text == ("The portal" if part == "portal" else registry.plugins.plugins[part].title)
        for name, info in schema.model_fields.items():
            other = (info.json_schema_extra or {}).get("on_page")
            if other is None:
                assert info.title in page.text
                assert page.html.find(attrs={"name": f"set_{name}"}), name
            else:
                browser.get(registry.getUtility(IRoutesMapper).get_route(other).generate({}), status=200)


def test_several_settings_are_one_change(office, db):
    form = office().get("/office/settings/portal").forms["settings"]
    form["set_idle_minutes"], form["set_self_registration"], form["set_second_factor"] = "20", True, "required"
    form.submit(status=303)
    assert kept(db) == {
        (None, "portal.idle_minutes"): 20,
        (None, "portal.self_registration"): True,
        (None, "portal.second_factor"): "required",
    }
    assert len(set(db.scalars(select(SettingChange.change_set)))) == 1


def test_what_goes_back_to_the_default_is_not_kept(office, db):
    browser = office()
    for minutes in ("20", "15"):
        form = browser.get("/office/settings/portal").forms["settings"]
        form["set_idle_minutes"] = minutes
        form.submit(status=303)
    assert kept(db) == {}


def test_a_list_of_tabs_may_be_emptied_and_a_text_too(office, db):
    browser = office()
    form = browser.get("/office/settings/portal").forms["settings"]
    for box in form.fields["set_narrowed_tabs"]:
        box.checked = False
    form.submit(status=303)
    form = browser.get("/office/settings/plan").forms["settings"]
    form["set_estimate_note"] = ""
    form.submit(status=303)
    assert kept(db) == {(None, "portal.narrowed_tabs"): [], (None, "plan.estimate_note"): ""}


def test_a_clinic_has_its_own_and_follows_again(office, south, db, registry, practice):
    browser = office()
    for choice, expected in (("own", {(south.id, "appointments.confirm_days"): 9}), ("follow", {})):
        form = browser.get("/office/settings/appointments", {"clinic": str(south.id)}).forms["settings"]
        form["own_confirm_days"], form["set_confirm_days"] = choice, "9"
        form.submit(status=303)
        assert kept(db) == expected


@pytest.mark.parametrize(
    "typed, words",
    [
        ("500", "The ask for confirmation must be at most 365."),
        ("soon", "Type the ask for confirmation as a number, such as 25."),
        ("9" * 5000, "ask for confirmation"),
    ],
)
def test_what_is_wrong_is_told_and_kept(office, db, typed, words):
    form = office().get("/office/settings/appointments").forms["settings"]
    form["set_confirm_days"] = typed
    answer = form.submit(status=422)
    assert words in answer.text
    assert answer.forms["settings"]["set_confirm_days"].value == typed
    assert kept(db) == {}


def test_what_opens_the_portal_asks_first_who_is_there(office, db, proof_is_old):
    browser = office()
    proof_is_old()
    assert "/office/profile/prove" in browser.get("/office/settings/portal", status=303).location
    browser.get("/office/settings/webmail", status=200)


def test_settings_of_the_whole_practice_are_not_offered_to_clinics(office, south, practice):
    assert "South" not in office().get("/office/settings/portal").html.find("main").text
    limited = office(clinic_ids=[south.id])
    limited.get("/office/settings/portal", status=404)
    assert "The portal" not in limited.get("/office/settings").html.find("main").text
    limited.get("/office/settings/webmail", {"clinic": str(practice.clinic_id)}, status=404)


def test_only_admins_find_the_settings(office):
    for role in ("front_desk", "billing", "read_only"):
        office(role).get("/office/settings", status=403)


def test_what_was_typed_before_a_proof_is_there_again_switches_and_boxes_as_well(office, db, proof_is_old):
    browser = office()
    form = browser.get("/office/settings/portal").forms["settings"]
    form["set_idle_minutes"], form["set_sign_in_links"], form["set_self_registration"] = "20", False, True
    form["set_second_factor"], form["when"], form["day"] = "required", "later", "2031-05-04"
    for box in form.fields["set_narrowed_tabs"]:
        box.checked = box._value == "plan"
    proof_is_old()
    assert "/office/profile/prove?" in form.submit(status=303).location
    for row in db.scalars(select(SignInSession)):
        row.proven_at = datetime.now(UTC)
    db.commit()
    again = browser.get("/office/settings/portal").forms["settings"]
    fields = set(form.fields) - {"csrf_token", "set_narrowed_tabs", None}
    assert {name: again[name].value for name in fields if name} == {name: form[name].value for name in fields if name}
    assert [box._value for box in again.fields["set_narrowed_tabs"] if box.checked] == ["plan"]
    assert browser.get("/office/settings/portal").forms["settings"]["set_idle_minutes"].value == "15", "kept for one look only"


def test_a_line_has_a_line_a_long_text_a_box_and_a_number_its_unit_and_span(office):
    page = office().get("/office/settings/account").html
    assert page.find(id="field-set_minimum_payment_cents").name == "input"
    assert page.find(id="field-set_statement_message").name == "textarea"
    smallest = page.find(id="field-set_minimum_payment_cents")
    assert (smallest["type"], smallest["min"], smallest["max"]) == ("number", "50", "5000000")
    assert smallest.find_next_sibling("span").text == "cents"
    assert "From 50 to 5,000,000 cents." in page.find(id="field-set_minimum_payment_cents-help").text


def test_the_history_is_read_a_page_at_a_time_and_what_belongs_together_stands_together(office, db, registry, practice, monkeypatch):
    monkeypatch.setattr(changes, "MOST", 2)
    at, wishes = datetime.now(UTC), [Change(None, "portal.idle_minutes", 20), Change(None, "portal.adult_age", 19)]
    apply(db, registry.plugins, practice.id, wishes, Author("Ann"), at)
    for minutes in (30, 31, 32, 33):  # all in one moment
        apply(db, registry.plugins, practice.id, [Change(None, "portal.idle_minutes", minutes)], Author("Ann"), at + timedelta(seconds=1))
    db.commit()
    page, said = office().get("/office/changes"), []
    for _ in range(2):
        said += [item.text for item in page.html.select(".office-change .office-say > li")]
        page = page.click("Older")
    assert [item.text for item in page.html.select(".office-change .office-say > li")] == [
        "Minutes until sign-out: 20.", "Age at which a guardian’s access ends: 19."
    ]  # fmt: skip
    assert sorted(said) == [f"Minutes until sign-out: {minutes}." for minutes in (30, 31, 32, 33)]
    assert "Older" not in page
    assert page.click("Newest").request.query_string == ""

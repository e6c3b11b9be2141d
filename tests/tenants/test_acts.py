"""What an office can do to a tab besides switching it: acts inside it, its name and place, what it needs, and what the operator withholds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from pyramid.exceptions import ConfigurationError
from sqlalchemy import select

from core.plugins import Permission, PluginHost, Tab, hookimpl
from core.tenant import touch
from tenants import settings
from tenants.models import Clinic, Practice
from tenants.settings import WrongValue, acts_off, enabled_plugins

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@pytest.fixture
def put(db, practice, registry):
    """`put(name, value, clinic)`: an office changes a setting."""

    def change(name, value, clinic=None):
        settings.change(db, registry.plugins, practice.id, clinic, name, value, "test", NOW)
        db.commit()

    return change


# Acts


def test_an_act_that_is_off_is_not_there_while_its_tab_stays(signed_in, make, put):
    patient = make.patient()
    browser = signed_in(patient)
    assert "/webmail/compose" in browser.get("/webmail")
    put("webmail.write", False)
    assert "/webmail/compose" not in browser.get("/webmail")
    never_was = browser.get("/webmail/nowhere/at/all", status=404)
    switched_off = browser.get("/webmail/compose", status=404)
    assert switched_off.html.find("main").text == never_was.html.find("main").text
    put("webmail.write", None)
    browser.get("/webmail/compose", status=200)


def test_an_act_that_is_off_at_one_clinic_is_there_for_the_patients_of_the_other(signed_in, make, put, db):
    south = Clinic(external_id="C2", name="South", time_zone="America/Denver")
    db.add(south)
    db.flush()
    put("webmail.write", False, south.id)
    signed_in(make.patient(clinic="C2")).get("/webmail/compose", status=404)
    signed_in(make.patient()).get("/webmail/compose", status=200)


def test_seeing_a_tab_is_switched_with_the_tab_itself_and_not_as_an_act(put):
    with pytest.raises(WrongValue, match=r"webmail\.see"):
        put("webmail.see", False)


def test_an_act_is_switched_with_true_or_false_and_nothing_else(put):
    with pytest.raises(WrongValue, match="true or false"):
        put("webmail.write", "no")


def test_an_act_that_is_called_like_a_setting_stops_the_start(garden):
    class Wrong(BaseModel):
        water: bool = True

    plugin = type(
        "Wrong",
        (garden,),
        {
            "portal_office_settings": hookimpl(lambda self: Wrong),
            "portal_permissions": hookimpl(lambda self: [Permission("garden.see", "See"), Permission("garden.water", "Water", acts=True)]),
        },
    )
    with pytest.raises(ConfigurationError, match=r"garden\.water is a setting and an act"):
        PluginHost([plugin()])


# What a tab needs, and what is withheld


@pytest.fixture(scope="module")
def chain():
    """Four tabs, each needing the one before."""
    from core.plugins import PortalPlugin

    names = ["a1", "b1", "c1", "d1"]
    members = [{"name": name, "title": name, "summary": name, "needs": tuple(names[place - 1 : place] if place else ())} for place, name in enumerate(names)]
    return PluginHost([type(f"Tab{one['name']}", (PortalPlugin,), one)() for one in members])


tabs = st.sets(st.sampled_from(["a1", "b1", "c1", "d1"]))


@given(off=tabs, withheld=tabs)
def test_a_tab_is_on_only_where_everything_that_it_needs_is_on_and_nothing_of_it_is_withheld(chain, off, withheld):
    on = enabled_plugins(chain, dict.fromkeys(off, False), withheld)
    expected = set()
    for name in ["a1", "b1", "c1", "d1"]:
        if name in off | withheld:
            break
        expected.add(name)
    assert on == expected


def test_a_tab_that_needs_one_which_is_not_installed_stops_the_start(garden):
    with pytest.raises(ConfigurationError, match="needs 'shed', which is not installed"):
        PluginHost([type("Lonely", (garden,), {"needs": ("shed",)})()])


def test_what_the_operator_withholds_is_off_on_the_next_request_whatever_the_office_has_set(signed_in, make, put, db, practice):
    browser = signed_in(make.patient())
    put("plan", True)
    browser.get("/plan", status=200)
    db.scalars(select(Practice).where(Practice.id == practice.id)).one().withheld = ["plan"]
    touch(db, practice.id)
    db.commit()
    browser.get("/plan", status=404)
    assert "/plan" not in browser.get("/home")


@given(values=st.dictionaries(st.sampled_from(["garden.water", "garden.dig"]), st.sampled_from([True, False, None, 0, "no"])))
def test_an_act_is_on_where_nothing_is_said_and_where_true_is(values):
    from types import SimpleNamespace

    host = SimpleNamespace(acts={"garden.water": None, "garden.dig": None})
    assert acts_off(host, values) == {name for name, value in values.items() if value is not True}


# Names and order


def test_tabs_have_the_names_and_the_order_that_the_office_gives_them(signed_in, make, put):
    browser = signed_in(make.patient())
    put("portal.tab_order", ["images", "summary"])
    put("portal.tab_titles", {"images": "X-rays & photos"})
    page = browser.get("/images")
    shown = [link.text.strip() for link in page.html.find("nav", "tabs").find_all("a", "tabs__tab")]
    assert shown == ["Home", "X-rays & photos", "Summary", "Appointments", "Account", "Plan", "WebMail"]
    assert page.html.find("h1").text.strip() == "X-rays & photos"


def test_a_name_of_a_tab_that_nobody_could_read_is_refused(put):
    for wrong in ("", "   ", "x" * 25, "two\nlines"):
        with pytest.raises(WrongValue, match=r"portal\.tab_titles"):
            put("portal.tab_titles", {"images": wrong})


def test_a_tab_that_is_not_installed_may_stay_in_the_order(portal_with, garden, practice, make, db):
    portal = portal_with(type("Named", (garden,), {"portal_tab": hookimpl(lambda self, request: Tab("Garden", "garden.home", "house", 1))})())
    settings.change(db, portal.registry.plugins, practice.id, None, "portal.tab_order", ["gone", "garden"], "test", NOW)
    db.commit()
    assert portal.registry.tenants.current(practice.id).settings["portal.tab_order"] == ["gone", "garden"]

"""The plugin host: what stops the start, in which order plugins are asked, and what a faulty one costs."""

import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pluggy import PluginValidationError
from pydantic import BaseModel
from pyramid.events import NewRequest
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import bindparam, func, literal, null, select, text

from core import tasks
from core.audit import AuditEvent
from core.people.models import Provider
from core.plugins import ActionItem, Card, Count, NoticeKind, Permission, PluginHost, PortalPlugin, Question, Tab, hookimpl
from core.plugins.gate import request_tabs
from core.plugins.rules import PORTAL
from core.records import Record, RecordKind
from core.tasks import Periodic, portal_task
from core.testing import sign_in
from core.web.log import keep_allowed
from tenants.models import Clinic
from tenants.settings import switch_plugin

SAME_FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def _home(view="tulips", **options):
    """An includeme with one page and whatever else a test adds to it."""

    def includeme(self, config):
        config.add_route("garden.home", "", inherit_slash=True)
        config.add_view(lambda request: Response(view), **{"route_name": "garden.home", "permission": "garden.see", **options})

    return includeme


def _variant(garden, **members):
    """An instance of a class that differs from the garden in these members."""
    return type("Variant", (garden,), members)()


# What stops the start


def test_a_misspelled_hook_stops_the_start(garden):
    plugin = _variant(garden, portal_tabb=hookimpl(lambda self, request: None))
    with pytest.raises(PluginValidationError, match="portal_tabb"):
        PluginHost([plugin])


def test_a_hook_that_asks_for_an_unknown_argument_stops_the_start(garden):
    plugin = _variant(garden, portal_tab=hookimpl(lambda self, patient: None))
    with pytest.raises(PluginValidationError, match="patient"):
        PluginHost([plugin])


def test_a_hook_without_its_mark_stops_the_start_because_it_would_never_be_asked(garden):
    with pytest.raises(ConfigurationError, match="portal_tab of the plugin 'garden' lacks @hookimpl"):
        PluginHost([_variant(garden, portal_tab=lambda self, request: None)])


@pytest.mark.parametrize("name", ["", "Garden", "my_garden", "my-garden", "9lives", "gärten", "garden.see", *sorted(PORTAL)])
def test_a_name_that_could_be_taken_for_something_else_stops_the_start(garden, name):
    with pytest.raises(ConfigurationError, match=r"cannot be called|no name"):
        PluginHost([_variant(garden, name=name)])


@pytest.mark.parametrize("missing", ["title", "summary"])
def test_a_plugin_that_does_not_say_what_it_is_stops_the_start(garden, missing):
    with pytest.raises(ConfigurationError, match=f"has no {missing}"):
        PluginHost([_variant(garden, **{missing: ""})])


def test_two_plugins_with_one_name_stop_the_start(garden):
    with pytest.raises(ConfigurationError, match="two plugins are called 'garden'"):
        PluginHost([garden(), garden()])


@pytest.mark.parametrize("wrong", [PortalPlugin, object(), "garden"])
def test_an_entry_point_that_names_no_plugin_stops_the_start(wrong):
    with pytest.raises(ConfigurationError, match=r"not an instance of core\.plugins\.PortalPlugin"):
        PluginHost([wrong])


@pytest.mark.parametrize("permission", ["account.see", "see", "gardens.see", "garden"])
def test_a_permission_that_is_not_named_after_its_plugin_stops_the_start(garden, permission):
    permissions = hookimpl(lambda self: [Permission(permission, "See")])
    with pytest.raises(ConfigurationError, match="must be named garden"):
        PluginHost([_variant(garden, portal_permissions=permissions)])


@pytest.mark.parametrize(
    ("kind", "words"), [(NoticeKind("frost", "Frost", ""), "must be named garden"), (NoticeKind("garden.frost", "Frost", "", channels=("owl",)), "only come by email")]
)
def test_a_notice_that_could_not_be_turned_off_or_sent_stops_the_start(garden, kind, words):
    with pytest.raises(ConfigurationError, match=words):
        PluginHost([_variant(garden, portal_notice_kinds=hookimpl(lambda self: [kind]))])


def test_a_setting_without_a_default_stops_the_start(garden):
    class Needy(BaseModel):
        beds: int

    with pytest.raises(ConfigurationError, match=r"garden\.beds has no default"):
        PluginHost([_variant(garden, portal_office_settings=hookimpl(lambda self: Needy))])


@pytest.mark.parametrize("route", ["home", "account.home", "gardens.home", "garden"])
def test_a_route_that_is_not_named_after_its_plugin_stops_the_start(portal_with, garden, route):
    def includeme(self, config):
        config.add_route(route, "/anything")

    with pytest.raises(ConfigurationError, match="must be named garden"):
        portal_with(_variant(garden, includeme=includeme))


@pytest.mark.parametrize(
    "options", [{"route_name": "portal.home"}, {"route_name": None, "name": "everywhere"}, {"route_name": None, "context": Exception}]
)
def test_a_view_outside_the_plugins_own_routes_stops_the_start(portal_with, garden, options):
    with pytest.raises(ConfigurationError, match="is not on a route of its own"):
        portal_with(_variant(garden, includeme=_home(**options)))


@pytest.mark.parametrize("permission", [None, "garden.sea", "portal.signed_in", "account.see"])
def test_a_view_that_asks_for_no_permission_of_its_plugin_stops_the_start(portal_with, garden, permission):
    with pytest.raises(ConfigurationError, match=r"must ask for one of the plugin's permissions: garden\.dig, garden\.see"):
        portal_with(_variant(garden, includeme=_home(permission=permission)))


def _at_office(name: str = "garden.office.beds", permission=NO_PERMISSION_REQUIRED):
    def include_office(self, config):
        config.add_route(name, "/beds")
        config.add_view(lambda request: Response("roses"), route_name=name, permission=permission)

    return include_office


@pytest.mark.parametrize("name", ["garden.beds", "garden.home.beds", "office.beds", "account.office.beds"])
def test_a_page_at_the_office_that_is_not_named_as_one_stops_the_start(portal_with, garden, name):
    with pytest.raises(ConfigurationError, match=r"must be named garden\.office"):
        portal_with(_variant(garden, include_office=_at_office(name, "office.home")))


@pytest.mark.parametrize("permission", [NO_PERMISSION_REQUIRED, None, "garden.see", "portal.signed_in", "operator.home"])
def test_a_page_at_the_office_asks_for_a_permission_of_the_office(portal_with, garden, permission):
    with pytest.raises(ConfigurationError, match=r"must ask for one of the office's permissions"):
        portal_with(_variant(garden, include_office=_at_office(permission=permission)))


def test_a_page_at_the_office_is_below_its_address_for_staff_alone(portal_with, practice, garden, make):
    app = portal_with(_variant(garden, include_office=_at_office(permission="office.patients.see")))
    assert sign_in(app, practice, make.staff()).get("/office/garden/beds").text == "roses"
    assert "/office/sign-in" in sign_in(app, practice, make.account(make.patient())).get("/office/garden/beds", status=303).location


def test_a_view_for_everyone_says_so(portal_with, practice, garden, web):
    app = portal_with(_variant(garden, includeme=_home(permission=NO_PERMISSION_REQUIRED)))
    web.app = app
    assert web.get("/garden").text == "tulips"


def test_a_plugin_may_explain_its_own_errors(portal_with, garden):
    class Frost(Exception):
        __module__ = "garden"

    def includeme(self, config):
        _home()(self, config)
        config.add_exception_view(lambda error, request: Response("too cold"), context=Frost)

    portal_with(_variant(garden, includeme=includeme))


@pytest.mark.parametrize("add", [
    lambda config: config.add_subscriber(lambda event: None, NewRequest),
    lambda config: config.add_tween("core.web.headers.headers_tween_factory"),
])  # fmt: skip
def test_what_would_run_where_the_plugin_is_off_stops_the_start(portal_with, garden, add):
    with pytest.raises(ConfigurationError, match="would run where it is off"):
        portal_with(_variant(garden, includeme=lambda self, config: add(config)))


def test_a_task_that_is_not_named_after_its_plugin_stops_the_start(portal_with, garden, monkeypatch):
    def dig(work):
        """It would be held back by no gate."""

    dig.__module__ = "garden.tasks"
    monkeypatch.setattr(tasks, "_tasks", dict(tasks._tasks))
    portal_task("gardens.dig")(dig)
    with pytest.raises(ConfigurationError, match=r"the task 'gardens.dig' .* must be named garden"):
        portal_with(garden())


@pytest.mark.parametrize(
    ("task", "words"), [("appointments.remind", "must be named garden"), ("garden.forgotten", "which no plugin declares")]
)
def test_a_schedule_for_a_task_that_is_not_the_plugins_stops_the_start(portal_with, garden, task, words):
    schedules = hookimpl(lambda self: [Periodic(task, timedelta(days=1))])
    with pytest.raises(ConfigurationError, match=words):
        portal_with(_variant(garden, portal_periodic_tasks=schedules))


@pytest.mark.parametrize("kind", ["flower", "patient", "clinic"])
def test_a_record_kind_that_is_declared_twice_stops_the_start(portal_with, garden, kind):
    kinds = hookimpl(lambda self: [RecordKind(kind, Record, Provider)])
    meadow = _variant(garden, name="meadow", portal_record_kinds=kinds)
    with pytest.raises(ConfigurationError, match=f"the record kind '{kind}' is declared by .* and by the plugin"):
        portal_with(_variant(garden, portal_record_kinds=kinds), meadow)


def test_two_plugins_of_one_package_are_both_wired_in(portal_with, practice, make, garden):
    app = sign_in(portal_with(garden(), _variant(garden, name="meadow")), practice, make.account(make.patient()))
    assert (app.get("/garden").text, app.get("/meadow").text) == ("tulips", "tulips")


# The order


@SAME_FIXTURES
@given(flowers=st.permutations([("rose", 10), ("aster", 30), ("lily", 20), ("daisy", 20)]))
def test_tabs_come_in_the_order_of_their_numbers_whatever_the_order_of_registration(garden, db, flowers):
    def flower(name, order):
        tab = hookimpl(lambda self, request: Tab(name.title(), f"{name}.home", "flower1", order))
        return _variant(garden, name=name, portal_tab=tab)

    host = PluginHost([flower(*one) for one in flowers])
    registry = SimpleNamespace(route_owners={f"{name}.home": name for name, _ in flowers})
    tenant = SimpleNamespace(settings={"portal.tab_order": [], "portal.tab_titles": {}})
    request = SimpleNamespace(db=db, hooks=host.installed, registry=registry, may_see=lambda name: True, tenant=tenant)
    assert [tab.title for tab in request_tabs(request)] == ["Rose", "Daisy", "Lily", "Aster"]


# What a faulty plugin costs


def _raise(self, request):
    raise RuntimeError("the name of a patient")


def _divide(self, request):
    request.db.execute(text("select 1 / 0"))


def _write_what_cannot_be(self, request):
    request.db.add(Provider(first_name=None, last_name=None))
    request.db.flush()


def _write_and_raise(self, request):
    request.db.add(Provider(first_name="Un", last_name="asked"))
    raise RuntimeError


def _later(self, request):
    yield Tab("Never", "garden.home", "flower1", 1)
    raise RuntimeError("too late")


FAULTS = {
    "raises": _raise,
    "breaks a statement": _divide,
    "answers with something else": lambda self, request: {"title": "Garden"},
    "answers with too much": lambda self, request: [Tab("A", "garden.home", "flower1", 1)],
    "raises while it is read": _later,
    "leads elsewhere": lambda self, request: Tab("Garden", "appointments.home", "flower1", 1),
    "leads nowhere": lambda self, request: Tab("Garden", "garden.gate", "flower1", 1),
    "changes rows": lambda self, request: request.db.add(Provider(first_name="Un", last_name="asked")),
    "changes rows and raises": _write_and_raise,
    "writes what cannot be": _write_what_cannot_be,
}


@pytest.fixture
def meadow(garden):
    """A second plugin, which works."""

    return _variant(
        garden,
        name="meadow",
        portal_tab=hookimpl(
            lambda self, request: Tab("Meadow", "meadow.home", "flower2", 2, request.db.scalar(select(func.count(Provider.id))))
        ),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_tab_costs_itself_only_and_is_logged_with_its_plugins_name(
    portal_with, practice, make, db, garden, meadow, hook_log, fault
):
    app = sign_in(portal_with(_variant(garden, portal_tab=hookimpl(FAULTS[fault])), meadow), practice, make.account(make.patient()))
    page = app.get("/home")
    assert page.lxml.xpath("//nav//a[@href='/meadow']")
    assert not page.lxml.xpath("//nav//a[@href='/garden']")
    assert [about["plugin"] for _, about in hook_log] == ["garden"]
    assert db.scalar(select(func.count()).where(AuditEvent.action == "portal.home.view")) == 1
    assert db.scalar(select(func.count()).where(Provider.first_name == "Un")) == 0


COUNTS = {
    "breaks a statement": Count(select(text("1 / 0")), {}),
    "lacks a parameter": Count(select(func.count()).where(Provider.practice_id == bindparam("garden_practice")), {}),
    "is no number": Count(select(literal("many")), {}),
    "is nothing": Count(select(null()), {}),
    "is no statement": Count("select 1", {}),
}


@pytest.mark.parametrize("fault", COUNTS)
def test_a_number_that_cannot_be_found_costs_itself_only(portal_with, practice, make, db, garden, hook_log, fault):
    def tab(badge):
        return hookimpl(lambda self, request: Tab(self.title, f"{self.name}.home", "flower1", 1, badge))

    right = Count(select(func.count()).where(Provider.practice_id == bindparam("practice_id")), {"practice_id": practice.id})
    plugins = _variant(garden, portal_tab=tab(COUNTS[fault])), _variant(garden, name="meadow", title="Meadow", portal_tab=tab(right))
    page = sign_in(portal_with(*plugins), practice, make.account(make.patient())).get("/home")
    numbers = {link.get("href"): re.sub(r"[^0-9]", "", link.text_content()) for link in page.lxml.xpath("//nav//a")}
    assert (numbers["/garden"], numbers["/meadow"]) == ("", "1")
    assert hook_log == [("question_failed", {"plugin": "garden"})]
    assert db.scalar(select(func.count()).where(AuditEvent.action == "portal.home.view")) == 1


@pytest.mark.parametrize("hook", ["portal_action_items", "portal_home_card"])
@pytest.mark.parametrize("answer", ["raise", "break", [1], 7, [ActionItem(uuid4(), "Of somebody else", "", "/garden", "x")]])
def test_a_faulty_part_of_the_home_page_costs_itself_only(portal_with, practice, make, garden, meadow, hook_log, hook, answer):
    def faulty(self, request):
        if answer == "raise":
            raise RuntimeError
        return request.db.execute(text("select nonsense")) if answer == "break" else answer

    app = sign_in(portal_with(_variant(garden, **{hook: hookimpl(faulty)}), meadow), practice, make.account(make.patient()))
    assert app.get("/home").lxml.xpath("//nav//a[@href='/meadow']")
    assert hook_log == [("hook_failed", {"plugin": "garden", "hook": hook})]


def _give(*items):
    return lambda person, rows: list(items)


QUESTIONS = {
    "breaks a statement": (Question(select(text("1 / 0 as patient_id")), {}, _give()), "question_failed"),
    "lacks a parameter": (Question(select(Provider.id.label("patient_id")).where(Provider.id == bindparam("garden_id")), {}, _give()), "question_failed"),
    "is no statement": (Question("select 1", {}, _give()), "question_failed"),
    "names nobody": (Question(select(literal(1).label("garden_bed")), {}, _give()), "hook_failed"),
    "makes something else of it": (Question(select(literal("x").label("patient_id")), {}, _give("roses")), "hook_failed"),
    "raises afterwards": (Question(select(literal("x").label("patient_id")), {}, lambda person, rows: 1 / 0), "hook_failed"),
}


@pytest.mark.parametrize("fault", QUESTIONS)
def test_a_question_that_cannot_be_answered_costs_itself_only(portal_with, practice, make, db, garden, hook_log, fault):
    question, event = QUESTIONS[fault]
    right = Question(select(literal("x").label("patient_id")), {}, lambda person, rows: [ActionItem(person.id, "Mow the lawn", "", "/meadow", "x")])
    asking = _variant(garden, portal_action_items=hookimpl(lambda self: question))
    other = _variant(garden, name="meadow", portal_action_items=hookimpl(lambda self: right))
    page = sign_in(portal_with(asking, other), practice, make.account(make.patient())).get("/home")
    assert "Mow the lawn" in page.text
    assert [(name, about["plugin"]) for name, about in hook_log] == [(event, "garden")]
    assert db.scalar(select(func.count()).where(AuditEvent.action == "portal.home.view")) == 1


def test_what_the_page_itself_wrote_is_not_lost_with_a_hooks_fault(portal_with, practice, make, db, garden, meadow):
    def water(request):
        # As a page does that marks what it shows as read: not sent to the database before the bar asks its own questions.
        request.db.add(Provider(first_name="Written", last_name="by the page"))
        return {"title": request.tabs and "", "cards": [], "action_items": []}

    def includeme(self, config):
        config.add_route("garden.home", "", inherit_slash=True)
        config.add_view(water, route_name="garden.home", permission="garden.see", renderer="core.web:templates/home.jinja2")

    plugin = _variant(garden, includeme=includeme, portal_tab=hookimpl(_divide))
    sign_in(portal_with(plugin, meadow), practice, make.account(make.patient())).get("/garden")
    assert db.scalars(select(Provider.last_name).where(Provider.first_name == "Written")).all() == ["by the page"]


def test_the_log_of_a_fault_names_plugin_hook_and_place_but_not_what_the_error_says(garden, db, monkeypatch):
    lines = []

    class Log:
        def exception(self, event, **about):
            lines.append(keep_allowed(None, None, {"event": event, "exc_info": True, **about}))

    monkeypatch.setattr("core.plugins.hooks.log", Log())
    host = PluginHost([_variant(garden, portal_tab=hookimpl(_raise))])
    assert host.installed.each("portal_tab", db, request=None) == []
    [line] = lines
    assert (line["plugin"], line["hook"], line["error"]) == ("garden", "portal_tab", "RuntimeError")
    assert any("test_plugins.py" in place for place in line["exception_places"])
    assert "name of a patient" not in json.dumps(line)


def test_a_page_with_many_plugins_marks_its_place_once_for_each_question(db, garden, monkeypatch):
    sent = []
    monkeypatch.setattr("core.plugins.hooks.mark_savepoint", lambda session: sent.append("mark"))
    plugins = [_variant(garden, name=f"bed{n}", portal_tab=hookimpl(lambda self: None)) for n in range(9)]
    host = PluginHost(plugins)
    host.installed.each("portal_tab", db, request=None)
    assert sent == ["mark"]
    host.enabled(frozenset()).each("portal_tab", db, request=None)
    assert sent == ["mark"]


# Who is asked


@SAME_FIXTURES
@given(installed=st.sets(st.sampled_from(["rose", "aster", "lily"])), on=st.sets(st.sampled_from(["rose", "aster", "lily", "weed"])))
def test_only_plugins_that_are_installed_and_on_are_asked(garden, installed, on):
    def export(self, person_id):
        return self.name

    host = PluginHost([_variant(garden, name=name, portal_export=hookimpl(export)) for name in installed])
    assert set(host.enabled(frozenset(on)).portal_export(db=None, practice_id=None, person_id=None)) == installed & on


def test_an_answer_of_the_right_kind_is_taken(portal_with, practice, make, garden):
    plugin = _variant(
        garden,
        portal_action_items=hookimpl(
            lambda self, people: iter(
                [ActionItem(people[0].id, "Second", "", "/garden", "x", 9), ActionItem(people[0].id, "First", "", "/garden", "x", 1)]
            )
        ),
        portal_home_card=hookimpl(lambda self: Card("not/there.jinja2")),
    )
    text = sign_in(portal_with(plugin), practice, make.account(make.patient())).get("/home").text
    assert text.index("First") < text.index("Second")


def test_a_tab_that_only_another_clinic_has_leads_visitors_to_the_sign_in_page(portal_with, practice, make, db, garden):
    app = portal_with(_variant(garden, on_by_default=False))
    registry = app.registry
    db.add(Clinic(name="Second", time_zone="America/Denver"))
    here = registry.tenants.current(practice.id, practice.clinic_id)
    switch_plugin(db, registry.plugins, here, "garden", True, "Alex", datetime.now(UTC))
    db.commit()
    account = make.account(make.patient())
    signed_in = sign_in(app, practice, account)
    assert signed_in.get("/garden").text == "tulips"
    signed_in.reset()
    answer = signed_in.get("/garden", status=303)
    assert answer.location.endswith("/sign-in?next=%2Fgarden")

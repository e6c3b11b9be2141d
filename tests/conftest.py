"""What tests of several rooms need besides the fixtures of `core.testing`."""

import os
import secrets
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace

import pytest
from click.testing import CliRunner
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from pyramid.response import Response
from xdist.scheduler import LoadFileScheduling

from core import tasks
from core.app import configure
from core.auth import operators
from core.auth.models import Account
from core.db import SessionFactory
from core.plugins import Permission, PortalPlugin, hookimpl
from core.testing import PASSWORD, Office, browser, sign_in
from core.testing.offices import hash_of
from tenants.operator import place
from tenants.resolver import Directory

# How long something takes is a question for the benchmark: a busy machine must not fail a test.
settings.register_profile("cuspid", deadline=None)
settings.load_profile("cuspid")

# The garden lives in a package of its own, as a stranger's plugin does.
sys.modules.setdefault("garden", ModuleType("garden"))


class JourneysTogether(LoadFileScheduling):
    """A file goes to whichever worker is free; all journeys go to one, so that only there a whole portal and a browser are started."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/journeys" if nodeid.startswith("tests/journeys/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    """How the tests are shared out among the workers."""
    return JourneysTogether(config, log) if config.option.dist == "loadfile" else None


class Garden(PortalPlugin):
    """A small tab for tests to build upon."""

    name = "garden"
    title = "Garden"
    summary = "What grows."
    package = "garden"

    def includeme(self, config):
        config.add_route(f"{self.name}.home", "", inherit_slash=True)
        config.add_view(lambda request: Response("tulips"), route_name=f"{self.name}.home", permission=f"{self.name}.see")

    @hookimpl
    def portal_permissions(self):
        return [Permission(f"{self.name}.see", "See what grows"), Permission(f"{self.name}.dig", "Dig", acts=True)]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser; one for all tests of this worker, for two cannot be driven from one thread."""
    switches = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CUSPID_CHROMIUM") or None, args=as_root + switches)
        yield browser
        browser.close()


@pytest.fixture
def garden():
    """A plugin class to build upon; it is not installed."""
    return Garden


@pytest.fixture
def portal_with(portal_settings, registry):
    """`portal_with(plugin, ...)`: the application with these plugins and no others, on the same database."""
    made = []

    def make(*plugins):
        app = configure(portal_settings, {"cuspid.plugins": list(plugins)}).make_wsgi_app()
        made.append(app)
        return app

    timetable = tasks.celery.conf.beat_schedule
    yield make
    for app in made:
        app.registry.engine.dispose()
    # Celery knows one application of a process: from here on again that of the other tests.
    tasks.celery.registry = registry
    tasks.celery.conf.beat_schedule = timetable


@pytest.fixture(scope="module")
def portal_behind_https(portal_settings, registry):
    """`portal_behind_https(setting=value, ...)`: the application as it runs behind https, on the same database."""
    made, timetable = [], tasks.celery.conf.beat_schedule

    def make(**more):
        app = configure(portal_settings.model_copy(update={"scheme": "https", **more})).make_wsgi_app()
        tasks.celery.registry, tasks.celery.conf.beat_schedule = registry, timetable
        made.append(app)
        return app

    yield make
    for app in made:
        app.registry.engine.dispose()


@pytest.fixture(scope="session")
def portal_of_commands(portal_settings, registry):
    """An application beside the one under test, as a command makes it in a process of its own."""
    timetable = tasks.celery.conf.beat_schedule
    app = configure(portal_settings).make_wsgi_app()
    tasks.celery.registry, tasks.celery.conf.beat_schedule = registry, timetable
    yield app
    app.registry.engine.dispose()


@pytest.fixture
def command_line(portal_settings, portal_of_commands, registry, monkeypatch):
    """`command_line(command, "word", ...)`: a command in the installation under test.

    To make an application takes longer than most commands, so they share one, which remembers no practice from the command before.
    """
    app = portal_of_commands

    def make_wsgi_app():
        app.registry.tenants = Directory(app.registry.engine, app.registry.plugins, portal_settings)
        return app

    monkeypatch.setattr("core.config.load", lambda: portal_settings)
    monkeypatch.setattr("core.app.configure", lambda own: SimpleNamespace(make_wsgi_app=make_wsgi_app) if own is portal_settings else configure(own))

    def run(command, *words: str):
        try:
            return CliRunner().invoke(command, words)
        finally:
            tasks.celery.registry = registry  # a command of another installation has left its own

    return run


class Notes(list):
    """A log that keeps (event, what it is about) for tests to look at."""

    def note(self, event, **about):
        self.append((event, about))

    exception = error = warning = info = note


@pytest.fixture
def hook_log(monkeypatch):
    """What is logged about hooks."""
    notes = Notes()
    monkeypatch.setattr("core.plugins.hooks.log", notes)
    monkeypatch.setattr("core.plugins.gate.log", notes)
    monkeypatch.setattr("core.plugins.questions.log", notes)
    monkeypatch.setattr("core.plugins.doing.log", notes)
    return notes


class BaseDomain(Office):
    """The operator's place, which is at the base domain itself."""

    host = "localhost"


@pytest.fixture
def base(registry) -> BaseDomain:
    """The operator's place; there is one in an installation, so the tests of a worker share it."""
    tasks.celery.registry = registry
    with SessionFactory(bind=registry.engine) as session:
        found = place.find_or_make(session, datetime.now(UTC))
        session.commit()
        return BaseDomain(registry, found.id, found.slug)


@pytest.fixture
def make_operator(base):
    """`make_operator(name)`: somebody who runs the installation, with a password."""

    def make(name: str = "Ann Ode") -> Account:
        user_name = f"ann{secrets.token_hex(4)}"
        given = {"user_name": user_name, "user_name_norm": user_name, "email": f"{user_name}@example.test", "password_hash": hash_of(PASSWORD)}
        with base.session() as session:
            account = Account(kind="operator", name=name, created_at=datetime.now(UTC), **given)
            session.add(account)
            session.commit()
            return account

    return make


@pytest.fixture
def operator_browser(portal, base, make_operator):
    """`operator_browser(account)`: a browser at the base domain in which an operator is signed in, just now."""
    return lambda account=None: sign_in(portal, base, account or make_operator())


@pytest.fixture
def link_into(make_operator):
    """`link_into(practice, level)`: the path of the link by which an operator enters a practice."""

    def make(practice: Office, level: str = "see", operator: Account | None = None, at: datetime | None = None) -> str:
        operator = operator or make_operator()
        who = operators.Operator(operator.id, f"{operator.name} (Cuspid)")
        with practice.session() as session:
            token = operators.ask(session, practice.id, who, "Statements are not printed", level, at or datetime.now(UTC))
            session.commit()
        return f"/office/enter/{token}"

    return make


@pytest.fixture
def entered(portal, practice, link_into):
    """`entered(level)`: a browser at the practice in which an operator has come in."""

    def make(level: str = "see", office: Office = practice, operator: Account | None = None):
        app = browser(portal, office)
        app.get(link_into(office, level, operator)).forms["enter"].submit(status=303)
        return app

    return make

"""What tests of several rooms need besides the fixtures of `core.testing`."""

import sys
from types import ModuleType

import pytest
from hypothesis import settings
from pyramid.response import Response

from core import tasks
from core.app import configure
from core.plugins import Permission, PortalPlugin, hookimpl

# How long something takes is a question for the benchmark: a busy machine must not fail a test.
settings.register_profile("cuspid", deadline=None)
settings.load_profile("cuspid")

# The garden lives in a package of its own, as a stranger's plugin does.
sys.modules.setdefault("garden", ModuleType("garden"))


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

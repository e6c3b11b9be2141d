"""Off means off: every installed plugin, switched off, is gone from every place; each gate is tried for each of them.

Addresses come from the table of routes, plugins from the entry points: a new one is covered by itself.
"""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pyramid.interfaces import IRoutesMapper
from sqlalchemy import delete, func, select

from core import tasks
from core.audit import AuditEvent
from core.db import SessionFactory
from core.outbox import OutboxRow
from core.plugins import find_plugins
from core.records import door
from core.records.kinds import kinds_at
from core.tasks import enqueue
from core.tenant import touch
from core.testing import browser, sign_in
from tenants import settings
from tenants.models import Clinic

PLUGINS = sorted(plugin.name for plugin in find_plugins())
TABS = sorted(plugin.name for plugin in find_plugins() if hasattr(plugin, "portal_tab"))
"""Those that have a page: a plugin may also only read files, or only talk to another system."""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
UNKNOWN = "/there/is/no/such/page"


def pytest_generate_tests(metafunc) -> None:
    """Each test runs for every plugin, or for every tab."""
    for name, values in (("plugin", PLUGINS), ("tab", TABS)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values)


@pytest.fixture
def switch(registry, practice):
    """`switch(plugin, on, clinic_id)`: what an office does; for the practice without a clinic."""

    def turn(plugin: str, on: bool | None, clinic_id=None, office=practice) -> None:
        tenant = registry.tenants.current(office.id, clinic_id)
        with office.session() as session:
            settings.switch_plugin(session, registry.plugins, tenant, plugin, on, "Alex", datetime.now(UTC))
            session.commit()

    return turn


@pytest.fixture
def second_clinic(db, practice) -> Clinic:
    """Another clinic of the practice."""
    clinic = Clinic(external_id="C2", name="Second Street", time_zone="America/Denver")
    db.add(clinic)
    touch(db, practice.id)
    db.commit()
    return clinic


NUMBER = re.compile(rb'"reference":"[0-9a-f]*"')
"""Each answer has its own."""


def addresses(registry, plugin: str) -> list[str]:
    """One address for each route under a plugin's name, with ids that could be anyone's; every file beside its code. None of the office or of hooks."""
    own = [route for route in routes(registry, plugin) if not route.name.startswith((f"{plugin}.office.", f"{plugin}.hooks."))]
    folder = registry.plugins.plugins[plugin].folder("static")
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] if folder else []
    return [_address(route) for route in own] + [f"/static/{plugin}/{name}" for name in files]


def routes(registry, plugin: str) -> list:
    found = registry.getUtility(IRoutesMapper).get_routes(include_static=True)
    return [route for route in found if re.match(rf"/?((office|hooks)/)?{plugin}(/|$)", route.pattern) or route.name.startswith(f"{plugin}.")]


def office_addresses(registry, plugin: str) -> list[str]:
    """One address for each of its routes at the office."""
    return [_address(route) for route in routes(registry, plugin) if f"{plugin}.office." in route.name]


def hook_addresses(registry, plugin: str) -> list[str]:
    """One address for each of its routes at which services report."""
    return [_address(route) for route in routes(registry, plugin) if f"{plugin}.hooks." in route.name]


def _address(route) -> str:
    path = re.sub(r"\{\w+(:[^}]*)?\}|\*\w+", lambda part: "1" if part[1] else str(uuid4()), route.pattern)
    path = "/" + path.lstrip("/")
    assert route.match(path) is not None, f"{path} should lead to {route.name}: teach this test to fill in {route.pattern}"
    return path


def answer(app, method: str, path: str) -> tuple:
    """All that a visitor could tell two answers apart by."""
    response = app.request(path, method=method, status="*", environ={"HTTP_HOST": app.extra_environ["HTTP_HOST"]})
    return response.status, sorted(response.headerlist), response.body


def _is_friendly(found: tuple, method: str) -> bool:
    status, _, body = found
    return status == "404 Not Found" and (method == "HEAD" or "We can’t find that page".encode() in body)


def test_it_has_addresses_and_they_answer_while_it_is_on(tab, registry, signed_in, make):
    found = addresses(registry, tab)
    assert found
    status, _, body = answer(signed_in(make.patient()), "GET", f"/{tab}")
    assert status == "200 OK"
    assert b"</html>" in body
    assert all(answer(signed_in(make.patient()), "GET", path)[0] == "200 OK" for path in found if path.startswith("/static/"))
    assert all(path == f"/{tab}" or path.startswith((f"/{tab}/", f"/static/{tab}/")) for path in found)


def test_off_for_the_practice_every_address_answers_like_one_that_never_was(plugin, registry, portal, practice, signed_in, make, switch):
    switch(plugin, False)
    for app in (signed_in(make.patient()), browser(portal, practice)):
        for method in METHODS:
            unknown = answer(app, method, UNKNOWN)
            assert _is_friendly(unknown, method)
            for path in addresses(registry, plugin):
                assert answer(app, method, path) == unknown, (method, path)


def test_off_for_the_practice_its_pages_at_the_office_are_gone_with_their_links(plugin, registry, portal, practice, signed_in, make, switch, second_clinic):
    found, staff = office_addresses(registry, plugin), make.staff()
    assert all(path.startswith(f"/office/{plugin}/") for path in found)
    switch(plugin, False)
    app, stranger = signed_in(account=staff), browser(portal, practice)
    for method in METHODS:
        for path in found:
            assert answer(app, method, path) == answer(app, method, f"/office{UNKNOWN}"), (method, path)
            assert answer(stranger, method, path) == answer(stranger, method, f"/office{UNKNOWN}"), (method, path)
    assert not app.get("/office").lxml.xpath(f"//a[starts-with(@href, '/office/{plugin}/')]")
    switch(plugin, True, second_clinic.id)
    assert bool(app.get("/office").lxml.xpath(f"//nav//a[starts-with(@href, '/office/{plugin}/')]")) is bool(found)


def test_off_what_services_report_is_not_taken_in(plugin, registry, portal, practice, switch):
    found, stranger = hook_addresses(registry, plugin), browser(portal, practice)
    switch(plugin, False)
    for method in METHODS:
        for path in found:
            assert path.startswith(f"/hooks/{plugin}/")
            (status, _, body), unknown = answer(stranger, method, path), answer(stranger, method, f"/hooks{UNKNOWN}")
            assert (status, NUMBER.sub(b"", body)) == (unknown[0], NUMBER.sub(b"", unknown[2])), (method, path)


def test_off_for_one_clinic_only_its_patients_lose_it(tab, registry, signed_in, make, switch, second_clinic):
    switch(tab, False, second_clinic.id)
    theirs, ours = signed_in(make.patient(clinic="C2")), signed_in(make.patient(clinic="C1"))
    for method in METHODS:
        unknown = answer(theirs, method, UNKNOWN)
        assert _is_friendly(unknown, method)
        for path in addresses(registry, tab):
            assert answer(theirs, method, path) == unknown, (method, path)
    assert ours.get(f"/{tab}").status_int == 200
    assert ours.get("/home").lxml.xpath(f"//nav//a[@href='/{tab}']")
    assert not theirs.get("/home").lxml.xpath(f"//nav//a[@href='/{tab}']")


def test_on_for_one_clinic_only_the_others_do_not_get_it(tab, signed_in, make, switch, practice, second_clinic):
    switch(tab, False)
    switch(tab, True, second_clinic.id)
    assert signed_in(make.patient(clinic="C2")).get(f"/{tab}").status_int == 200
    assert signed_in(make.patient(clinic="C1")).get(f"/{tab}", status=404)


def test_off_no_page_leads_to_it(tab, signed_in, make, switch):
    app = signed_in(make.patient())
    pages = ["/home", "/contact", *(f"/{other}" for other in TABS if other != tab)]
    assert app.get("/home").lxml.xpath(f"//nav//a[@href='/{tab}']")
    switch(tab, False)
    for page in pages:
        links = app.get(page).lxml.xpath("//@href | //@action | //@src")
        assert [link for link in links if re.match(rf"(/static)?/{tab}\b", str(link))] == [], page


def test_off_none_of_its_hooks_is_asked(tab, portal, registry, signed_in, make, switch, monkeypatch):
    app = signed_in(make.patient())
    switch(tab, False)
    asked = []
    manager = registry.plugins.manager
    for caller in manager.get_hookcallers(registry.plugins.plugins[tab]):
        for hook in caller.get_hookimpls():
            if hook.plugin_name == tab:
                monkeypatch.setattr(hook, "function", lambda *_, name=caller.name: asked.append(name))
    for page in ("/home", "/contact", *(f"/{other}" for other in TABS if other != tab)):
        app.get(page)
    assert asked == []
    switch(tab, True)
    app.get("/home")
    assert "portal_tab" in asked


def test_off_nothing_of_it_is_permitted(plugin, registry, portal, practice, signed_in, make, switch):
    from core.auth.policy import PortalPolicy

    class Request:
        identity_of_visitor = type("Identity", (), {"permissions": {p.name for p in registry.plugins.permissions[plugin]}})

        def __init__(self, on):
            self.registry, self.has_plugin = registry, lambda name: on
            self.tenant = registry.tenants.current(practice.id)

    for permission in registry.plugins.permissions[plugin]:
        assert PortalPolicy().permits(Request(on=True), None, permission.name)
        assert not PortalPolicy().permits(Request(on=False), None, permission.name)


def test_off_a_queued_task_is_dropped_with_an_audit_line(plugin, registry, db, practice, switch):
    row = enqueue(db, f"{plugin}.anything")
    db.commit()
    switch(plugin, False)
    tasks.celery.registry = registry
    tasks.deliver(str(row))
    with SessionFactory(bind=registry.engine) as session:
        kept = session.get_one(OutboxRow, row)
        assert kept.done_at is not None
        assert kept.dropped
    where = (AuditEvent.action == f"{plugin}.task.dropped", AuditEvent.target_id == row)
    assert db.scalar(select(func.count()).where(*where)) == 1


def test_off_its_schedules_skip_the_practice(plugin, registry, practice, other_practice, switch, monkeypatch):
    switch(plugin, False)
    switch(plugin, True, office=other_practice)
    monkeypatch.setattr(registry.tenants, "practice_ids", lambda: [practice.id, other_practice.id])
    tasks.celery.registry = registry
    tasks.fan_out(plugin, f"{plugin}.anything")
    with SessionFactory(bind=registry.engine) as session:
        where = (OutboxRow.task == f"{plugin}.anything", OutboxRow.practice_id.in_([practice.id, other_practice.id]))
        # No worker would know this task: it is taken away again.
        asked = session.scalars(delete(OutboxRow).where(*where).returning(OutboxRow.practice_id)).all()
        session.commit()
    assert asked == [other_practice.id]


def test_off_its_records_are_refused_and_the_others_taken(plugin, registry, practice, db, switch, second_clinic):
    names = [kind.name for kind in registry.plugin_record_kinds[plugin]]
    assert set(names) <= set(kinds_at(registry, practice.id))
    switch(plugin, False)
    kinds = kinds_at(registry, practice.id)
    answers = door.take_in(db, kinds, [{"kind": name, "external_id": "E1"} for name in names])
    assert [(one.outcome, one.reason) for one in answers] == [("refused", f"There is no kind of record called {name!r}.") for name in names]
    others = {kind.name for other, theirs in registry.plugin_record_kinds.items() if other != plugin for kind in theirs}
    assert {"patient", "clinic", *others} <= set(kinds)
    switch(plugin, True, second_clinic.id)
    assert set(names) <= set(kinds_at(registry, practice.id))


def test_switching_counts_from_the_next_request_on_in_every_process(tab, portal_with, registry, portal, practice, make, switch):
    account = make.account(make.patient())
    here = sign_in(portal, practice, account)
    elsewhere = sign_in(portal_with(*find_plugins()), practice, account)
    for on, status in ((True, 200), (False, 404), (True, 200), (None, 200), (False, 404)):
        switch(tab, on)
        for app in (elsewhere, here, elsewhere):
            assert app.get(f"/{tab}", status="*").status_int == status
            assert bool(app.get("/home").lxml.xpath(f"//nav//a[@href='/{tab}']")) is (status == 200)

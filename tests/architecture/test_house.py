"""The rules of the house that a machine can check: names, sizes, packages, permissions."""

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from pyramid.security import NO_PERMISSION_REQUIRED

from core.auth.roles import OFFICE
from core.web.csrf import ANY_SITE

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "plugins", "tenants")
# Routes that anyone may ask for; everything else needs a permission.
OPEN = {"portal.start", "portal.contact", "auth.sign_in", "auth.email_stop", "health.live", "health.ready", "operator.metrics", "tenants.theme", "tenants.logo", "tenants.icon", "tenants.photo", "tenants.ask", "files.signed"}
OPEN |= {"auth.invitation", "auth.welcome", "portal.privacy"}
OPEN |= {"auth.second", "auth.second_send", "auth.second_passkey", "auth.second_passkey_options", "auth.passkey", "auth.passkey_options"}
# Whoever comes over from another office is not signed in yet at this one.
OPEN |= {"auth.offices_enter"}
OPEN |= {"auth.forgot", "auth.reset", "auth.link", "auth.link_open"}
OPEN |= {"office.sign_in", "office.invitation", "office.second", "office.second_send", "office.second_passkey", "office.second_passkey_options"}
OPEN |= {"office.passkey", "office.passkey_options"}
# An operator comes by a single-use link of the console at the base domain, and is nobody here until then.
OPEN |= {"office.enter"}
OPEN |= {"auth.unsubscribe"}  # the link at the foot of a mail, which works without signing in: its token is the right
OPEN |= {"auth.register", "auth.register_code"}
# Paying a bill: the pages say of nobody whether they are a patient.
OPEN |= {"portal.pay", "account.guest", "account.guest_pay", "account.guest_receipt", "account.guest_receipt_file"}
OPEN |= {"account.asked", "account.asked_pay"}  # the link of a request to pay: token and birthdate together are the right, and show one amount
OPEN |= {"account.verify", "account.verify_code", "account.verified"}  # a code to the address in the chart, then a link that opens one account's balance
# The link that asks to confirm a visit, and the address that a calendar program reads: the token is the right, and opens no more than that.
OPEN |= {"appointments.answer", "appointments.calendar_feed", "appointments.here"}
OPEN |= {"appointments.offer"}  # the link with which a time is offered: yes or no without signing in, its token is the right
OPEN |= {"portal.grant_offer"}  # the link in a mail to somebody who may have no account yet
# A practice's system brings a key; without a right one nothing is said but that.
OPEN |= {"api.records", "api.runs", "api.runs.one", "api.runs.end", "api.uploads", "api.uploads.one", "api.changes", "api.changes.acknowledge", "api.changes.file"}
OPEN |= {"api.openapi", "api.schema", "api.developers"}
OPEN |= {"account.hooks.stripe"}  # what the card service reports, which it signs
OPEN |= {"opendental.hooks.events"}  # what Open Dental reports: the secret in the address and the office's key in the header are the right
# The same link in a notice of a visit; answers by text message, which the gateway signs.
OPEN |= {"appointments.hooks.unsubscribe", "appointments.hooks.texts", "appointments.hooks.calendar"}
# Booking a first visit, or by a code: the pages say of nobody whether they are a patient, and act for whoever holds the code.
BOOKING = {"appointments.public", "appointments.public_embed", "appointments.public_clinic", "appointments.public_known", "appointments.public_known_code", "appointments.public_new", "appointments.public_details", "appointments.public_new_code", "appointments.public_choose", "appointments.public_review", "appointments.recall", "appointments.recall_review"}
OPEN |= {"portal.book", "portal.book_at"} | BOOKING
SET = re.compile(r"^{% set (\w+)", re.MULTILINE)
SAFE = {"GET", "HEAD", "OPTIONS"}
# What is looked for is posted, so that its words stand in no address; nothing is written (tests/plugins/account/test_reading.py).
LOOKING = {"account.ledger"}


def _modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations/" not in str(path)]


def _functions(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_modules_stay_under_300_lines():
    assert {str(path.relative_to(ROOT)): n for path in _modules() if (n := len(path.read_text().splitlines())) > 300} == {}


def test_functions_stay_small():
    lengths = sorted(node.end_lineno - node.lineno + 1 for path in _modules() for node in _functions(path))
    assert lengths[len(lengths) // 2] < 10
    long = {f"{path.relative_to(ROOT)}:{node.name}" for path in _modules() for node in _functions(path) if node.end_lineno - node.lineno >= 45}
    assert long == set()


@pytest.mark.parametrize("room", ROOMS)
def test_nobody_else_ships_our_names(room):
    assert set(packages_distributions()[room]) == {"cuspid"}


def test_every_route_has_an_owner_and_one_prefix(registry):
    names = {item["introspectable"]["name"] for item in registry.introspector.get_category("routes")}
    owners = set(registry.plugins.plugins) | {"auth", "office", "operator", "portal", "health", "tenants", "files", "api", "__static"}
    assert {name for name in names if name.split(".")[0].split("/")[0] not in owners} == set()


def test_every_view_asks_for_a_permission_or_is_on_the_list(registry):
    opened = set()
    for item in registry.introspector.get_category("views"):
        view = item["introspectable"]
        route = view["route_name"]
        if route is None or route.startswith("__static"):
            continue
        [permission] = {related["value"] for related in item["related"] if related.category_name == "permissions"} or {None}
        if permission in (None, NO_PERMISSION_REQUIRED):
            opened.add(route)
        elif route.split(".")[1:2] == ["office"]:
            assert permission in OFFICE, (route, permission)
        elif route.split(".")[0] in registry.plugins.plugins:
            assert permission.split(".")[0] == route.split(".")[0], (route, permission)
    assert opened <= OPEN


def test_what_is_taken_without_a_form_token_or_from_other_sites_is_on_the_list(registry):
    """Mail programs post to those that turn notices off by themselves (RFC 8058), a gateway signs what it reports, files go to a signed address.
    Whoever books without signing in does so by a code, which no cookie stands for: within a frame browsers send none. A system brings its key."""
    views = [item["introspectable"] for item in registry.introspector.get_category("views")]
    assert {view["route_name"] for view in views if view["require_csrf"] is False and view["route_name"]} == {
        "auth.unsubscribe", "files.signed", "appointments.hooks.unsubscribe", "appointments.hooks.texts", "account.hooks.stripe", "opendental.hooks.events", *BOOKING,
        "api.records", "api.runs", "api.runs.end", "api.uploads", "api.uploads.one", "api.changes.acknowledge",
    }  # fmt: skip
    assert {"auth.unsubscribe"} == ANY_SITE


def test_a_view_that_changes_something_does_not_take_a_seeing_permission(registry):
    """The class of fault that an audit found in a well-known package index: a POST behind a permission to read."""
    acting = {permission.name for permissions in registry.plugins.permissions.values() for permission in permissions if permission.acts}
    for item in registry.introspector.get_category("views"):
        view = item["introspectable"]
        methods = view["request_methods"] or ()
        methods = {methods} if isinstance(methods, str) else set(methods)
        owner = (view["route_name"] or "").split(".")[0]
        # Those of the office are asked in tests/core/auth/test_roles.py.
        if owner in registry.plugins.plugins and view["route_name"] not in OPEN and f"{owner}.office." not in view["route_name"]:
            assert methods, f"{view['route_name']} does not say which methods it answers"
            permissions = {related["value"] for related in item["related"] if related.category_name == "permissions"}
            assert methods <= SAFE | {"POST"}
            assert methods <= SAFE or permissions <= acting or view["route_name"] in LOOKING, (view["route_name"], methods, permissions)


def test_sql_is_never_put_together_from_text():
    """text() takes one literal, or one put together from constants of its module; what varies is a parameter."""
    found = []
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text"
            if called and node.args and not _is_fixed(node.args[0]) and "sqlalchemy" in path.read_text():
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def _is_fixed(argument: ast.expr) -> bool:
    if isinstance(argument, ast.JoinedStr):
        values = [part.value for part in argument.values if isinstance(part, ast.FormattedValue)]
        return all(isinstance(value, ast.Name) and value.id.isupper() for value in values)
    return isinstance(argument, ast.Constant)


def test_plugins_are_asked_through_the_gate_only():
    """`pm.hook` would ask plugins that are off."""
    pattern = re.compile(r"\bmanager\.hook\b|\bpm\.hook\b")
    outside = [path for path in _modules() if pattern.search(path.read_text()) and "core/plugins" not in str(path)]
    assert outside == []


def test_no_practice_is_bound_but_by_bind_tenant():
    pattern = re.compile(r"cuspid\.practice_id")
    users = {str(path.relative_to(ROOT)) for path in _modules() if pattern.search(path.read_text())}
    assert users == {"core/db.py"}


def test_no_page_sets_a_name_that_its_layout_sets():
    # The layout is rendered later, so its value would stand in the page's blocks: a link to the next page leads astray.
    templates = {path: path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.jinja2")}
    of_layouts = {name for path, text in templates.items() if "layout" in path.name for name in SET.findall(text)}
    assert of_layouts
    pages = {path: text for path, text in templates.items() if "{% extends" in text and "layout" not in path.name}
    assert {str(path.relative_to(ROOT)): names for path, text in pages.items() if (names := of_layouts & set(SET.findall(text)))} == {}


def test_cookies_are_set_in_one_place():
    """core/web/cookies.py; the form cookie is Pyramid's own, made in core/web/csrf.py. tests/core/web/test_cookies.py looks at each."""
    pattern = re.compile(r"set_cookie|delete_cookie|Set-Cookie|cookieStore|document\.cookie|\w*CookieSession\w*|CookieProfile|make_cookie|SimpleCookie")
    scripts = [path for room in ROOMS for path in (ROOT / room).rglob("*.js") if not {"vendor", "built", "node_modules"} & set(path.parts)]
    allowed = {"core/web/cookies.py", "core/web/csrf.py", "core/testing/offices.py", "core/safety/testing.py"}
    # Hands on what core/web/cookies.py has set, with a page in place of the redirect.
    allowed |= {"core/auth/second_views.py"}
    assert scripts
    assert {str(path.relative_to(ROOT)) for path in [*_modules(), *scripts] if pattern.search(path.read_text())} == allowed


def test_the_wheel_holds_what_the_portal_needs_and_no_node_is_needed(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in (*ROOMS, "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        origin = ROOT / name
        if origin.is_dir():
            shutil.copytree(origin, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, source / name)
    script = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=source, check=True, capture_output=True)
    [wheel] = source.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for part in ("core/web/templates/layout.jinja2", "core/migrations/versions/", "core/static/vendor/manifest.json", "plugins/account/migrations/",
                 "plugins/appointments/static/appointments.css", "tenants/demo/logos/"):  # fmt: skip
        assert any(name.startswith(part) for name in names), part
    assert not [name for name in names if "node_modules" in name or name.startswith(("tests/", "bench/"))]


def test_a_page_that_wears_the_classes_of_a_tab_brings_its_sheet():
    """Itself or its layout: without it the page is readable, and looks like nothing anybody drew."""
    bare = []
    for folder in sorted((ROOT / "plugins").glob("*/templates")):
        name, pages = folder.parent.name, {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.jinja2")}
        worn, brought = re.compile(rf'class="[^"]*\b{name}-'), f'static_path("{name}/'
        for page, text in pages.items():
            parent = re.search(r'\{% extends "([^"]+)" %\}', text)
            if parent and worn.search(text) and brought not in text + pages.get(parent[1], ""):
                bare.append(page)
    assert bare == []

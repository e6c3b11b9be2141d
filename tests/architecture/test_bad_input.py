"""Whatever is sent to whichever form: a page that says something, never a fault of ours.

The routes come from the route table and the fields from the templates, so that a new form is covered by itself.
"""

import re
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
import webtest
from pyramid.security import NO_PERMISSION_REQUIRED

from core.auth.limits import Limiter
from core.auth.realms import OFFICE, PORTAL, Realm, realm_of
from core.testing import Factory, browser, make_office, sign_in

ROOT = Path(__file__).parents[2]
NOBODY = UUID(int=7)
MOST = 10 * 1024 * 1024
FIELD = re.compile(r'(?:\bname="|field\(form, ")([a-z_]+)"')
URLENCODED = "application/x-www-form-urlencoded"


def _fields() -> list[str]:
    templates = (path for room in ("core", "tenants", "plugins") for path in (ROOT / room).rglob("templates/**/*.jinja2"))
    return sorted({name for path in templates for name in FIELD.findall(path.read_text())} - {"csrf_token"})


FIELDS = _fields()


def _form(value: str) -> tuple[bytes, str]:
    return "&".join(f"{name}={value}" for name in FIELDS).encode(), URLENCODED


def _files() -> tuple[bytes, str]:
    part = '--b\r\nContent-Disposition: form-data; name="{}"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\n\x00text\r\n'
    return ("".join(part.format(name) for name in FIELDS) + "--b--\r\n").encode(), "multipart/form-data; boundary=b"


BODIES = {
    "nothing": (b"", URLENCODED),
    "null bytes": _form("a%00b"),
    "right-to-left marks and emoji": _form("%E2%80%AE%F0%9F%98%80%E2%80%8F"),
    "a lone surrogate": _form("%ED%A0%80"),
    "bytes that are no text": _form("%FF%FE"),
    "very long": _form("9" * 20_000),
    "every field twice": (_form("1")[0] + b"&" + _form("2")[0], URLENCODED),
    "files in place of text": _files(),
    "a broken multipart": (b"--b\r\nContent-Disposition: form-data; na", "multipart/form-data; boundary=b"),
    "a multipart without a boundary": (b"--b\r\n\r\n", "multipart/form-data"),
    "JSON": (b'{"user_name": [1, {"a": null}]}', "application/json"),
}


def _posts(registry) -> dict[str, str]:
    """Every route that takes a form, with its path; ids in it are nobody's."""
    found = {}
    for item in registry.introspector.get_category("views"):
        view = item["introspectable"]
        methods = view["request_methods"] or ()
        if view["route_name"] and "POST" in ({methods} if isinstance(methods, str) else set(methods)):
            pattern = registry.introspector.get("routes", view["route_name"])["pattern"]
            found[view["route_name"]] = re.sub(r"\{[^}]*\}", str(NOBODY), "/" + pattern.lstrip("/"))
    return found


SMALL = {PORTAL: "/profile/password", OFFICE: "/office/profile/password"}
"""A page with a form's token that is quickly made."""


@pytest.fixture(scope="module")
def office(registry):
    return make_office(registry)


@pytest.fixture(scope="module")
def people(office):
    """A patient with a ward, and an office admin: whoever may open most."""
    with office.session() as session:
        make = Factory(office, session)
        account = make.account(make.patient())
        make.grant(account, make.patient(first_name="Mia"))
        return account, make.staff()


def _ask(app, token: str, path: str, body: bytes, content_type: str):
    """Send a body as it is, with the form's token beside it."""
    app.app.registry.limiter = Limiter("memory://")  # else the answer would soon be that there are too many tries
    request = app.RequestClass.blank(path, method="POST", body=body, content_type=content_type)
    request.headers["X-CSRF-Token"] = token
    request.environ |= app.extra_environ
    return app.do_request(request, status="*", expect_errors=True)


class Visitors:
    """Whoever sends the forms; each opens a page for its token once, and again when what was sent has ended the session."""

    def __init__(self, portal, office, people):
        self._portal, self._office, self._kept = portal, office, {}
        self._accounts = dict(zip((PORTAL, OFFICE), people, strict=True))

    def send(self, path: str, is_open: bool, body: bytes, content_type: str):
        """The answer to a body, from somebody who may open the page."""
        registry = self._office.registry
        self._office.slug = registry.tenants.current(self._office.id).slug  # what was sent before may have been a good short address
        who = realm_of(path), is_open, self._office.slug
        answer = _ask(*self._at(*who), path, body, content_type)
        if answer.status_int == 419 or (answer.location or "").endswith("/sign-in"):
            del self._kept[who]
            answer = _ask(*self._at(*who), path, body, content_type)
        return answer

    def _at(self, realm: Realm, is_open: bool, slug: str) -> tuple[webtest.TestApp, str]:
        """A browser and its form token."""
        if (realm, is_open, slug) not in self._kept:
            app = browser(self._portal, self._office) if is_open else sign_in(self._portal, self._office, self._accounts[realm])
            page = app.get(f"{realm.root}/sign-in" if is_open else SMALL[realm])
            self._kept[realm, is_open, slug] = app, re.search(r'name="csrf_token" value="([^"]*)"', page.text)[1]
        return self._kept[realm, is_open, slug]


@pytest.fixture(autouse=True)
def same_limiter(registry):
    before = registry.limiter
    yield
    registry.limiter = before


@cache
def _open_routes(introspector) -> set[str]:
    """The routes on which a page is open to everyone."""
    return {
        item["introspectable"]["route_name"]
        for item in introspector.get_category("views")
        if any(related["value"] == NO_PERMISSION_REQUIRED for related in item["related"] if related.category_name == "permissions")
    }


@pytest.mark.parametrize("kind", BODIES)
def test_no_form_breaks_the_portal(kind, registry, portal, office, people):
    assert len(FIELDS) > 30
    reached, visitors = 0, Visitors(portal, office, people)
    for route, path in _posts(registry).items():
        answer = visitors.send(path, route in _open_routes(registry.introspector), *BODIES[kind])
        assert answer.status_int < 500, (route, answer.status)
        reached += answer.status_int in {200, 204, 303, 422}
        assert answer.body or answer.status_int in {204, 303, 302}, (route, answer.status)
    assert reached > 40 or kind == "a multipart without a boundary"


@pytest.mark.parametrize("path", ["/sign-in", "/forgot", "/office/sign-in", "/webmail/new", "/profile/password"])
def test_ten_megabytes_are_refused_or_told(path, registry, portal, office, people):
    office.slug = registry.tenants.current(office.id).slug
    app = sign_in(portal, office, people[0]) if path.startswith(("/webmail", "/profile")) else browser(portal, office)
    start = app.get("/home" if path.startswith(("/webmail", "/profile")) else "/office/sign-in" if path.startswith("/office") else "/sign-in")
    token = re.search(r'name="csrf_token" value="([^"]*)"', start.text)[1]
    body = "&".join(f"{name}={'a' * (MOST // 8)}" for name in ("user_name", "password", "new_password", "subject", "body", "email", "next", "reason"))
    answer = _ask(app, token, path, body.encode(), URLENCODED)
    assert answer.status_int in {303, 404, 413, 422}, answer.status
    assert len(answer.body) < 3 * MOST

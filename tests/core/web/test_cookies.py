"""Cookies under https: each is for its host alone, and what another host of the same domain sets or sends along changes nothing."""

import re
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from pyramid.interfaces import IRoutesMapper

from core.auth import services
from core.auth.known_devices import COOKIE as DEVICE
from core.auth.models import SignInSession
from core.auth.realms import OFFICE, PORTAL
from core.auth.views import USER_NAME_COOKIE
from core.testing import PASSWORD, browser

FORM = "cuspid-form"
OURS = {FORM, PORTAL.cookie, OFFICE.cookie, DEVICE, USER_NAME_COOKIE}
TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')


@pytest.fixture(scope="module")
def secure_portal(portal_behind_https):
    return portal_behind_https()


class Visitor:
    """A browser behind https that notes every cookie it is told to keep. It sends `first`, its own, then `last`, as one header."""

    def __init__(self, portal, office):
        self.app, self.told, self.own = browser(portal, office), [], {}
        self.app.extra_environ["wsgi.url_scheme"] = "https"
        self.first = self.last = ()

    def ask(self, method: str, path: str, **typed):
        kept = [f"{name}={value}" for name, value in self.own.items()]
        self.app.reset()
        headers = {"Cookie": "; ".join([*self.first, *kept, *self.last])} if kept or self.first or self.last else {}
        origin = {"Origin": f"https://{self.app.extra_environ['HTTP_HOST']}"} if method == "POST" else {}
        answer = self.app.request(path, method=method, POST=typed or None, headers=headers | origin, environ=dict(self.app.extra_environ), status="*")
        for line in answer.headers.getall("Set-Cookie"):
            self.told.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.own[name] = value
            if "Max-Age=0" in line:
                del self.own[name]
        return answer

    def token(self, path: str = "/sign-in") -> str:
        return TOKEN.search(self.ask("GET", path).text)[1]

    def sign_in(self, account, path: str = "/sign-in", **typed):
        typed |= {"user_name": account.user_name, "password": PASSWORD, "csrf_token": self.token(path)}
        return self.ask("POST", path, **typed)


@pytest.fixture
def visitor(secure_portal, practice):
    """`visitor()`: a new browser at the practice."""
    return lambda: Visitor(secure_portal, practice)


def _check(line: str) -> str:
    """The name without its prefix, of a cookie that is as every cookie of ours must be."""
    name, *attributes = [part.strip() for part in line.split(";")]
    name = name.partition("=")[0]
    found = {part.partition("=")[0].lower(): part.partition("=")[2] for part in attributes}
    assert name.startswith("__Host-"), name
    assert "secure" in found, name
    assert "httponly" in found, name
    assert "domain" not in found, name
    assert found["path"] == "/", name
    assert found["samesite"] in {"Lax", "Strict"}, name
    return name.removeprefix("__Host-")


def test_every_cookie_that_any_way_sets_is_for_its_host_alone(visitor, make):
    account, member = make.account(make.patient()), make.staff()
    here = visitor()
    assert here.sign_in(account, remember="yes").location.endswith("/home")
    assert here.sign_in(member, "/office/sign-in").location.endswith("/office/sign-in/second")
    here.ask("POST", "/profile/prove", way="password", password=PASSWORD, csrf_token=here.token("/home"))
    here.ask("POST", "/sign-out", csrf_token=here.token("/home"))
    here.sign_in(account)
    assert {_check(line) for line in here.told} == OURS


def test_no_route_sets_any_other_cookie(visitor, secure_portal, practice, make):
    account, member = make.account(make.patient()), make.staff("office_admin")
    signed_in = visitor()
    with practice.session() as session:
        for owner, realm in ((account, PORTAL), (member, OFFICE)):
            place = services.Place(realm=realm.name)
            signed_in.own[f"__Host-{realm.cookie}"] = services.open_session(session, owner, datetime.now(UTC), place)
        session.commit()
    kept, seen = dict(signed_in.own), 0
    for route in secure_portal.registry.getUtility(IRoutesMapper).get_routes():
        path = "/" + re.sub(r"\{[^}]*\}|\*\w+", "1", route.pattern.lstrip("/"))
        for here in (visitor(), signed_in):
            for method in ("GET", "POST"):
                signed_in.own = dict(kept)
                seen += here.ask(method, path).status_int < 400
    assert seen > 40
    stranger = visitor()
    stranger.token()
    assert {_check(line) for line in [*signed_in.told, *stranger.told]} <= OURS


# What a sibling's page can do: set a cookie for the whole domain. Under its own name it is not the `__Host-` one; under that name no
# browser keeps it. What is left is a plain name, before or after ours in the header.


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("realm", [PORTAL, OFFICE], ids=["portal", "office"])
def test_a_planted_cookie_signs_nobody_in_and_nobody_out(visitor, practice, make, place, realm):
    member = realm is OFFICE
    attacker, victim = (make.staff(name="Eve") if member else make.account(make.patient(first_name="Eve")) for _ in range(2))
    with practice.session() as session:
        planted, own = (services.open_session(session, one, datetime.now(UTC), services.Place(realm=realm.name)) for one in (attacker, victim))
        session.commit()
    here = visitor()
    setattr(here, place, (f"{realm.cookie}={planted}", f"{DEVICE}=x", f"{USER_NAME_COOKIE}=eve"))
    assert here.ask("GET", realm.home).status_int == 303
    assert "eve" not in here.ask("GET", "/sign-in").text
    here.own[f"__Host-{realm.cookie}"] = own
    assert here.ask("GET", realm.home).status_int == 200
    with practice.session() as session:
        seen = session.query(SignInSession.account_id, SignInSession.realm).all()
    assert sorted(seen) == sorted((one.id, realm.name) for one in (attacker, victim))


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_planted_form_cookie_fixes_no_form_token(visitor, make, place):
    attacker, victim = visitor(), visitor()
    planted = attacker.token()
    setattr(victim, place, (f"{FORM}={attacker.own[f'__Host-{FORM}']}",))
    assert victim.token() != planted
    account = make.account(make.patient())
    typed = {"user_name": account.user_name, "password": PASSWORD}
    assert victim.ask("POST", "/sign-in", csrf_token=planted, **typed).status_int == 419
    assert victim.sign_in(account).status_int == 303
    assert victim.ask("POST", "/sign-out", csrf_token=planted).status_int == 419
    assert victim.ask("GET", "/home").status_int == 200


def test_of_two_cookies_of_one_name_no_order_opens_what_neither_opens(visitor, practice, make):
    """No browser sends two with the prefix; a broken one, or a proxy, must not make a way in out of it either."""
    account, other = make.account(make.patient()), make.account(make.patient())
    name = f"__Host-{PORTAL.cookie}"
    with practice.session() as session:
        past = services.open_session(session, other, datetime.now(UTC) - timedelta(hours=13), services.Place())
        own = services.open_session(session, account, datetime.now(UTC), services.Place())
        session.commit()
    for values in permutations((own, past, "", "x" * 43), 2):
        here = visitor()
        here.first = tuple(f"{name}={value}" for value in values)
        assert here.ask("GET", "/home").status_int == (200 if values[-1] == own else 303), values.index(own) if own in values else values

"""The two sign-ins of a practice's address: the portal for patients and who looks after them, the office for its staff.

They share the machinery (accounts, second factors, passkeys, sessions) and nothing else: each has a cookie, pages and kinds of account of
its own, so one browser can hold both, and what opens one is worth nothing at the other.

At the base domain itself there is no practice, but the console of those who run the installation. It has the office's addresses and
machinery, and no page of a practice.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.request import host_name

PERSON, STAFF, OPERATOR = "person", "staff", "operator"
"""The kinds of account. An operator's account inside a practice is only a stand-in: nothing opens it but entering with a reason."""
OWN = "portal.own_account"
"""The permission for the pages of one's own account; whoever only looks in, as a patient would, has none."""
STILL_HERE = "portal.still_here"
"""The permission for what whoever is signed in may do with the session itself: stay a while longer, and go."""


@dataclass(frozen=True)
class Realm:
    """One of the two: which cookie counts, whose accounts sign in, where its pages begin."""

    name: str
    owner: str
    root: str
    home: str
    cookie: str
    kinds: frozenset[str]
    layout: str

    @property
    def is_office(self) -> bool:
        """Whether it is that of those who work here, be it an office or the installation."""
        return self.name == "office"


PORTAL = Realm("portal", "auth", "", "/home", "cuspid", frozenset({PERSON}), "layout.jinja2")
OFFICE = Realm("office", "office", "/office", "/office", "cuspid-office", frozenset({STAFF}), "office/layout.jinja2")
OPERATOR_CONSOLE = replace(OFFICE, kinds=frozenset({OPERATOR}))
"""The office at the base domain: the same pages to sign in, for other accounts."""


def realm_of(path: str) -> Realm:
    """The realm that a path belongs to."""
    return OFFICE if path == OFFICE.root or path.startswith(OFFICE.root + "/") else PORTAL


def request_realm(request) -> Realm:
    """`request.realm`: which of the sign-ins counts for this request."""
    realm = realm_of(request.path_info)
    return OPERATOR_CONSOLE if realm is OFFICE and request.at_base_domain else realm


def request_at_base_domain(request) -> bool:
    """`request.at_base_domain`: whether this is the operator's place. The address says so, whatever this process knows of practices."""
    return host_name(request) == request.registry.portal.base_domain


def request_own_path(request, name: str, query: dict[str, str] | None = None, **elements) -> str:
    """`request.own_path`: the path of a page that both realms have, in the realm of this request."""
    path = request.route_path(f"{request.realm.owner}.{name}", **elements)
    return f"{path}?{urlencode(query)}" if query else path


def in_both(name: str, **settings):
    """Declare a view of a page that both realms have: `auth.<name>` and `office.<name>`."""

    def declare(view):
        for realm in (PORTAL, OFFICE):
            view = view_config(route_name=f"{realm.owner}.{name}", _depth=1, **settings)(view)
        return view

    return declare


def add_in_both(config, name: str, path: str) -> None:
    """Add the address of a page that both realms have."""
    config.add_route(f"{PORTAL.owner}.{name}", PORTAL.root + path)
    add_to_consoles(config, name, path)


def add_to_consoles(config, name: str, path: str) -> None:
    """Add the address of a page that the office has, and the operator's console at the base domain as well."""
    route = f"{OFFICE.owner}.{name}"
    config.add_route(route, OFFICE.root + path)
    config.registry.console_routes.add(route)


def add_hook_at_base_domain(config, route: str, path: str) -> None:
    """`config.add_hook_at_base_domain("shop.hooks.orders", "/orders")`: the address at which a service reports what concerns any practice of the
    installation. There is no practice on such a request: the view finds out whose it is, and whether the tab is on there."""
    config.add_route(route, path, at_base_domain=True)
    config.registry.hooks_at_base_domain.add(route)


class AtBaseDomain:
    """The route predicate `at_base_domain=True`: the address leads somewhere at the base domain only."""

    def __init__(self, wanted: bool, config):
        self._wanted = wanted

    def text(self) -> str:
        """What introspection says of it."""
        return f"at_base_domain = {self._wanted}"

    phash = text

    def __call__(self, info, request) -> bool:
        """Whether the route may answer this request."""
        return request.at_base_domain is self._wanted


def keep_apart(event) -> None:
    """No page of a practice answers at the base domain, and no page of the operator anywhere else. What nobody has allowed is a 404."""
    request = event.request
    route = request.matched_route.name if request.matched_route else None
    if route is None or request.practice_id is None:
        return
    owner = route.partition(".")[0]
    if request.at_base_domain and route == "portal.start":
        raise HTTPSeeOther(OPERATOR_CONSOLE.home)
    is_shared = route in request.registry.console_routes | request.registry.hooks_at_base_domain or owner == "tenants" or owner.startswith("__static")
    if not is_shared and (owner == OPERATOR) is not request.at_base_domain:
        # Read first, as for an address that nobody has (core/plugins/gate.py): the two answers must not differ.
        _ = request.tenant
        raise HTTPNotFound()


def includeme(config) -> None:
    """Add what the request knows of its realm, and keep the operator's place apart."""
    config.registry.console_routes = set()
    config.registry.hooks_at_base_domain = set()
    config.add_directive("add_hook_at_base_domain", add_hook_at_base_domain)
    config.add_request_method(request_realm, "realm", reify=True)
    config.add_request_method(request_at_base_domain, "at_base_domain", reify=True)
    config.add_request_method(request_own_path, "own_path")
    config.add_route_predicate("at_base_domain", AtBaseDomain)
    config.add_subscriber(keep_apart, BeforeTraversal)

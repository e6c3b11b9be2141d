"""The two sign-ins of a practice's address: the portal for patients and who looks after them, the office for its staff.

They share the machinery (accounts, second factors, passkeys, sessions) and nothing else: each has a cookie, pages and kinds of account of
its own, so one browser can hold both, and what opens one is worth nothing at the other. At the base domain the office is the operator's.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

PERSON, STAFF, OPERATOR = "person", "staff", "operator"
"""The kinds of account. An operator's account inside a practice is only a stand-in: nothing opens it but entering with a reason."""
OWN = "portal.own_account"
"""The permission for the pages of one's own account; whoever only looks in, as a patient would, has none."""


@dataclass(frozen=True)
class Realm:
    """One of the two: which cookie counts, whose accounts, where its pages begin."""

    name: str
    owner: str
    root: str
    home: str
    cookie: str
    kinds: frozenset[str]
    layout: str


PORTAL = Realm("portal", "auth", "", "/home", "cuspid", frozenset({PERSON}), "layout.jinja2")
OFFICE = Realm("office", "office", "/office", "/office", "cuspid-office", frozenset({STAFF, OPERATOR}), "office/layout.jinja2")
# What answers at the base domain, where the operator works: no page of a patient does.
_OF_OPERATOR = frozenset({"office", "operator", "tenants", "health"})


def realm_of(path: str) -> Realm:
    """The realm that a path belongs to."""
    return OFFICE if path == OFFICE.root or path.startswith(OFFICE.root + "/") else PORTAL


def request_realm(request) -> Realm:
    """`request.realm`: which of the two sign-ins counts for this request."""
    return realm_of(request.path_info)


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
    for realm in (PORTAL, OFFICE):
        config.add_route(f"{realm.owner}.{name}", realm.root + path)


def keep_apart(event) -> None:
    """The operator's pages answer at the base domain only, and nothing else but the office's sign-in does there."""
    request = event.request
    owner = request.matched_route.name.partition(".")[0] if request.matched_route else "office"
    at_operator = request.practice_id is not None and request.practice_id == request.registry.tenants.operator_id
    if (at_operator and owner not in _OF_OPERATOR and not owner.startswith("__static")) or (owner == "operator" and not at_operator):
        raise HTTPNotFound()


def includeme(config) -> None:
    """Add what the request knows of its realm, and keep the operator's place apart."""
    config.add_request_method(request_realm, "realm", reify=True)
    config.add_request_method(request_own_path, "own_path")
    config.add_subscriber(keep_apart, BeforeTraversal)

"""What each role may do, written down once more by hand, and asked of every route of the office."""

import pytest

from core.auth.roles import OFFICE, OPERATORS, ROLES, permissions_of, titles_of

# The table an office was promised; whoever changes the roles changes it here, too.
PROMISED = {
    "office_admin": set(OFFICE),
    "front_desk": {"office.home", "office.patients.see", "office.access.change", "office.unmatched.see", "office.unmatched.settle", "office.view_as"},
    "billing": {"office.home", "office.patients.see", "office.view_as"},
    "clinical": {"office.home", "office.patients.see", "office.view_as"},
    "read_only": {"office.home", "office.patients.see", "office.unmatched.see", "office.audit.see", "office.staff.see"},
}
OWN = {"portal.own_account"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_was_promised(role):
    assert permissions_of("staff", role) == PROMISED[role] | OWN


@pytest.mark.parametrize("kind, role", [("staff", ""), ("staff", "king"), ("person", "office_admin"), ("", ""), ("operator", "office_admin")])
def test_what_is_no_role_may_nothing_of_the_office(kind, role):
    assert not permissions_of(kind, role) & set(OFFICE)


def test_an_operator_who_entered_may_look_and_with_leave_act_but_never_on_staff():
    assert permissions_of("operator", "", "see") == PROMISED["read_only"]
    assert permissions_of("operator", "", "act") == set(OFFICE) - {"office.staff.change"}
    assert permissions_of("operator", "", "everything") == frozenset()
    assert permissions_of("operator", "") == set(OPERATORS) | OWN


def test_every_permission_is_said_in_words():
    assert titles_of(OFFICE) == list(OFFICE.values())


def _asked(registry):
    """(route, method, permission) of every view of the office that asks for one of its permissions."""
    for item in registry.introspector.get_category("views"):
        view = item["introspectable"]
        found = [related["value"] for related in item["related"] if related.category_name == "permissions"]
        if view["route_name"] and found and found[0] in OFFICE:
            yield view["route_name"], view["request_methods"], found[0]


def test_views_ask_for_permissions_that_exist(registry):
    for item in registry.introspector.get_category("views"):
        route = item["introspectable"]["route_name"] or ""
        if route.startswith(("office.", "operator.")):
            [permission] = [related["value"] for related in item["related"] if related.category_name == "permissions"]
            assert permission in set(OFFICE) | set(OPERATORS) | OWN | {"__no_permission_required__"}, (route, permission)


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_each_route_opens_for_the_roles_that_may_and_for_no_other(role, registry, signed_in, make, practice):
    """Role x permission x route: GET with ids that nobody has answers 403 without the permission, and never with it."""
    app = signed_in(account=make.staff(role))
    for route, methods, permission in _asked(registry):
        if "GET" not in (methods or ("GET",)):
            continue
        pattern = registry.introspector.get("routes", route)["pattern"]
        path = "/" + pattern.lstrip("/").replace("{id}", "0" * 32)
        status = app.get(path, status="*").status_int
        assert (status == 403) == (permission not in PROMISED.get(role, set())), (route, status)

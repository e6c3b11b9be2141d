"""What each role may do, written down once more by hand, and asked of every route of the office."""

from datetime import UTC, datetime

import pytest

from core.auth.roles import OFFICE, OPERATORS, ROLES, permissions_of, titles_of
from tenants import settings

# The table an office was promised; whoever changes the roles changes it here, too.
MESSAGES = {"office.messages.see", "office.messages.answer"}
RECORDS = {"office.records_requests.see", "office.records_requests.settle"}
APPOINTMENTS = {"office.appointments.see", "office.appointments.answer", "office.appointments.change"}
PROMISED = {
    "office_admin": set(OFFICE),
    "front_desk": {"office.home", "office.patients.see", "office.patients.add", "office.access.change", "office.unmatched.see", "office.unmatched.settle", "office.view_as", "office.deliveries.see", "office.deliveries.settle", "office.sync.see", "office.sync.settle", "office.plans.see"} | RECORDS | MESSAGES | APPOINTMENTS,
    "billing": {"office.home", "office.patients.see", "office.payments.see", "office.payments.settle", "office.billing.see", "office.billing.change", "office.plans.see", "office.card_service.see", "office.view_as"},
    "clinical": {"office.home", "office.patients.see", "office.view_as", "office.appointments.see", "office.plans.see"} | RECORDS | MESSAGES,
    "read_only": {"office.home", "office.patients.see", "office.appointments.see", "office.unmatched.see", "office.clinics.see", "office.audit.see", "office.staff.see", "office.tabs.see", "office.reports.see", "office.deliveries.see", "office.sync.see"},
}
STILL_HERE = {"portal.still_here"}
OWN = {"portal.own_account"} | STILL_HERE


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_was_promised(role):
    assert permissions_of("staff", role) == PROMISED[role] | OWN


@pytest.mark.parametrize("kind, role", [("staff", ""), ("staff", "king"), ("person", "office_admin"), ("", ""), ("operator", "office_admin")])
def test_what_is_no_role_may_nothing_of_the_office(kind, role):
    assert not permissions_of(kind, role) & set(OFFICE)


def test_an_operator_who_entered_may_look_and_with_leave_act_but_never_on_staff_nor_as_a_patient():
    assert permissions_of("operator", "", "see") == PROMISED["read_only"] | STILL_HERE
    assert permissions_of("operator", "", "act") == set(OFFICE) - {"office.staff.change", "office.view_as", "office.patients.merge", "office.payments.settle", "office.billing.change", "office.card_service.change", "office.messages.answer", "office.appointments.answer", "office.exports.make", "office.imports.make", "office.keys.change"} | STILL_HERE
    assert permissions_of("operator", "", "everything") == frozenset()
    assert permissions_of("operator", "") == set(OPERATORS) | OWN


def test_every_permission_is_said_in_words():
    assert titles_of(OFFICE) == list(OFFICE.values())


def _asked(registry):
    """(route, methods, permission) of every view of the office that asks for one of its permissions."""
    for item in registry.introspector.get_category("views"):
        view = item["introspectable"]
        found = [related["value"] for related in item["related"] if related.category_name == "permissions"]
        if view["route_name"] and found and found[0] in OFFICE:
            methods = view["request_methods"] or ()
            yield view["route_name"], {methods} if isinstance(methods, str) else set(methods), found[0]


def test_views_ask_for_permissions_that_exist(registry):
    for item in registry.introspector.get_category("views"):
        route = item["introspectable"]["route_name"] or ""
        if route.startswith(("office.", "operator.")):
            [permission] = [related["value"] for related in item["related"] if related.category_name == "permissions"]
            assert permission in set(OFFICE) | set(OPERATORS) | OWN | {"__no_permission_required__"}, (route, permission)


SEEING = {"office.sync.see", "office.plans.see", "office.appointments.see", "office.reports.see", "office.messages.see", "office.deliveries.see", "office.payments.see", "office.billing.see", "office.card_service.see", "office.home", "office.tabs.see", "office.clinics.see", "office.patients.see", "office.unmatched.see", "office.audit.see", "office.staff.see", "office.records_requests.see"}
# What is sent there is only a question: it is sent so that no name stands in an address.
ASKING = {"office.patients", "office.audit", "appointments.office.book.recalls.find", "account.office.accounts.find", "account.office.aging.file", "office.sync.origin"}


def test_what_changes_something_asks_for_a_permission_to_change(registry):
    changing = {(route, permission) for route, methods, permission in _asked(registry) if "POST" in methods and route not in ASKING}
    assert changing
    assert {route for route, permission in changing if permission in SEEING} == set()


def test_every_view_of_the_office_says_which_methods_it_answers(registry):
    assert {route for route, methods, _ in _asked(registry) if not methods} == set()


def _path(registry, route: str, id_: str = "0" * 32) -> str:
    return "/" + registry.introspector.get("routes", route)["pattern"].lstrip("/").replace("{id}", id_)


def _send(app, token: str, method: str, path: str) -> int:
    answer = app.get(path, status="*") if method == "GET" else app.post(path, {"csrf_token": token}, status="*")
    return answer.status_int


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_each_route_opens_for_the_roles_that_may_and_for_no_other(role, registry, signed_in, make, practice, db):
    """Role x permission x route x method: with ids that nobody has the answer is 403 without the permission, and never with it."""
    settings.change(db, registry.plugins, practice.id, None, "opendental", True, "Alex", datetime.now(UTC))
    db.commit()
    app = signed_in(account=make.staff(role))
    own = app.get("/office/profile", status="*")
    token = own.forms["sign-out"]["csrf_token"].value if own.status_int == 200 else ""
    for route, methods, permission in _asked(registry):
        for method in {"GET", "POST"} & set(methods):
            status = _send(app, token, method, _path(registry, route))
            assert (status == 403) == (permission not in PROMISED.get(role, set())), (route, method, status)


def test_a_patient_of_another_clinic_or_practice_is_nowhere(registry, signed_in, make, other_make, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    app = signed_in(account=make.staff(clinic_ids=(practice.clinic_id,)))
    token = app.get("/office/profile").forms["sign-out"]["csrf_token"].value
    asked = [one for one in _asked(registry) if one[0].startswith("office.patients.")]
    assert len(asked) > 5
    for hidden in (make.patient(clinic="C2"), make.patient(clinic=None), other_make.patient()):
        for route, methods, _ in asked:
            for method in {"GET", "POST"} & set(methods):
                assert _send(app, token, method, _path(registry, route, str(hidden.id))) == 404, (route, method)

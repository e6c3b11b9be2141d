"""Pyramid's security policy: identity from the session's row, permissions from the grants of the person in view."""

from datetime import timedelta
from uuid import UUID

from pyramid.security import Allowed, Denied

from core.auth.example import with_example
from core.auth.identity import Identity, Person, StaffIdentity, Visitor, find_visitor, make_identity, make_staff_identity
from core.auth.realms import OWN, STILL_HERE
from core.auth.roles import SEE, SETTING, may_enter
from core.db import only_look
from core.tenant import Tenant
from core.web import cookies
from core.web.headers import let_office_frame

SIGNED_IN = "portal.signed_in"


class SwitchedOff(Denied):
    """Nobody may do this here: the office has switched it off. It answers as if it had never been."""


class PortalPolicy:
    """Who is asking, and may they. A permission that neither a plugin nor a role declares is denied."""

    def identity(self, request) -> Identity | StaffIdentity | None:
        """The identity of this request."""
        return request.identity_of_visitor

    def authenticated_userid(self, request) -> str | None:
        """The account's id, for Pyramid."""
        identity = self.identity(request)
        return str(identity.account_id) if identity else None

    def permits(self, request, context, permission: str):
        """Whether the account may do this for the person in view."""
        identity = self.identity(request)
        if identity is None:
            return Denied("nobody is signed in")
        owner = permission.partition(".")[0]
        if owner in request.registry.plugins.plugins and not request.has_plugin(owner):
            return SwitchedOff("the tab is off")
        if permission in request.tenant.acts_off:
            return SwitchedOff("the act is off")
        if permission in identity.permissions or (not request.realm.is_office and _every_patient_may(permission, identity)):
            return Allowed(permission)
        return Denied(permission)

    def remember(self, request, userid, **_):
        """Sign-in sets its own cookie (core/auth/views.py)."""
        return []

    def forget(self, request, **_):
        """Sign-out clears its own cookie (core/auth/views.py)."""
        return []


def _every_patient_may(permission: str, identity) -> bool:
    # Whoever looks in as a patient sees the patient's pages; the account is not theirs to change.
    return permission in {SIGNED_IN, STILL_HERE} or (permission == OWN and identity.support is None)


def request_visitor(request) -> Visitor:
    """`request.visitor`: read once, before anything else of the request."""
    token = cookies.get(request, request.realm.cookie)
    return find_visitor(request.db, request.practice_id, token, request.now, lambda version: _idle(request, version), request.realm)


def whole_practice(request, version: int) -> Tenant:
    """The practice as a whole: some of its settings hold whoever is in view."""
    return request.registry.tenants.tenant(request.practice_id, None, version)


def _idle(request, version: int) -> timedelta:
    return timedelta(minutes=whole_practice(request, version).settings["portal.idle_minutes"])


def request_identity(request) -> Identity | StaffIdentity | None:
    """The signed-in identity with the permissions of the tabs that are on; None for a stranger, and until a session is whole."""
    row = request.visitor.row
    if row is None or row.stage:
        return None
    if row.support_id:
        request.db.info["origin"]["support_id"] = row.support_id
    if request.realm.is_office and row.support_id and not may_enter(whole_practice(request, row.version).settings[SETTING], row.support_level):
        return None  # the practice allows less than when the operator entered
    if row.support_id and (row.support_level == SEE or not request.realm.is_office):
        only_look(request.db)
    if row.support_draft:
        let_office_frame(request)
        row = row if row.people else with_example(request.db, request.practice_id, row)
    return make_staff_identity(row) if request.realm.is_office else make_identity(row, request.registry.plugins.permitted)


def request_person(request) -> Person | None:
    """`request.person`: the person whose record is in view."""
    return request.identity.person if request.identity else None


def tenant_at(request, clinic_id: UUID | None) -> Tenant:
    """The practice as patients of a clinic see it; with the draft, for whoever tries one out."""
    directory, version = request.registry.tenants, request.visitor.version
    identity = request.identity_of_visitor
    if identity and identity.support and identity.support.draft:
        return directory.tried_out(request.practice_id, clinic_id, version, identity.support.draft["changes"])
    return directory.tenant(request.practice_id, clinic_id, version)


def request_tenant(request):
    """`request.tenant`: the practice as the person in view sees it; the anonymous visitor sees the practice as a whole."""
    identity = request.identity_of_visitor
    clinic_id: UUID | None = identity.person.clinic_id if identity and identity.person else None
    return tenant_at(request, clinic_id)


def request_whole_tenant(request):
    """`request.whole_tenant`: the practice as a whole, with what holds for all its clinics, such as its calendar."""
    return tenant_at(request, None)


def includeme(config) -> None:
    """Add the policy and what it reads to the request."""
    config.set_security_policy(PortalPolicy())
    config.set_default_permission(SIGNED_IN)
    config.add_request_method(request_visitor, "visitor", reify=True)
    config.add_request_method(request_identity, "identity_of_visitor", reify=True)
    config.add_request_method(request_person, "person", reify=True)
    config.add_request_method(request_tenant, "tenant", reify=True)
    config.add_request_method(request_whole_tenant, "whole_tenant", reify=True)

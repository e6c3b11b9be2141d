"""Who works in the office: inviting them, their role and clinics, a lost phone, and taking access away."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import staff
from core.auth.entering import need_proof
from core.auth.roles import ROLES
from core.auth.staff import Place, Wish
from core.auth.staff_rules import CannotChangeStaff, Giver, is_within
from core.web.forms import Form, Line, empty_form, read_form
from tenants.console.asked import audit_path
from tenants.console.patients import AUDIT, clinic_names, id_in_path, own_clinics

SEE, CHANGE = "office.staff.see", "office.staff.change"


class PlaceForm(BaseModel):
    """What somebody does here, and where."""

    role: Literal["office_admin", "front_desk", "billing", "clinical", "read_only"] = Field(title="Role", json_schema_extra={"missing": "Choose a role."})
    clinics: list[UUID] = Field([], title="Clinics", max_length=500)


class InvitationForm(PlaceForm):
    """Who is to work here."""

    name: Line = Field(title="Name", max_length=staff.LONGEST_NAME)
    email: Line = Field(title="E-mail address", max_length=254)


@view_config(route_name="office.staff", permission=SEE, request_method="GET", renderer="console/staff.jinja2")
def staff_page(request):
    """Everybody who works here, or did."""
    request.audit("office.staff.view")
    limits = request.identity.clinic_ids
    found = staff.members(request.db, request.practice_id)
    return {"members": found, "roles": ROLES, "clinics": clinic_names(request), "reach": [one.id for one in found if is_within(one.clinic_ids, limits)]}


@view_config(route_name="office.staff.invite", permission=CHANGE, request_method="GET", renderer="console/staff_invite.jinja2")
def invitation_page(request):
    """Ask who is to work here."""
    need_proof(request)
    return _choices(request, empty_form(), set())


@view_config(route_name="office.staff.invite", permission=CHANGE, request_method="POST", renderer="console/staff_invite.jinja2")
def invite(request):
    """Have an invitation sent."""
    need_proof(request)
    form = read_form(request, InvitationForm)
    if form.data and _clinics_exist(request, form, form.data):
        typed = form.data
        _try(form, lambda: staff.invite(request.db, request.practice_id, Wish(typed.name, typed.email, typed.role, tuple(typed.clinics)), request.now, _giver(request)))
    if form.data is None:
        return _refused(request, _choices(request, form, set(request.POST.getall("clinics"))))
    request.session.flash("The invitation is on its way.")
    return HTTPSeeOther(request.route_path("office.staff"))


@view_config(route_name="office.staff.one", permission=SEE, request_method="GET", renderer="console/staff_member.jinja2")
def member_page(request):
    """One of those who work here."""
    return _member_values(request)


@view_config(route_name="office.staff.change", permission=CHANGE, request_method="POST", renderer="console/staff_member.jinja2")
def change(request):
    """Another role, or other clinics."""
    need_proof(request, _page_of(request))
    form = read_form(request, PlaceForm)
    if form.data and _clinics_exist(request, form, form.data):
        place = Place(form.data.role, tuple(form.data.clinics))
        _try(form, lambda: staff.change(request.db, request.practice_id, id_in_path(request), place, request.now, _giver(request)))
    if form.data is None:
        return _refused(request, _member_values(request, form, set(request.POST.getall("clinics"))))
    return _done(request, "Role and clinics are changed. Whoever it is signs in anew.")


@view_config(route_name="office.staff.invite_again", permission=CHANGE, request_method="POST", renderer="console/staff_member.jinja2")
def invite_again(request):
    """Another invitation for somebody who works here: a lost link, a lost password, or access that was closed."""
    one = _member(request)
    wish = Wish(one.name, one.email, one.role, one.clinic_ids)
    return _act(request, lambda: staff.invite(request.db, request.practice_id, wish, request.now, _giver(request)), "The invitation is on its way.")


@view_config(route_name="office.staff.forget_second", permission=CHANGE, request_method="POST", renderer="console/staff_member.jinja2")
def forget_second(request):
    """Let somebody who has lost the phone set up the second step anew."""
    words = "The second step is set up anew at the next sign-in."
    return _act(request, lambda: staff.forget_second(request.db, request.practice_id, id_in_path(request), request.now, _giver(request)), words)


@view_config(route_name="office.staff.close", permission=CHANGE, request_method="POST", renderer="console/staff_member.jinja2")
def close(request):
    """Take access to the office away."""
    words = "Access is taken away. Whatever was open has ended."
    return _act(request, lambda: staff.close(request.db, request.practice_id, id_in_path(request), request.now, _giver(request)), words)


def _act(request, act: Callable[[], object], words: str):
    """Do what a button of the member's page asks for."""
    need_proof(request, _page_of(request))
    _member(request)
    form = empty_form()
    _try(form, act)
    return _refused(request, _member_values(request, form)) if form.errors else _done(request, words)


def _try(form: Form, act: Callable[[], object]) -> None:
    try:
        act()
    except CannotChangeStaff as refusal:
        form.refuse(str(refusal))


def _clinics_exist(request, form: Form, typed: PlaceForm) -> bool:
    if set(typed.clinics) <= set(clinic_names(request)):
        return True
    form.refuse("Choose the clinics from the list.", "clinics")
    return False


def _giver(request) -> Giver:
    return Giver(request.identity.account_id, request.identity.permissions, request.identity.clinic_ids)


def _member(request) -> staff.Member:
    """Whose page it is. Raises HTTPNotFound."""
    found = staff.member(request.db, request.practice_id, id_in_path(request))
    if found is None:
        raise HTTPNotFound()
    return found


def _member_values(request, form: Form | None = None, chosen: set[str] | None = None) -> dict:
    one, identity = _member(request), request.identity
    is_self = one.id == identity.account_id
    may_change = CHANGE in identity.permissions and not is_self and is_within(one.clinic_ids, identity.clinic_ids)
    form = form or empty_form()
    form.values.setdefault("role", one.role)
    log = audit_path(request, who=one.user_name) if AUDIT in identity.permissions else None
    return {"member": one, "is_self": is_self, "may_change": may_change, "log": log, **_choices(request, form, chosen or {str(id_) for id_ in one.clinic_ids})}


def _choices(request, form: Form, chosen: set[str]) -> dict:
    limits, allowed = request.identity.clinic_ids, request.identity.permissions
    roles = {name: role for name, role in ROLES.items() if role.permissions <= allowed}
    return {"form": form, "roles": roles, "all_roles": ROLES, "clinics": own_clinics(request), "all_clinics": clinic_names(request), "chosen": chosen, "is_limited": bool(limits)}


def _refused(request, values: dict) -> dict:
    request.response.status = "422 Unprocessable Content"
    return values


def _done(request, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(_page_of(request))


def _page_of(request) -> str:
    return request.route_path("office.staff.one", id=request.matchdict["id"])


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.staff", "/office/staff")
    config.add_route("office.staff.invite", "/office/staff/invite")
    config.add_route("office.staff.one", "/office/staff/{id}")
    for act in ("change", "invite_again", "forget_second", "close"):
        config.add_route(f"office.staff.{act}", f"/office/staff/{{id}}/{act.replace('_', '-')}")
    config.scan("tenants.console.staff")

"""Sign-in of those who work in the office, their invitation, and the page of their own account."""

from datetime import timedelta

from pydantic import BaseModel, Field, SecretStr
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import looking, profile, services, staff
from core.auth.entering import enter
from core.auth.models import Account
from core.auth.realms import OFFICE, OWN, add_to_consoles
from core.auth.rules import WeakPassword
from core.auth.tickets import BadTicket
from core.auth.user_names import WrongUserName
from core.auth.views import MISSING, WRONG, own_path, proven_account, typed_credentials
from core.web import cookies
from core.web.errors import Trouble, error_response
from core.web.forms import Form, empty_form, read_form


class StaffInvitation(BaseModel):
    """What somebody fills in who is to work here."""

    user_name: str = Field("", title="User name")
    new_password: SecretStr = Field(title="Password", json_schema_extra={"missing": "Choose a password."})


@view_config(route_name="office.sign_in", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="office/sign_in.jinja2")
def sign_in_page(request):
    """The office's sign-in page; whoever is signed in already goes on."""
    if request.identity:
        return HTTPSeeOther(own_path(request.GET.get("next"), OFFICE.home))
    return _page(request)


@view_config(route_name="office.sign_in", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="office/sign_in.jinja2")
def sign_in(request):
    """Check the password of somebody of the office; the second step follows always."""
    user_name, password = typed_credentials(request)
    if not user_name or not password:
        return _refuse(request, MISSING)
    account = proven_account(request, user_name, password)
    if not isinstance(account, Account):
        return account or _refuse(request, WRONG)
    return enter(request, account, own_path(request.POST.get("next"), OFFICE.home))


@view_config(route_name="office.sign_out", permission=OWN, request_method="POST")
def sign_out(request):
    """Close the session of the office, and the portal if it is open as a patient's; what this browser has open for a patient stays."""
    looking.end(request.db, request.practice_id, request.identity.account_id, request.now)
    services.sign_out(request.db, request.practice_id, request.identity.session_id)
    request.audit("auth.sign_out")
    request.session.invalidate()
    response = HTTPSeeOther(request.route_path("office.sign_in"))
    cookies.put(request, response, request.realm.cookie, "", 0)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@view_config(route_name="office.profile", permission=OWN, request_method="GET", renderer="office/profile.jinja2")
def profile_page(request):
    """The own account, and what one can change of it."""
    return {"account": profile.own(request.db, request.practice_id, request.identity.account_id).account}


@view_config(route_name="office.invitation", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="office/invitation.jinja2")
def invitation_page(request):
    """Ask for a password; looking at the page uses nothing up."""
    try:
        account = _invited(request)
    except BadTicket:
        return _dead(request)
    return {"form": empty_form(user_name=account.user_name), "name": account.name}


@view_config(route_name="office.invitation", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="office/invitation.jinja2")
def accept(request):
    """Set the password and go on to the second step."""
    form = read_form(request, StaffInvitation)
    try:
        account = _invited(request)
        accepted = _accepted(request, form, form.data) if form.data else False
    except BadTicket:
        return _dead(request)
    if not accepted:
        request.response.status = "422 Unprocessable Content"
        return {"form": form, "name": account.name}
    request.audit_of(account.id, "auth.invitation.accept")
    return enter(request, account)


def _invited(request) -> Account:
    """Whose invitation the link is, of those who sign in here. Raises BadTicket."""
    account = staff.open_invitation(request.db, request.practice_id, request.matchdict["token"], request.now)
    if account.kind not in request.realm.kinds:
        raise BadTicket
    return account


def _accepted(request, form: Form, typed: StaffInvitation) -> bool:
    password = typed.new_password.get_secret_value()
    try:
        staff.accept(request.db, request.practice_id, request.matchdict["token"], typed.user_name, password, request.now)
    except WeakPassword as weak:
        form.refuse(str(weak), "new_password")
    except WrongUserName as wrong:
        form.refuse(str(wrong), "user_name")
    return not form.errors


def _page(request, user_name: str = "", error: str | None = None) -> dict:
    return {"form": Form(values={"user_name": user_name}), "error": error, "next": own_path(request.params.get("next"), "")}


def _refuse(request, error: str) -> dict:
    request.response.status = "422 Unprocessable Content"
    return _page(request, typed_credentials(request)[0], error)


def _dead(request):
    text = (
        f"It works once, for {staff.INVITATION_LIVES // timedelta(days=1)} days. Please ask whoever invited you for a new one. "
        "If you have used it already, just sign in."
    )
    return error_response(request, Trouble(404, "This link can’t be used", text))


def includeme(config) -> None:
    """Add the pages."""
    add_to_consoles(config, "sign_in", "/sign-in")
    add_to_consoles(config, "sign_out", "/sign-out")
    add_to_consoles(config, "profile", "/profile")
    add_to_consoles(config, "invitation", "/invitation/{token}")
    config.scan("core.auth.staff_views")

"""The page behind the link of an invitation. Whatever is wrong with a link has the same answer."""

from datetime import date

from pydantic import BaseModel, Field, SecretStr
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import access
from core.auth.entering import enter
from core.auth.models import Account, Ticket
from core.auth.passkey_offer_views import lead_to_offer
from core.auth.rules import WeakPassword, check_new_password
from core.auth.tickets import BadTicket
from core.auth.user_names import WrongUserName, check_user_name
from core.people.models import Patient
from core.web.errors import Trouble, error_response
from core.web.forms import Form, empty_form, read_form

NOT_THIS_BIRTHDATE = "This is not the birthdate of the person whom the office has invited. Please check it."
HAS_ACCOUNT = "You have an account here already: just sign in. If you don’t know the password any more, set a new one."


class Invitation(BaseModel):
    """What the invited person fills in."""

    birthdate: date = Field(title="Birthdate", json_schema_extra={"missing": "Fill in your birthdate."})
    user_name: str = Field("", title="User name")
    new_password: SecretStr = Field(title="Password", json_schema_extra={"missing": "Choose a password."})


@view_config(route_name="auth.invitation", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="invitation.jinja2")
def page(request):
    """Ask for the birthdate and a password; looking at the page, as mail scanners do, uses nothing up."""
    try:
        ticket = _ticket(request)
    except BadTicket:
        return _dead(request)
    return _sign_in_instead(request) if _has_account(request, ticket) else {"form": empty_form()}


@view_config(route_name="auth.invitation", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="invitation.jinja2")
def accept(request):
    """Make the account and enter. A wrong birthdate is counted; anything else can be tried again."""
    try:
        ticket = _ticket(request)
        if _has_account(request, ticket):
            return _sign_in_instead(request)
        form = read_form(request, Invitation)
        account = _account(request, ticket, form, form.data) if form.data else None
    except BadTicket:
        return _dead(request)
    if account is None:
        request.response.status = "422 Unprocessable Content"
        return {"form": form}
    request.audit_of(account.id, "auth.invitation.accept")
    response = enter(request, account, lead_to_offer(request))
    if not request.POST.get("user_name", "").strip():
        request.session.flash(f"Your user name is {account.user_name}. Please write it down: you sign in with it.")
    return response


def _account(request, ticket: Ticket, form: Form, typed: Invitation) -> Account | None:
    """The new account, or None with what is wrong said in the form. Raises BadTicket."""
    try:
        patient = access.prove_birthdate(request.db, ticket, typed.birthdate, request.now)
    except access.WrongBirthdate:
        request.audit("auth.invitation.failed")
        form.refuse(NOT_THIS_BIRTHDATE, "birthdate")
        return None
    _check(form, typed, patient)
    if form.errors:
        return None
    name, password = typed.user_name and check_user_name(typed.user_name), typed.new_password.get_secret_value()
    try:
        return access.accept(request.db, ticket, request.matchdict["token"], name, password, request.now)
    except WrongUserName as wrong:
        form.refuse(str(wrong), "user_name")
    except access.NoRoom as full:
        form.refuse(str(full))
    return None


def _check(form: Form, typed: Invitation, patient: Patient) -> None:
    try:
        if typed.user_name:
            check_user_name(typed.user_name)
    except WrongUserName as wrong:
        form.refuse(str(wrong), "user_name")
    try:
        names = (typed.user_name, patient.first_name, patient.last_name, patient.preferred_name)
        check_new_password(typed.new_password.get_secret_value(), names)
    except WeakPassword as weak:
        form.refuse(str(weak), "new_password")


def _ticket(request) -> Ticket:
    return access.open_invitation(request.db, request.practice_id, request.matchdict["token"], request.now)


def _has_account(request, ticket: Ticket) -> bool:
    return ticket.patient_id is not None and access.account_of(request.db, request.practice_id, ticket.patient_id) is not None


def _sign_in_instead(request) -> HTTPSeeOther:
    request.session.flash(HAS_ACCOUNT)
    return HTTPSeeOther(request.route_path("auth.sign_in"))


def _dead(request):
    phone = request.tenant.contact.phone if request.tenant.contact else ""
    call = f"Please call us at {phone}" if phone else "Please call us"
    text = f"It may have been used, or be too old. {call}, and we’ll send you a new one. If you have an account, just sign in."
    return error_response(request, Trouble(404, "This link can’t be used", text))


def includeme(config) -> None:
    """Add the page."""
    config.add_route("auth.invitation", "/invitation/{token}")
    config.scan("core.auth.invitation_views")

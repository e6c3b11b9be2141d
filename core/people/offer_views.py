"""The page behind the link with which access to a record was offered. Whatever is wrong with a link has the same answer."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import access, services
from core.auth.entering import enter
from core.auth.models import Account
from core.auth.rules import WeakPassword, check_new_password
from core.auth.tickets import BadTicket
from core.auth.user_names import WrongUserName, check_user_name
from core.people import offers
from core.people.access_views import day_of
from core.people.names import LONGEST, check_name
from core.web.errors import Trouble, error_response
from core.web.forms import Form, empty_form, read_form

WRONG_BIRTHDATE = "This is not the birthdate of the person whose record it is. Please check it, or ask whoever has told you of this mail."
OWN_RECORD = "This is your own record: you see it already."
DEAD = Trouble(
    404,
    "This link can’t be used",
    "It may have been used, be too old, or have been withdrawn. Please ask the person who gave you access to send it again.",
)


class Birthdate(BaseModel):
    """What is asked of who is signed in already."""

    birthdate: date = Field(title="birthdate", json_schema_extra={"missing": "Fill in the birthdate of the person whose record it is."})


class NewHere(Birthdate):
    """What is asked of who has no account here."""

    name: Annotated[str, AfterValidator(check_name)] = Field(title="name", max_length=LONGEST, json_schema_extra={"missing": "Fill in your name."})
    user_name: str = Field("", title="user name")
    new_password: SecretStr = Field(title="password", json_schema_extra={"missing": "Choose a password."})


@view_config(route_name="portal.grant_offer", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="grant_offer.jinja2")
def page(request):
    """Ask for the birthdate; looking at the page, as mail scanners do, uses nothing up."""
    try:
        _opened(request)
    except BadTicket:
        return error_response(request, DEAD)
    return {"form": empty_form()}


@view_config(route_name="portal.grant_offer", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="grant_offer.jinja2")
def take(request):
    """Take what was offered, with the account that is signed in or a new one. A wrong birthdate is counted; all else can be tried again."""
    try:
        opened = _opened(request)
        form: Form = read_form(request, Birthdate if request.identity else NewHere)
        account = _taken(request, opened, form, form.data) if form.data else None
    except BadTicket:
        return error_response(request, DEAD)
    if account is None:
        request.response.status = "422 Unprocessable Content"
        return {"form": form}
    return _go_in(request, opened, account)


def _taken(request, opened: offers.Opened, form: Form, typed: Birthdate) -> Account | None:
    """The account that has the access now, or None with what is wrong said in the form. Raises BadTicket."""
    try:
        access.prove_birthdate(request.db, opened.ticket, typed.birthdate, request.now)
        with request.db.begin_nested():  # no account without the access that it was made for
            account = _account(request, opened, typed)
            offers.accept(request.db, opened, request.matchdict["token"], account, request.now)
            return account
    except access.WrongBirthdate:
        request.audit("portal.grant.failed", target_id=opened.offer.id)
        form.refuse(WRONG_BIRTHDATE, "birthdate")
    except WrongUserName as wrong:
        form.refuse(str(wrong), "user_name")
    except WeakPassword as weak:
        form.refuse(str(weak), "new_password")
    except offers.OwnRecord:
        form.refuse(OWN_RECORD)
    return None


def _account(request, opened: offers.Opened, typed: Birthdate) -> Account:
    """The account that is signed in, else a new one. Raises WrongUserName, WeakPassword."""
    if not isinstance(typed, NewHere):
        return request.db.get_one(Account, (request.practice_id, request.identity.account_id))
    name, password, patient = typed.user_name and check_user_name(typed.user_name), typed.new_password.get_secret_value(), opened.giver.patient
    check_new_password(password, [name, *typed.name.split(), patient.first_name, patient.last_name])
    return access.open_for_representative(request.db, request.practice_id, typed.name, opened.offer.email, name, password, request.now)


def _go_in(request, opened: offers.Opened, account: Account) -> HTTPSeeOther:
    patient = opened.giver.patient
    request.audit_of(account.id, "portal.grant.accept", opened.offer.id, patient.id)
    if request.identity:
        services.view_person(request.db, request.practice_id, request.identity.session_id, patient.id)
        response = HTTPSeeOther(request.route_path("portal.family"))
    else:
        response = enter(request, account, request.route_path("portal.family"))
    remember = "" if request.identity or request.POST.get("user_name", "").strip() else f" Your user name is {account.user_name}: please write it down."
    request.session.flash(f"You may now see the record of {patient.name}.{remember}")
    return response


def _opened(request) -> offers.Opened:
    """Raises BadTicket, and HTTPNotFound for whoever only looks in as a patient."""
    if request.identity and request.identity.support:
        raise HTTPNotFound()
    return offers.open_offer(request.db, request.practice_id, request.matchdict["token"], day_of(request))


def includeme(config) -> None:
    """Add the page."""
    config.add_route("portal.grant_offer", "/family/offer/{token}")
    config.scan("core.people.offer_views")

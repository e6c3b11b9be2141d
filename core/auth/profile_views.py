"""The pages of the own profile: what is on file, password, user name, devices, access log."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel, SecretStr
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core import audit_log
from core.auth import devices, email_change, known_devices, profile, services
from core.auth.entering import need_proof
from core.auth.offices_views import other_offices
from core.auth.policy import SIGNED_IN
from core.auth.proof_views import refused_password, rotated
from core.auth.realms import OWN, add_in_both, in_both
from core.auth.refusals import answered
from core.auth.rules import WeakPassword
from core.auth.user_names import WrongUserName
from core.people.languages import own_name
from core.web.forms import Form, begun_form, empty_form, page_number, read_form

SAME = "Choose a password that is not the one you have now."


class PasswordForm(BaseModel):
    """The password of today, and the new one."""

    password: SecretStr = SecretStr("")
    new_password: SecretStr = SecretStr("")


class UserNameForm(BaseModel):
    """A new user name."""

    user_name: str


@view_config(route_name="auth.profile", permission=OWN, request_method="GET", renderer="profile.jinja2")
def profile_page(request):
    """What the office has on file, and what one can change."""
    account, patient = _mine(request)
    waiting = email_change.waiting(request.db, request.practice_id, account.id, request.now)
    language = own_name(profile.language_of(account, patient))
    return {"account": account, "patient": patient, "waiting": waiting, "language": language, "offices": other_offices(request)}


@in_both("password", permission=OWN, request_method="GET", renderer="change_password.jinja2")
def password_page(_):
    """An empty form."""
    return {"form": empty_form()}


@in_both("password", permission=OWN, request_method="POST", renderer="change_password.jinja2")
@answered("auth.proof")
def change_password(request):
    """Set a new password; every other browser is signed out."""
    form = read_form(request, PasswordForm)
    if form.data is None or not _password_changed(request, form, form.data):
        return _refused(request, {"form": form})
    request.audit("auth.password.change")
    response = _done(request, "Your password is changed. Every other device was signed out.")
    return known_devices.remember(request, response, _mine(request).account)


def _password_changed(request, form: Form, given: PasswordForm) -> bool:
    refusal = refused_password(request, given.password.get_secret_value())
    if refusal:
        form.refuse(refusal, "password")
        return False
    old, new, session_id = given.password.get_secret_value(), given.new_password.get_secret_value(), request.identity.session_id
    try:
        profile.change_password(request.db, _mine(request), old, new, request.now, session_id)
    except WeakPassword as weak:
        form.refuse(str(weak), "new_password")
    except profile.SamePassword:
        form.refuse(SAME, "new_password")
    return not form.errors


@view_config(route_name="auth.user_name", permission=OWN, request_method="GET", renderer="change_user_name.jinja2")
def user_name_page(request):
    """The user name of today in a form."""
    need_proof(request)
    return {"form": begun_form(request, user_name=request.identity.user_name)}


@view_config(route_name="auth.user_name", permission=OWN, request_method="POST", renderer="change_user_name.jinja2")
def change_user_name(request):
    """Take another user name."""
    need_proof(request, keep=UserNameForm)
    form = read_form(request, UserNameForm)
    if form.data:
        try:
            profile.change_user_name(request.db, _mine(request).account, form.data.user_name)
        except WrongUserName as wrong:
            form.refuse(str(wrong), "user_name")
    if form.data is None:
        return _refused(request, {"form": form})
    request.audit("auth.user_name.change")
    return _done(request, "Your user name is changed.")


@in_both("devices", permission=OWN, request_method="GET", renderer="devices.jinja2")
def devices_page(request):
    """Where the account is signed in."""
    idle, identity = timedelta(minutes=request.tenant.settings["portal.idle_minutes"]), request.identity
    found = devices.devices(request.db, request.practice_id, identity.account_id, identity.session_id, request.now, idle)
    return {"devices": found}


@in_both("devices", permission=OWN, request_method="POST")
def sign_out_devices(request):
    """Sign out one of the own browsers, or all others."""
    wanted, identity = request.POST.get("device", ""), request.identity
    if wanted == "others":
        services.sign_out_others(request.db, request.practice_id, identity.account_id, identity.session_id)
        request.audit("auth.device.sign_out_others")
        request.session.flash("Every other device is signed out.")
    elif devices.sign_out_device(request.db, request.practice_id, identity.account_id, _id(wanted)):
        request.audit("auth.device.sign_out")
        request.session.flash("The device is signed out.")
    else:
        raise HTTPNotFound()
    return HTTPSeeOther(request.own_path("devices"))


@view_config(route_name="auth.access_log", permission=SIGNED_IN, request_method="GET", renderer="access_log.jinja2")
def access_log(request):
    """Who did what with the record in view; of someone else's record only what this account may see of it."""
    person, page = request.person, page_number(request, audit_log.LAST_PAGE)
    tabs = None if person.is_self else _tabs_of(person.rights)
    # Whoever looks as the patient reads what the patient reads.
    reader = audit_log.Reader(None if request.identity.support else request.identity.account_id, person.is_self)
    found, more = audit_log.entries(request.db, request.practice_id, person.id, reader, page, tabs)
    titles = {tab.route.partition(".")[0]: tab.title for tab in request.tabs}
    request.audit("portal.access_log.view", person.id)
    return {"entries": found, "page": page, "more": more and page < audit_log.LAST_PAGE, "titles": titles}


def _tabs_of(rights: frozenset[str]) -> set[str] | None:
    granted = {right.partition(".")[0] for right in rights}
    return None if "*" in granted else granted


def _id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise HTTPNotFound() from None


def _mine(request) -> profile.Own:
    return profile.own(request.db, request.practice_id, request.identity.account_id)


def _refused(request, values: dict) -> dict:
    request.response.status = "422 Unprocessable Content"
    return values


def _done(request, message: str):
    request.session.flash(message)
    return rotated(request, HTTPSeeOther(request.own_path("profile")))


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("auth.profile", "/profile")
    add_in_both(config, "password", "/profile/password")
    config.add_route("auth.user_name", "/profile/user-name")
    add_in_both(config, "devices", "/profile/devices")
    config.add_route("auth.access_log", "/profile/access-log")
    config.scan("core.auth.profile_views")
    config.include("core.auth.proof_views")
    config.include("core.auth.email_views")

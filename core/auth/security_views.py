"""The pages under /profile/security: what is asked at sign-in beside the password, turned on and off."""

from pydantic import BaseModel
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from core.auth import passkeys, second
from core.auth.entering import need_proof
from core.auth.limits import Count
from core.auth.models import Account
from core.auth.realms import OWN, add_in_both, in_both
from core.auth.refusals import answered
from core.auth.second_views import DRAFT, WRONG, app_draft, app_to_scan, shown_address, typed
from core.web.forms import Form, begun_form, empty_form
from core.web.request import host_name

LAST_WAY = "Your office asks for a second step at sign-in, and this is your only one. Set up another way first."
NO_ADDRESS = "There is no e-mail address for your account yet. Please add one first, or ask the office to."


class PasskeyName(BaseModel):
    """The name of a passkey: of one that is to be made, or of the one whose id is `key`."""

    name: str = ""
    key: str = ""


@in_both("security", permission=OWN, request_method="GET", renderer="security.jinja2")
def security_page(request):
    """List what is on."""
    return security_values(request, begun_form(request))


@in_both("security_app", permission=OWN, request_method="GET", renderer="security_app.jinja2")
def app_page(request):
    """Show the picture for the app, and ask for its first code."""
    need_proof(request)
    return {"form": empty_form(), "app": app_to_scan(request, own_account(request))}


@in_both("security_app", permission=OWN, request_method="POST", renderer="security_app.jinja2")
@answered("auth.second_factor")
def turn_on_app(request):
    """The app counts once it has shown a right code."""
    need_proof(request)
    account, draft, secret_key = own_account(request), request.session.get(DRAFT, ""), request.registry.portal.secret_key
    request.registry.limiter.take(request.now, Count(second.TRIES, request.practice_id, "second.app", str(account.id)))
    try:
        second.turn_on_app(request.db, secret_key, account, draft, typed(request, "app_code"), request.now)
    except second.WrongCode:
        request.response.status = "422 Unprocessable Content"
        form: Form = empty_form()
        form.refuse(WRONG, "app_code")
        app_draft(request, account)
        return {"form": form, "app": app_to_scan(request, account)}
    request.session.pop(DRAFT, None)
    return turned_on(request, account, "Your authenticator app is on.")


@in_both("security_app_off", permission=OWN, request_method="POST", renderer="security.jinja2")
def turn_off_app(request):
    """No app any more."""
    prove(request)
    try:
        second.turn_off_app(request.db, own_account(request), is_required(request))
    except second.LastWay:
        return refuse(request, LAST_WAY)
    return turned_off(request, "Your authenticator app is off.")


@view_config(route_name="auth.security_mail", permission=OWN, request_method="POST", renderer="security.jinja2")
def switch_mail(request):
    """Codes by e-mail, on or off."""
    prove(request)
    account = own_account(request)
    if typed(request, "on") == "yes":
        if not account.email:
            return refuse(request, NO_ADDRESS)
        second.turn_on_mail(request.db, account)
        return turned_on(request, account, "Codes by e-mail are on.")
    try:
        second.turn_off_mail(request.db, account, is_required(request))
    except second.LastWay:
        return refuse(request, LAST_WAY)
    return turned_off(request, "Codes by e-mail are off.")


@in_both("security_recovery", permission=OWN, request_method="POST", renderer="recovery_codes.jinja2")
def make_recovery_codes(request):
    """New recovery codes; those from before count no more."""
    prove(request)
    account = own_account(request)
    if not second.has_factor(request.db, account):
        return HTTPSeeOther(page_of(request))
    codes = second.new_recovery_codes(request.db, request.registry.portal.secret_key, account)
    second.tell(request.db, account)
    request.audit("auth.second_factor.recovery_codes", target_id=account.id)
    return {"codes": codes, "onward": page_of(request)}


def prove(request) -> None:
    """Before a change that is only sent, never looked at: whoever has to prove themselves first comes back to the list."""
    need_proof(request, back=page_of(request), keep=PasskeyName)


def page_of(request) -> str:
    """The list, in this realm."""
    return request.own_path("security")


def own_account(request) -> Account:
    """The account that is signed in."""
    return request.db.get_one(Account, (request.practice_id, request.identity.account_id))


def is_required(request) -> bool:
    """Whether a second step must be there: for staff always, for everybody where the office asks for it."""
    return request.realm.is_office or request.tenant.settings["portal.second_factor"] == "required"


def turned_on(request, account: Account, words: str, onward: str = ""):
    """A way was set up: note it, and show recovery codes if there were none; then on, else to the list."""
    request.audit("auth.second_factor.on", target_id=account.id)
    codes = second.first_recovery_codes(request.db, request.registry.portal.secret_key, account)
    if not codes:
        request.session.flash(words)
        return HTTPSeeOther(onward or page_of(request))
    request.override_renderer = "recovery_codes.jinja2"
    return {"codes": codes, "onward": onward or page_of(request), "words": words}


def turned_off(request, words: str) -> HTTPSeeOther:
    """A way was taken away: note it."""
    request.audit("auth.second_factor.off", target_id=request.identity.account_id)
    request.session.flash(words)
    return HTTPSeeOther(page_of(request))


def refuse(request, error: str) -> dict:
    """The list once more, with what cannot be done."""
    request.response.status = "422 Unprocessable Content"
    return security_values(request, empty_form(name=typed(request, "name")), error)


def security_values(request, begun: Form, error: str = "") -> dict:
    """What the list shows; `begun` holds the name of a passkey that was typed before."""
    account = own_account(request)
    keys = passkeys.keys_of(request.db, request.practice_id, account.id)
    return {
        "error": error,
        "begun": begun.values,
        "has_app": bool(account.totp_secret),
        "has_mail": account.email_codes,
        "email": shown_address(account.email),
        "keys": keys,
        "host": host_name(request),
        "left": second.recovery_codes_left(request.db, account),
        "has_factor": bool(account.totp_secret or account.email_codes or keys),
        "required": is_required(request),
    }


def includeme(config) -> None:
    """Add the pages."""
    add_in_both(config, "security", "/profile/security")
    add_in_both(config, "security_app", "/profile/security/app")
    add_in_both(config, "security_app_off", "/profile/security/app/off")
    config.add_route("auth.security_mail", "/profile/security/mail")
    add_in_both(config, "security_recovery", "/profile/security/recovery")
    config.scan("core.auth.security_views")

"""Passkeys in the browser: its script asks for the options as JSON, and sends the answer in an ordinary form."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED

from core.auth import passkeys, second
from core.auth.entering import enter
from core.auth.limits import Count, windows
from core.auth.lockout import places
from core.auth.realms import OWN, add_in_both, in_both
from core.auth.refusals import answered
from core.auth.second_views import count_second_try, go_on, refuse_second, typed, waiting_account
from core.auth.security_views import LAST_WAY, is_required, own_account, page_of, prove, refuse, turned_off, turned_on
from core.auth.views import own_path
from core.web.forms import empty_form
from core.web.request import host_name

THIRTY = windows("30 per 5 minutes")
CHALLENGE = "passkey"
"""Where the form cookie holds the challenge: whoever answers it is the browser that was asked."""
WRONG = "That passkey can’t be used here. Please try another way."
NOT_MADE = "The passkey could not be made. Please try again; if this device has one for you already, it can be used as it is."


@in_both("passkey_options", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="json")
def sign_in_options(request):
    """What the browser needs to ask for a passkey on the sign-in page."""
    count_asking(request, "passkey-options")
    return ask(request, passkeys.ask_to_show(request.db, request.practice_id, site_of(request), request.now))


@in_both("passkey", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="sign_in.jinja2")
@answered("auth.passkey")
def sign_in(request):
    """Sign in with a passkey: the key and what opens it on the device are two factors."""
    count_asking(request, "passkey")
    try:
        account = passkeys.show(request.db, request.practice_id, site_of(request), *answer_of(request), request.now)
        _require_realm(request, account)
    except passkeys.BadPasskey:
        request.audit("auth.passkey.failed")
        if request.realm.is_office:
            request.override_renderer = "office/sign_in.jinja2"
        request.response.status = "422 Unprocessable Content"
        return {"form": empty_form(), "error": WRONG, "next": typed(request, "next")}
    request.audit_of(account.id, "auth.passkey")
    return enter(request, account, own_path(typed(request, "next"), request.realm.home), second_done=True)


@in_both("second_passkey_options", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="json")
def second_options(request):
    """What the browser needs to ask for a passkey of the account that waits for its second step."""
    account = waiting_account(request)
    count_asking(request, "passkey-options")
    return ask(request, passkeys.ask_to_show(request.db, request.practice_id, site_of(request), request.now, account))


@in_both("second_passkey", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="second.jinja2")
@answered("auth.second")
def second_step(request):
    """A passkey as the second step."""
    account = waiting_account(request)
    count_second_try(request, account)
    try:
        passkeys.show(request.db, request.practice_id, site_of(request), *answer_of(request), request.now, account)
    except passkeys.BadPasskey:
        return refuse_second(request, account, second.PASSKEY, WRONG)
    return go_on(request, account, second.PASSKEY, [])


@in_both("passkey_new_options", permission=OWN, request_method="POST", renderer="json")
def new_options(request):
    """What the browser needs to make a passkey."""
    prove(request)
    count_asking(request, "passkey-options")
    site, account = site_of(request), own_account(request)
    return ask(request, passkeys.ask_to_make(request.db, site, account, request.tenant.practice_name, request.now))


@in_both("passkey_new", permission=OWN, request_method="POST", renderer="security.jinja2")
def new_passkey(request):
    """Keep the passkey that the browser made."""
    prove(request)
    account = own_account(request)
    try:
        passkeys.make(request.db, site_of(request), account, *answer_of(request), typed(request, "name"), request.now)
    except passkeys.BadPasskey:
        return refuse(request, NOT_MADE)
    return turned_on(request, account, "Your passkey is ready. You can sign in with it.")


@in_both("passkey_change", permission=OWN, request_method="POST", renderer="security.jinja2")
def change_passkey(request):
    """Name a passkey, or take it away."""
    account, key_id = own_account(request), _uuid(request.matchdict["id"])
    if key_id not in {key.id for key in passkeys.keys_of(request.db, request.practice_id, account.id)}:
        raise HTTPNotFound()
    prove(request)
    if typed(request, "act") != "remove":
        passkeys.rename(request.db, request.practice_id, account.id, key_id, typed(request, "name"))
        request.audit("auth.passkey.rename", target_id=key_id)
        return HTTPSeeOther(page_of(request))
    try:
        passkeys.remove(request.db, account, key_id, is_required(request))
    except second.LastWay:
        return refuse(request, LAST_WAY)
    return turned_off(request, "The passkey is removed. You may also delete it on the device that holds it.")


def site_of(request) -> passkeys.Site:
    """The host name and origin of this practice's address, as it was asked for."""
    host = host_name(request)
    return passkeys.Site(host, request.registry.portal.address(host))


def ask(request, question: passkeys.Question) -> dict:
    """What the script gets; the challenge stays with this browser."""
    request.session[CHALLENGE] = question.challenge
    return question.options


def answer_of(request) -> tuple[str, str]:
    """The challenge that this browser was given, now taken from it, and its answer."""
    return request.session.pop(CHALLENGE, ""), typed(request, "credential")


def count_asking(request, what: str) -> None:
    """Count one question to a browser. Raises TooManyAttempts."""
    whose = request.known_devices.owner() or places(request.remote_addr or "")[0]
    request.registry.limiter.take(request.now, Count(THIRTY, request.practice_id, what, whose))


def _require_realm(request, account) -> None:
    """A key of the other sign-in is none of this one's. Raises BadPasskey."""
    if account.kind not in request.realm.kinds:
        raise passkeys.BadPasskey


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def includeme(config) -> None:
    """Add the addresses that the script and its forms use."""
    add_in_both(config, "passkey_options", "/sign-in/passkey/options")
    add_in_both(config, "passkey", "/sign-in/passkey")
    add_in_both(config, "second_passkey_options", "/sign-in/second/passkey/options")
    add_in_both(config, "second_passkey", "/sign-in/second/passkey")
    add_in_both(config, "passkey_new_options", "/profile/security/passkeys/options")
    add_in_both(config, "passkey_new", "/profile/security/passkeys")
    add_in_both(config, "passkey_change", "/profile/security/passkeys/{id}")
    config.scan("core.auth.passkey_views")

"""The pages that ask who is there before what matters: password, app, passkey or mailed code once more; and "stay signed in"."""

from pyramid.httpexceptions import HTTPNoContent, HTTPSeeOther
from pyramid.view import view_config

from core.auth import passkeys, profile, second, services
from core.auth.entering import send_token
from core.auth.models import Account
from core.auth.passkey_views import WRONG as WRONG_KEY
from core.auth.passkey_views import answer_of, ask, count_asking, site_of
from core.auth.realms import OWN, STILL_HERE, add_in_both, in_both
from core.auth.refusals import answered
from core.auth.second_views import FIELDS, count_of, count_second_try, forgive_second_tries, shown_address, typed
from core.auth.second_views import WRONG as WRONG_CODE
from core.auth.security_views import own_account
from core.auth.views import attempt_of, own_path
from core.web.forms import Form, empty_form
from core.web.request import host_name

MISSING = "Please type your password."
WRONG = "The password is not right. Please try again."
LONGEST = 200
TICKET = "proof_ticket"
"""Where the form cookie holds which mailed code belongs to this browser."""


@in_both("prove", permission=OWN, request_method="GET", renderer="prove.jinja2")
def prove_page(request):
    """Ask in one of the ways that the account has; the first is the password."""
    return _page(request, empty_form(), request.GET.get("way", ""))


@in_both("prove", permission=OWN, request_method="POST", renderer="prove.jinja2")
@answered("auth.proof")
def prove(request):
    """Check the password or a code."""
    way = typed(request, "way") or second.PASSWORD
    if way == second.PASSWORD:
        refusal = refused_password(request, request.POST.get("password", ""))
    else:
        refusal = _refused_code(request, own_account(request), way)
    return _refuse(request, way, refusal) if refusal else _proven(request, way)


# At the portal alone: a mailbox is no way for those who see every patient's record.
@view_config(route_name="auth.prove_send", permission=OWN, request_method="POST")
@answered("auth.proof")
def send_code(request):
    """Mail a code, where that is this account's way."""
    account = own_account(request)
    if second.MAIL in _ways(request, account):
        request.registry.limiter.take(request.now, count_of(request, account, second.MAILS, "second.mail"))
        request.session[TICKET] = str(second.ask_for_mail_code(request.db, account, request.now, second.AT_PROOF))
    return HTTPSeeOther(request.own_path("prove", {"way": second.MAIL, "next": _next(request)}))


@in_both("prove_passkey_options", permission=OWN, request_method="POST", renderer="json")
def passkey_options(request):
    """What the browser needs to ask for a passkey of this account."""
    count_asking(request, "passkey-options")
    return ask(request, passkeys.ask_to_show(request.db, request.practice_id, site_of(request), request.now, own_account(request)))


@in_both("prove_passkey", permission=OWN, request_method="POST", renderer="prove.jinja2")
@answered("auth.proof")
def prove_by_passkey(request):
    """A passkey, shown once more."""
    account = own_account(request)
    count_second_try(request, account)
    try:
        passkeys.show(request.db, request.practice_id, site_of(request), *answer_of(request), request.now, account)
    except passkeys.BadPasskey:
        request.audit("auth.proof.failed")
        return _refuse(request, second.PASSKEY, WRONG_KEY)
    forgive_second_tries(request, account)
    return _proven(request, second.PASSKEY)


@in_both("stay", permission=STILL_HERE, request_method="POST")
def stay(request):
    """Somebody pressed "Stay signed in"."""
    profile.stay(request.db, request.practice_id, request.identity.session_id, request.now)
    return HTTPNoContent()


def refused_password(request, password: object) -> str:
    """What is wrong with the password of whoever is signed in, or nothing. Raises TooManyAttempts, Busy."""
    if not isinstance(password, str) or not password:
        return MISSING
    identity, limiter = request.identity, request.registry.limiter
    # One that is longer than any we keep is wrong, and counted, without being worked through.
    attempt = attempt_of(request, identity.user_name, password[: LONGEST + 1])
    try:
        profile.prove(request.db, request.practice_id, limiter, identity.account_id, attempt)
    except services.WrongCredentials:
        request.audit("auth.proof.failed")
        return WRONG
    return ""


def rotated(request, response):
    """The response with a new token for this session."""
    token = profile.rotate_session(request.db, request.practice_id, request.identity.session_id, request.now)
    return send_token(request, response, token)


def _refused_code(request, account: Account, way: str) -> str:
    """What is wrong with a code, or nothing; tries count together with those of the second step at sign-in. Raises TooManyAttempts."""
    count_second_try(request, account)
    code = typed(request, FIELDS.get(way, ""))
    try:
        if way not in _ways(request, account):
            raise second.WrongCode
        if way == second.APP:
            second.use_app_code(request.db, request.registry.portal.secret_key, account, code, request.now)
        else:
            second.use_mail_code(request.db, account, request.session.get(TICKET, ""), code, request.now, second.AT_PROOF)
    except second.WrongCode:
        request.audit("auth.proof.failed")
        return WRONG_CODE
    forgive_second_tries(request, account)
    request.session.pop(TICKET, None)
    return ""


def _proven(request, way: str):
    """A new token for the session, and on to where one wanted to go."""
    request.audit(f"auth.proof.{way}")
    return rotated(request, HTTPSeeOther(_next(request)))


def _refuse(request, way: str, sentence: str) -> dict:
    form: Form = empty_form()
    form.refuse(sentence, {**FIELDS, second.PASSWORD: "password"}.get(way, ""))
    request.response.status = "422 Unprocessable Content"
    return _page(request, form, way)


def _ways(request, account: Account) -> list[str]:
    return second.proof_ways(request.db, account, host_name(request))


def _next(request) -> str:
    return own_path(request.params.get("next"), request.realm.home)


def _page(request, form: Form, wanted: str) -> dict:
    account = own_account(request)
    ways = _ways(request, account)
    return {
        "form": form,
        "next": _next(request),
        "ways": ways,
        "way": wanted if wanted in ways else (ways[0] if ways else ""),
        "was_sent": TICKET in request.session,
        "email": shown_address(account.email),
    }


def includeme(config) -> None:
    """Add the addresses."""
    add_in_both(config, "prove", "/profile/prove")
    config.add_route("auth.prove_send", "/profile/prove/send")
    add_in_both(config, "prove_passkey_options", "/profile/prove/passkey/options")
    add_in_both(config, "prove_passkey", "/profile/prove/passkey")
    add_in_both(config, "stay", "/profile/stay")
    config.scan("core.auth.proof_views")

"""The pages that ask who is there: the password once more before a change that matters, and "stay signed in"."""

from pyramid.httpexceptions import HTTPNoContent, HTTPSeeOther

from core.auth import profile, services
from core.auth.entering import send_token
from core.auth.realms import OWN, STILL_HERE, add_in_both, in_both
from core.auth.views import own_path
from core.web.forms import Form, empty_form

MISSING = "Please type your password."
WRONG = "The password is not right. Please try again."
LONGEST = 200


@in_both("prove", permission=OWN, request_method="GET", renderer="prove.jinja2")
def prove_page(request):
    """Ask for the password."""
    return _page(request, empty_form())


@in_both("prove", permission=OWN, request_method="POST", renderer="prove.jinja2")
def prove(request):
    """Check the password, give the session a new token, and lead on."""
    form = empty_form()
    refusal = refused_password(request, request.POST.get("password", ""))
    if refusal:
        form.refuse(refusal, "password")
        request.response.status = "422 Unprocessable Content"
        return _page(request, form)
    request.audit("auth.proof")
    return rotated(request, HTTPSeeOther(own_path(request.POST.get("next"), request.realm.home)))


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
    attempt = services.Attempt(
        identity.user_name, password[: LONGEST + 1], request.remote_addr or "", request.user_agent or "", request.now, request.realm
    )
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


def _page(request, form: Form) -> dict:
    return {"form": form, "next": own_path(request.params.get("next"), request.realm.home)}


def includeme(config) -> None:
    """Add the addresses."""
    add_in_both(config, "prove", "/profile/prove")
    add_in_both(config, "stay", "/profile/stay")
    config.scan("core.auth.proof_views")

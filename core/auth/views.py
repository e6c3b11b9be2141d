"""The pages of sign-in, and switching whose record is in view."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import services
from core.auth.entering import enter
from core.auth.models import Account
from core.auth.policy import SIGNED_IN
from core.auth.realms import PORTAL
from core.auth.refusals import too_often
from core.web import cookies
from core.web.forms import Form

LONGEST_NAME, LONGEST_PASSWORD = 254, 200
REMEMBER_SECONDS = 365 * 24 * 3600
USER_NAME_COOKIE = "cuspid-user-name"
WRONG = "The user name or the password is not right. Please check both and try again."
MISSING = "Please type your user name and your password."


@view_config(route_name="portal.start", permission=NO_PERMISSION_REQUIRED, request_method="GET")
@view_config(route_name="auth.sign_in", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="sign_in.jinja2")
def sign_in_page(request):
    """The sign-in page; whoever is signed in already goes home."""
    if request.identity:
        return HTTPSeeOther(own_path(request.GET.get("next")))
    if request.matched_route.name == "portal.start":
        return HTTPSeeOther(request.route_path("auth.sign_in"))
    return _page(request, user_name=cookies.get(request, USER_NAME_COOKIE))


@view_config(route_name="auth.sign_in", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="sign_in.jinja2")
def sign_in(request):
    """Check the password; a wrong one is told without saying which was wrong, and what was typed as the name stays."""
    user_name, password = typed_credentials(request)
    if not user_name or not password:
        return _refuse(request, MISSING)
    account = proven_account(request, user_name, password)
    if not isinstance(account, Account):
        return account or _refuse(request, WRONG)
    response = enter(request, account, own_path(request.POST.get("next")))
    _remember(request, response, user_name if request.POST.get("remember") else None)
    return response


@view_config(route_name="auth.sign_out", permission=SIGNED_IN, request_method="POST")
def sign_out(request):
    """Close the session; the browser forgets what it kept."""
    services.sign_out(request.db, request.practice_id, request.identity.session_id)
    request.audit("auth.sign_out")
    request.session.invalidate()
    response = HTTPSeeOther(request.route_path("auth.sign_in"))
    cookies.put(request, response, request.realm.cookie, "", 0)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@view_config(route_name="portal.switch_person", permission=SIGNED_IN, request_method="POST")
def switch_person(request):
    """Put another person's record in view, if it was granted; stay on the same tab."""
    wanted = request.POST.get("person", "")
    person = next((person for person in request.identity.people if str(person.id) == wanted), None)
    if person is None:
        raise HTTPNotFound()
    services.view_person(request.db, request.practice_id, request.identity.session_id, UUID(wanted))
    request.audit("portal.switch_person", person.id)
    return HTTPSeeOther(own_path(request.POST.get("next")))


def typed_credentials(request) -> tuple[str, str]:
    """What was typed as the name, without spaces around it, and as the password; a file in place of a text is nothing.

    What is longer than any that we keep, or holds what no database takes, is wrong, and counted, without being worked through.
    """
    name, password = (value if isinstance(value, str) else "" for value in map(request.POST.get, ("user_name", "password")))
    return name.strip().replace("\0", "\ufffd")[: LONGEST_NAME + 1], password[: LONGEST_PASSWORD + 1]


def proven_account(request, user_name: str, password: str):
    """The account at this sign-in whose password was given; None when it was wrong, or the answer to who tries too often. Raises Busy."""
    attempt = attempt_of(request, user_name, password)
    try:
        return services.sign_in(request.db, request.practice_id, request.registry.limiter, attempt)
    except services.WrongCredentials:
        request.audit("auth.sign_in.failed")
        return None
    except services.TooManyAttempts as refusal:
        return too_often(request, refusal, "auth.sign_in", lambda: services.keep_refused(request.db, attempt))


def attempt_of(request, user_name: str, password: str) -> services.Attempt:
    """A try to sign in from this browser."""
    address, agent = request.remote_addr or "", request.user_agent or ""
    return services.Attempt(user_name, password, address, agent, request.now, request.realm, request.known_devices)


def own_path(path: object, home: str = PORTAL.home) -> str:
    """A path of this portal to go on to; anything that could lead elsewhere becomes the home page."""
    if not isinstance(path, str) or not path.isascii() or not path.isprintable() or set(path) & set("\\ "):
        return home
    return path if path.startswith("/") and not path.startswith("//") else home


def _page(request, user_name: str, error: str | None = None) -> dict:
    remembered = "yes" if cookies.get(request, USER_NAME_COOKIE) or request.POST.get("remember") else ""
    return {"form": Form(values={"user_name": user_name, "remember": remembered}), "error": error, "next": own_path(request.params.get("next"), "")}


def _refuse(request, error: str) -> dict:
    request.response.status = "422 Unprocessable Content"
    return _page(request, typed_credentials(request)[0], error)


def _remember(request, response, user_name: str | None) -> None:
    if user_name:
        cookies.put(request, response, USER_NAME_COOKIE, user_name.strip()[:100], REMEMBER_SECONDS)
    elif cookies.get(request, USER_NAME_COOKIE):
        cookies.put(request, response, USER_NAME_COOKIE, "", 0)

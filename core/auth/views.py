"""The pages of sign-in, and switching whose record is in view."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import services
from core.auth.entering import enter
from core.auth.policy import SIGNED_IN, cookie_name
from core.auth.realms import PORTAL
from core.web.errors import too_many
from core.web.forms import Form

REMEMBER_SECONDS = 365 * 24 * 3600
USER_NAME_COOKIE = "user-name"
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
    return _page(request, user_name=request.cookies.get(USER_NAME_COOKIE, ""))


@view_config(route_name="auth.sign_in", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer="sign_in.jinja2")
def sign_in(request):
    """Check the password; a wrong one is told without saying which was wrong, and what was typed as the name stays."""
    user_name, password = request.POST.get("user_name", ""), request.POST.get("password", "")
    if not user_name.strip() or not password:
        return _refuse(request, MISSING)
    attempt = services.Attempt(user_name, password, request.remote_addr or "", request.user_agent or "", request.now)
    try:
        account = services.sign_in(request.db, request.practice_id, request.registry.limiter, attempt)
    except services.WrongCredentials:
        request.audit("auth.sign_in.failed")
        return _refuse(request, WRONG)
    except services.TooManyAttempts as refusal:
        if refusal.is_kept:
            request.audit("auth.sign_in.refused")
        return too_many(refusal, request)  # an answer, not an error: the record of the try is to be committed
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
    set_cookie(request, response, cookie_name(request), "", max_age=0)
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


def own_path(path: str | None, home: str = PORTAL.home) -> str:
    """A path of this portal to go on to; anything that could lead elsewhere becomes the home page."""
    if not path or not path.isascii() or not path.isprintable() or set(path) & set("\\ "):
        return home
    return path if path.startswith("/") and not path.startswith("//") else home


def _page(request, user_name: str, error: str | None = None) -> dict:
    remembered = "yes" if request.cookies.get(USER_NAME_COOKIE) or request.POST.get("remember") else ""
    return {"form": Form(values={"user_name": user_name, "remember": remembered}), "error": error, "next": request.params.get("next", "")}


def _refuse(request, error: str) -> dict:
    request.response.status = "422 Unprocessable Content"
    return _page(request, request.POST.get("user_name", ""), error)


def set_cookie(request, response, name: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie that scripts cannot read, for this host only."""
    response.set_cookie(name, value, max_age=max_age, path="/", secure=request.registry.portal.secure, httponly=True, samesite="Lax")


def _remember(request, response, user_name: str | None) -> None:
    if user_name:
        set_cookie(request, response, USER_NAME_COOKIE, user_name.strip()[:100], REMEMBER_SECONDS)
    elif USER_NAME_COOKIE in request.cookies:
        set_cookie(request, response, USER_NAME_COOKIE, "", 0)

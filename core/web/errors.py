"""Friendly pages for what went wrong; on the addresses of machines JSON as RFC 9457 has it. An error page asks the database nothing."""

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

import structlog
from pyramid.exceptions import BadCSRFToken
from pyramid.httpexceptions import HTTPException, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.response import Response
from pyramid.view import exception_view_config, forbidden_view_config, notfound_view_config
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.auth.limits import TooManyAttempts
from core.auth.looking import looks, page_at_office
from core.auth.passwords import Busy
from core.auth.policy import SwitchedOff
from core.web.headers import let_office_frame
from core.web.log import places

log = structlog.get_logger("errors")

FORM_EXPIRED = 419
# These are never sent back to the browser, not even to its own form.
SECRET_FIELDS = frozenset({"csrf_token", "password", "new_password", "card_number", "card_code"})
API = ("/api/", "/fhir/", "/hooks/")
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Trouble:
    """What the page says: a heading, and what the reader can do."""

    status: int
    title: str
    text: str


NOT_FOUND = Trouble(404, "We can’t find that page", "The address may be mistyped, or what it led to is no longer here.")
FORBIDDEN = Trouble(
    403, "This isn’t open to you", "Your access does not include this part of the record. The office can change that for you."
)
NOT_IN_ROLE = Trouble(403, "This isn’t open to you", "Your role does not include it. An office admin can change that for you.")
NOT_FOR_OPERATORS = Trouble(403, "This isn’t open to you", "An operator who has entered an office may not do this there.")
LOOKING = Trouble(
    403,
    "You are looking only",
    "You see the portal as the patient sees it. Forms, downloads, and the pages of the patient’s own account stay closed to you.",
)
PREVIEW_ENDED = Trouble(
    403, "This preview has ended", "It lasts half an hour, and as long as you are signed in. Reload the page around it to look again."
)
EXPIRED = Trouble(
    FORM_EXPIRED, "This form was open for too long", "For your safety it has to be sent once more. What you typed is still here."
)
UNAVAILABLE = Trouble(
    503, "We’ll be right back", "The portal can’t reach its records at this moment. Nothing you did is lost; please try again."
)
BUSY = Trouble(503, "Many people are signing in", "Please wait a few seconds and try again.")
FAILED = Trouble(500, "Something went wrong on our side", "Nothing was changed. If it happens again, tell the office this number:")


def error_response(request, trouble: Trouble, **context) -> Response:
    """The page, or JSON, for a trouble."""
    if _is_api(request):
        response = problem_response(request, trouble.status, f"{trouble.title}. {trouble.text}")
    else:
        tenant = request.__dict__.get("tenant") or request.registry.tenants.last_known(request.practice_id)
        known = {"tenant": tenant, "identity": request.__dict__.get("identity_of_visitor"), "home": request.realm.root or "/"}
        values = {"trouble": trouble, "reference": request.id, **known, **context}
        response = render_to_response("error.jinja2", values, request=request)
    response.status = _status(trouble.status)
    return response


def problem_response(request, status: int, detail: str, **more) -> Response:
    """What went wrong, as programs read it (RFC 9457)."""
    body = {"type": "about:blank", "title": _status(status).partition(" ")[2], "status": status, "detail": detail, "reference": request.id, **more}
    return Response(json_body=body, status=_status(status), content_type=PROBLEM)


def _is_api(request) -> bool:
    # The raw path: the decoded one may be what went wrong.
    return request.environ.get("PATH_INFO", "").startswith(API)


def _status(code: int) -> str:
    return "419 Form Expired" if code == FORM_EXPIRED else f"{code} {HTTPStatus(code).phrase}"


@notfound_view_config()
def not_found(request):
    """The same page whatever was asked for, so that nothing can be told from it."""
    return error_response(request, NOT_FOUND)


@forbidden_view_config()
def forbidden(error, request):
    """Lead the visitor to the sign-in page and back; tell who is signed in that it is not open to them, or not there at all."""
    identity = request.__dict__.get("identity_of_visitor")
    if identity is None and request.headers.get("Sec-Fetch-Dest") == "iframe":
        # Wherever it would be led, browsers would say within the frame that they were refused.
        let_office_frame(request)
        return error_response(request, PREVIEW_ENDED, closed=None, framed=True)
    if identity is None and not _is_api(request):
        visitor = request.__dict__.get("visitor")
        if visitor and visitor.row and visitor.row.stage:
            return HTTPSeeOther(request.own_path(visitor.row.stage))
        if visitor and visitor.looked_at:
            return HTTPSeeOther(page_at_office(visitor.looked_at))
        onward = {"next": request.path} if request.method == "GET" and request.path != "/" else {}
        return HTTPSeeOther(request.own_path("sign_in", onward))
    if identity is None or isinstance(error.result, SwitchedOff):
        return error_response(request, NOT_FOUND)
    if not request.realm.is_office:
        return error_response(request, LOOKING, looker=identity) if looks(request) else error_response(request, FORBIDDEN)
    return error_response(request, NOT_FOR_OPERATORS if identity.support else NOT_IN_ROLE)


@exception_view_config(BadCSRFToken)
def form_expired(request):
    """Show the form's content in a form that can be sent again; nothing typed is lost."""
    fields = [(name, value) for name, value in request.POST.items() if isinstance(value, str) and name not in SECRET_FIELDS]
    return error_response(request, EXPIRED, fields=fields, action=request.path)


def how_long(seconds: int) -> str:
    """A time to wait, in words."""
    minutes = ceil(seconds / 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes" if minutes < 90 else f"{ceil(minutes / 60)} hours"


@exception_view_config(TooManyAttempts)
def too_many(error, request, advice: str = "", other_way: tuple[str, str] | None = None):
    """Say how long to wait, and what else can be done; `other_way` is a button's words and where it leads."""
    text = f"Please wait {how_long(error.seconds)}, then try again{f'. {advice}' if advice else ', or call the office.'}"
    response = error_response(request, Trouble(429, "Too many tries", text), other_way=other_way)
    response.headers["Retry-After"] = str(error.seconds)
    return response


@exception_view_config(Busy)
def busy(request):
    """A flood of sign-ins; the rest of the portal goes on."""
    response = error_response(request, BUSY)
    response.headers["Retry-After"] = "5"
    return response


@exception_view_config(OperationalError)
@exception_view_config(PoolTimeout)
def unavailable(error, request):
    """The database is away or overloaded."""
    log.error("database_away", error=type(error).__name__)
    response = error_response(request, UNAVAILABLE)
    response.headers["Retry-After"] = "10"
    return response


@exception_view_config(HTTPException)
def refused(error, request):
    """Any other HTTP error, in our own words."""
    if error.status_int < HTTPStatus.BAD_REQUEST:
        return error
    phrase = HTTPStatus(error.status_int).phrase
    return error_response(request, Trouble(error.status_int, phrase, "That request can’t be answered. Please go back and try again."))


@exception_view_config(UnicodeDecodeError)
def unreadable(request):
    """Bytes that are no text: broken on the way, or somebody is trying things out."""
    return error_response(request, Trouble(400, "That address can’t be read", "Please check it and try again."))


@exception_view_config(Exception)
def failed(error, request):
    """Anything unforeseen: the page shows a number, the log has it with what happened."""
    # The message may repeat what was typed, so the log gets the type and the place in the code only.
    log.error("failed", error=type(error).__name__, at=places(error))
    return error_response(request, FAILED, show_reference=True)


def includeme(config) -> None:
    """Register the views; none asks for a permission."""
    config.scan("core.web.errors")

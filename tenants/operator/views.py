"""The list of practices, and entering one with a reason. Nothing here tells of a patient."""

from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, SecretStr
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import operators
from core.auth.entering import is_proven
from core.auth.limits import Count, windows
from core.auth.proof_views import refused_password, rotated
from core.auth.roles import ACT, NONE, SEE, SETTING
from core.db import session_at
from core.tenant import Tenant
from core.web.forms import Form, empty_form, page_number, read_form
from core.web.headers import let_forms_lead_to
from tenants.practices import LAST_PAGE, PAGE, CannotMakePractice, find, listed

# Whoever helps goes from one practice to the next; whoever has stolen a sign-in goes through all of them.
ENTRIES = windows("20 per 1 hour")
MISSING = "Say why you enter: the practice reads it."


def one_line(typed: object) -> object:
    """Text without what cannot be seen, on one line."""
    return " ".join("".join(sign for sign in typed if sign.isprintable() or sign.isspace()).split()) if isinstance(typed, str) else typed


class Entry(BaseModel):
    """Why somebody enters a practice, and how far; the password where it was not proven lately who it is."""

    reason: Annotated[str, BeforeValidator(one_line)] = Field(
        title="reason", min_length=operators.SHORTEST_REASON, max_length=operators.LONGEST_REASON, json_schema_extra={"missing": MISSING}
    )
    level: Literal["see", "act"] = "see"
    password: SecretStr = SecretStr("")


class Door(NamedTuple):
    """The practice that somebody wants to enter, and what it allows."""

    id: UUID
    tenant: Tenant
    allowed: str


@view_config(route_name="operator.home", permission="operator.home", request_method="GET", renderer="operator/home.jinja2")
def home(request):
    """The practices of this installation, by name."""
    words, page = request.GET.get("q", ""), page_number(request, LAST_PAGE)
    found, more = listed(request.db, words, page)
    values = {"practices": found, "base_domain": request.registry.portal.base_domain, "page_size": PAGE}
    return {**values, "words": words, "page": page, "more": more and page < LAST_PAGE}


@view_config(route_name="operator.enter", permission="operator.enter", request_method="GET", renderer="operator/enter.jinja2")
def enter_page(request):
    """Ask why."""
    return _page(request, _door(request), empty_form(level=SEE))


@view_config(route_name="operator.enter", permission="operator.enter", request_method="POST", renderer="operator/enter.jinja2")
def enter(request):
    """Leave the reason with the practice, and lead there."""
    door, form = _door(request), read_form(request, Entry)
    if form.data and not _is_refused(request, door, form, form.data):
        return _lead_in(request, door, form.data)
    request.response.status = "422 Unprocessable Content"
    return _page(request, door, form)


def _is_refused(request, door: Door, form: Form, entry: Entry) -> bool:
    """Whether the practice lets nobody in, or not that far, or the password is wrong. Raises TooManyAttempts, Busy."""
    if door.allowed == NONE:
        form.refuse(f"{door.tenant.practice_name} lets nobody in.")
    elif entry.level == ACT and door.allowed != ACT:
        form.refuse(f"{door.tenant.practice_name} allows looking only.", "level")
    elif not is_proven(request) and (wrong := refused_password(request, entry.password.get_secret_value())):
        form.refuse(wrong, "password")
    return form.data is None


def _lead_in(request, door: Door, entry: Entry):
    """Write it down behind the practice's wall, and here who entered which practice; both are kept or neither."""
    identity = request.identity
    request.registry.limiter.take(request.now, Count(ENTRIES, request.practice_id, "operator.enter", str(identity.account_id)))
    there = session_at(request, door.id)
    operator = operators.Operator(identity.account_id, f"{identity.name} ({request.tenant.practice_name})")
    token = operators.ask(there, door.id, operator, entry.reason, entry.level, request.now)
    request.audit("operator.enter", target_id=door.id)
    response = HTTPSeeOther(f"{_address(request, door)}/office/enter/{token}")
    if is_proven(request):
        return response
    request.audit("auth.proof.password")
    return rotated(request, response)


def _door(request) -> Door:
    """The practice of the address. Raises HTTPNotFound."""
    try:
        practice_id = find(request.db, request.matchdict["slug"])
    except CannotMakePractice:
        raise HTTPNotFound() from None
    tenant = request.registry.tenants.current(practice_id)
    return Door(practice_id, tenant, tenant.settings[SETTING])


def _page(request, door: Door, form: Form) -> dict:
    let_forms_lead_to(request, [_address(request, door)])
    shown = {"practice": door.tenant.practice_name, "address": _address(request, door), "allowed": door.allowed}
    return {"form": form, "is_proven": is_proven(request), "minutes": operators.LASTS.seconds // 60, **shown}


def _address(request, door: Door) -> str:
    return request.registry.portal.address(door.tenant.host)

"""Those who asked for access by themselves and could not be matched with a patient: who they may be, and what becomes of it."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import access, standing, unmatched
from core.auth.access import CannotGiveAccess
from core.auth.entering import need_proof
from core.auth.likeness import likenesses
from core.auth.matching import Typed
from core.auth.unmatched import DISMISSED, DONE, LAST_NUMBER, Entry
from core.people.finding import patient_at
from core.plugins import OfficeItem
from core.web.forms import page_number
from tenants.console.patients import clinic_names

SEE, SETTLE = "office.unmatched.see", "office.unmatched.settle"
LAST_PAGE = 200
WAITING = OfficeItem(
    "office.unmatched", "Could not be matched", "People asked for access, and no chart fits for certain.", "question-circle", "office.unmatched", SEE, unmatched.HOW_MANY, 40
)


@view_config(route_name="office.unmatched", permission=SEE, request_method="GET", renderer="console/unmatched.jinja2")
def unmatched_page(request):
    """Those who wait, the newest first."""
    page = page_number(request, LAST_PAGE)
    found, more = unmatched.entries(request.db, request.practice_id, request.now, page, request.identity.clinic_ids)
    request.audit("office.unmatched.view")
    return {"found": found, "page": page, "more": more}


@view_config(route_name="office.unmatched.one", permission=SEE, request_method="GET", renderer="console/unmatched_one.jinja2")
def request_page(request):
    """What one of them typed, and who may be meant."""
    return _values(request, _entry(request))


@view_config(route_name="office.unmatched.invite", permission=SETTLE, request_method="POST", renderer="console/unmatched_one.jinja2")
def invite(request):
    """It is this patient: have an invitation sent to the address in the chart."""
    entry = _entry(request)
    need_proof(request, _page_of(request))
    if access_not_allowed(request):
        raise HTTPNotFound()
    patient = patient_at(request.db, request.practice_id, _id(request.POST.get("patient")), request.identity.clinic_ids)
    if patient is None:
        raise HTTPNotFound()
    try:
        access.invite(request.db, request.practice_id, patient.id, request.now, request.identity.account_id)
    except CannotGiveAccess as refusal:
        request.response.status = "422 Unprocessable Content"
        return _values(request, entry, str(refusal))
    settle(request, entry.number)
    return _done(request, "The invitation is on its way, and the request is settled.")


@view_config(route_name="office.unmatched.dismiss", permission=SETTLE, request_method="POST")
def dismiss(request):
    """It is nobody of ours, or was settled in another way."""
    unmatched.settle(request.db, request.practice_id, _entry(request).number, DISMISSED, request.now, request.identity.account_id)
    return _done(request, "The request is off the list.")


def settle(request, number: int) -> None:
    """Access was given to whom a request meant; one that does not wait (any more), or is not to be seen, stays as it is."""
    if unmatched.entry(request.db, request.practice_id, number, request.now, request.identity.clinic_ids):
        unmatched.settle(request.db, request.practice_id, number, DONE, request.now, request.identity.account_id)


def number_in(text: object) -> int | None:
    """The number of a request, as an address or a form holds it; None for what is none."""
    typed = str(text)
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 and 0 < int(typed) <= LAST_NUMBER else None


def access_not_allowed(request) -> bool:
    """Whether who settles requests may not let patients in as well."""
    return "office.access.change" not in request.identity.permissions


def _values(request, entry: Entry, error: str = "") -> dict:
    typed = Typed(entry.first_name, entry.last_name, entry.birthdate, entry.contact)
    found = likenesses(request.db, request.practice_id, typed, request.identity.clinic_ids)
    states = standing.states(request.db, request.practice_id, [one.patient.id for one in found], request.now) if found else {}
    request.audit("office.unmatched.view")
    return {"entry": entry, "found": found, "states": states, "clinics": clinic_names(request), "error": error}


def _entry(request) -> Entry:
    """The request of the address. Raises HTTPNotFound when it does not wait (any more)."""
    number = number_in(request.matchdict["id"])
    found = unmatched.entry(request.db, request.practice_id, number, request.now, request.identity.clinic_ids) if number else None
    if found is None:
        raise HTTPNotFound()
    return found


def _id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise HTTPNotFound() from None


def _done(request, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path("office.unmatched"))


def _page_of(request) -> str:
    return request.route_path("office.unmatched.one", id=request.matchdict["id"])


def includeme(config) -> None:
    """Add the pages, and what waits on them to the first page."""
    config.add_office_item(WAITING)
    config.add_route("office.unmatched", "/office/unmatched")
    config.add_route("office.unmatched.one", "/office/unmatched/{id}")
    for act in ("invite", "dismiss"):
        config.add_route(f"office.unmatched.{act}", f"/office/unmatched/{{id}}/{act}")
    config.scan("tenants.console.unmatched")

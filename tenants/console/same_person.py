"""People who came in under an unknown number and may be patients here: side by side, and what the office says to it."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.entering import need_proof
from core.people import deciding
from core.people.deciding import CannotDecide, Question
from core.plugins import OfficeItem
from core.web.forms import page_number
from tenants.console.patients import clinic_names

DECIDE = "office.patients.merge"
LAST_PAGE = 200
WAITING = OfficeItem(
    "office.same_person", "Same person?", "Records came in for people who may be patients here already.", "people", "office.same_person", DECIDE, deciding.HOW_MANY, 42
)
_DONE = {
    "same": "It is the same person. What is sent for this number from now on arrives at the chart.",
    "different": "They are two people. The other one gets a chart in a moment.",
    "later": "Put off for a week.",
}


@view_config(route_name="office.same_person", permission=DECIDE, request_method="GET", renderer="console/same_people.jinja2")
def list_page(request):
    """All that wait, the oldest first."""
    page = page_number(request, LAST_PAGE)
    found, more = deciding.questions(request.db, request.practice_id, page, request.identity.clinic_ids)
    request.audit("office.same_person.view")
    return {"found": found, "page": page, "more": more}


@view_config(route_name="office.same_person.one", permission=DECIDE, request_method="GET", renderer="console/same_person.jinja2")
def question_page(request):
    """What came in, and the chart."""
    return _values(request, _question(request))


@view_config(route_name="office.same_person.decide", permission=DECIDE, request_method="POST", renderer="console/same_person.jinja2")
def decide(request):
    """The same, somebody else, or later."""
    found, answer = _question(request), str(request.POST.get("answer", ""))
    if answer not in _DONE:
        return _values(request, found, "Choose one of the three.")
    need_proof(request, request.route_path("office.same_person.one", id=found.row.id))
    try:
        with request.db.begin_nested():
            getattr(deciding, answer)(request.db, request.practice_id, found.row.id, request.now, request.identity.account_id)
    except CannotDecide as refusal:
        return _values(request, found, str(refusal))
    request.session.flash(_DONE[answer])
    return HTTPSeeOther(request.route_path("office.same_person"))


def _values(request, found: Question, error: str = "") -> dict:
    if error:
        request.response.status = "422 Unprocessable Content"
    request.audit("office.same_person.view", found.patient.id)
    return {"found": found, "clinics": clinic_names(request), "error": error}


def _question(request) -> Question:
    """The one of the address. Raises HTTPNotFound when it does not wait (any more), or is not to be seen."""
    try:
        found = deciding.question(request.db, request.practice_id, UUID(request.matchdict["id"]), request.identity.clinic_ids)
    except ValueError:
        found = None
    if found is None:
        raise HTTPNotFound()
    return found


def includeme(config) -> None:
    """Add the pages, and what waits on them to the first page."""
    config.add_office_item(WAITING)
    config.add_route("office.same_person", "/office/same-person")
    config.add_route("office.same_person.one", "/office/same-person/{id}")
    config.add_route("office.same_person.decide", "/office/same-person/{id}/decide")
    config.scan("tenants.console.same_person")

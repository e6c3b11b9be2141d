"""Requests for a record, at the office: which wait, by when they must be answered, and the answer."""

from typing import Literal

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import standing
from core.people import records_requests
from core.people.models import Patient, RecordsRequest
from core.people.records_request_alerts import SETTLE
from core.people.records_request_views import Words
from core.people.records_requests import FORMATS, OPEN, STATES, WANTED, CannotChange, days_left
from core.plugins import OfficeItem
from core.tasks import enqueue
from core.web.forms import Form, empty_form, page_number, read_form
from tenants.console.patients import clinic_names, id_in_path

SEE = "office.records_requests.see"
LAST_PAGE = 200
WAITING = OfficeItem(
    "office.records_requests", "Requests for a record", "The law gives 30 days to answer.", "folder2-open", "office.records_requests", SEE, records_requests.HOW_MANY, 20
)
OUTCOMES = (
    ("fulfilled", "Fulfilled", "Say how and when the patient gets it"),
    ("extended", "Another 30 days", "Once, with the reason"),
    ("denied", "Denied", "With the reason; the patient is told which rights there are"),
)
STEPS = {"asked": "Asked for the record", "extended": "Took another 30 days", "taken": "Took it on"} | {
    name: STATES[name] for name in ("fulfilled", "denied", "withdrawn")
}


class AnswerForm(BaseModel):
    """What becomes of a request, and the words to the patient."""

    outcome: Literal["fulfilled", "extended", "denied"] = Field(json_schema_extra={"missing": "Choose what becomes of it."})
    words: Words = Field(title="words to the patient", max_length=2000)


@view_config(route_name="office.records_requests", permission=SEE, request_method="GET", renderer="console/records_requests.jinja2")
def list_page(request):
    """All of them, the open ones first."""
    page = page_number(request, LAST_PAGE)
    found, more = records_requests.listed(request.db, request.practice_id, request.identity.clinic_ids, page)
    request.audit("office.records_requests.view")
    rows = [(one, patient, days_left(one, request.now)) for one, patient in found]
    return {"rows": rows, "page": page, "more": more, "open": OPEN, "wanted": WANTED, "states": STATES}


@view_config(route_name="office.records_requests.one", permission=SEE, request_method="GET", renderer="console/records_request.jinja2")
def one_page(request):
    """One request, with its history."""
    return _values(request, *_found(request), empty_form())


@view_config(route_name="office.records_requests.take", permission=SETTLE, request_method="POST", renderer="console/records_request.jinja2")
def take(request):
    """Take it on, so that others see who does it."""
    one, patient = _found(request, hold=True)
    form = empty_form()
    try:
        records_requests.take(request.db, one, request.identity.account_id, request.now)
    except CannotChange as refusal:
        return _refused(request, one, patient, form, str(refusal))
    return _done(request, "It is yours now.")


@view_config(route_name="office.records_requests.answer", permission=SETTLE, request_method="POST", renderer="console/records_request.jinja2")
def answer(request):
    """Answer it; whoever asked gets a mail that an answer is there."""
    one, patient = _found(request, hold=True)
    form = read_form(request, AnswerForm)
    if form.data is None:
        return _refused(request, one, patient, form)
    try:
        records_requests.answer(request.db, one, form.data.outcome, form.data.words, request.identity.account_id, request.now)
    except CannotChange as refusal:
        return _refused(request, one, patient, form, str(refusal))
    enqueue(request.db, "portal.tell_of_records_request", account_id=str(one.account_id))
    return _done(request, "The answer is with the patient.")


def _found(request, hold: bool = False) -> tuple[RecordsRequest, Patient]:
    """The request in the address. Raises HTTPNotFound for one of another clinic's patient."""
    found = records_requests.find(request.db, request.practice_id, request.identity.clinic_ids, id_in_path(request), hold)
    if found is None:
        raise HTTPNotFound()
    return found


def _values(request, one: RecordsRequest, patient: Patient, form: Form) -> dict:
    steps = records_requests.steps(request.db, request.practice_id, [one.id])
    names = standing.names_of(request.db, request.practice_id, {step.account_id for step in steps})
    request.audit("office.records_request.view", one.patient_id, one.id)
    return {
        "one": one, "patient": patient, "form": form, "left": days_left(one, request.now), "open": OPEN, "clinics": clinic_names(request), "wanted": WANTED,
        "formats": FORMATS, "states": STATES, "outcomes": OUTCOMES, "steps": [(STEPS[step.act], names.get(step.account_id, ""), step) for step in steps],
    }  # fmt: skip


def _refused(request, one: RecordsRequest, patient: Patient, form: Form, message: str = "") -> dict:
    if message:
        form.refuse(message)
    request.response.status = "422 Unprocessable Content"
    return _values(request, one, patient, form)


def _done(request, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path("office.records_requests.one", id=request.matchdict["id"]))


def includeme(config) -> None:
    """Add the pages, and what waits on them to the first page."""
    config.add_office_item(WAITING)
    config.add_route("office.records_requests", "/office/records-requests")
    config.add_route("office.records_requests.one", "/office/records-requests/{id}")
    for act in ("take", "answer"):
        config.add_route(f"office.records_requests.{act}", f"/office/records-requests/{{id}}/{act}")
    config.scan("tenants.console.records_requests")

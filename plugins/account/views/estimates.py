"""Good-faith estimates as patients see them: asking what treatment will cost, and what the office has answered."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.files.disposition import content_disposition
from core.people.models import Patient
from core.web.forms import Form, empty_form, read_form
from plugins.account import estimate_pdf
from plugins.account.models import Estimate
from plugins.account.pages import id_in_address, parts
from plugins.account.services import estimates

LIST, ASK, ONE, FILE = "account.estimates", "account.estimate_ask", "account.estimate", "account.estimate_file"
ACT = "account.estimate"
LONGEST = 500


class AskForm(BaseModel):
    """What somebody wants to know the cost of."""

    about: Annotated[str, AfterValidator(lambda text: text.replace("\0", "")), Field(max_length=LONGEST, title="treatment")] = ""


@view_config(route_name=LIST, permission="account.see", request_method="GET", renderer="account/estimates.jinja2")
def estimates_page(request):
    """What was asked for and given, and the form that asks."""
    request.audit("account.estimate.list.view", request.person.id)
    return _values(request, empty_form())


@view_config(route_name=ASK, permission=ACT, request_method="POST", renderer="account/estimates.jinja2")
def ask(request):
    """Ask the office for an estimate; whoever waits for one already goes on waiting for that."""
    form = read_form(request, AskForm)
    if form.data is None:
        request.response.status_int = 422
        return _values(request, form)
    about = {"practice_id": request.practice_id, "patient_id": request.person.id, "since": request.now, "now": request.now}
    planned = [one for _, found in request.hooks.each("portal_planned", request.db, **about) for one in found]
    patient = request.db.get_one(Patient, (request.practice_id, request.person.id))
    due_on = estimates.due_for(request.tenant, planned, request.now)
    made = estimates.ask(request.db, patient, form.data.about, request.identity.account_id, due_on, request.now)
    if made:
        request.audit("account.estimate.ask", patient.id, made)
    request.session.flash("The office has your question, and answers it here." if made else "You have asked already. The office answers it here.")
    return HTTPSeeOther(request.route_path(LIST))


@view_config(route_name=ONE, permission="account.see", request_method="GET", renderer="account/estimate.jinja2")
def estimate_page(request):
    """One estimate, as it was given."""
    estimate = _given(request)
    request.audit("account.estimate.view", request.person.id, estimate.id)
    return {"estimate": estimate, "given": estimate.given, "facts": estimate_pdf.facts(estimate.given or {}), "parts": parts(request)}


@view_config(route_name=FILE, permission="account.see", request_method="GET")
def file(request):
    """The paper, to keep."""
    estimate = _given(request)
    request.audit("account.estimate.download", request.person.id, estimate.id)
    logo = request.registry.tenants.picture(request.practice_id, request.tenant.theme.logo)
    return as_file(estimate_pdf.make(estimate.given or {}, request.tenant, logo), inline=False)


def as_file(pdf: bytes, inline: bool) -> Response:
    """The paper as an answer."""
    disposition = content_disposition("Good-faith estimate.pdf", "application/pdf", inline=inline)
    return Response(pdf, content_type="application/pdf", content_disposition=disposition)


def _given(request) -> Estimate:
    """The estimate of the address, if it was given to the person in view. Raises HTTPNotFound."""
    try:
        estimate = estimates.one(request.db, request.practice_id, id_in_address(request, "estimate_id"))
    except estimates.NotOpen:
        raise HTTPNotFound() from None
    if estimate.patient_id != request.person.id or estimate.given is None:
        raise HTTPNotFound()
    return estimate


def _values(request, form: Form) -> dict:
    found = estimates.of_patient(request.db, request.practice_id, request.person.id)
    waits = next((one for one in found if one.state == "asked"), None)
    may_ask = waits is None and request.may(request.person, ACT)
    return {"found": found, "waits": waits, "form": form, "may_ask": may_ask, "states": estimates.STATES, "longest": LONGEST, "parts": parts(request)}


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(LIST, "/estimates")
    config.add_route(ASK, "/estimates/ask")
    config.add_route(ONE, "/estimates/{estimate_id}")
    config.add_route(FILE, "/estimates/{estimate_id}/download")

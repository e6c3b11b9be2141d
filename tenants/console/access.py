"""Letting a patient in, and taking access away: what changes something asks first who is there."""

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.auth import access, standing
from core.auth.access import CannotGiveAccess
from core.auth.entering import need_proof
from core.auth.second_views import typed
from core.auth.sheet import make_sheet
from core.people.models import Patient
from core.web.errors import Trouble, error_response
from tenants.console.patients import id_in, patient_of, patient_values
from tenants.console.unmatched import SETTLE, number_in, settle

CHANGE = "office.access.change"
GONE = Trouble(404, "This sheet can’t be made any more", "The one-time password was used or has ended, or a newer one was given. Give access again for a new sheet.")
# The sheet carries its styles in itself, and may do nothing else.
SHEET_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


@view_config(route_name="office.patients.give", permission=CHANGE, request_method="GET", renderer="console/give.jinja2")
def give_page(request):
    """Say what giving access does."""
    number = number_in(request.GET.get("request"))
    need_proof(request, request.path_qs if number else None)
    return {**_asking(request), "request_number": number}


@view_config(route_name="office.patients.give", permission=CHANGE, request_method="POST", renderer="console/given.jinja2")
def give(request):
    """A user name and a one-time password. They stand in this answer and nowhere else."""
    number = number_in(request.POST.get("request"))
    need_proof(request, f"{request.path}?request={number}" if number else None)
    patient = patient_of(request)
    try:
        given = access.give(request.db, request.practice_id, patient.id, request.now, request.identity.account_id)
    except CannotGiveAccess as refusal:
        return _refused(request, refusal)
    if number and SETTLE in request.identity.permissions:
        settle(request, number)
    return {"patient": patient, "given": given, "address": request.registry.portal.address(request.tenant.host)}


@view_config(route_name="office.patients.sheet", permission=CHANGE, request_method="POST")
def sheet(request):
    """The sheet to print, of what the page before this one holds: nothing else knows the password."""
    patient, user_name, password = patient_of(request), request.POST.get("user_name", ""), request.POST.get("password", "")
    if not (isinstance(user_name, str) and isinstance(password, str)):
        raise HTTPNotFound()
    given = access.unused(request.db, request.practice_id, patient.id, user_name, password, request.now)
    if given is None:
        return error_response(request, GONE)
    request.audit("office.sheet.print", patient.id)
    tenant = request.registry.tenants.tenant(request.practice_id, patient.clinic_id, request.tenant.version)
    response = Response(make_sheet(request.registry, tenant, given))
    response.headers["Content-Security-Policy"] = SHEET_SECURITY
    return response


@view_config(route_name="office.patients.invite", permission=CHANGE, request_method="POST", renderer="console/patient.jinja2")
def invite(request):
    """Have an invitation sent to the address in the chart."""
    need_proof(request, page_of(request))
    patient = patient_of(request)
    return _done(request, patient, access.invite, "The invitation is on its way.")


@view_config(route_name="office.patients.close", permission=CHANGE, request_method="GET", renderer="console/close.jinja2")
def close_page(request):
    """Say what taking access away does."""
    need_proof(request)
    return _asking(request)


@view_config(route_name="office.patients.close", permission=CHANGE, request_method="POST", renderer="console/patient.jinja2")
def close(request):
    """Take access away."""
    need_proof(request)
    patient = patient_of(request)
    return _done(request, patient, access.close, "Access is taken away. Whatever was open has ended.")


@view_config(route_name="office.patients.sign_out", permission=CHANGE, request_method="POST", renderer="console/patient.jinja2")
def sign_out(request):
    """End what is open, on one device or on all; the patient can sign in again."""
    patient, device = patient_of(request), typed(request, "device")
    if not device:
        return _done(request, patient, access.end_sessions, "Signed out everywhere.")
    session_id = id_in(device)
    return _done(request, patient, lambda db, practice_id, whom, now, by: access.end_session(db, practice_id, whom, session_id, now, by), "Signed out there.")


def _asking(request) -> dict:
    patient = patient_of(request)
    return {"patient": patient, "state": standing.states(request.db, request.practice_id, [patient.id], request.now)[patient.id]}


def page_of(request) -> str:
    """The page of the patient of this address."""
    return request.route_path("office.patients.one", id=request.matchdict["id"])


def _done(request, patient: Patient, act, words: str):
    try:
        act(request.db, request.practice_id, patient.id, request.now, request.identity.account_id)
    except CannotGiveAccess as refusal:
        return _refused(request, refusal)
    request.session.flash(words)
    return HTTPSeeOther(page_of(request))


def _refused(request, refusal: CannotGiveAccess) -> dict:
    request.override_renderer = "console/patient.jinja2"
    request.response.status = "422 Unprocessable Content"
    return patient_values(request, str(refusal))


def includeme(config) -> None:
    """Add the pages."""
    for act in ("give", "sheet", "invite", "close", "sign_out"):
        config.add_route(f"office.patients.{act}", f"/office/patients/{{id}}/{act.replace('_', '-')}")
    config.scan("tenants.console.access")

"""Confirming a visit by a link that needs no sign-in. What the link is about is said only as far as the message said it."""

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.people.models import Patient
from core.tenant import Tenant
from plugins.appointments.models import Appointment
from plugins.appointments.pages import place_of, when
from plugins.appointments.services import confirming, requests

PAGE = "appointments/answer.jinja2"
CONFIRM = "appointments.confirm"
WANTS = {"confirm": "appointments.visit.confirm", "callback": "appointments.callback.request"}


@view_config(route_name="appointments.answer", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer=PAGE)
def answer_page(request):
    """What the link is about. Looking never answers by itself: programs that check mails look at every link."""
    answer = _opened(request)
    request.audit("appointments.answer.view", answer.visit.patient_id, answer.visit.id)
    return _page(request, answer)


@view_config(route_name="appointments.answer", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer=PAGE)
def answer(request):
    """Confirm, or ask for a call."""
    found, wants = _opened(request), request.POST.get("answer")
    if wants not in WANTS:
        request.response.status = "422 Unprocessable Content"
        return _page(request, found)
    try:
        done = confirming.answer(request.db, request.whole_tenant, request.matchdict["token"], wants, request.now)
    except requests.AlreadyAsked:
        done = found
    if done.state != found.state:
        request.audit(WANTS[wants], done.visit.patient_id, done.visit.id)
    return HTTPSeeOther(request.path)


def _opened(request) -> confirming.Answer:
    try:
        answer = confirming.open_link(request.db, request.practice_id, request.matchdict["token"], request.now)
    except confirming.NoSuchVisit:
        raise HTTPNotFound() from None
    home = _home_of(request, answer.visit)
    if CONFIRM.partition(".")[0] not in home.plugins or CONFIRM in home.acts_off:
        raise HTTPNotFound()
    return answer


def _home_of(request, visit: Appointment) -> Tenant:
    """The practice as the patient sees it."""
    patient = request.db.get_one(Patient, (request.practice_id, visit.patient_id))
    return request.registry.tenants.tenant(request.practice_id, patient.clinic_id, request.visitor.version)


def _page(request, answer: confirming.Answer) -> dict:
    place = place_of(request, answer.visit)
    return {
        "state": answer.state,
        "when": when(request, answer.visit, place),
        "clinic": place.clinic,
        "phone": place.phone,
        "at_once": place.tenant.settings["appointments.confirm_clicks"] == "1",
    }

"""What patients ask the office about visits."""

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.forms import Form, empty_form, read_form
from plugins.appointments.forms import DAYS, LONGEST, TIMES, AskForm
from plugins.appointments.models import Appointment
from plugins.appointments.pages import WHY, id_in_address, own_visit, place_of, to_visit, when
from plugins.appointments.services import changing, confirming, requests

PAGE = "appointments/ask.jinja2"
ASK = "appointments.ask"
ABOUT_VISIT = ("callback", "cancel", "move")
SENT = "The office has your request and answers you here."
ASKED_BEFORE = "The office has this request already and answers you here. If it is urgent, please call."


@view_config(route_name="appointments.ask", permission=ASK, request_method="GET", renderer=PAGE)
def ask_page(request):
    """The form about one visit."""
    visit, kind = own_visit(request), _kind(request)
    if why := changing.what_stops(visit, request.now):
        return to_visit(request, visit.id, WHY[why])
    request.audit("appointments.visit.view", request.person.id, visit.id)
    return _page(request, kind, empty_form(), visit)


@view_config(route_name="appointments.ask", permission=ASK, request_method="POST", renderer=PAGE)
def ask(request):
    """Put it before the office."""
    visit, kind, form = own_visit(request), _kind(request), read_form(request, AskForm)
    if why := changing.what_stops(visit, request.now):
        return to_visit(request, visit.id, WHY[why])
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _page(request, kind, form, visit)
    return to_visit(request, visit.id, _put(request, kind, form.data, visit))


@view_config(route_name="appointments.ask_visit", permission=ASK, request_method="GET", renderer=PAGE)
def ask_visit_page(request):
    """The form for a visit that is not there yet."""
    return _page(request, "visit", empty_form(), None)


@view_config(route_name="appointments.ask_visit", permission=ASK, request_method="POST", renderer=PAGE)
def ask_visit(request):
    """Ask the office for a visit."""
    form = read_form(request, AskForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _page(request, "visit", form, None)
    request.session.flash(_put(request, "visit", form.data, None))
    return HTTPSeeOther(request.route_path("appointments.home"))


@view_config(route_name="appointments.withdraw", permission=ASK, request_method="POST")
def withdraw(request):
    """It is not needed any more."""
    try:
        found = requests.withdraw(request.db, request.practice_id, request.person.id, id_in_address(request, "request_id"), request.now)
    except requests.NoSuchRequest:
        raise HTTPNotFound() from None
    except requests.NotWaiting:
        request.session.flash("The office has answered this request meanwhile, or it was withdrawn before.")
        return HTTPSeeOther(request.route_path("appointments.home"))
    request.audit("appointments.request.withdraw", request.person.id, found.id)
    request.session.flash("The request is withdrawn.")
    return HTTPSeeOther(request.route_path("appointments.home"))


@view_config(route_name="appointments.seen", permission=ASK, request_method="POST")
def seen(request):
    """The answer was read."""
    request_id = id_in_address(request, "request_id")
    try:
        requests.mark_seen(request.db, request.practice_id, request.person.id, request_id, request.now)
    except requests.NoSuchRequest:
        raise HTTPNotFound() from None
    request.audit("appointments.request.open", request.person.id, request_id)
    return HTTPSeeOther(request.route_path("appointments.home"))


def _kind(request) -> str:
    if request.matchdict["kind"] not in ABOUT_VISIT:
        raise HTTPNotFound()
    return request.matchdict["kind"]


def _put(request, kind: str, data: AskForm, visit: Appointment | None) -> str:
    """Send it; what to say is the answer."""
    wanted = {"days": sorted({int(day) for day in data.days}), "times": [time for time in TIMES if time in data.times]}
    person, account_id = request.person, request.identity.account_id
    try:
        if kind == "callback" and visit:
            confirming.call_back(request.db, visit, account_id, data.words, request.now)
        else:
            wish = requests.Wish(request.practice_id, person.id, account_id, kind, data.words, wanted, visit, person.clinic_id)
            requests.ask(request.db, wish, request.now)
    except requests.AlreadyAsked:
        return ASKED_BEFORE
    request.audit(f"appointments.{kind}.request", person.id, visit.id if visit else None)
    return SENT


def _page(request, kind: str, form: Form, visit: Appointment | None) -> dict:
    place = place_of(request, visit) if visit else None
    contact = request.tenant.contact
    return {
        "kind": kind,
        "form": form,
        "visit": visit,
        "when": when(request, visit, place) if visit and place else "",
        "phone": place.phone if place else contact.phone if contact else "",
        "days": list(enumerate(DAYS)),
        "times": list(TIMES.items()),
        "chosen": request.POST.getall("days") + request.POST.getall("times"),
        "longest": LONGEST,
    }

"""Visits in calendar programs: a file for one visit, and an address that keeps a program up to date."""

from collections.abc import Iterable
from hashlib import sha256

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth.limits import Count, windows
from core.people.models import Patient
from core.web.forms import read_form
from plugins.appointments import calendar_file
from plugins.appointments.models import Appointment
from plugins.appointments.pages import Place, address_lines, arrival, own_visit, place_of
from plugins.appointments.services import calendars

SUBSCRIBE = "appointments.calendar"
LIMIT = windows("30 per 10 minutes; 120 per 1 hour")
PAGE = "appointments/calendar.jinja2"


class CalendarForm(BaseModel):
    """What a calendar says besides the time and the place."""

    with_names: bool = Field(False, title="names")
    with_procedures: bool = Field(False, title="what will be done")


@view_config(route_name="appointments.visit_file", permission="appointments.see", request_method="GET")
def visit_file(request):
    """One visit as a file that calendar programs open."""
    visit = own_visit(request)
    event = _event(request, visit, place_of(request, visit), whose="", procedures=request.GET.get("procedures") == "yes")
    request.audit("appointments.visit.download", request.person.id, visit.id)
    response = _response(calendar_file.write(request.tenant.practice_name, [event]))
    response.content_disposition = 'attachment; filename="visit.ics"'
    return response


@view_config(route_name="appointments.calendar", permission=SUBSCRIBE, request_method="GET", renderer=PAGE)
def calendar_page(request):
    """Whether there is an address; it was shown when it was made, and is known to nobody else."""
    return _page(request)


@view_config(route_name="appointments.calendar", permission=SUBSCRIBE, request_method="POST", renderer=PAGE)
def make(request):
    """A new address in place of the one before; shown on this page only."""
    form = read_form(request, CalendarForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _page(request)
    account_id = request.identity.account_id
    token = calendars.make(request.db, request.practice_id, account_id, form.data.with_names, form.data.with_procedures, request.now)
    request.audit("appointments.calendar.make")
    path = request.route_path("appointments.calendar_feed", token=token)
    return _page(request) | {"address": request.registry.portal.address(request.tenant.host) + path}


@view_config(route_name="appointments.calendar_end", permission=SUBSCRIBE, request_method="POST")
def end(request):
    """The address opens nothing any more."""
    if calendars.end(request.db, request.practice_id, request.identity.account_id):
        request.audit("appointments.calendar.end")
    request.session.flash("The calendar address works no more. Calendars that used it stay as they were last.")
    return HTTPSeeOther(request.route_path("appointments.calendar"))


@view_config(route_name="appointments.calendar_feed", permission=NO_PERMISSION_REQUIRED, request_method=("GET", "HEAD"))
def feed(request):
    """What a calendar program reads, without cookies: the address alone opens it, as long as its account may see the visits."""
    calendar = calendars.opened_by(request.db, request.practice_id, request.matchdict["token"])
    if calendar is None:
        raise HTTPNotFound()
    request.registry.limiter.take(request.now, Count(LIMIT, request.practice_id, SUBSCRIBE, str(calendar.id)))
    people = _open_to(request, calendar.account_id)
    if not people:
        raise HTTPNotFound()
    visits = calendars.visits_of(request.db, request.practice_id, people, request.now)
    events = [
        _event(request, visit, place_of(request, visit), people[visit.patient_id] if calendar.with_names else "", calendar.with_procedures)
        for visit in visits
    ]
    response = _response(calendar_file.write(request.whole_tenant.practice_name, events))
    response.headers["Cache-Control"] = "private, no-cache"
    response.etag, response.conditional_response = sha256(response.body).hexdigest()[:32], True
    return response


def _open_to(request, account_id) -> dict:
    """The first names of those whose visits the account may see and keep in a calendar, by their ids."""
    found = calendars.people_of(request.db, request.practice_id, account_id, request.now)
    return {patient.id: patient.preferred_name or patient.first_name for patient, rights in found if _is_open(request, patient, rights)}


def _is_open(request, patient: Patient, rights: frozenset[str]) -> bool:
    home = request.registry.tenants.tenant(request.practice_id, patient.clinic_id, request.visitor.version)
    granted = request.registry.plugins.permitted(rights)
    return "appointments" in home.plugins and SUBSCRIBE not in home.acts_off and "appointments.see" in granted


def _event(request, visit: Appointment, place: Place, whose: str, procedures: bool) -> calendar_file.Event:
    title = place.tenant.settings["appointments.calendar_title"]
    path = request.route_path("appointments.visit", visit_id=visit.id)
    return calendar_file.Event(
        id=visit.id,
        revision=visit.revision,
        made_at=visit.made_at,
        starts_at=visit.starts_at,
        minutes=visit.minutes,
        title=f"{title}{f' ({whose})' if whose else ''}, {place.tenant.practice_name}",
        place=", ".join([place.clinic.name, *address_lines(place.clinic)]) if place.clinic else "",
        text="\n".join(_lines(request, visit, place, procedures)),
        link=request.registry.portal.address(request.tenant.host) + path,
        is_off=visit.status in ("broken", "unscheduled"),
    )


def _lines(request, visit: Appointment, place: Place, procedures: bool) -> Iterable[str]:
    if early := arrival(request, visit, place):
        yield f"Please be there at {early}."
    if procedures:
        yield from (one["words"] for one in visit.procedures or [{"words": visit.reason}] if one.get("words"))
    if place.phone:
        yield f"Questions? Call {place.phone}."


def _response(text: str) -> Response:
    return Response(text.encode(), content_type=calendar_file.CONTENT_TYPE, charset="utf-8")


def _page(request) -> dict:
    calendar = calendars.of_account(request.db, request.practice_id, request.identity.account_id)
    others = [person.short_name for person in request.identity.people if not person.is_self and request.may(person, "appointments.see")]
    return {"calendar": calendar, "address": "", "others": others, "title": request.tenant.settings["appointments.calendar_title"]}

"""The page of one visit."""

from datetime import timedelta

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from core.web.formats import duration, time_of
from plugins.appointments.models import Appointment
from plugins.appointments.pages import Place, address_lines, arrival, book_path, id_in_address, map_link, place_of, providers_of, when
from plugins.appointments.services import changing, confirming, details, moved, requests, visits
from plugins.appointments.shown import NO_TIME, show

ACTS = ("confirm", "cancel", "move", "ask", "calendar")


@view_config(route_name="appointments.visit", permission="appointments.see", request_method="GET", renderer="appointments/visit.jinja2")
def visit_page(request):
    """Everything about one visit, and what can be done with it."""
    found = _found(request)
    visit, place = found.visit, place_of(request, found.visit)
    request.audit("appointments.visit.view", request.person.id, visit.id)
    coming = changing.what_stops(visit, request.now) is None
    asked = [one for one, about in requests.of_patient(request.db, request.practice_id, request.person.id, request.now) if one.appointment_id == visit.id]
    return {
        "visit": visit,
        "found": found,
        "title": visit.reason or "Your visit",
        "when": when(request, visit, place) if visit.status not in ("planned", "unscheduled") else NO_TIME,
        "arrival": arrival(request, visit, place),
        "length": duration(visit.minutes),
        "status": _status(request, visit),
        "procedures": [one["words"] for one in visit.procedures if one.get("words")],
        "providers": providers_of(place.tenant, visit),
        "place": place,
        "address": address_lines(place.clinic),
        "map": map_link(place.clinic),
        "coming": coming,
        "may": {act: request.has_permission(f"appointments.{act}") for act in ACTS},
        "in_notice": coming and changing.is_in_notice(visit, place.notice, request.now),
        "undo_until": _undo_until(request, visit, place),
        "asked": {one.kind for one in asked if one.state == "waiting"},
        "book": book_path(request, {}),
    }


def _found(request) -> details.Details:
    """The visit of the address, if it is one of the person in view, and of those that the office shows; one that was cancelled here is shown, too."""
    try:
        found = details.details(request.db, request.practice_id, request.person.id, id_in_address(request))
    except confirming.NoSuchVisit:
        raise HTTPNotFound() from None
    if found.visit.status not in visits.shown_statuses(request.tenant) and not changing.was_called_off(found.visit):
        raise HTTPNotFound()
    return found


def _status(request, visit: Appointment) -> tuple[str, str, str]:
    if changing.was_called_off(visit):
        return "Cancelled", "bad", "x-circle"
    last = request.now + timedelta(days=request.tenant.settings["appointments.confirm_days"])
    is_past = visit.starts_at <= request.now
    needs_answer = visit.status == "scheduled" and visit.confirmation not in visits.ANSWERED and not is_past and visit.starts_at <= last
    zone = request.tenant.time_zone
    row = visits.Visit(str(visit.id), visit.starts_at, visit.minutes, visit.status, visit.confirmation, "", None, "", zone, is_past, needs_answer)
    [shown] = show([row], request.now)
    return shown.status, shown.kind, shown.icon


def _undo_until(request, visit: Appointment, place: Place) -> str:
    """Until when it can be taken back that the visit was cancelled, or moved."""
    if visit.ended_at and visit.ended_by == request.identity.account_id and changing.can_take_back(visit, request.now):
        until = visit.ended_at + changing.KEPT
    elif request.has_permission("appointments.cancel") and (was := moved.before(request.db, visit, request.now)):
        until = was.until
    else:
        return ""
    return time_of(until, place.tenant.time_zone)

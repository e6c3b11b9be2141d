"""Calling a visit off, taking that back, and moving it."""

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.forms import Form, empty_form, read_form
from plugins.appointments.forms import LONGEST, REASONS, CancelForm, reason_in_words
from plugins.appointments.models import Appointment
from plugins.appointments.pages import WHY, book_path, id_in_address, own_visit, place_of, to_visit, when
from plugins.appointments.services import changing, confirming, moved

CANCEL = "appointments/cancel.jinja2"
CALL = "Please call us to move this visit."


@view_config(route_name="appointments.cancel", permission="appointments.cancel", request_method="GET", renderer=CANCEL)
def cancel_page(request):
    """What the office asks for, and why; inside the notice period the phone number and a request."""
    visit = own_visit(request)
    if why := changing.what_stops(visit, request.now):
        return to_visit(request, visit.id, WHY[why])
    request.audit("appointments.visit.view", request.person.id, visit.id)
    return _page(request, visit, empty_form())


@view_config(route_name="appointments.cancel", permission="appointments.cancel", request_method="POST", renderer=CANCEL)
def cancel(request):
    """Call it off; for three minutes it can be taken back."""
    visit, form = own_visit(request), read_form(request, CancelForm)
    if form.data is None and changing.what_stops(visit, request.now) is None:
        request.response.status = "422 Unprocessable Content"
        return _page(request, visit, form)
    reason = reason_in_words(form.data) if form.data else ""
    about = (request.db, request.practice_id, request.person.id, visit.id, request.identity.account_id)
    try:
        changing.call_off(*about, reason, place_of(request, visit).notice, request.now)
    except changing.CannotChange as refusal:
        return _refused(request, visit, form, refusal)
    request.audit("appointments.visit.cancel", request.person.id, visit.id)
    return to_visit(request, visit.id)


@view_config(route_name="appointments.undo", permission="appointments.cancel", request_method="POST")
def undo(request):
    """Take back that it was cancelled, or moved."""
    visit_id = id_in_address(request)
    try:
        _take_back(request, visit_id)
    except confirming.NoSuchVisit:
        raise HTTPNotFound() from None
    except changing.CannotChange as refusal:
        return to_visit(request, visit_id, WHY[refusal.why])
    request.audit("appointments.visit.restore", request.person.id, visit_id)
    return to_visit(request, visit_id, "The visit is yours again, as it was.")


def _take_back(request, visit_id) -> None:
    visit = own_visit(request)
    if visit.status == "scheduled" and moved.before(request.db, visit, request.now):
        moved.take_back(request.db, place_of(request, visit).tenant, request.person.id, visit_id, request.now)
    else:
        changing.take_back(request.db, request.practice_id, request.person.id, visit_id, request.now, request.identity.account_id)


@view_config(route_name="appointments.move", permission="appointments.move", request_method="GET")
def move(request):
    """To the open times where patients book for themselves and it is early enough; else to a request."""
    visit = own_visit(request)
    if why := changing.what_stops(visit, request.now):
        return to_visit(request, visit.id, WHY[why])
    book = book_path(request, {"move": visit.id})
    if book and not changing.is_in_notice(visit, place_of(request, visit).notice, request.now):
        return HTTPSeeOther(book)
    if request.has_permission("appointments.ask"):
        return HTTPSeeOther(request.route_path("appointments.ask", visit_id=visit.id, kind="move"))
    return to_visit(request, visit.id, CALL)


def _refused(request, visit: Appointment, form: Form, refusal: changing.CannotChange):
    if refusal.why != "too_late":
        return to_visit(request, visit.id, WHY[refusal.why])
    form.refuse(WHY["too_late"])
    request.response.status = "422 Unprocessable Content"
    return _page(request, visit, form)


def _page(request, visit: Appointment, form: Form) -> dict:
    place = place_of(request, visit)
    return {
        "visit": visit,
        "when": when(request, visit, place),
        "place": place,
        "hours": place.tenant.settings["appointments.notice_hours"],
        "in_notice": changing.is_in_notice(visit, place.notice, request.now),
        "policy": place.tenant.settings["appointments.cancel_policy"],
        "reasons": list(REASONS.items()),
        "longest": LONGEST,
        "form": form,
    }

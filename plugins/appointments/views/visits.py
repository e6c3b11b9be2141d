"""The Appointments tab."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from plugins.appointments.services import confirming, visits
from plugins.appointments.shown import show

MOVED = "This visit has passed or was changed by the office, so it can’t be confirmed here. Please call us if you have a question."


@view_config(route_name="appointments.home", permission="appointments.see", request_method="GET", renderer="appointments/home.jinja2")
def home(request):
    """Scheduled and completed visits, newest first, and what waits for an answer."""
    page = _page(request)
    found, more = visits.visits(request.db, request.tenant, request.person.id, request.now, page)
    request.audit("appointments.list.view", request.person.id)
    shown = show(found, request.now)
    waiting = [visit for visit in reversed(shown) if visit.needs_answer] if request.has_permission("appointments.confirm") else []
    coming, past = [visit for visit in shown if not visit.is_past], [visit for visit in shown if visit.is_past]
    return {"coming": coming, "past": past, "waiting": waiting, "page": page, "more": more}


@view_config(route_name="appointments.confirm", permission="appointments.confirm", request_method="POST")
def confirm(request):
    """Confirm one visit in place."""
    try:
        visit_id = UUID(request.matchdict["visit_id"])
        confirming.confirm(request.db, request.practice_id, request.person.id, visit_id, request.identity.account_id, request.now)
    except (ValueError, confirming.NoSuchVisit):
        raise HTTPNotFound() from None
    except confirming.CannotConfirm:
        request.session.flash(MOVED)
        return HTTPSeeOther(request.route_path("appointments.home"))
    request.audit("appointments.visit.confirm", request.person.id, visit_id)
    request.session.flash("Thank you, your visit is confirmed.")
    return HTTPSeeOther(request.route_path("appointments.home"))


def _page(request) -> int:
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and int(text[:4]) >= 1 and len(text) <= 4):
        raise HTTPNotFound()
    return int(text)

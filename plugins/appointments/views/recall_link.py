"""Behind the link of a recall notice: a time for this recall of this patient, in three taps and without signing in.

Whoever finds the link learns the first name and that a visit is due, as the message says; nothing else of the patient, and no visit.
"""

from dataclasses import dataclass, replace
from functools import partial

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import exception_view_config, view_config

from core.tenant import Tenant
from core.web.errors import Trouble, error_response
from core.web.forms import Form, read_form
from plugins.appointments.offering import RECALL
from plugins.appointments.services import booking, recall_links
from plugins.appointments.services.recall_links import Link, NoSuchLink, Opened
from plugins.appointments.views import choosing
from plugins.appointments.views.choosing import Aim, Asked, Booker
from plugins.appointments.views.public_place import OPEN, page
from plugins.appointments.views.reviewing import Look, Wish, done_of, look_at, review_of, wanted_time

CHOOSE, REVIEW = "appointments.recall", "appointments.recall_review"
DEAD = Trouble(404, "This link can’t be used", "It may not be whole. Please open it from our message once more, or call us: we find a time for you.")
ANSWER = "appointments/recall_answer.jinja2"


@dataclass(frozen=True, slots=True)
class Called:
    """Who opened a link, and what they may book where."""

    link: Link
    home: Tenant
    opened: Opened
    booker: Booker


@exception_view_config(NoSuchLink)
def no_such_link(request):
    """Whatever is wrong with a link has one answer."""
    return error_response(request, DEAD)


@view_config(route_name=CHOOSE, request_method="GET", renderer="appointments/public_choose.jinja2", **OPEN)
def choose_page(request):
    """The times for the recall; or what has become of it."""
    called, asked = _called(request), Asked.of(request)
    request.audit("appointments.recall_link.view", called.link.patient.id, called.link.recall.id)
    if called.opened.state != "open":
        return _answer(request, called)
    links = (partial(_path, request, CHOOSE), partial(_path, request, REVIEW))
    default = called.booker.reasons[0]
    aim, places, warning = choosing.aim_at(request, called.booker, called.opened.offered, asked, default)
    shown = choosing.page_of(request, called.booker, aim, asked, *links, warning, places)
    return _shown(request, called, **shown, title=f"A visit for {_name(called)}", is_restricted=False, is_fixed=True)


@view_config(route_name=REVIEW, request_method="GET", renderer="appointments/public_review.jinja2", **OPEN)
def review_page(request):
    """What is about to be booked."""
    called = _called(request)
    request.audit("appointments.recall_link.view", called.link.patient.id, called.link.recall.id)
    if called.opened.state != "open":
        return _answer(request, called)
    aim = _aim(request, called)
    look = look_at(request, called.booker, aim, wanted_time(request))
    request.response.status_int = 200 if look.slot else 422
    return _review(request, called, aim, Form(), look)


@view_config(route_name=REVIEW, request_method="POST", renderer="appointments/public_review.jinja2", **OPEN)
def book(request):
    """Book it. Somebody who has booked meanwhile, in the portal or by this very link, is told so."""
    called, form = _called(request), read_form(request, Wish)
    if called.opened.state != "open":
        return _answer(request, called)
    aim, patient = _aim(request, called), called.link.patient
    if form.data is None:
        request.response.status_int = 422
        return _review(request, called, aim, form, None)
    provider_id = choosing.provider_of(aim.place, Asked.of(request))
    order = booking.Order(patient.id, aim.reason, wanted_time(request), provider_id, None, form.data.note, form.data.wants_earlier, RECALL)
    try:
        visit = booking.book(request.db, aim.place, order, request.now)
    except booking.AlreadyBooked:
        return _answer(request, replace(called, opened=replace(called.opened, state="booked")))
    except booking.SlotTaken as taken:
        request.response.status_int = 409
        return _review(request, called, aim, form, Look(None, [slot.starts_at for slot in taken.nearest]))
    request.audit("appointments.visit.book", patient.id, visit.id)
    request.override_renderer = "appointments/public_done.jinja2"
    return page(request, aim.place, **done_of(request, aim.place, visit))


def _called(request) -> Called:
    """Whose link it is. Raises NoSuchLink."""
    link = recall_links.find(request.db, request.registry.portal.secret_key, request.practice_id, request.matchdict["token"])
    tenants = request.registry.tenants
    home = tenants.tenant(request.practice_id, link.patient.clinic_id, request.visitor.version)
    opened = recall_links.look(request.db, link, home, request.now)
    places = sorted(choosing.places_of(request), key=lambda place: place.clinic_id != link.patient.clinic_id)
    if "appointments" not in home.plugins or not places:
        raise HTTPNotFound()
    # Since when it is due is not said: the message did not say so either.
    reasons = [replace(opened.reason, due_on=None)] if opened.reason else []
    return Called(link, home, opened, Booker(link.patient.id, link.patient.birthdate, reasons, places))


def _aim(request, called: Called) -> Aim:
    aim, _, _ = choosing.aim_at(request, called.booker, called.opened.offered, Asked.of(request), None)
    if aim is None:
        raise HTTPSeeOther(_path(request, CHOOSE))
    return aim


def _review(request, called: Called, aim: Aim, form: Form, look: Look | None) -> dict:
    return _shown(request, called, **review_of(request, aim, form, look), back=_path(request, CHOOSE, **Asked.of(request).but()))


def _answer(request, called: Called) -> dict:
    request.override_renderer = ANSWER
    contact = called.home.contact
    return _shown(request, called, state=called.opened.state, phone=contact.phone if contact else "")


def _shown(request, called: Called, **values) -> dict:
    return page(request, called.home, **values)


def _name(called: Called) -> str:
    return called.link.patient.preferred_name or called.link.patient.first_name


def _path(request, route: str, **query: str) -> str:
    return request.route_path(route, token=request.matchdict["token"], _query=query)

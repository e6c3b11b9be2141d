"""Booking on a clinic's public page: which clinic, been here before or not; and patients, by name, birthdate and a code to the address in their chart.

No page says whether somebody is a patient here. People who were never here: `public_new.py`.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import FileResponse
from pyramid.view import view_config

from core.auth.tickets import BadTicket
from core.people.models import Patient
from core.tenant import Tenant
from core.web.forms import Form, read_form
from plugins.appointments.offering import RECALL
from plugins.appointments.services import booking, newcomers, recalls
from plugins.appointments.services.newcomers import Asker, Person
from plugins.appointments.services.recalls import Offered
from plugins.appointments.views import choosing
from plugins.appointments.views.choosing import Aim, Asked, Booker
from plugins.appointments.views.public_forms import CodeForm, KnownForm
from plugins.appointments.views.public_place import (
    OPEN,
    WRONG_CODE,
    is_for_known,
    page,
    path_of,
    place_of,
    places_of,
    refused,
    source_of,
    ticket_of,
)
from plugins.appointments.views.reviewing import Look, Wish, done_of, look_at, review_of, wanted_time

CHOOSE, REVIEW = "public_choose", "public_review"
EMBED, EMBED_KEPT = Path(__file__).parents[1] / "static" / "embed.js", 3600
"""Its address is the same for ever, so it is kept for an hour only."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A patient who has typed the code, and what may be booked."""

    place: Tenant
    patient: Patient
    offered: Offered
    booker: Booker


@view_config(route_name="appointments.public", request_method="GET", renderer="appointments/public_clinics.jinja2", **OPEN)
def clinics_page(request):
    """Which clinic, if there is more than one."""
    places = places_of(request)
    if not places:
        raise HTTPNotFound()
    if len(places) == 1:
        return HTTPSeeOther(path_of(request, "public_clinic", places[0]))
    return {"places": [(place, path_of(request, "public_clinic", place)) for place in places]}


@view_config(route_name="appointments.public_embed", request_method="GET", **OPEN)
def embed(request):
    """The script with which an office's website shows the page: of all our scripts the one that other websites load."""
    response = FileResponse(EMBED, request=request, content_type="text/javascript", cache_max_age=EMBED_KEPT)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@view_config(route_name="appointments.public_clinic", request_method="GET", renderer="appointments/public.jinja2", **OPEN)
def start_page(request):
    """Been here before, or not."""
    place = place_of(request)
    known, new = is_for_known(place), place.settings["appointments.book_new"]
    if known != new:
        return HTTPSeeOther(path_of(request, "public_new" if new else "public_known", place))
    return page(request, place, known_path=path_of(request, "public_known", place), new_path=path_of(request, "public_new", place))


@view_config(route_name="appointments.public_known", request_method="GET", renderer="appointments/public_known.jinja2", **OPEN)
def known_page(request):
    """Ask who it is."""
    return page(request, place_of(request, new=False), form=Form())


@view_config(route_name="appointments.public_known", request_method="POST", renderer="appointments/public_known.jinja2", **OPEN)
def ask(request):
    """Have it looked up, and go on to the page that takes a code, in any case."""
    place, form = place_of(request, new=False), read_form(request, KnownForm)
    if form.data is None:
        return refused(request, place, form)
    person = Person(form.data.first_name, form.data.last_name, form.data.birthdate)
    asker = Asker(request.remote_addr or "", place.clinic_id, source_of(request), request.now)
    registry = request.registry
    ticket_id = newcomers.ask(request.db, request.practice_id, registry.limiter, registry.portal.secret_key, person, asker, newcomers.KNOWN)
    request.audit("appointments.guest.asked", target_id=ticket_id)
    request.override_renderer = "appointments/public_code.jinja2"
    return page(request, place, form=Form(), ticket=ticket_id)


@view_config(route_name="appointments.public_known_code", request_method="POST", renderer="appointments/public_code.jinja2", **OPEN)
def prove(request):
    """A right code opens the page on which this patient books; whatever is wrong with it has one answer."""
    place, form, ticket_id = place_of(request, new=False), read_form(request, CodeForm), ticket_of(request)
    try:
        code = form.data.code if form.data else ""
        whose = (request.db, request.practice_id, request.registry.limiter, ticket_id)
        token = newcomers.prove(*whose, code, request.remote_addr or "", request.now)
    except BadTicket:
        request.audit("appointments.guest.failed", target_id=ticket_id)
        form.refuse(WRONG_CODE, "code")
        return refused(request, place, form, ticket=ticket_id)
    return HTTPSeeOther(path_of(request, CHOOSE, place, token=token))


@view_config(route_name="appointments.public_choose", request_method="GET", renderer="appointments/public_choose.jinja2", **OPEN)
def choose_page(request):
    """What the proven patient may book here, and when."""
    proven, asked = _proven(request), Asked.of(request)
    place, booker = proven.place, proven.booker
    today = request.now.astimezone(place.time_zone).date()
    aim, _, warning = choosing.aim_at(request, booker, proven.offered, asked, choosing.default_of(booker, today))
    link, time_link = (partial(_link, request, route, place) for route in (CHOOSE, REVIEW))
    shown = choosing.page_of(request, booker, aim, asked, link, time_link, warning)
    request.audit("appointments.guest.view", proven.patient.id)
    return page(request, place, **shown, title="Book a visit", is_restricted=proven.patient.id in proven.offered.restricted)


@view_config(route_name="appointments.public_review", request_method="GET", renderer="appointments/public_review.jinja2", **OPEN)
def review_page(request):
    """What is about to be booked."""
    proven = _proven(request)
    aim = _aim(request, proven)
    look = look_at(request, proven.booker, aim, wanted_time(request))
    request.response.status_int = 200 if look.slot else 422
    return _review(request, proven, aim, Form(), look)


@view_config(route_name="appointments.public_review", request_method="POST", renderer="appointments/public_review.jinja2", **OPEN)
def book(request):
    """Book it for the proven patient; the link is used up by it."""
    proven, form = _proven(request), read_form(request, Wish)
    aim, place = _aim(request, proven), proven.place
    if form.data is None:
        request.response.status_int = 422
        return _review(request, proven, aim, form, None)
    kind = RECALL if aim.reason.what == RECALL else "existing"
    provider_id = choosing.provider_of(place, Asked.of(request))
    order = booking.Order(proven.patient.id, aim.reason, wanted_time(request), provider_id, None, form.data.note, form.data.wants_earlier, kind)
    try:
        visit = booking.book(request.db, place, order, request.now)
    except booking.SlotTaken as taken:
        request.response.status_int = 409
        return _review(request, proven, aim, form, Look(None, [slot.starts_at for slot in taken.nearest]))
    newcomers.use_up(request.db, request.practice_id, request.matchdict["token"], request.now)
    request.audit("appointments.visit.book", proven.patient.id, visit.id)
    request.override_renderer = "appointments/public_done.jinja2"
    return page(request, place, **done_of(request, place, visit))


def _proven(request) -> Proven:
    """The patient of the link. A link that is over, or was used, leads back to the form that asks who it is."""
    place = place_of(request, new=False)
    try:
        patient = newcomers.patient_of(request.db, request.practice_id, request.matchdict["token"], request.now)
    except BadTicket:
        raise HTTPSeeOther(path_of(request, "public_known", place)) from None
    today = request.now.astimezone(place.time_zone).date()
    offered = recalls.offered(request.db, request.practice_id, [patient.id], request.now, today)
    reasons = offered.for_patient(patient.id, patient.birthdate, today, place.settings)
    here = [reason for reason in reasons if place.clinic_id in offered.clinics_for(reason)]
    return Proven(place, patient, offered, Booker(patient.id, patient.birthdate, here, [place]))


def _aim(request, proven: Proven) -> Aim:
    aim, _, _ = choosing.aim_at(request, proven.booker, proven.offered, Asked.of(request), None)
    if aim is None:
        raise HTTPSeeOther(path_of(request, CHOOSE, proven.place, token=request.matchdict["token"]))
    return aim


def _review(request, proven: Proven, aim: Aim, form: Form, look: Look | None) -> dict:
    back = _link(request, CHOOSE, proven.place, **Asked.of(request).but())
    return page(request, proven.place, **review_of(request, aim, form, look), back=back)


def _link(request, route: str, place: Tenant, **query: str) -> str:
    return path_of(request, route, place, query, token=request.matchdict["token"])

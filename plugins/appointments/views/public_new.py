"""Booking a first visit on a clinic's public page: the reason and a time, who it is, a code to the e-mail address; then there are a chart and a visit."""

from functools import partial
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from core.auth.tickets import BadTicket
from core.people.ages import years
from core.tenant import Tenant
from core.web.forms import Form, read_form
from plugins.appointments import month as months
from plugins.appointments.services import booking, newcomers, recalls
from plugins.appointments.services.newcomers import AlreadyHere, Asker, Person
from plugins.appointments.services.recalls import Offered
from plugins.appointments.views import choosing
from plugins.appointments.views.choosing import Aim, Asked, Booker
from plugins.appointments.views.public_forms import OTHER, CodeForm, NewForm, carrier_of, choices_of, words_of
from plugins.appointments.views.public_place import OPEN, WRONG_CODE, page, path_of, place_of, refused, source_of, ticket_of
from plugins.appointments.views.reviewing import Look, done_of, look_at, review_of, wanted_time

NOT_AT_THIS_AGE = "This visit is not for somebody of this age. Please choose another reason, or call us."
NO_CHILDREN = "We book first visits of children by phone. Please call us."
GUARDIAN = "Type the name of a parent or guardian: somebody of age books for a child."
ALREADY_HERE = "You have been here before, as it seems. Please book as a patient: type your name and birthdate."


@view_config(route_name="appointments.public_new", request_method="GET", renderer="appointments/public_choose.jinja2", **OPEN)
def choose_page(request):
    """The reason, the month and the times."""
    place = place_of(request, new=True)
    offered, booker = _newcomer(request, place)
    asked = Asked.of(request)
    aim, _, warning = choosing.aim_at(request, booker, offered, asked, booker.reasons[0] if len(booker.reasons) == 1 else None)
    link, time_link = (partial(path_of_query, request, route, place) for route in ("public_new", "public_details"))
    shown = choosing.page_of(request, booker, aim, asked, link, time_link, warning)
    return page(request, place, **shown, title="Book your first visit", is_restricted=False)


@view_config(route_name="appointments.public_details", request_method="GET", renderer="appointments/public_details.jinja2", **OPEN)
def details_page(request):
    """Ask who it is; or show the nearest times, where this one is not open."""
    place = place_of(request, new=True)
    aim, booker = _aim(request, place)
    look = look_at(request, booker, aim, wanted_time(request))
    request.response.status_int = 200 if look.slot else 422
    return _details(request, place, aim, Form(), look)


@view_config(route_name="appointments.public_details", request_method="POST", renderer="appointments/public_details.jinja2", **OPEN)
def ask(request):
    """Send a code to the e-mail address, whoever was typed."""
    place, form = place_of(request, new=True), read_form(request, NewForm)
    aim, _ = _aim(request, place)
    typed = _checked(request, place, aim, form)
    if typed is None:
        request.response.status_int = 422
        return _details(request, place, aim, form, None)
    person = Person(typed.first_name, typed.last_name, typed.birthdate, typed.email, typed.phone, words_of(typed, aim.reason.words))
    asker = Asker(request.remote_addr or "", place.clinic_id, source_of(request), request.now)
    registry = request.registry
    ticket_id = newcomers.ask(request.db, request.practice_id, registry.limiter, registry.portal.secret_key, person, asker, newcomers.NEW)
    request.audit("appointments.guest.asked", target_id=ticket_id)
    request.override_renderer = "appointments/public_new_code.jinja2"
    carrier = carrier_of(place, typed)
    return _code_page(request, place, aim, ticket_id, Form(), None) | {"email": typed.email, "told": carrier.message if carrier else ""}


@view_config(route_name="appointments.public_new_code", request_method="POST", renderer="appointments/public_new_code.jinja2", **OPEN)
def book(request):
    """A right code makes the chart and books the visit. Where the time is gone it stays good for another one."""
    place, form, ticket_id = place_of(request, new=True), read_form(request, CodeForm), ticket_of(request)
    aim, _ = _aim(request, place)
    whose = (request.db, request.practice_id)
    try:
        code = form.data.code if form.data else ""
        guest = newcomers.admit(*whose, request.registry.limiter, ticket_id, code, request.remote_addr or "", request.now)
    except AlreadyHere:
        return refused(request, place, form, ticket=ticket_id, aim=aim, is_here=True, known_path=path_of(request, "public_known", place))
    except BadTicket:
        request.audit("appointments.guest.failed", target_id=ticket_id)
        form.refuse(WRONG_CODE, "code")
        request.response.status_int = 422
        return _code_page(request, place, aim, ticket_id, form, None)
    provider_id = choosing.provider_of(place, Asked.of(request))
    try:
        with request.db.begin_nested():
            patient = newcomers.make_chart(request.db, guest, request.now)
            order = booking.Order(patient.id, aim.reason, wanted_time(request), provider_id, None, guest.words, made_by="new")
            visit = booking.book(request.db, place, order, request.now)
    except booking.SlotTaken as taken:
        newcomers.give_back(*whose, ticket_id)
        request.response.status_int = 409
        return _code_page(request, place, aim, ticket_id, form, Look(None, [slot.starts_at for slot in taken.nearest]))
    guest.patient_id, guest.appointment_id = patient.id, visit.id
    request.audit("appointments.newcomer.add", patient.id, guest.id)
    request.audit("appointments.visit.book", patient.id, visit.id)
    request.override_renderer = "appointments/public_done.jinja2"
    return page(request, place, **done_of(request, place, visit))


def path_of_query(request, route: str, place: Tenant, **query: str) -> str:
    """The address of a page with what was chosen."""
    return path_of(request, route, place, query)


def _newcomer(request, place: Tenant) -> tuple[Offered, Booker]:
    today = request.now.astimezone(place.time_zone).date()
    offered = recalls.offered(request.db, request.practice_id, [], request.now, today)
    reasons = [reason for reason in offered.for_newcomer(None, today) if place.clinic_id in offered.clinics_for(reason)]
    return offered, Booker(None, None, reasons, [place])


def _aim(request, place: Tenant) -> tuple[Aim, Booker]:
    offered, booker = _newcomer(request, place)
    aim, _, _ = choosing.aim_at(request, booker, offered, Asked.of(request), None)
    if aim is None:
        raise HTTPSeeOther(path_of(request, "public_new", place))
    return aim, booker


def _checked(request, place: Tenant, aim: Aim, form: Form[NewForm]) -> NewForm | None:
    """What was typed, if the office takes it: by age, guardian and insurance."""
    typed = form.data
    if typed is None:
        return None
    day = wanted_time(request).astimezone(place.time_zone).date()
    is_child = years(typed.birthdate, aim.today) < place.settings["portal.adult_age"]
    if is_child and not place.settings["appointments.allow_children"]:
        form.refuse(NO_CHILDREN, "birthdate")
    elif is_child and not typed.guardian:
        form.refuse(GUARDIAN, "guardian")
    carrier = carrier_of(place, typed)
    if carrier and carrier.rule == "refuse":
        form.refuse(carrier.message or place.settings["appointments.insurance_message"] or "We do not take this insurance. Please call us.", "insurance")
    elif typed.insurance == OTHER and not typed.other_insurance:
        form.refuse("Type the name of your insurance.", "other_insurance")
    kinds = recalls.offered(request.db, request.practice_id, [], request.now, aim.today).for_newcomer(typed.birthdate, aim.today)
    if not any(reason.key == aim.reason.key and reason.is_for(day) for reason in kinds):
        form.refuse(NOT_AT_THIS_AGE, "birthdate")
    return form.data


def _details(request, place: Tenant, aim: Aim, form: Form, look: Look | None) -> dict:
    back = path_of(request, "public_new", place, Asked.of(request).but())
    return page(
        request, place, **review_of(request, aim, form, look), back=back, insurances=choices_of(place), asks_other=place.settings["appointments.insurance_other"] == "ask",
        insurance_message=place.settings["appointments.insurance_message"], allow_children=place.settings["appointments.allow_children"],
        time_path=partial(path_of_query, request, "public_details", place, **Asked.of(request).but()),
    )  # fmt: skip


def _code_page(request, place: Tenant, aim: Aim, ticket_id: UUID, form: Form, look: Look | None) -> dict:
    chosen = Asked.of(request).but() | {"time": months.stamp(wanted_time(request))}
    path = path_of(request, "public_new_code", place, chosen)
    return page(request, place, **review_of(request, aim, form, look), ticket=ticket_id, path=path, is_here=False)

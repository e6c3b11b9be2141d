"""Booking a visit in the tab: for whom and what, on which day, when; then a look at the whole, and it is booked."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import select

from core.auth.identity import Person
from core.web.formats import moment_of
from core.web.forms import Form, read_form
from plugins.appointments.models import Appointment
from plugins.appointments.offering import RECALL
from plugins.appointments.pages import WHY, place_of, to_visit
from plugins.appointments.services import booking, changing, recalls
from plugins.appointments.services.confirming import NoSuchVisit
from plugins.appointments.services.recalls import Offered
from plugins.appointments.views import choosing
from plugins.appointments.views.choosing import BOOK, Asked, Booker, Choice
from plugins.appointments.views.reviewing import Look, Wish, done_of, look_at, review_of, wanted_time

REVIEW = "appointments.book_review"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who books for whom, with all that may be booked."""

    person: Person
    people: tuple[Person, ...]
    offered: Offered
    booker: Booker


@view_config(route_name=BOOK, permission=BOOK, request_method="GET", renderer="appointments/book.jinja2")
def book_page(request):
    """For whom and what, where and with whom; the month with its open days, and the times of one. What is due is chosen already."""
    visitor, asked = _visitor(request), Asked.of(request)
    booker, link = visitor.booker, partial(_path, request, BOOK, visitor.person)
    today = request.now.astimezone(request.tenant_of(visitor.person).time_zone).date()
    aim, places, warning = choosing.aim_at(request, booker, visitor.offered, asked, choosing.default_of(booker, today))
    time_link = partial(_path, request, REVIEW, visitor.person)
    request.audit("appointments.booking.view", visitor.person.id)
    shown = choosing.page_of(request, booker, aim, asked, link, time_link, warning, places)
    return shown | {
        "for_person": visitor.person,
        "people": _people(request, visitor),
        "moved": visitor.booker.visit and moment_of(visitor.booker.visit.starts_at, request.now, visitor.booker.places[0].time_zone),
        "is_restricted": visitor.person.id in visitor.offered.restricted,
    }


@view_config(route_name=REVIEW, permission=BOOK, request_method="GET", renderer="appointments/book_review.jinja2")
def review_page(request):
    """What is about to be booked; or the nearest times, where this one is not open."""
    visitor, aim = _aim(request)
    look = look_at(request, visitor.booker, aim, wanted_time(request))
    request.audit("appointments.booking.view", visitor.person.id)
    if look.slot is None:
        request.response.status_int = 422
    return _review(request, visitor, aim, Form(), look)


@view_config(route_name=REVIEW, permission=BOOK, request_method="POST", renderer="appointments/book_review.jinja2")
def book(request):
    """Book it. Whoever was slower is shown the nearest times, with all that was typed."""
    visitor, aim = _aim(request)
    form = read_form(request, Wish)
    if form.data is None:
        request.response.status_int = 422
        return _review(request, visitor, aim, form, None)
    try:
        visit = _move(request, visitor, aim) if visitor.booker.visit else _book(request, visitor, aim, form.data)
    except changing.CannotChange as refusal:
        return to_visit(request, UUID(request.GET["move"]), WHY[refusal.why])
    except booking.SlotTaken as taken:
        request.response.status_int = 409
        return _review(request, visitor, aim, form, Look(None, [slot.starts_at for slot in taken.nearest]))
    request.audit(f"appointments.visit.{'move' if visitor.booker.visit else 'book'}", visitor.person.id, visit.id)
    if visitor.booker.visit:
        return to_visit(request, visit.id, "Your visit is moved.")
    return HTTPSeeOther(request.route_path("appointments.booked", visit_id=visit.id))


@view_config(route_name="appointments.booked", permission="appointments.see", request_method="GET", renderer="appointments/booked.jinja2")
def booked_page(request):
    """What was booked, to keep."""
    visit = _own_visit(request)
    [person] = [person for person in request.identity.people if person.id == visit.patient_id]
    place = request.registry.tenants.tenant(request.practice_id, visit.clinic_id, request.visitor.version)
    request.audit("appointments.visit.view", person.id, visit.id)
    return done_of(request, place, visit) | {
        "whose": "" if person.is_self else f"{person.short_name}’s",
        "visit_path": request.route_path("appointments.visit", visit_id=visit.id) if person is request.person else "",
        "calendar_path": request.route_path("appointments.visit_file", visit_id=visit.id) if person is request.person else "",
    }


def _own_visit(request) -> Appointment:
    try:
        visit_id = UUID(request.matchdict["visit_id"])
    except ValueError:
        raise HTTPNotFound() from None
    mine = [person.id for person in request.identity.people if request.may(person, "appointments.see")]
    where = (Appointment.practice_id == request.practice_id, Appointment.id == visit_id, Appointment.patient_id.in_(mine))
    visit = request.db.scalars(select(Appointment).where(*where, Appointment.status == "scheduled")).one_or_none()
    if visit is None:
        raise HTTPNotFound()
    return visit


def _book(request, visitor: Visitor, aim: choosing.Aim, wish: Wish) -> Appointment:
    kind = RECALL if aim.reason.what == RECALL else "existing"
    moment, provider_id = wanted_time(request), choosing.provider_of(aim.place, Asked.of(request))
    order = booking.Order(visitor.person.id, aim.reason, moment, provider_id, request.identity.account_id, wish.note, wish.wants_earlier, kind)
    return booking.book(request.db, aim.place, order, request.now)


def _move(request, visitor: Visitor, aim: choosing.Aim) -> Appointment:
    moment, provider_id = wanted_time(request), choosing.provider_of(aim.place, Asked.of(request))
    return booking.move(request.db, aim.place, visitor.person.id, UUID(request.GET["move"]), moment, request.now, provider_id)


def _aim(request) -> tuple[Visitor, choosing.Aim]:
    visitor, asked = _visitor(request), Asked.of(request)
    aim, _, _ = choosing.aim_at(request, visitor.booker, visitor.offered, asked, None)
    if aim is None:
        raise HTTPSeeOther(_path(request, BOOK, visitor.person, **asked.but()))
    return visitor, aim


def _review(request, visitor: Visitor, aim: choosing.Aim, form: Form, look: Look | None) -> dict:
    back = _path(request, BOOK, visitor.person, **Asked.of(request).but())
    return review_of(request, aim, form, look) | {"for_person": visitor.person, "back": back, "moves": visitor.booker.visit is not None}


def _visitor(request) -> Visitor:
    return _mover(request) if request.GET.get("move") else _booker(request)


def _mover(request) -> Visitor:
    """Whose visit is moved, of the person in view. A visit that cannot be moved leads back to its page, which says why."""
    person = request.person
    try:
        visit = changing.visit_of(request.db, request.practice_id, person.id, UUID(request.GET["move"]))
    except (ValueError, NoSuchVisit):
        raise HTTPNotFound() from None
    place = place_of(request, visit)
    why = changing.what_stops(visit, request.now) or ("too_late" if changing.is_in_notice(visit, place.notice, request.now) else "")
    if why:
        raise to_visit(request, visit.id, WHY[why])
    if place.tenant.clinic_id not in {one.clinic_id for one in choosing.places_of(request)} or not request.may(person, "appointments.move"):
        raise HTTPNotFound()
    reason = booking.reason_of(request.db, visit, request.now)
    return Visitor(person, (person,), Offered({}, [], [], [], frozenset()), Booker(person.id, person.birthdate, [reason], [place.tenant], visit))


def _booker(request) -> Visitor:
    people = tuple(person for person in request.identity.people if request.may(person, BOOK))
    wanted = request.GET.get("for", "")
    person = next((person for person in people if str(person.id) == wanted or (not wanted and person.id == request.person.id)), None)
    if person is None:
        raise HTTPNotFound()
    tenant = request.tenant_of(person)
    today = request.now.astimezone(tenant.time_zone).date()
    offered = recalls.offered(request.db, request.practice_id, [person.id], request.now, today)
    places = sorted(choosing.places_of(request), key=lambda place: place.clinic_id != person.clinic_id)
    reasons = offered.for_patient(person.id, person.birthdate, today, tenant.settings)
    open_at = {place.clinic_id for place in places}
    reasons = [reason for reason in reasons if offered.clinics_for(reason) & open_at]
    return Visitor(person, people, offered, Booker(person.id, person.birthdate, reasons, places))


def _path(request, route: str, person: Person, **query: str) -> str:
    whose = {} if person.id == request.person.id else {"for": str(person.id)}
    whose |= {"move": request.GET["move"]} if request.GET.get("move") else {}
    return request.route_path(route, _query=whose | query)


def _people(request, visitor: Visitor) -> list[Choice]:
    """Those for whom the account may book; nothing when that is one."""
    if len(visitor.people) < 2:
        return []
    return [
        Choice(f"{person.short_name} (you)" if person.is_self else person.short_name, "", _path(request, BOOK, person), person is visitor.person)
        for person in visitor.people
    ]

"""Booking without signing in, as the office sees it: new patients whose charts have no number yet, and the address and the frame for its website."""

from markupsafe import Markup
from pyramid.view import view_config
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from core.plugins import OfficeItem
from core.plugins.waiting import at_clinics
from core.web.formats import moment_of
from plugins.appointments.models import Appointment
from plugins.appointments.office import insurances
from plugins.appointments.office.place import ONLINE, SEE, parts, place_of
from plugins.appointments.views.public_place import origins_of, places_of, short_of, word_of

MOST = 100
_SCRIPT = Markup('<script src="{}" data-clinic="{}" async></script>')
_FRAME = Markup('<iframe src="{}" title="Book a visit" style="width: 100%; height: 56rem; border: 0"></iframe>')
_PATIENT = (Patient.practice_id == Appointment.practice_id) & (Patient.id == Appointment.patient_id)
# The practice's system gives the chart its number, once the office has entered who is new there.
_NEW = (Appointment.made_by == "new", Appointment.status == "scheduled", Patient.external_id.is_(None))
HOW_MANY = (
    select(func.count())
    .select_from(Appointment)
    .join(Patient, _PATIENT)
    .where(
        Appointment.practice_id == bindparam("practice_id"), *_NEW, at_clinics(Appointment.clinic_id), Appointment.starts_at > bindparam("now"),
        Appointment.made_at > bindparam("since"), Appointment.made_at <= bindparam("now"),
    )
)  # fmt: skip
"""How many visits of people who are new are to come."""
WAITING = OfficeItem(
    "appointments.newcomers", "New patients who booked", "Their charts have no number yet: enter them in your practice system.", "person", ONLINE, SEE, HOW_MANY, 14
)


@view_config(route_name=ONLINE, permission=SEE, request_method="GET", renderer="appointments/office/online.jinja2")
def online_page(request):
    """Who is new, and how people get to the booking page of the clinic."""
    place = place_of(request)
    found, may_change = _newcomers(request.db, request), insurances.CHANGE in request.identity.permissions
    request.audit("appointments.newcomers.view")
    home = request.registry.portal.address(request.whole_tenant.host)
    places = places_of(request)
    open_at = next((one for one in places if one.clinic_id == place.clinic_id), None)
    short = f"{home}{request.route_path('portal.book_at', place=short_of(open_at, places))}" if open_at else ""
    address = home + request.route_path("appointments.public_clinic", place=word_of(open_at)) if open_at else ""
    zones = {clinic.id: clinic.time_zone for clinic in request.whole_tenant.clinics}
    return {
        "place": place,
        "parts": parts(request, place),
        "found": [(visit, patient, moment_of(visit.starts_at, request.now, zones.get(visit.clinic_id, place.zone))) for visit, patient in found],
        "address": address,
        "short": short,
        "script": str(_SCRIPT.format(home + request.route_path("appointments.public_embed"), word_of(open_at))) if open_at else "",
        "frame": str(_FRAME.format(address)) if open_at else "",
        "origins": origins_of(open_at) if open_at else [],
        "insurances": insurances.listed(request, place),
        "suggested": insurances.suggested(request, place) if may_change else [],
        "may_change": may_change,
    }


def _newcomers(session: Session, request) -> list:
    reach = request.identity.clinic_ids
    at = (Appointment.clinic_id.in_(reach),) if reach else ()
    where = (Appointment.practice_id == request.practice_id, *_NEW, *at, Appointment.starts_at > request.now)
    return list(session.execute(select(Appointment, Patient).join(Patient, _PATIENT).where(*where).order_by(Appointment.starts_at).limit(MOST)).all())


def add_routes(config) -> None:
    """Add the page."""
    config.add_route(ONLINE, "/online")

"""What the pages about one visit have in common."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.auth.policy import tenant_at
from core.tenant import ClinicDetails, TeamMember, Tenant
from core.web.formats import day_of, moment_of, time_of
from plugins.appointments.models import Appointment, worker_of
from plugins.appointments.services import changing, confirming

WHY = {
    "past": "The time of this visit has passed, so it can’t be changed here any more.",
    "complete": "This visit has taken place, so it can’t be changed any more.",
    "called_off": "This visit is not scheduled any more.",
    "too_late": "So shortly before the visit it can’t be cancelled here. Please call us, or send us a request.",
    "not_called_off": "You have not cancelled this visit, so there is nothing to take back.",
    "undo_is_over": "The three minutes are over, so the visit can’t be taken back. Please book a new time or call us.",
}


class Place(NamedTuple):
    """Where a visit is: what holds at its clinic, and the clinic, if it has one."""

    tenant: Tenant
    clinic: ClinicDetails | None

    @property
    def notice(self) -> timedelta:
        """How long before a visit only the office changes it."""
        return timedelta(hours=self.tenant.settings["appointments.notice_hours"])

    @property
    def phone(self) -> str:
        """Whom to call about it."""
        contact = self.clinic or self.tenant.contact
        return contact.phone if contact else ""


def place_of(request, visit: Appointment) -> Place:
    """The place of a visit."""
    tenant = tenant_at(request, visit.clinic_id)
    return Place(tenant, tenant.clinic)


def when(request, visit: Appointment, place: Place) -> str:
    """Such as "Tomorrow at 9:20 AM", by the clinic's clock."""
    return moment_of(visit.starts_at, request.now, place.tenant.time_zone)


def arrival(request, visit: Appointment, place: Place) -> str:
    """When the patient is asked to be there, if that is not when the visit begins; with the day where it is another one."""
    zone = place.tenant.time_zone
    if visit.arrive_at is None or visit.arrive_at == visit.starts_at:
        return ""
    same_day = visit.arrive_at.astimezone(zone).date() == visit.starts_at.astimezone(zone).date()
    return time_of(visit.arrive_at, zone) if same_day else f"{day_of(visit.arrive_at, request.now, zone)} at {time_of(visit.arrive_at, zone)}"


def providers_of(tenant: Tenant, visit: Appointment) -> list[tuple[TeamMember, str]]:
    """Whom the patient sees, with what they are there: first whose time it is (the hygienist’s, where the visit is one of hygiene), then who is there, too."""
    own, roles = worker_of(visit), {visit.provider_id: "Dentist", visit.hygienist_id: "Hygienist"}
    ids = sorted((id_ for id_ in roles if id_), key=lambda id_: id_ != own)
    return [(tenant.faces[str(id_)], roles[id_] if len(ids) > 1 else "") for id_ in ids if str(id_) in tenant.faces]


def address_lines(clinic: ClinicDetails | None) -> list[str]:
    """The address of a clinic as it stands on an envelope."""
    if clinic is None:
        return []
    town = ", ".join(part for part in (clinic.city, " ".join(part for part in (clinic.state, clinic.postal_code) if part)) if part)
    return [line for line in (clinic.address_1, clinic.address_2, town) if line]


def map_link(clinic: ClinicDetails | None) -> str:
    """Where a map shows the clinic."""
    lines = address_lines(clinic)
    return f"https://www.openstreetmap.org/search?query={quote(', '.join(lines))}" if lines else ""


def book_path(request, about: Mapping[str, object]) -> str:
    """Where the person in view books; nothing where patients do not book for themselves."""
    if "appointments.book" not in request.registry.route_owners or not request.has_permission("appointments.book"):
        return ""
    return request.route_path("appointments.book", _query=dict(about))


def id_in_address(request, name: str = "visit_id") -> UUID:
    """An id of the address. Raises HTTPNotFound for what is none."""
    try:
        return UUID(request.matchdict[name])
    except ValueError:
        raise HTTPNotFound() from None


def own_visit(request) -> Appointment:
    """The visit of the address, if it is one of the person in view. Raises HTTPNotFound."""
    try:
        return changing.visit_of(request.db, request.practice_id, request.person.id, id_in_address(request))
    except confirming.NoSuchVisit:
        raise HTTPNotFound() from None


def to_visit(request, visit_id: UUID, words: str = "") -> HTTPSeeOther:
    """Lead to the page of a visit, with a sentence on it."""
    if words:
        request.session.flash(words)
    return HTTPSeeOther(request.route_path("appointments.visit", visit_id=visit_id))

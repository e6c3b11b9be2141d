"""One visit as the office opens it: who, when, where, how it is confirmed, and what was done with it."""

from uuid import UUID
from zoneinfo import ZoneInfo

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.audit_words import sentence
from plugins.appointments.models import Appointment, AppointmentType, ConfirmationStatus, Operatory, RecallType
from plugins.appointments.notices import log
from plugins.appointments.office.book import ANSWERS, STATES
from plugins.appointments.office.place import ANSWER, BOOK, SEE, id_in
from plugins.appointments.services import chairs, statuses

VISIT, CONFIRM = "appointments.office.book.visit", "appointments.office.book.visit.confirm"
MADE = {
    "office": "By the office", "recall": "Online, as a recall visit", "existing": "Online, by a patient of the office", "new": "Online, by a new patient",
    "waiting": "Online, from the wait list",
}  # fmt: skip


@view_config(route_name=VISIT, permission=SEE, request_method="GET", renderer="appointments/office/visit.jinja2")
def visit_page(request):
    """All about one visit."""
    visit, patient = _found(request)
    zone = _zone(request, visit, patient)
    request.audit("appointments.visit.view", patient.id, visit.id)
    known = [one for one in chairs.rows(request.db, request.practice_id, ConfirmationStatus) if not one.is_hidden or one.id == visit.confirmation_status_id]
    entries = statuses.history(request.db, request.practice_id, visit)
    return {
        "visit": visit, "patient": patient, "local": visit.starts_at.astimezone(zone), "mark": STATES.get(visit.status) or ANSWERS[visit.confirmation],
        "notices": log.of_visit(request.db, request.practice_id, visit.id),
        "entries": [(entry.at, sentence(entry.action), entry.by) for entry in entries], "statuses": known, "answers": ANSWERS, "made": MADE[visit.made_by],
        "names": _names(request, visit), "accounts": statuses.account_names(request.db, request.practice_id, [visit.confirmed_by, visit.ended_by, visit.made_by_id]),
        "may_answer": ANSWER in request.identity.permissions, "clinic": {one.id: one.name for one in request.whole_tenant.clinics}.get(visit.clinic_id, ""),
        "book": request.route_path(BOOK, _query={"day": str(visit.starts_at.astimezone(zone).date())} | ({"clinic": str(visit.clinic_id)} if visit.clinic_id else {})),
    }  # fmt: skip


@view_config(route_name=CONFIRM, permission=ANSWER, request_method="POST")
def confirm(request):
    """Set how it is confirmed, by hand."""
    visit, patient = _found(request, lock=True)
    status, answer = _chosen(request)
    if status is None and answer not in ANSWERS:
        request.session.flash("Nothing was changed: choose a status from the list.")
        return _back(request)
    try:
        changed = statuses.set_by_hand(request.db, visit, answer, status, request.identity.account_id, request.now)
    except statuses.Passed:
        request.session.flash("Nothing was changed: this visit is over, or was called off.")
        return _back(request)
    if changed:
        request.audit("appointments.visit.set_confirmation", patient.id, visit.id)
    request.session.flash("Saved. The patient sees it, too." if changed else "It was so already.")
    return _back(request)


def _found(request, lock: bool = False):
    try:
        return statuses.visit_of(request.db, request.practice_id, id_in(request), request.identity.clinic_ids, lock)
    except statuses.NoSuchVisit:
        raise HTTPNotFound() from None


def _chosen(request) -> tuple[ConfirmationStatus | None, str]:
    """A status of the office, by its id, or the plain word for a patient's answer."""
    typed = str(request.POST.get("status", ""))
    try:
        return chairs.row(request.db, request.practice_id, ConfirmationStatus, UUID(typed)), ""
    except (ValueError, chairs.NoSuchRow):
        return None, typed


def _zone(request, visit: Appointment, patient) -> ZoneInfo:
    zones = {one.id: one.time_zone for one in request.whole_tenant.clinics}
    return zones.get(visit.clinic_id or patient.clinic_id) or request.whole_tenant.time_zone


def _names(request, visit: Appointment) -> dict[str, str]:
    """The operatory, the type and who treats, in words."""
    about = (("operatory", Operatory, visit.operatory_id), ("type", AppointmentType, visit.appointment_type_id), ("recall", RecallType, visit.recall_type_id))
    found = {name: chairs.row(request.db, request.practice_id, model, id_).name for name, model, id_ in about if id_}
    faces = request.whole_tenant.providers
    return found | {"provider": faces.get(str(visit.provider_id), ""), "hygienist": faces.get(str(visit.hygienist_id), "")}


def _back(request) -> HTTPSeeOther:
    return HTTPSeeOther(request.route_path(VISIT, id=request.matchdict["id"]))


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(VISIT, "/visits/{id}")
    config.add_route(CONFIRM, "/visits/{id}/confirm")

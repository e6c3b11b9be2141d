"""The page behind the link with which a time is offered: yes or no without signing in. Whatever is wrong with a link has the same answer."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.tenant import Tenant
from core.web.errors import Trouble, error_response
from core.web.formats import moment_of
from plugins.appointments.services.booking import SlotTaken
from plugins.appointments.waiting import answering, instead, openings
from plugins.appointments.waiting.answering import BadLink, Opened
from plugins.appointments.waiting.asking import is_on
from plugins.appointments.waiting.fitting import SCHEDULED
from plugins.appointments.waiting.words import shown_time, visit_time

ROUTE, PAGE = "appointments.offer", "appointments/offer.jinja2"
DEAD = Trouble(404, "This link can’t be used", "The time may have passed, or you may wait no more. Please sign in, or call us, to see your visits.")
ANSWERS = {"decline": "appointments.offer.decline", "never": "appointments.offer.decline"}


@view_config(route_name=ROUTE, permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer=PAGE)
def page(request):
    """What is offered, or what has become of it; looking at it, as mail scanners do, answers nothing."""
    try:
        opened, tenant = _opened(request)
    except BadLink:
        return error_response(request, DEAD)
    answering.mark_viewed(opened, request.now)
    return _values(request, opened, tenant)


@view_config(route_name=ROUTE, permission=NO_PERMISSION_REQUIRED, request_method="POST")
def answer(request):
    """Yes, not this time, or no more for this visit."""
    try:
        opened, tenant = _opened(request)
    except BadLink:
        return error_response(request, DEAD)
    said = request.POST.get("answer")
    if said == "accept":
        _accept(request, opened, tenant)
    elif "time" in request.POST:
        _choose(request, opened, tenant)
    elif said in ANSWERS:
        answering.decline(request.db, opened, None, request.now, for_good=said == "never")
        request.audit(ANSWERS[str(said)], opened.offer.patient_id, opened.offer.id)
    elif said == "stay":
        request.session.flash("You stay on the list: we tell you of the next time that suits.")
    return HTTPSeeOther(request.path)


def _accept(request, opened: Opened, tenant: Tenant) -> None:
    try:
        answering.accept(request.db, tenant, opened, None, request.now)
        request.audit("appointments.offer.accept", opened.offer.patient_id, opened.offer.id)
    except answering.TooLate:
        answering.miss(opened, request.now)


def _choose(request, opened: Opened, tenant: Tenant) -> None:
    """Take one of the nearest other times; nothing where it is none of an offer that was too late."""
    if opened.view != "too_late" or opened.listed is None:
        return
    near, typed = opened.opening.starts_at, request.POST.get("time")
    chosen = next((slot for slot in instead.nearest(request.db, tenant, opened.listed, near, request.now) if slot.starts_at.isoformat() == typed), None)
    try:
        instead.choose(request.db, tenant, opened.listed, chosen, request.now)
    except SlotTaken:
        request.session.flash("This time is taken, too. These are the nearest that are open now.")
        return
    answering.chose_other(request.db, opened, None, request.now)
    request.audit("appointments.offer.choose", opened.offer.patient_id, opened.offer.id)


def _others(request, opened: Opened, tenant: Tenant) -> list[tuple[str, str]]:
    """The nearest other times, with what stands on their buttons."""
    if opened.view != "too_late" or opened.listed is None:
        return []
    found = instead.nearest(request.db, tenant, opened.listed, opened.opening.starts_at, request.now)
    return [(slot.starts_at.isoformat(), moment_of(slot.starts_at, request.now, tenant.time_zone)) for slot in found]


def _opened(request) -> tuple[Opened, Tenant]:
    """The offer, and the practice as its clinic has it. Raises BadLink, and HTTPNotFound for whoever only looks in as a patient."""
    if request.identity and request.identity.support:
        raise HTTPNotFound()
    opened = answering.open_link(request.db, request.practice_id, request.matchdict["token"], request.now)
    clinic_id: UUID | None = opened.opening.clinic_id
    tenant = request.registry.tenants.tenant(request.practice_id, clinic_id, request.visitor.version)
    if not is_on(tenant):
        raise BadLink
    return opened, tenant


def _values(request, opened: Opened, tenant: Tenant) -> dict:
    listed, opening = opened.listed, opened.opening
    visit = listed.visit if listed and listed.kind == SCHEDULED else None
    return {
        "view": opened.view,
        "time": shown_time(tenant, opening, listed.minutes if listed else opening.minutes, request.now),
        "name": listed.patient.preferred_name or listed.patient.first_name if listed else "",
        "instead_of": visit_time(tenant, visit, request.now) if visit else "",
        "others": _others(request, opened, tenant),
        "is_gone": opened.view == "too_late" and (opening.state == "stopped" or not openings.is_kept(request.db, opening)),
        "place": tenant,
    }

"""Notices of visits at the office: the rules, what went out, and what a patient wants."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import exception_view_config, view_config

from core.people.finding import patient_at
from core.people.models import Patient
from core.texting import stops, whole_number
from core.web.errors import not_found
from core.web.forms import page_number
from plugins.appointments.models import NoticeRule
from plugins.appointments.notices import loading, log, ruling, stopping
from plugins.appointments.notices.kinds import ICONS, SUMMARIES, TITLES
from plugins.appointments.notices.pausing import paused_since
from plugins.appointments.notices.values import CHANNELS, CHOSEN, KINDS
from plugins.appointments.office.place import ANSWER, NOTICES, SEE, id_in, parts, place_of

SET = "office.settings.change"
ADD, ONE, SWITCH, REMOVE, DAYS, LOG, PATIENT = (f"{NOTICES}.{name}" for name in ("add", "one", "switch", "remove", "days", "log", "patient"))
LAST_PAGE = 200


@exception_view_config(ruling.NoSuchRule)
def no_such_rule(request):
    """What is not there, or not within reach, is not found."""
    return not_found(request)


@view_config(route_name=NOTICES, permission=SEE, request_method="GET", renderer="appointments/office/notices.jinja2")
def notices_page(request):
    """The rules by kind, each with its switch."""
    rows = [row for row in loading.rules(request.db, request.practice_id) if _reaches(request, row.clinic_id) or row.clinic_id is None]
    place = place_of(request)
    return {
        "place": place, "parts": parts(request, place), "kinds": [(kind, TITLES[kind], SUMMARIES[kind], ICONS[kind]) for kind in KINDS],
        "rules": {kind: [(row, ruling.when(row), ruling.how(row)) for row in rows if row.kind == kind] for kind in KINDS},
        "clinics": place.names, "clock": loading.clock_of(request.whole_tenant), "may_set": SET in request.identity.permissions,
        "reach": request.identity.clinic_ids, "is_whole": not request.identity.clinic_ids, "can_text": request.registry.texts is not None,
        "paused_since": paused_since(request.db, request.whole_tenant, request.now),
    }  # fmt: skip


@view_config(route_name=SWITCH, permission=SET, request_method="POST")
def switch(request):
    """Switch a rule on or off."""
    row = rule_of(request, lock=True)
    if ruling.switch(row, request.POST.get("on") == "yes", request.now):
        request.audit("appointments.notice_rule.change", target_id=row.id)
    request.session.flash(f"{TITLES[row.kind]}, {ruling.when(row).lower()}: {'on' if row.is_on else 'off'} from now on.")
    return HTTPSeeOther(request.route_path(NOTICES) + f"#{row.kind}")


@view_config(route_name=REMOVE, permission=SET, request_method="POST")
def remove(request):
    """Take a rule away; what was sent by it stays on record."""
    row = rule_of(request, lock=True)
    row.removed_at, row.is_on = request.now, False
    request.audit("appointments.notice_rule.remove", target_id=row.id)
    request.session.flash("The rule is gone. What was sent stays in the log.")
    return HTTPSeeOther(request.route_path(NOTICES) + f"#{row.kind}")


@view_config(route_name=LOG, permission=SEE, request_method="GET", renderer="appointments/office/notices_log.jinja2")
def log_page(request):
    """What was sent, and what was not and why."""
    page, state = page_number(request, LAST_PAGE), request.GET.get("state", "")
    found, more = log.entries(request.db, request.practice_id, request.identity.clinic_ids, state, page)
    request.audit("appointments.notice.view")
    place = place_of(request)
    return {"found": found, "page": page, "more": more, "state": state if state in log.STATES else "", "states": log.STATES, "place": place, "parts": parts(request, place)}


@view_config(route_name=PATIENT, permission=SEE, request_method="GET", renderer="appointments/office/notices_patient.jinja2")
def patient_page(request):
    """What one patient wants, and what went out to them."""
    patient = _patient(request)
    number = whole_number(patient.phone)
    request.audit("appointments.notice.view", patient.id)
    return {
        "patient": patient, "found": log.of_patient(request.db, request.practice_id, patient.id), "titles": TITLES, "channels": log.CHANNELS, "ways": CHANNELS,
        "off": {(stop.kind, stop.channel) for stop in stopping.off(request.db, request.practice_id, [patient.id])}, "number": number,
        "is_stopped": stops.is_stopped(request.db, request.registry.portal.secret_key, number) if number else None, "text_ok": patient.text_ok, "may_change": ANSWER in request.identity.permissions,
    }  # fmt: skip


@view_config(route_name=PATIENT, permission=ANSWER, request_method="POST")
def choose(request):
    """Keep what the patient has told the office."""
    patient, wanted = _patient(request), set(request.POST.getall("wants"))
    stops = [stopping.Stop(patient.id, kind, channel) for kind in CHOSEN for channel in CHANNELS]
    changed = [stop for stop in stops if stopping.choose(request.db, request.practice_id, stop, f"{stop.kind}:{stop.channel}" in wanted, "office", request.now)]
    for on in sorted({f"{stop.kind}:{stop.channel}" in wanted for stop in changed}):
        request.audit(f"appointments.notice.{'on' if on else 'off'}", patient.id)
    request.session.flash("Saved." if changed else "Nothing was changed.")
    return HTTPSeeOther(request.route_path(PATIENT, id=patient.id))


def rule_of(request, lock: bool = False) -> NoticeRule:
    """The rule of the address, within reach of the person. Raises NoSuchRule."""
    row = ruling.found(request.db, request.practice_id, id_in(request), lock)
    if not _reaches(request, row.clinic_id):
        raise ruling.NoSuchRule
    return row


def _reaches(request, clinic_id: UUID | None) -> bool:
    """Whether somebody may change what holds at this place: the practice's is for those who work at every clinic."""
    return not request.identity.clinic_ids or clinic_id in request.identity.clinic_ids


def _patient(request) -> Patient:
    patient = patient_at(request.db, request.practice_id, id_in(request), request.identity.clinic_ids)
    if patient is None:
        raise HTTPNotFound()
    return patient


def add_routes(config) -> None:
    """Add the addresses."""
    config.add_route(NOTICES, "/notices")
    config.add_route(ADD, "/notices/new")
    config.add_route(DAYS, "/notices/days")
    config.add_route(LOG, "/notices/log")
    config.add_route(PATIENT, "/notices/patients/{id}")
    config.add_route(ONE, "/notices/{id}")
    config.add_route(SWITCH, "/notices/{id}/switch")
    config.add_route(REMOVE, "/notices/{id}/remove")

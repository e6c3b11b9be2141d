"""The wait list at the office: who waits, times that came open with who was asked, and offering a time by hand."""

from datetime import date, time, timedelta
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.policy import tenant_at
from core.people.finding import patient_at
from core.plugins import OfficeItem
from core.web.formats import moment_of
from core.web.forms import Form, empty_form, read_form
from plugins.appointments.forms import Length
from plugins.appointments.models import Appointment, Opening, Operatory, WaitListEntry
from plugins.appointments.office.place import ANSWER, RECALLS, SEE, WAITING, Place, id_in, parts, place_of, refused
from plugins.appointments.services import chairs
from plugins.appointments.services.clock import NoSuchTime, moment_at
from plugins.appointments.waiting import desk, joining, openings
from plugins.appointments.waiting.forms import WishForm, checked, choices, form_of, typed_lists
from plugins.appointments.waiting.joining import Asker, What
from plugins.appointments.waiting.loading import zone_of
from plugins.appointments.waiting.openings import Time
from plugins.appointments.waiting.words import CAUSES, OPENING_STATES, STATES, shown_entry

OFFER, OPENING, ASK, STOP, REMOVE, PRIORITY, ADD, JOIN, SUITS = (
    f"{WAITING}.{name}" for name in ("offer", "opening", "ask", "stop", "remove", "priority", "add", "join", "suits")
)
ITEM = OfficeItem(
    "appointments.waiting", "Open times that nobody took", "Everybody on the wait list was asked, or you wanted to be asked first.", "hourglass-split",
    WAITING, SEE, desk.HOW_MANY, 14,
)  # fmt: skip
KINDS = {"": "Everybody", "visit": "For a visit that they have", "recall": "For a recall visit", "type": "For a new visit"}
FARTHEST = timedelta(days=730)
"""No time is offered farther ahead."""


class OfferForm(BaseModel):
    """A time that the office offers."""

    day: date = Field(title="Day", json_schema_extra={"missing": "Fill in the day."})
    clock: time = Field(title="Time", json_schema_extra={"missing": "Fill in the time."})
    minutes: Length = 30
    operatory_id: UUID = Field(title="Operatory", json_schema_extra={"missing": "Choose the operatory."})


@view_config(route_name=WAITING, permission=SEE, request_method="GET", renderer="appointments/office/waiting.jinja2")
def waiting_page(request):
    """Who waits, and which times came open."""
    place, kind, provider = place_of(request), request.GET.get("for", ""), request.GET.get("provider", "")
    rows = desk.listed(request.db, request.practice_id, place.clinic_id, place.with_rest, request.now)
    rows = [row for row in rows if (not kind or _kind(row) == kind) and (not provider or str(row.entry.provider_id) == provider)]
    request.audit("appointments.wait.view")
    tenant = request.whole_tenant
    return {
        "place": place, "parts": parts(request, place), "entries": [shown_entry(tenant, row, request.now) for row in rows], "kinds": list(KINDS.items()),
        "openings": desk.openings(request.db, request.practice_id, place.clinic_id, request.now), "states": OPENING_STATES, "causes": CAUSES,
        "when": lambda moment: moment_of(moment, request.now, place.zone), "form": empty_form(**{"for": kind, "provider": provider}),
        "providers": [("", "Any provider"), *sorted(tenant.providers.items(), key=lambda one: one[1])], "rooms": _names(request, place),
        "may_answer": ANSWER in request.identity.permissions,
    }  # fmt: skip


@view_config(route_name=OFFER, permission=ANSWER, request_method="GET", renderer="appointments/office/waiting_offer.jinja2")
def offer_page(request):
    """Choose a time to offer."""
    place = place_of(request)
    return _offer_values(request, place, empty_form(day=place.today(request.now), minutes=30), None)


@view_config(route_name=OFFER, permission=ANSWER, request_method="POST", renderer="appointments/office/waiting_offer.jinja2")
def offer(request):
    """Show who would be asked in which order, or begin to ask."""
    place, form = place_of(request), read_form(request, OfferForm)
    found = _time(request, place, form)
    if found is None:
        return refused(request, _offer_values(request, place, form, None))
    tenant = tenant_at(request, place.clinic_id)
    if request.POST.get("act") != "offer":
        people = desk.preview(request.db, tenant, found, request.registry.texts is not None, request.now)
        return _offer_values(request, place, form, people)
    try:
        opening_id = openings.by_hand(request.db, request.practice_id, found, request.identity.account_id, request.now)
    except openings.NotOpen as why:
        form.refuse(str(why), "clock")
        return refused(request, _offer_values(request, place, form, None))
    request.audit("appointments.opening.add", None, opening_id)
    request.session.flash("The wait list is being asked.")
    return HTTPSeeOther(request.route_path(OPENING, id=opening_id))


@view_config(route_name=OPENING, permission=SEE, request_method="GET", renderer="appointments/office/waiting_opening.jinja2")
def opening_page(request):
    """A time that came open: who was asked, what they said, and who comes next."""
    opening = _opening(request)
    tenant = tenant_at(request, opening.clinic_id)
    zone = zone_of(request.whole_tenant, opening.clinic_id)
    is_open = opening.state == "open" and opening.starts_at > request.now
    request.audit("appointments.opening.view", None, opening.id)
    return {
        "opening": opening, "asked": desk.asked(request.db, opening), "state": OPENING_STATES[opening.state], "cause": CAUSES[opening.cause], "states": STATES,
        "next": desk.to_come(request.db, tenant, opening, request.registry.texts is not None, request.now) if is_open else [], "is_open": is_open,
        "when": lambda moment: moment_of(moment, request.now, zone), "may_answer": ANSWER in request.identity.permissions,
    }  # fmt: skip


@view_config(route_name=ASK, permission=ANSWER, request_method="POST")
def ask(request):
    """Ask whoever is next now."""
    opening = _opening(request)
    if opening.state == "open":
        opening.cause = "office"  # it goes on though the office is asked first
        openings.ask_next(request.db, opening, request.now)
        request.audit("appointments.opening.ask", None, opening.id)
        request.session.flash("The next patient is being asked.")
    return HTTPSeeOther(request.route_path(OPENING, id=opening.id))


@view_config(route_name=STOP, permission=ANSWER, request_method="POST")
def stop(request):
    """Ask nobody any more; whoever was asked hears that it is taken."""
    opening = _opening(request)
    if opening.state == "open":
        openings.close(request.db, opening, "stopped", request.now)
        request.audit("appointments.opening.stop", None, opening.id)
        request.session.flash("Nobody is asked any more.")
    return HTTPSeeOther(request.route_path(OPENING, id=opening.id))


@view_config(route_name=REMOVE, permission=ANSWER, request_method="POST")
def remove(request):
    """Take a patient off the list."""
    entry = _entry(request)
    joining.end(request.db, entry, "office", request.identity.account_id, request.now)
    return _back(request, "appointments.wait.end", entry, "The patient is off the list.")


@view_config(route_name=PRIORITY, permission=ANSWER, request_method="POST")
def priority(request):
    """Ask this patient first, or in the usual order again."""
    entry = _entry(request)
    entry.is_priority = request.POST.get("first") == "yes"
    return _back(request, "appointments.wait.change", entry, "The patient is asked first." if entry.is_priority else "The patient is asked in the usual order.")


@view_config(route_name=JOIN, permission=ANSWER, request_method="POST")
def join(request):
    """Put a patient on the list for a recall visit or for a reason, from the page that says what the patient is due for."""
    patient = patient_at(request.db, request.practice_id, id_in(request), request.identity.clinic_ids)
    if patient is None:
        raise HTTPNotFound()
    kind, _, typed = str(request.POST.get("what", "")).partition("-")
    try:
        what = What(kind, UUID(typed)) if kind in ("recall", "type") else None
        entry_id = joining.join(request.db, request.practice_id, patient.id, what, Asker(None), request.now) if what else None
    except (ValueError, joining.CannotWait) as refusal:
        entry_id = None
        request.session.flash(str(refusal) if isinstance(refusal, joining.CannotWait) else "Nothing was changed: choose from the list for what the patient waits.")
    if entry_id is None:
        return HTTPSeeOther(request.route_path(f"{RECALLS}.patient", id=patient.id))
    return _joined(request, entry_id)


@view_config(route_name=ADD, permission=ANSWER, request_method="POST")
def add(request):
    """Put the patient of a visit on the list."""
    visit = request.db.get(Appointment, (request.practice_id, id_in(request)))
    reach = request.identity.clinic_ids
    if visit is None or (reach and visit.clinic_id not in reach):
        raise HTTPNotFound()
    try:
        entry_id = joining.join(request.db, request.practice_id, visit.patient_id, What("visit", visit.id), Asker(None), request.now)
    except joining.CannotWait:
        request.session.flash("This visit is over or was called off: nobody can wait for it.")
        return HTTPSeeOther(request.route_path(WAITING))
    return _joined(request, entry_id)


@view_config(route_name=SUITS, permission=ANSWER, request_method="GET", renderer="appointments/office/waiting_suits.jinja2")
def suits_page(request):
    """What suits a patient, as it stands."""
    entry = _entry(request)
    return _suits_values(request, form_of(entry), entry)


@view_config(route_name=SUITS, permission=ANSWER, request_method="POST", renderer="appointments/office/waiting_suits.jinja2")
def suits(request):
    """Change what suits a patient, who says so at the desk or on the telephone."""
    entry, form = _entry(request), read_form(request, WishForm)
    wish = checked(form, request.whole_tenant)
    if wish is None:
        return refused(request, _suits_values(request, form, entry, typed_lists(request)))
    joining.change(request.db, entry, wish, request.now)
    return _back(request, "appointments.wait.change", entry, "What suits the patient is kept.")


def _suits_values(request, form: Form, entry: WaitListEntry, typed: dict[str, list[str]] | None = None) -> dict:
    rows = desk.loading.listed(request.db, request.practice_id, request.now, WaitListEntry.id == entry.id)
    if not rows:
        raise HTTPNotFound()  # its visit is over
    return choices(request.whole_tenant, form, entry, typed) | {"shown": shown_entry(request.whole_tenant, rows[0], request.now)}


def _joined(request, entry_id: UUID) -> HTTPSeeOther:
    """Straight on to what suits: who is on the phone can be asked now."""
    entry = request.db.get_one(WaitListEntry, (request.practice_id, entry_id))
    _back(request, "appointments.wait.join", entry, "The patient is on the wait list.")
    return HTTPSeeOther(request.route_path(SUITS, id=entry.id))


def _back(request, action: str, entry: WaitListEntry, words: str) -> HTTPSeeOther:
    request.audit(action, entry.patient_id, entry.id)
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(WAITING))


def _kind(row) -> str:
    return "visit" if row.visit else "recall" if row.recall else "type"


def _opening(request) -> Opening:
    opening = desk.find(request.db, request.practice_id, id_in(request), request.identity.clinic_ids)
    if opening is None:
        raise HTTPNotFound()
    return opening


def _entry(request) -> WaitListEntry:
    """Raises HTTPNotFound for one of another clinic."""
    try:
        entry = joining.find(request.db, request.practice_id, None, id_in(request))
    except joining.NoSuchEntry:
        raise HTTPNotFound() from None
    reach = request.identity.clinic_ids
    rows = desk.loading.listed(request.db, request.practice_id, request.now, WaitListEntry.id == entry.id) if reach else []
    if reach and not any(desk.clinic_of(row) in reach for row in rows):
        raise HTTPNotFound()
    return entry


def _rooms(request, place: Place) -> dict[UUID, Operatory]:
    return {one.id: one for one in chairs.rows(request.db, request.practice_id, Operatory) if not one.is_hidden and one.clinic_id == place.clinic_id}


def _names(request, place: Place) -> dict[UUID, str]:
    return {id_: room.name for id_, room in _rooms(request, place).items()}


def _time(request, place: Place, form: Form[OfferForm]) -> Time | None:
    """The time that was typed, or None with what is wrong said at its field."""
    typed = form.data
    room = _rooms(request, place).get(typed.operatory_id) if typed else None
    if typed is None:
        return None
    if room is None:
        form.refuse("Choose the operatory from the list.", "operatory_id")
        return None
    if typed.day > request.now.date() + FARTHEST:
        form.refuse("Choose a day within the next two years.", "day")
        return None
    try:
        starts_at = moment_at(typed.day, typed.clock.hour * 60 + typed.clock.minute, place.zone)
    except NoSuchTime as refusal:
        form.refuse(str(refusal), "clock")
        return None
    return Time(place.clinic_id, room.id, room.provider_id, room.hygienist_id, room.is_hygiene, starts_at, typed.minutes)


def _offer_values(request, place: Place, form: Form, people: list[desk.Next] | None) -> dict:
    rooms = [("", "Choose"), *_names(request, place).items()]
    return {"place": place, "form": form, "rooms": rooms, "people": people, "when": lambda moment: moment_of(moment, request.now, place.zone)}


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(WAITING, "/waiting")
    config.add_route(OFFER, "/waiting/offer")
    config.add_route(OPENING, "/waiting/openings/{id}")
    config.add_route(ASK, "/waiting/openings/{id}/ask")
    config.add_route(STOP, "/waiting/openings/{id}/stop")
    config.add_route(ADD, "/waiting/add/{id}")
    config.add_route(JOIN, "/waiting/patients/{id}")
    config.add_route(SUITS, "/waiting/{id}")
    config.add_route(REMOVE, "/waiting/{id}/remove")
    config.add_route(PRIORITY, "/waiting/{id}/priority")

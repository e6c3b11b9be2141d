"""What patients ask the office about visits: those that wait, and answering each: call off, find a time, call back, or say no."""

from datetime import date, datetime, time
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.plugins import OfficeItem
from core.web.formats import moment_of
from core.web.forms import Form, Line, empty_form, page_number, read_form
from plugins.appointments.forms import Length
from plugins.appointments.models import Appointment, Operatory, worker_of
from plugins.appointments.office.kinds import Lines
from plugins.appointments.office.place import ANSWER, BOOK, REQUESTS, SEE, id_in, parts, place_of, refused
from plugins.appointments.services import answering, chairs, rules
from plugins.appointments.services.answering import Answer, Asked, Placement
from plugins.appointments.services.clock import NoSuchTime, moment_at

ONE, ACCEPT, DECLINE = (f"{REQUESTS}.{name}" for name in ("one", "accept", "decline"))
LAST_PAGE = 100
KINDS = {"callback": "Asks for a call", "cancel": "Wants to cancel", "move": "Wants another time", "visit": "Wants a visit"}
STATES = {"accepted": ("Accepted", "good"), "declined": ("Declined", "bad"), "withdrawn": ("Withdrawn", ""), "waiting": ("Waits", "warn")}
DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
GONE = "Nothing was changed: the request was answered or withdrawn meanwhile, or its visit is over."
WAITING = OfficeItem(
    "appointments.requests", "Requests about visits", "Patients want a call, another time, or to cancel.", "calendar-check", REQUESTS, SEE, answering.HOW_MANY, 12
)


class AnswerForm(BaseModel):
    """What the office says."""

    answer: Lines = Field("", title="Answer", max_length=1000)


class DeclineForm(BaseModel):
    """Why not."""

    reason: Lines = Field(title="Answer", min_length=1, max_length=1000, json_schema_extra={"missing": "Say why, and what the patient can do instead."})

    @field_validator("reason")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("Say why, and what the patient can do instead.")
        return text


class PlaceForm(AnswerForm):
    """When and where the visit is to be."""

    day: date = Field(title="Day", json_schema_extra={"missing": "Fill in the day."})
    clock: time = Field(title="Time", json_schema_extra={"missing": "Fill in the time."})
    minutes: Length
    operatory_id: UUID | None = Field(None, title="Operatory")
    provider_id: UUID | None = Field(None, title="Provider")
    hygienist_id: UUID | None = Field(None, title="Hygienist")
    whose: Literal["", "provider", "hygienist"] = Field("", title="Whose time it takes")
    what: Line = Field("", title="Reason", max_length=100)


@view_config(route_name=REQUESTS, permission=SEE, request_method="GET", renderer="appointments/office/requests.jinja2")
def requests_page(request):
    """What waits, and what was answered."""
    place, page, reach = place_of(request), page_number(request, LAST_PAGE), request.identity.clinic_ids
    answered, more = answering.answered(request.db, request.practice_id, reach, page)
    waiting = answering.waiting(request.db, request.practice_id, reach) if page == 1 else []
    request.audit("appointments.requests.view")
    return {
        "place": place, "parts": parts(request, place), "waiting": waiting, "answered": answered, "page": page, "more": more, "kinds": KINDS, "states": STATES,
        "when": lambda visit: moment_of(visit.starts_at, request.now, _zone(request, visit.clinic_id)),
    }  # fmt: skip


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer="appointments/office/request.jinja2")
def request_page(request):
    """One request, with what can be done about it."""
    return _values(request, _found(request), None, empty_form())


@view_config(route_name=ACCEPT, permission=ANSWER, request_method="POST", renderer="appointments/office/request.jinja2")
def accept(request):
    """Do what was asked for, and tell the patient."""
    asked = _found(request, lock=True)
    needs_time = asked.request.kind in ("move", "visit") and not asked.is_fed
    form: Form = read_form(request, PlaceForm if needs_time else AnswerForm)
    where = _placement(request, asked, form) if needs_time and form.data else None
    if form.data is None:
        return refused(request, _values(request, asked, form, empty_form()))
    answer = Answer(form.data.answer.strip(), request.identity.account_id, request.now)
    try:
        with request.db.begin_nested():
            _do(request, asked, where, answer)
    except answering.Taken:
        form.refuse(_taken_words(request, where), "clock")
        return refused(request, _values(request, _found(request), form, empty_form()))
    except rules.Forbidden as refusal:
        form.refuse(f"Your appointment rule “{refusal}” lets the provider see nobody else beside this visit, or the one that is there. Choose another time.", "clock")
        return refused(request, _values(request, _found(request), form, empty_form()))
    except answering.NotWaiting:
        return _back(request, GONE)
    request.audit("appointments.request.accept", asked.patient.id, asked.request.id)
    return _back(request, "Done. The patient is told that there is an answer.")


@view_config(route_name=DECLINE, permission=ANSWER, request_method="POST", renderer="appointments/office/request.jinja2")
def decline(request):
    """Say no, with words."""
    asked, form = _found(request, lock=True), read_form(request, DeclineForm)
    if form.data is None:
        return refused(request, _values(request, asked, None, form))
    try:
        answering.decline(request.db, asked, Answer(form.data.reason.strip(), request.identity.account_id, request.now))
    except answering.NotWaiting:
        return _back(request, GONE)
    request.audit("appointments.request.decline", asked.patient.id, asked.request.id)
    return _back(request, "Declined. The patient is told that there is an answer.")


def _do(request, asked: Asked, where: Placement | None, answer: Answer) -> None:
    if asked.request.kind == "callback":
        answering.called_back(request.db, asked, request.POST.get("coming") == "yes", answer)
    elif asked.request.kind == "cancel":
        answering.call_off(request.db, asked, answer)
    else:
        answering.place(request.db, asked, where or Placement(request.now, 5, None, None, None), answer)


def _placement(request, asked: Asked, form: Form[PlaceForm]) -> Placement | None:
    """Where the visit is to be; what cannot be is refused at its field."""
    typed = form.data
    assert typed
    rooms = {one.id: one for one in chairs.rows(request.db, request.practice_id, Operatory)}
    room = rooms.get(typed.operatory_id) if typed.operatory_id else None
    reach = request.identity.clinic_ids
    if typed.operatory_id and (room is None or (reach and room.clinic_id not in reach)):
        form.refuse("Choose the operatory from the list.", "operatory_id")
    provider_id, hygienist_id, is_hygiene = _who(request, form, typed, room, asked.visit)
    clinic_id = (room.clinic_id if room else None) or _clinic_of(asked)
    try:
        starts_at = moment_at(typed.day, typed.clock.hour * 60 + typed.clock.minute, _zone(request, clinic_id))
    except NoSuchTime as refusal:
        form.refuse(str(refusal), "clock")
        return None
    if starts_at <= request.now:
        form.refuse("This time has passed. Choose one that is still to come.", "day")
    return Placement(starts_at, typed.minutes, typed.operatory_id, provider_id, clinic_id, typed.what, hygienist_id, is_hygiene)


def _who(request, form: Form[PlaceForm], typed: PlaceForm, room: Operatory | None, visit: Appointment | None) -> tuple[UUID | None, UUID | None, bool]:
    """The provider, the hygienist, and whether it takes the hygienist's time: as typed, else as the operatory says, else as it was."""
    known = chairs.providers(request.db, request.practice_id)
    for name in ("provider_id", "hygienist_id"):
        if getattr(typed, name) and getattr(typed, name) not in known:
            form.refuse(f"Choose the {name.removesuffix('_id')} from the list.", name)
    choices: tuple[Operatory | Appointment | None, ...] = (room, visit)
    default = next((one for one in choices if one and worker_of(one)), None)
    provider_id, hygienist_id = (getattr(typed, name) or getattr(default, name, None) for name in ("provider_id", "hygienist_id"))
    if typed.whose == "hygienist" and hygienist_id is None:
        form.refuse("Choose the hygienist whose time it takes.", "hygienist_id")
    is_hygiene = typed.whose == "hygienist" if typed.whose else bool(default and default.is_hygiene and hygienist_id)
    return provider_id, hygienist_id, is_hygiene


def _taken_words(request, where: Placement | None) -> str:
    """Who is there at that time."""
    there = answering.visits_at(request.db, request.practice_id, where) if where else []
    zone = _zone(request, where.clinic_id if where else None)
    names = ", ".join(f"{person.name} ({moment_of(visit.starts_at, request.now, zone)}, {visit.minutes} minutes)" for visit, person in there[:3])
    return f"That time is taken: {names}. Choose another one." if names else "That time is taken. Choose another one."


def _clinic_of(asked: Asked) -> UUID | None:
    return (asked.visit.clinic_id if asked.visit else None) or asked.request.clinic_id or asked.patient.clinic_id


def _zone(request, clinic_id: UUID | None) -> ZoneInfo:
    return {one.id: one.time_zone for one in request.whole_tenant.clinics}.get(clinic_id) or request.whole_tenant.time_zone


def _found(request, lock: bool = False) -> Asked:
    try:
        return answering.one(request.db, request.practice_id, id_in(request), request.identity.clinic_ids, lock)
    except answering.NoSuchRequest:
        raise HTTPNotFound() from None


def _values(request, asked: Asked, form: Form | None, declining: Form) -> dict:
    zone, visit, clinic_id = _zone(request, _clinic_of(asked)), asked.visit, _clinic_of(asked)
    local = visit.starts_at.astimezone(zone) if visit else None
    request.audit("appointments.request.view", asked.patient.id, asked.request.id)
    reach = request.identity.clinic_ids
    rooms = [one for one in chairs.rows(request.db, request.practice_id, Operatory) if not one.is_hidden and (not reach or one.clinic_id in reach)]
    names = {one.id: one.name for one in request.whole_tenant.clinics}
    return {
        "asked": asked, "form": form or _first(asked, local), "declining": declining, "kind": KINDS[asked.request.kind], "state": STATES[asked.request.state], "local": local,
        "when": moment_of(visit.starts_at, request.now, zone) if visit else "", "wanted": _wanted(asked.request.wanted), "clinic": names.get(clinic_id, ""),
        "rooms": [(one.id, f"{one.name}, {names[one.clinic_id]}" if len(names) > 1 and one.clinic_id in names else one.name) for one in rooms],
        "providers": chairs.providers(request.db, request.practice_id), "is_over": asked.request.kind in ("cancel", "move") and (visit is None or visit.status != "scheduled"),
        "may_answer": ANSWER in request.identity.permissions, "book": _book_path(request, clinic_id, local),
    }  # fmt: skip


def _first(asked: Asked, local: datetime | None) -> Form:
    """The form as it is first: the visit as it stands."""
    visit = asked.visit
    about = {name: getattr(visit, name) for name in ("minutes", "operatory_id", "provider_id", "hygienist_id")} if visit else {"minutes": 30}
    about |= {"whose": "hygienist" if visit.is_hygiene else "provider"} if visit and worker_of(visit) else {}
    return empty_form(**about, day=local.date() if local else None, clock=f"{local:%H:%M}" if local else None)


def _book_path(request, clinic_id: UUID | None, local: datetime | None) -> str:
    asked = {"clinic": str(clinic_id)} if clinic_id else {}
    return request.route_path(BOOK, _query=asked | ({"day": str(local.date())} if local else {}))


def _wanted(wanted: dict) -> list[str]:
    """What suits the patient, in words."""
    days = [DAYS[day] for day in wanted.get("days", ()) if isinstance(day, int) and day in range(7)]
    times = [str(one).capitalize() for one in wanted.get("times", ())]
    return [", ".join(words) for words in (days, times) if words]


def _back(request, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(REQUESTS))


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(REQUESTS, "/requests")
    config.add_route(ONE, "/requests/{id}")
    config.add_route(ACCEPT, "/requests/{id}/accept")
    config.add_route(DECLINE, "/requests/{id}/decline")

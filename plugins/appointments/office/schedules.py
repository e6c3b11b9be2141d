"""The hours of providers and the blockouts of a clinic: a week of them, adding for many days, copying a week, removing."""

from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, create_model
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.forms import Form, Line, empty_form, read_form
from plugins.appointments.models import BlockoutType
from plugins.appointments.office.place import CHANGE, SCHEDULES, SEE, Place, day_of, id_in, monday_of, parts, place_of, refused
from plugins.appointments.services import chairs, schedules, warnings
from plugins.appointments.services.clock import NoSuchTime, span_brief, span_words
from plugins.appointments.services.schedules import Block, Keeper, NotAdded

ADD, COPY, CLEAR, REMOVE = (f"{SCHEDULES}.{act}" for act in ("add", "copy", "clear", "remove"))
SPANS = 4
MOST_WEEKS = 52
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIMES: dict[str, Any] = {
    f"{side}_{number}": (time | None, Field(None, title=f"{words} of the times {number}")) for number in range(1, SPANS + 1) for side, words in (("from", "beginning"), ("to", "end"))
}  # fmt: skip


class HoursBase(BaseModel):
    """Whose hours, on which days, in which operatories."""

    keeper: str = Field(title="Who or what", max_length=60, json_schema_extra={"missing": "Choose a provider or a blockout."})
    weekday: list[int] = Field(title="weekday", json_schema_extra={"missing": "Choose at least one weekday."})
    operatory: list[UUID] = Field([], title="Operatories", max_length=200)
    first_on: date = Field(title="First day", json_schema_extra={"missing": "Fill in the first day."})
    last_on: date | None = Field(None, title="Last day")
    note: Line = Field("", title="Note", max_length=100)


HoursForm = create_model("HoursForm", __base__=HoursBase, __doc__="Hours or blockouts to add.", **_TIMES)


class CopyForm(BaseModel):
    """A week to copy, and onto which."""

    week: date = Field(title="Week to copy", json_schema_extra={"missing": "Choose the week to copy."})
    first_on: date = Field(title="First week to fill", json_schema_extra={"missing": "Choose the first week to fill."})
    weeks: int = Field(1, title="Number of weeks", ge=1, le=MOST_WEEKS)
    every: int = Field(1, title="Every how many weeks", ge=1, le=8)


class ClearForm(BaseModel):
    """What to remove."""

    whose: str = Field("", title="Whose", max_length=60)
    clear_first: date = Field(title="First day", json_schema_extra={"missing": "Fill in the first day."})
    clear_last: date | None = Field(None, title="Last day")


@view_config(route_name=SCHEDULES, permission=SEE, request_method="GET", renderer="appointments/office/schedules.jinja2")
def schedules_page(request):
    """A week: who has which hours, and what is kept for what."""
    place = place_of(request)
    monday = monday_of(day_of(request, place))
    days = [monday + timedelta(days=offset) for offset in range(7)]
    blocks = schedules.blocks_between(request.db, request.practice_id, _within(place), days[0], days[-1])
    rooms = chairs.operatories(request.db, request.practice_id, place.clinic_id, place.with_rest)
    keepers = _keepers(request)
    request.audit("appointments.schedules.view")
    return {
        "place": place, "parts": parts(request, place), "days": days, "before": days[0] - timedelta(days=7), "after": days[0] + timedelta(days=7), "today": place.today(request.now), "rows": _rows(blocks, rooms, keepers, days),
        "closings": {day: place.closing_on(day) for day in days}, "may_change": CHANGE in request.identity.permissions, "is_fed": any(one.external_id for one in blocks),
        "warnings": warnings.about_hours(blocks, rooms, chairs.providers(request.db, request.practice_id)),
    }  # fmt: skip


@view_config(route_name=ADD, permission=CHANGE, request_method="GET", renderer="appointments/office/schedules_add.jinja2")
def add_page(request):
    """The form to add hours or blockouts."""
    place = place_of(request)
    first = max(day_of(request, place), place.today(request.now))
    form = empty_form(first_on=first, from_1="08:00", to_1="17:00")
    return _form_values(request, place, form, {"weekday": {str(day) for day in range(5)}, "operatory": set()})


@view_config(route_name=ADD, permission=CHANGE, request_method="POST", renderer="appointments/office/schedules_add.jinja2")
def add(request):
    """Add them: all days or none."""
    place, form = place_of(request), read_form(request, HoursForm)
    chosen = {name: set(map(str, request.POST.getall(name))) for name in ("weekday", "operatory")}
    wanted, closed = _wanted(request, place, form)
    if form.data is None:
        return refused(request, _form_values(request, place, form, chosen))
    number = _try(form, lambda: schedules.add(request.db, request.practice_id, place.clinic_id, wanted, place.zone, place.today(request.now)))
    if number is None:
        return refused(request, _form_values(request, place, form, chosen))
    request.audit("appointments.schedules.add")
    skipped = f" {closed} closed {'day was' if closed == 1 else 'days were'} left out." if closed else ""
    return _back(request, place, form.data.first_on, f"{_entries(number)} added.{skipped}")


@view_config(route_name=COPY, permission=CHANGE, request_method="GET", renderer="appointments/office/schedules_copy.jinja2")
def copy_page(request):
    """The forms to copy a week, and to remove hours of many days."""
    place = place_of(request)
    monday = monday_of(day_of(request, place))
    return _copy_values(request, place, empty_form(week=monday, first_on=monday + timedelta(days=7), weeks=4, every=1), empty_form())


@view_config(route_name=COPY, permission=CHANGE, request_method="POST", renderer="appointments/office/schedules_copy.jinja2")
def copy(request):
    """Copy a week onto others, but for closed days."""
    place, form = place_of(request), read_form(request, CopyForm)
    number = _try(form, lambda: _copied(request, place, form.data)) if form.data else None
    if number is None or form.data is None:
        return refused(request, _copy_values(request, place, form, empty_form()))
    request.audit("appointments.schedules.copy")
    return _back(request, place, form.data.first_on, f"{_entries(number)} added.")


@view_config(route_name=CLEAR, permission=CHANGE, request_method="POST", renderer="appointments/office/schedules_copy.jinja2")
def clear(request):
    """Remove somebody's hours, or all, on some days."""
    place, form = place_of(request), read_form(request, ClearForm)
    keeper = _keeper(request, form, "whose")
    if form.data:
        _check_days(form, form.data.clear_first, form.data.clear_last, place.today(request.now), ("clear_first", "clear_last"))
    if form.data is None:
        monday = monday_of(place.today(request.now))
        return refused(request, _copy_values(request, place, empty_form(week=monday, first_on=monday + timedelta(days=7), weeks=4, every=1), form))
    days = (form.data.clear_first, form.data.clear_last or form.data.clear_first)
    number = schedules.remove_days(request.db, request.practice_id, place.clinic_id, keeper, days, place.today(request.now))
    request.audit("appointments.schedules.remove")
    return _back(request, place, form.data.clear_first, f"{_entries(number)} removed. Visits that are booked there stay.")


@view_config(route_name=REMOVE, permission=CHANGE, request_method="POST")
def remove(request):
    """Remove one entry."""
    place = place_of(request)
    try:
        removed = schedules.remove(request.db, request.practice_id, id_in(request), _within(place), place.today(request.now))
    except schedules.NoSuchBlock:
        raise HTTPNotFound() from None
    if not removed:
        return _back(request, place, day_of(request, place), "Nothing was removed: its day has passed, or your practice system sends it.")
    request.audit("appointments.schedules.remove")
    return _back(request, place, day_of(request, place), "Removed. Visits that are booked there stay.")


def _within(place: Place):
    return schedules.of_clinic(place.clinic_id, place.with_rest)


def _wanted(request, place: Place, form: Form) -> tuple[list[Block], int]:
    """The blocks that were asked for, and how many closed days were left out; what is wrong is said in the form."""
    keeper, spans = _keeper(request, form), _spans(form)
    if form.data:
        _check_days(form, form.data.first_on, form.data.last_on, place.today(request.now))
    if form.data is None:
        return [], 0
    rooms = {one.id for one in chairs.operatories(request.db, request.practice_id, place.clinic_id, place.with_rest)}
    if set(form.data.operatory) - rooms:
        form.refuse("Choose the operatories from the list.", "operatory")
    days = schedules.days_between(form.data.first_on, form.data.last_on or form.data.first_on, form.data.weekday)
    open_days = [day for day in days if not place.closing_on(day)]
    if not open_days:
        form.refuse("None of these weekdays lies between the first and the last day, or you are closed on all of them. Choose other days.", "weekday")
    chosen = tuple(form.data.operatory) if form.data else ()
    note = form.data.note if form.data else ""
    return [Block(keeper, day, *span, chosen, note) for day in open_days for span in spans], len(days) - len(open_days)


def _spans(form: Form) -> list[tuple[int, int]]:
    """The times of a day in minutes, in order; a pair that is not whole, ends before it begins, or overlaps is refused at its field."""
    spans: list[tuple[int, int]] = []
    for number in range(1, SPANS + 1):
        begins, ends = (getattr(form.data, f"{side}_{number}", None) for side in ("from", "to"))
        if form.data and (begins is None) != (ends is None):
            side = "to" if ends is None else "from"
            form.refuse("Fill in both times, from and to, or leave both empty.", f"{side}_{number}")
        elif begins is not None and ends is not None:
            starts, stops = _minutes(begins), _minutes(ends) or 1440
            if starts >= stops:
                form.refuse("The end must come after the beginning.", f"to_{number}")
            spans.append((starts, stops))
    if form.data and not spans:
        form.refuse("Fill in the times from and to.", "from_1")
    spans.sort()
    clash = next((pair for pair in pairwise(spans) if pair[0][1] > pair[1][0]), None)
    if clash:
        form.refuse(f"{span_words(*clash[0])} and {span_words(*clash[1])} overlap. Change one of them.", "from_1")
    return spans


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _check_days(form: Form, first: date, last: date | None, today: date, fields: tuple[str, str] = ("first_on", "last_on")) -> None:
    if first < today:
        form.refuse("Days that have passed cannot be changed. Begin today or later.", fields[0])
    elif last and last < first:
        form.refuse("The last day cannot be before the first day.", fields[1])
    elif ((last or first) - today).days > schedules.MOST_DAYS:
        form.refuse("Choose days within the next two years.", fields[1] if last else fields[0])


def _copied(request, place: Place, typed: CopyForm) -> int:
    today, first = place.today(request.now), monday_of(typed.first_on)
    if first + timedelta(days=6) < today:
        raise NotAdded("Days that have passed cannot be changed. Begin with this week or later.")
    onto = [first + timedelta(weeks=typed.every * number) for number in range(typed.weeks)]
    if (onto[-1] - today).days > schedules.MOST_DAYS:
        raise NotAdded("Choose weeks within the next two years.")
    days = [monday + timedelta(days=offset) for monday in onto for offset in range(7)]
    closed = {day for day in days if place.closing_on(day)}
    return schedules.copy_week(request.db, request.practice_id, place.clinic_id, monday_of(typed.week), onto, closed, place.zone, today)


def _try(form: Form, act) -> int | None:
    """What the act answers; None with its refusal in the form."""
    try:
        return act()
    except (NotAdded, NoSuchTime) as refusal:
        form.refuse(str(refusal))
        return None


def _keepers(request) -> dict[str, str]:
    """Who or what can have time, as the form names it."""
    kept = chairs.rows(request.db, request.practice_id, BlockoutType)
    named = {f"provider:{id_}": name for id_, name in chairs.providers(request.db, request.practice_id).items()}
    return named | {f"blockout:{one.id}": one.name for one in kept}


def _keeper(request, form: Form, name: str = "keeper") -> Keeper:
    typed = getattr(form.data, name, "")
    if form.data and typed and typed not in _keepers(request):
        form.refuse("Choose the provider or the blockout from the list.", name)
    what, _, id_ = typed.partition(":")
    if form.data is None or not typed:
        return Keeper()
    return Keeper(provider_id=UUID(id_)) if what == "provider" else Keeper(blockout_type_id=UUID(id_))


def _rows(blocks, rooms, keepers: dict[str, str], days: list[date]) -> list[tuple[str, bool, dict[date, list]]]:
    """For each provider and blockout of the week: its name, whether it is a blockout, and its entries by day with where they are."""
    short = {one.id: one.abbreviation or one.name for one in rooms}
    found: dict[str, dict[date, list]] = {}
    for block in blocks:
        key = f"provider:{block.provider_id}" if block.provider_id else f"blockout:{block.blockout_type_id}"
        where = ", ".join(short[id_] for id_ in block.operatory_ids if id_ in short)
        found.setdefault(key, {day: [] for day in days})[block.held_on].append((block, span_brief(block.starts, block.ends), where))
    return [(name, key.startswith("blockout"), found[key]) for key, name in keepers.items() if key in found]


def _form_values(request, place: Place, form: Form, chosen: dict[str, set[str]]) -> dict:
    return {
        "place": place, "form": form, "chosen": chosen, "keepers": _keepers(request), "days": DAYS, "spans": range(1, SPANS + 1),
        "rooms": chairs.operatories(request.db, request.practice_id, place.clinic_id, place.with_rest), "is_fed": schedules.is_fed(request.db, request.practice_id),
    }  # fmt: skip


def _copy_values(request, place: Place, form: Form, clearing: Form) -> dict:
    return {"place": place, "form": form, "clearing": clearing, "keepers": _keepers(request), "is_fed": schedules.is_fed(request.db, request.practice_id)}


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"


def _back(request, place: Place, day: date, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(SCHEDULES, _query={**place.asked, "day": str(day)}))


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(SCHEDULES, "/schedules")
    config.add_route(ADD, "/schedules/add")
    config.add_route(COPY, "/schedules/copy")
    config.add_route(CLEAR, "/schedules/clear")
    config.add_route(REMOVE, "/schedules/{id}/remove")

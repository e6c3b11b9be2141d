"""The clinic's book as the portal knows it: a day by operatories, or a week by days."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pyramid.view import view_config

from plugins.appointments.office import day as days
from plugins.appointments.office.place import BOOK, CHANGE, SEE, Place, day_of, monday_of, parts, place_of
from plugins.appointments.services import book, chairs, schedules
from plugins.appointments.services.book import BookedVisit

ANSWERS = {
    "confirmed": ("Confirmed", "good", "check-lg"), "unconfirmed": ("Not confirmed", "", "circle"), "asked": ("Asked to confirm", "info", "send"),
    "callback": ("Wants a call", "warn", "telephone"), "failed": ("Not reached", "bad", "exclamation-circle"),
}  # fmt: skip
STATES = {"complete": ("Complete", "good", "check-circle"), "broken": ("Called off", "bad", "x-circle")}
WEEK, DAY = "week", "day"


def mark_of(visit: BookedVisit) -> tuple[str, str, str]:
    """How it stands with a visit: in the office's own words where it has some, its color, and its icon."""
    words, kind, icon = STATES.get(visit.status) or ANSWERS[visit.answer]
    return (visit.status_words if visit.status_words and visit.status == "scheduled" else words), kind, icon


@view_config(route_name=BOOK, permission=SEE, request_method="GET", renderer="appointments/office/book.jinja2")
def book_page(request):
    """A day, or a week."""
    place = place_of(request)
    shown, view = day_of(request, place), WEEK if request.GET.get("view") == WEEK else DAY
    first, last = (monday_of(shown), monday_of(shown) + timedelta(days=6)) if view == WEEK else (shown, shown)
    rooms = chairs.operatories(request.db, request.practice_id, place.clinic_id, place.with_rest)
    blocks = schedules.named_blocks(request.db, request.practice_id, place.clinic_id, place.with_rest, first, last)
    visits = book.visits_between(request.db, request.practice_id, place.clinic_id, place.with_rest, first, last, place.zone)
    names = {block.blockout_type_id: name for block, name in blocks if block.blockout_type_id} | _providers(request)
    request.audit("appointments.book.view")
    laid = {day: days.lay_out(day, place.zone, rooms, [block for block, _ in blocks], visits, names) for day in _days(first, last)}
    return {
        "place": place, "parts": parts(request, place), "view": view, "shown": shown, "today": place.today(request.now), "laid": laid, "mark_of": mark_of,
        "closings": {day: place.closing_on(day) for day in laid}, "providers": names, "numbers": _numbers(visits), "steps": _steps(request, place, shown, view),
        "now_at": _now_at(request, place, laid), "increment": place.settings["appointments.increment"], "week": _week(laid) if view == WEEK else [],
        "may_change": CHANGE in request.identity.permissions, "link": lambda **asked: _link(request, place, **asked),
    }  # fmt: skip


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _providers(request) -> dict[UUID, str]:
    return {UUID(id_): name for id_, name in request.whole_tenant.providers.items()}


def _link(request, place: Place, **asked: str) -> str:
    return request.route_path(BOOK, _query={**place.asked, **asked})


def _steps(request, place: Place, shown: date, view: str) -> dict[str, str]:
    """Where the days before and after are, today, and the other view."""
    step = timedelta(days=7 if view == WEEK else 1)
    asked = {"view": view} if view == WEEK else {}
    there = {"before": shown - step, "after": shown + step, "today": place.today(request.now)}
    links = {name: _link(request, place, day=str(day), **asked) for name, day in there.items()}
    return links | {"day": _link(request, place, day=str(shown)), "week": _link(request, place, day=str(shown), view=WEEK)}


def _numbers(visits: list[BookedVisit]) -> dict[str, int]:
    """How many visits there are, how many of them nobody has confirmed, were made online, or were called off, and how many patients say to be here."""
    there = [visit for visit in visits if visit.status != "broken"]
    open_ones = [visit for visit in there if visit.status == "scheduled" and visit.answer != "confirmed"]
    online = [visit for visit in there if visit.is_online]
    return {"visits": len(there), "open": len(open_ones), "online": len(online), "off": len(visits) - len(there), "here": sum(visit.is_here for visit in there)}


def _now_at(request, place: Place, laid: dict[date, days.Day]) -> int | None:
    """The row of this moment, where it is drawn."""
    local = request.now.astimezone(place.zone)
    day = laid.get(local.date())
    row = (local.hour * 60 + local.minute - day.begins) // days.ROW if day else -1
    return row if day and 0 <= row < day.rows else None


def _week(laid: dict[date, days.Day]) -> list[tuple[str, list[tuple[date, list, bool]]]]:
    """The hours of a week: its words, and for each day what begins in it, and whether anybody is there."""
    first = min(day.begins for day in laid.values())
    last = max(day.begins + day.rows * days.ROW for day in laid.values())
    return [(days.clock_words(hour), [(day, *_hour(one, hour)) for day, one in laid.items()]) for hour in range(first, last, days.HOUR)]


def _hour(day: days.Day, hour: int) -> tuple[list, bool]:
    """What begins in an hour of a day, in order; and whether a provider has hours in it."""
    here = range(hour, hour + days.HOUR)
    kept: list[tuple[str, int, Any]] = [("kept", area.at, area) for area in _each_once(day.kept) if day.begins + area.at * days.ROW in here]
    seen: list[tuple[str, int, Any]] = [("visit", placed.at, placed) for placed in day.visits if day.begins + placed.at * days.ROW in here]
    times = [(day.begins + area.at * days.ROW, day.begins + (area.at + area.rows) * days.ROW) for area in day.open]
    found = sorted(kept + seen, key=lambda one: one[1])
    return [(what, thing) for what, _, thing in found], any(starts < hour + days.HOUR and hour < ends for starts, ends in times)


def _each_once(areas: list[days.Area]) -> list[days.Area]:
    """A blockout of columns that do not stand side by side is several areas, and said once."""
    return list({(area.words, area.times): area for area in areas}.values())


def add_routes(config) -> None:
    """Add the page."""
    config.add_route(BOOK, "/book")

"""What a patient would see: the open times of a month for a reason, and for each day without any, why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from pyramid.view import view_config

from core.web.forms import Form, empty_form
from plugins.appointments import slots
from plugins.appointments.models import AppointmentType, Operatory, RecallType
from plugins.appointments.month import first_of, next_month, read_month
from plugins.appointments.offering import PLAIN_PATTERN, RECALL, TYPE, Reason
from plugins.appointments.office.place import FIRST_YEAR, LAST_YEAR, OPENINGS, SEE, Place, parts, place_of
from plugins.appointments.services import chairs, openings

WHY = {
    "closed": "The clinic is closed.",
    "too_soon": "Too soon: patients book further ahead, as the booking settings say.",
    "too_late": "Further ahead than patients may book, as the booking settings say.",
    "not_yet": "Not due yet.",
    "no_operatory": "No operatory takes it. Say at an operatory, under Set-up, that patients may book it there.",
    "no_hours": "No provider has hours in an operatory that takes it, or they are too short.",
    "no_provider": "The provider has no hours there.",
    "blockouts": "The time is kept by blockouts, or it may be booked in certain blockouts only and there are none.",
    "taken": "Every time is taken.",
    "own_visit": "The patient has a visit of their own.",
}


@dataclass(frozen=True)
class DaySeen:
    """A day: its open times with operatory and provider, or why there are none."""

    day: date
    times: list[tuple[str, str]]
    why: str


@view_config(route_name=OPENINGS, permission=SEE, request_method="GET", renderer="appointments/office/openings.jinja2")
def openings_page(request):
    """A month as patients would see it."""
    place = place_of(request)
    kinds = _kinds(request)
    kind = kinds.get(request.GET.get("what", "")) or next((one for one in kinds.values() if one.words), next(iter(kinds.values()), None))
    first = _month(request, place)
    provider = _provider(request)
    request.audit("appointments.openings.view")
    key = next((key for key, one in kinds.items() if one is kind), "")
    return {
        "place": place, "parts": parts(request, place), "kind": kind, "kinds": {key: one.name for key, one in kinds.items()}, "first": first,
        "months": {"before": f"{first_of(first - timedelta(days=1)):%Y-%m}", "after": f"{next_month(first):%Y-%m}"}, "providers": _providers(request),
        "form": _form(key, first, provider), "seen": _seen(request, place, kind, first, provider) if kind else [], "is_off": kind and not _is_on(place, kind),
        "keep": {"what": key, "provider": str(provider or ""), "month": f"{first:%Y-%m}"}, "today": place.today(request.now),
    }  # fmt: skip


def _form(key: str, first: date, provider: UUID | None) -> Form:
    return empty_form(what=key, month=f"{first:%Y-%m}", provider=provider)


def _kinds(request) -> dict[str, RecallType | AppointmentType]:
    """What can be booked, as an address names it: recall types, then types of appointment; hidden ones never."""
    recalls = chairs.rows(request.db, request.practice_id, RecallType)
    types = chairs.rows(request.db, request.practice_id, AppointmentType)
    found: dict[str, RecallType | AppointmentType] = {f"{RECALL}-{one.id}": one for one in recalls if not one.is_hidden}
    return found | {f"{TYPE}-{one.id}": one for one in types if not one.is_hidden}


def _month(request, place: Place) -> date:
    typed = read_month(request.GET.get("month", ""))
    return typed if typed and FIRST_YEAR <= typed.year < LAST_YEAR else first_of(place.today(request.now))


def _providers(request) -> dict[UUID, str]:
    return {UUID(id_): name for id_, name in request.whole_tenant.providers.items()}


def _provider(request) -> UUID | None:
    return next((id_ for id_ in _providers(request) if str(id_) == request.GET.get("provider", "")), None)


def _is_on(place: Place, kind: RecallType | AppointmentType) -> bool:
    """Whether patients are offered it at this clinic at all."""
    if isinstance(kind, RecallType):
        return bool(kind.words) and place.settings["appointments.book_recall"]
    on = (kind.for_existing and place.settings["appointments.book_existing"]) or (kind.for_new and place.settings["appointments.book_new"])
    return bool(kind.words) and on


def _reason(kind: RecallType | AppointmentType, today: date) -> Reason:
    what = RECALL if isinstance(kind, RecallType) else TYPE
    allowed = frozenset(kind.blockout_type_ids)
    return Reason(
        what, kind.id, kind.words, kind.pattern or PLAIN_PATTERN, tuple(kind.procedures), today, blockout_type_ids=allowed, only_in_blockouts=kind.only_in_blockouts
    )


def _seen(request, place: Place, kind: RecallType | AppointmentType, first: date, provider: UUID | None) -> list[DaySeen]:
    """The days of a month from today on."""
    today, last = place.today(request.now), next_month(first) - timedelta(days=1)
    days = [day for day in (first + timedelta(days=offset) for offset in range((last - first).days + 1)) if day >= today]
    if not days:
        return []
    tenant = request.registry.tenants.tenant(request.practice_id, place.clinic_id, request.visitor.version)
    loaded = openings.load(request.db, tenant, days[0], days[-1] + timedelta(days=1), request.now)
    wanted = openings.wanted(tenant, _reason(kind, today), loaded, request.now, provider)
    found: dict[date, list[slots.Slot]] = {day: [] for day in days}
    for slot in slots.openings(loaded.book, wanted):
        day = slot.starts_at.astimezone(place.zone).date()
        if day in found:
            found[day].append(slot)
    rooms = {one.id: one.name for one in chairs.rows(request.db, request.practice_id, Operatory)}
    return [DaySeen(day, _times(request, place, open_ones, rooms), "" if open_ones else WHY[slots.why_not(loaded.book, wanted, day) or "taken"]) for day, open_ones in found.items()]


def _times(request, place: Place, open_ones: Iterable[slots.Slot], rooms: dict[UUID, str]) -> list[tuple[str, str]]:
    names = _providers(request)
    return [
        (f"{slot.starts_at.astimezone(place.zone):%-I:%M %p}", ", ".join(word for word in (rooms.get(slot.operatory_id), names.get(slot.provider_id)) if word)) for slot in open_ones
    ]


def add_routes(config) -> None:
    """Add the page."""
    config.add_route(OPENINGS, "/openings")

"""What the pages on which somebody books have in common, in the tab and in public: for what, where, with whom, on which day and when.

All of it stands in the address, as ids and days, so that a page can be gone back to and works without scripts; who somebody is never does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound

from core.tenant import TeamMember, Tenant
from core.web.formats import duration, initials, long_day, name_of_day
from plugins.appointments import month as months
from plugins.appointments import slots
from plugins.appointments.models import Appointment
from plugins.appointments.offering import RECALL, Reason
from plugins.appointments.services import booking, openings
from plugins.appointments.services.openings import Found
from plugins.appointments.services.recalls import Offered

BOOK = "appointments.book"
LOOKS_AHEAD = 2
"""Months after this one that are looked at for the first open day."""
PASSED = "That day has passed. These are the next open times."
NOTHING_THEN = "Nothing is open on that day (any more). The nearest open day is shown."
NOT_OFFERED = "This visit can’t be booked here (any more): it may have been booked already. Please choose what else it is for."
NOT_WITH_THEM = "Nothing is open with that provider here. These are the times of all providers."
Link = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Booker:
    """For whom a visit is booked: a patient, or somebody who was never here. `places` are the clinics that can be booked at, the usual one first.

    With `visit` that visit is moved: its reason and its clinic are the only ones.
    """

    patient_id: UUID | None
    born: date | None
    reasons: Sequence[Reason]
    places: Sequence[Tenant]
    visit: Appointment | None = None


class Choice(NamedTuple):
    """One of several to choose from: a link, its words, a note, a face."""

    words: str
    note: str
    path: str
    is_chosen: bool
    face: TeamMember | None = None
    initials: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says, still as text."""

    what: str = ""
    clinic: str = ""
    provider: str = ""
    month: str = ""
    day: str = ""

    @classmethod
    def of(cls, request) -> "Asked":
        """That of a request."""
        return cls(**{name: request.GET.get(name, "") for name in cls.__slots__})

    def but(self, **changes: str) -> dict[str, str]:
        """For the address of another choice: what hangs on what is changed goes."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        if "what" in changes:
            kept |= {"provider": "", "month": "", "day": ""}
        if "clinic" in changes or "provider" in changes:
            kept |= {"provider": ""} if "clinic" in changes else {}
            kept |= {"month": "", "day": ""}
        if "month" in changes:
            kept |= {"day": ""}
        return {name: text for name, text in (kept | changes).items() if text}


@dataclass(frozen=True, slots=True)
class Aim:
    """A reason and the clinic for it, and since when and until when it can be booked there."""

    reason: Reason
    place: Tenant
    today: date
    last: date


def places_of(request, plugin: str = "appointments") -> list[Tenant]:
    """The practice as seen from each clinic (as a whole, if it has none) at which patients can book."""
    tenants, clinics = request.registry.tenants, request.whole_tenant.clinics
    places = [tenants.tenant(request.practice_id, clinic.id, request.visitor.version) for clinic in clinics] or [request.whole_tenant]
    return [place for place in places if plugin in place.plugins and BOOK not in place.acts_off]


def aim_at(request, booker: Booker, offered: Offered, asked: Asked, default: Reason | None) -> tuple[Aim | None, list[Tenant], str]:
    """What is to be booked and where, the clinics for it, and what has to be said about what was asked for."""
    if booker.visit:
        return _aim(request, booker.reasons[0], booker.places[0]), [], ""
    reason = next((one for one in booker.reasons if one.key == asked.what), None)
    warning = NOT_OFFERED if asked.what and reason is None else ""
    reason = reason or default
    if reason is None:
        return None, [], warning
    clinics = offered.clinics_for(reason)
    places = [place for place in booker.places if place.clinic_id in clinics]
    if not places or (asked.clinic and asked.clinic not in {str(place.clinic_id) for place in places}):
        raise HTTPNotFound()
    place = next((place for place in places if str(place.clinic_id) == asked.clinic), places[0])
    return _aim(request, reason, place), places, warning


def _aim(request, reason: Reason, place: Tenant) -> Aim:
    today = request.now.astimezone(place.time_zone).date()
    return Aim(reason, place, today, slots.last_day(request.now, place.time_zone, place.settings["appointments.horizon_months"]))


def times_for(request, booker: Booker, aim: Aim, asked: Asked, link: Link, time_link: Link) -> dict[str, Any]:
    """The calendar and the times: what the page shows once it is known what is booked."""
    first, last, warning = _window(aim, asked)
    zone, provider_id = aim.place.time_zone, provider_of(aim.place, asked)
    found = search(request, booker, aim, (first, last), provider_id)
    if not found.slots and not found.provider_ids and not asked.month and last < aim.last:
        last = aim.last
        found = search(request, booker, aim, (first, last), provider_id)
    if provider_id and not found.slots and found.provider_ids:
        warning, provider_id = warning or NOT_WITH_THEM, None
        found = search(request, booker, aim, (first, last), None)
    moments = [slot.starts_at for slot in found.slots]
    day, warning = _day(asked, moments, zone, warning)
    month = months.first_of(day or first)
    return {
        "month": months.month_of(month, moments, zone, day, aim.today, aim.last),
        "month_link": lambda value: link(**asked.but(month=value)),
        "day_link": lambda value: link(**asked.but(day=value)),
        "day": day,
        "day_words": name_of_day(day, aim.today) if day else "",
        "parts": months.parts_of(day, moments, zone) if day else [],
        "time_link": lambda value: time_link(time=value, **asked.but(what=aim.reason.key, provider=str(provider_id or ""), day=day.isoformat() if day else "")),
        "providers": _provider_choices(aim, asked, found.provider_ids, provider_id, link) if aim.place.settings["appointments.picks_provider"] else [],
        "zone_words": zone_words(request, aim.place),
        "has_times": bool(moments),
        "last_words": long_day(aim.last),
        "warning": warning,
    }


def default_of(booker: Booker, today: date) -> Reason | None:
    """What is chosen when nothing was: what is due, or the only thing there is."""
    asked_for = next((reason for reason in booker.reasons if reason.is_asked_for(today)), None)
    return asked_for or (booker.reasons[0] if len(booker.reasons) == 1 else None)


def page_of(
    request, booker: Booker, aim: Aim | None, asked: Asked, link: Link, time_link: Link, warning: str, places: Sequence[Tenant] = ()
) -> dict[str, Any]:
    """All that the page shows: the questions with their answers, the calendar, the times."""
    shown = times_for(request, booker, aim, asked, link, time_link) if aim else {}
    warning = warning or shown.get("warning", "")
    if warning:
        request.response.status_int = 422
    today = aim.today if aim else request.now.astimezone(request.whole_tenant.time_zone).date()
    return shown | {
        "aim": aim,
        "reasons": reason_choices(booker, asked, aim.reason if aim else None, today, link),
        "places": place_choices(places, asked, aim.place, link) if aim else [],
        "warning": warning,
    }


def reason_choices(booker: Booker, asked: Asked, chosen: Reason | None, today: date, link: Link) -> list[Choice]:
    """For what a visit is booked."""
    return [Choice(one.words, _note_of(one, today), link(**asked.but(what=one.key)), one is chosen) for one in booker.reasons]


def place_choices(places: Sequence[Tenant], asked: Asked, chosen: Tenant, link: Link) -> list[Choice]:
    """Where; nothing when there is no choice."""
    if len(places) < 2:
        return []
    found = [(place, place.clinic) for place in places]
    return [
        Choice(clinic.name, clinic.city, link(**asked.but(clinic=str(clinic.id))), place is chosen) for place, clinic in found if clinic
    ]


def zone_words(request, place: Tenant) -> str:
    """The name of the clinic's time zone, where it is another one than the practice's."""
    return "" if place.time_zone == request.whole_tenant.time_zone else months.name_of_zone(place.time_zone)


def search(request, booker: Booker, aim: Aim, days: tuple[date, date], provider_id: UUID | None) -> Found:
    """Every open time of these days."""
    if booker.visit:
        return booking.find_for(request.db, aim.place, booker.visit, days, request.now, provider_id)
    return openings.find(request.db, aim.place, aim.reason, booker.patient_id, days, request.now, provider_id)


def _note_of(reason: Reason, today: date) -> str:
    """How long it is, and when it is due if it is."""
    length = duration(reason.minutes)
    if reason.what != RECALL or reason.due_on is None:
        return length
    return f"{length}, due {'since' if reason.due_on <= today else 'on'} {long_day(reason.due_on)}"


def _window(aim: Aim, asked: Asked) -> tuple[date, date, str]:
    """The days to look at, and what has to be said: a month that was asked for, else this one and the next two."""
    day = months.read_day(asked.day)
    wanted = months.first_of(day) if day else months.read_month(asked.month)
    if (asked.day and day is None) or (asked.month and wanted is None):
        raise HTTPNotFound()
    passed = PASSED if day and day < aim.today else ""
    if wanted is None or passed:
        end = months.first_of(aim.today)
        for _ in range(LOOKS_AHEAD + 1):
            end = months.next_month(end)
        return aim.today, min(end - timedelta(days=1), aim.last), passed
    first = max(min(wanted, months.first_of(aim.last)), aim.today)
    return first, min(months.next_month(months.first_of(first)) - timedelta(days=1), aim.last), ""


def _day(asked: Asked, moments: Sequence[datetime], zone, warning: str) -> tuple[date | None, str]:
    """The day whose times are shown: what was asked for, else the first that has some."""
    days = sorted({moment.astimezone(zone).date() for moment in moments})
    wanted = months.read_day(asked.day)
    if wanted in days or not days:
        return wanted if days else None, warning
    if wanted is None or warning:
        return days[0], warning
    return min(days, key=lambda day: abs(day - wanted)), NOTHING_THEN


def provider_of(place: Tenant, asked: Asked) -> UUID | None:
    """The provider who was chosen, None for whoever is free."""
    if not asked.provider:
        return None
    if asked.provider not in place.faces:
        raise HTTPNotFound()
    return UUID(asked.provider)


def _provider_choices(aim: Aim, asked: Asked, provider_ids: Sequence[UUID], chosen: UUID | None, link: Link) -> list[Choice]:
    """Anybody first, then those who have open times; nothing when there is no choice."""
    faces: Mapping[str, TeamMember] = aim.place.faces
    known = [(str(id_), faces[str(id_)]) for id_ in provider_ids if str(id_) in faces]
    if len(known) < 2:
        return []
    whoever = Choice("Anyone", "The most open times", link(**asked.but(provider="")), chosen is None)
    ordered = sorted(known, key=lambda one: one[1].plain_name)
    return [whoever] + [
        Choice(face.name, face.specialty, link(**asked.but(provider=id_)), id_ == str(chosen), face, initials(face.plain_name)) for id_, face in ordered
    ]

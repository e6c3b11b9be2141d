"""Which clinic a page of the office is about: one of those at which the person works; and the ways there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pyramid.httpexceptions import HTTPNotFound

from core.tenant import ClinicDetails, Closing

SEE, ANSWER, CHANGE = "office.appointments.see", "office.appointments.answer", "office.appointments.change"
FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class Place:
    """A clinic, or a practice that has none. `with_rest`: what names no clinic is shown here, too. `names` are the clinics to choose from."""

    practice_id: UUID
    clinic: ClinicDetails | None
    zone: ZoneInfo
    settings: Mapping[str, Any]
    with_rest: bool
    names: Mapping[UUID, str]

    @property
    def clinic_id(self) -> UUID | None:
        """The clinic, where there is one."""
        return self.clinic.id if self.clinic else None

    @property
    def asked(self) -> dict[str, str]:
        """What an address says after its question mark to come back here; nothing where there is nothing to choose."""
        return {"clinic": str(self.clinic.id)} if self.clinic and len(self.names) > 1 else {}

    def today(self, now: datetime) -> date:
        """The day by the clinic's clock."""
        return now.astimezone(self.zone).date()

    def closing_on(self, day: date) -> Closing | None:
        """Why the clinic is closed on a day, if it is."""
        return next((one for one in self.clinic.closings if one.first_on <= day <= one.last_on), None) if self.clinic else None


def place_of(request) -> Place:
    """The clinic that is asked for, else the first one. Raises HTTPNotFound for one at which the person does not work."""
    reach = request.identity.clinic_ids
    own = [one for one in request.whole_tenant.clinics if not reach or one.id in reach]
    typed = str(request.POST.get("clinic") or request.GET.get("clinic") or "")
    chosen = next((one for one in own if str(one.id) == typed), None) if typed else (own[0] if own else None)
    if (typed or reach) and chosen is None:
        raise HTTPNotFound()
    tenant = request.registry.tenants.tenant(request.practice_id, chosen.id if chosen else None, request.visitor.version)
    zone = chosen.time_zone if chosen else tenant.time_zone
    return Place(request.practice_id, chosen, zone, tenant.settings, not reach, {one.id: one.name for one in own})


def day_of(request, place: Place) -> date:
    """The day that the address asks for; today where it names none that there is."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return place.today(request.now)
    return day if FIRST_YEAR <= day.year < LAST_YEAR else place.today(request.now)


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def id_in(request) -> UUID:
    """The id in the address. Raises HTTPNotFound."""
    try:
        return UUID(request.matchdict["id"])
    except ValueError:
        raise HTTPNotFound() from None


def whole_practice(request) -> None:
    """What holds for every clinic is changed by those who work at every clinic. Raises HTTPNotFound for others."""
    if request.identity.clinic_ids:
        raise HTTPNotFound()


def refused(request, values: dict) -> dict:
    """The page again, with what is wrong; nothing typed is lost."""
    request.response.status = "422 Unprocessable Content"
    return values


def parts(request, place: Place | None = None) -> list[tuple[str, str, bool, int]]:
    """The pages of the book, for the row of links below a heading."""
    at, asked = request.matched_route.name, place.asked if place else {}
    return [(title, request.route_path(route, _query=asked), at == route or (route != BOOK and at.startswith(route + ".")), 0) for route, title in PARTS]


BOOK = "appointments.office.book"
REQUESTS, RECALLS, SCHEDULES, SETUP, OPENINGS, REPORTS = (f"{BOOK}.{name}" for name in ("requests", "recalls", "schedules", "setup", "openings", "reports"))
NOTICES, WAITING, ONLINE = f"{BOOK}.notices", f"{BOOK}.waiting", f"{BOOK}.online"
PARTS = (
    (BOOK, "Book"), (REQUESTS, "Requests"), (WAITING, "Wait list"), (RECALLS, "Recalls"), (NOTICES, "Notices"), (ONLINE, "Online booking"), (SCHEDULES, "Hours"), (SETUP, "Set-up"), (OPENINGS, "Open times"), (REPORTS, "Reports"),
)  # fmt: skip
"""The pages of the book and what they are called."""

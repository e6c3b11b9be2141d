"""What the public pages of a clinic have in common.

They act for whoever holds a code or a link, never for a cookie: so they work within a frame on the office's own website, where browsers send
none, and their forms need no token against forms of others. What was typed goes along in the form, and in no address.
"""

import re
from collections.abc import Iterable
from typing import Any
from unicodedata import normalize
from urllib.parse import urlsplit
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound
from pyramid.security import NO_PERMISSION_REQUIRED

from core.tenant import Tenant
from core.web.forms import Form
from core.web.headers import let_frame
from plugins.appointments.views import choosing

OPEN: dict[str, Any] = {"permission": NO_PERMISSION_REQUIRED, "require_csrf": False}
WHOLE = "practice"
"""Stands in the address for a practice that has no clinics."""
WRONG_CODE = "This code is not right, or too old. Check it, or ask for a new one. After five tries it is of no use any more."
UTM = ("utm_source", "utm_medium", "utm_campaign")
LONGEST_SOURCE = 100


def places_of(request) -> list[Tenant]:
    """The clinics at which anyone finds a page to book on."""
    return [place for place in choosing.places_of(request) if is_for_known(place) or place.settings["appointments.book_new"]]


def is_for_known(place: Tenant) -> bool:
    """Whether patients book on the public page."""
    return place.settings["appointments.book_existing"] or place.settings["appointments.book_recall"]


def place_of(request, new: bool | None = None) -> Tenant:
    """The clinic of the address, where patients (`new` False), or people who are new, can book."""
    places, word = places_of(request), request.matchdict["place"]
    place = next((place for place in places if word in (word_of(place), short_of(place, places))), None)
    if place is None or (new is True and not place.settings["appointments.book_new"]) or (new is False and not is_for_known(place)):
        raise HTTPNotFound()
    return place


def word_of(place: Tenant) -> str:
    """How an address names a clinic."""
    return str(place.clinic_id) if place.clinic_id else WHOLE


def short_of(place: Tenant, places: Iterable[Tenant]) -> str:
    """The clinic's name as an address has it, such as `downtown-clinic`, where no other clinic has the same; else how an address names it anyway."""
    short = _short(place)
    return short if short and sum(_short(other) == short for other in places) == 1 else word_of(place)


def _short(place: Tenant) -> str:
    plain = normalize("NFKD", place.clinic.name).encode("ascii", "ignore").decode() if place.clinic else ""
    return "-".join(re.findall("[a-z0-9]+", plain.lower()))


def path_of(request, route: str, place: Tenant, query: dict[str, str] | None = None, **parts: str) -> str:
    """The address of a page of this clinic; what led somebody here goes along."""
    return request.route_path(f"appointments.{route}", place=word_of(place), _query=utm_of(request) | (query or {}), **parts)


def utm_of(request) -> dict[str, str]:
    """Which advertisement or page of another site led here."""
    return {name: request.GET[name][:LONGEST_SOURCE] for name in UTM if request.GET.get(name)}


def source_of(request) -> str:
    """The same as it is kept with what was booked."""
    return " / ".join("".join(letter for letter in text if letter.isprintable()) for text in utm_of(request).values())


def page(request, place: Tenant, **values: Any) -> dict[str, Any]:
    """What every one of these pages is given. The websites that the office has named may frame it, nobody else."""
    origins = origins_of(place)
    let_frame(request, origins)
    # `tenant` is as the clinic's own patients see it: its name, its look.
    return {"place": place, "tenant": place, "origins": origins, "is_framed": request.headers.get("Sec-Fetch-Dest") == "iframe", "several": len(places_of(request)) > 1, **values}


def refused(request, place: Tenant, form: Form, **values: Any) -> dict[str, Any]:
    """The page once more, with what is wrong in its form."""
    request.response.status_int = 422
    return page(request, place, form=form, **values)


def origins_of(place: Tenant) -> list[str]:
    """The websites that may show the page, as browsers name them; a line that is none counts for nothing."""
    found = (urlsplit(line.strip()) for line in place.settings["appointments.frames"].splitlines())
    named = {f"{one.scheme}://{one.netloc}" for one in found if one.scheme == "https" and _is_host(one.netloc)}
    return sorted(named)


def _is_host(name: str) -> bool:
    return bool(name) and all(letter.isascii() and (letter.isalnum() or letter in ".-:") for letter in name)


def ticket_of(request) -> UUID:
    """The ticket that the form carries; what is none is as good as a wrong one."""
    try:
        return UUID(str(request.POST.get("ticket", "")))
    except ValueError:
        return UUID(int=0)

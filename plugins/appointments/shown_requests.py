"""Requests to the office, and offers of an earlier time, as their patient reads them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from core.tenant import Tenant
from core.web.formats import day_of, moment_of
from plugins.appointments.forms import in_words
from plugins.appointments.services.needs import Asked, OpenOffer

_ABOUT = {"callback": "Call me about the visit", "cancel": "Cancel the visit", "move": "Move the visit", "visit": "A new visit"}
_STATE = {"waiting": ("With the office", "info"), "accepted": ("Accepted", "good"), "declined": ("Not possible", "bad")}


class ShownRequest(NamedTuple):
    """Such as "Move the visit on Tuesday, December 8 at 9:20 AM", "Monday; mornings", and what the office says."""

    id: str
    title: str
    words: str
    made: str
    state: str
    kind: str
    answer: str
    is_waiting: bool
    is_new: bool


class ShownOffer(NamedTuple):
    """Such as "Tuesday, December 8 at 9:20 AM", "Dr. Okafor · Main Street", and the visit that it would be in place of."""

    id: str
    when: str
    place: str
    instead_of: str


def show_offers(offers: Iterable[OpenOffer], tenant: Tenant, now: datetime) -> list[ShownOffer]:
    """Put offers into words, each on the clock of its clinic."""
    clinics = {str(clinic.id): clinic for clinic in tenant.clinics}
    shown = []
    for one in offers:
        clinic, face = clinics.get(one.clinic_id or ""), tenant.faces.get(one.provider_id or "")
        zone = clinic.time_zone if clinic else tenant.time_zone
        instead = moment_of(one.instead_of, now, zone) if one.instead_of else ""
        place = " · ".join(part for part in (face.name if face else "", clinic.name if clinic else "") if part)
        shown.append(ShownOffer(one.id, moment_of(one.starts_at, now, zone), place, instead))
    return shown


def show_requests(asked: Iterable[Asked], tenant: Tenant, now: datetime) -> list[ShownRequest]:
    """Put requests into words, each on the clock of its visit's clinic."""
    zones = {str(clinic.id): clinic.time_zone for clinic in tenant.clinics}
    return [_show(one, zones.get(one.clinic_id or "", tenant.time_zone), tenant, now) for one in asked]


def _show(one: Asked, zone, tenant: Tenant, now: datetime) -> ShownRequest:
    title = f"{_ABOUT[one.kind]}{f': {moment_of(one.starts_at, now, zone)}' if one.starts_at else ''}"
    words = " – ".join(part for part in (in_words(one.wanted), one.words) if part)
    state, kind = _STATE[one.state]
    return ShownRequest(
        one.id, title, words, day_of(one.made_at, now, tenant.time_zone), state, kind, one.answer, one.state == "waiting", one.is_new
    )

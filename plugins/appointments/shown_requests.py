"""Requests to the office as their patient reads them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from core.tenant import Tenant
from core.web.formats import day_of, moment_of
from plugins.appointments.forms import in_words
from plugins.appointments.services.needs import Asked

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

"""Visits as a page shows them: every word is made here once, so that the template of a long list only puts them in place."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from babel.dates import format_date

from core.web.formats import LOCALE, duration, initials, moment_of
from plugins.appointments.services.visits import Visit

NO_TIME = "No time yet"
_TIMELESS = frozenset({"planned", "unscheduled"})
_STATUS = {
    ("complete", ""): ("Complete", "good", "check-lg"),
    ("scheduled", "confirmed"): ("Confirmed", "good", "check-lg"),
    ("scheduled", "callback"): ("We’ll call you", "info", "telephone"),
    ("scheduled", "unconfirmed"): ("Scheduled", "info", ""),
    ("scheduled", "failed"): ("Scheduled", "info", ""),
    ("scheduled", "asked"): ("Please confirm", "warn", ""),
    ("scheduled", "past"): ("Passed", "", ""),
    ("broken", ""): ("Did not take place", "", ""),
    ("planned", ""): ("Planned", "", ""),
    ("unscheduled", ""): ("To be scheduled", "", ""),
}


class ShownVisit(NamedTuple):
    """One row: "Tomorrow at 9:20 AM", "50 minutes", then provider and clinic; the provider's name, initials and photo for the face. The template unpacks it, which is quicker than asking by name."""

    id: str
    is_past: bool
    needs_answer: bool
    month: str
    day: int
    when: str
    length: str
    reason: str
    place: str
    status: str
    kind: str
    icon: str
    provider: str
    initials: str
    photo: str
    whose: str = ""
    other: str = ""
    """Whose visit it is, in a list of several people, and the id of who is not in view."""


def show(visits: Iterable[Visit], now: datetime) -> list[ShownVisit]:
    """Put visits into words, each on the clock of its clinic."""
    return [_show(visit, now) for visit in visits]


def _show(visit: Visit, now: datetime) -> ShownVisit:
    local = visit.starts_at.astimezone(visit.zone)
    answer = "" if visit.status != "scheduled" else "past" if visit.is_past else "asked" if visit.needs_answer else visit.confirmation
    status, kind, icon = _STATUS[visit.status, answer]
    provider = visit.provider
    name = provider.name if provider else ""
    when = NO_TIME if visit.status in _TIMELESS else moment_of(visit.starts_at, now, visit.zone)
    return ShownVisit(
        visit.id, visit.is_past, visit.needs_answer, _month(local.date()), local.day, when,
        duration(visit.minutes), visit.reason, " · ".join(part for part in (name, visit.clinic) if part), status, kind, icon, name,
        initials(provider.plain_name) if provider else "", provider.photo if provider else "",
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _month(day: date) -> str:
    return format_date(day, "MMM", locale=LOCALE)

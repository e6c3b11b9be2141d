"""What offices say of their clinics and providers: contact details, hours, closed days, names. It counts more than what records bring."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.allowance import Full, need_room
from core.people.models import Provider
from core.tenant import ClinicDetails, Closing, OpeningHours, touch
from tenants.models import Clinic, ClosedDays, PracticeDetails

MOST_CLINICS = 500
MOST_PROVIDERS = 500
MOST_CLOSED = 200
"""The most spans of closed days that a practice keeps ahead."""
COMMON_ZONES = {
    "America/New_York": "Eastern time (New York)",
    "America/Chicago": "Central time (Chicago)",
    "America/Denver": "Mountain time (Denver)",
    "America/Phoenix": "Mountain time without summer time (Phoenix)",
    "America/Los_Angeles": "Pacific time (Los Angeles)",
    "America/Anchorage": "Alaska time (Anchorage)",
    "Pacific/Honolulu": "Hawaii time (Honolulu)",
    "America/Puerto_Rico": "Atlantic time (Puerto Rico)",
}
# Old names and counted offsets are no places that an office would look for.
_NO_PLACES = ("Etc/", "posix/", "right/", "SystemV/", "US/", "Canada/")


class NoSuchPlace(Exception):
    """There is no such clinic, provider or span of closed days, or it is not this person's to change."""


class TooMany(Exception):
    """More clinics or closed days than are kept; the text says what to do."""


def zone_choices(kept: str) -> list[tuple[str, str]]:
    """The time zones to choose from, with those of the United States first; `kept` is always among them."""
    others = sorted(name for name in available_timezones() | {kept} if name not in COMMON_ZONES and (name == kept or _is_place(name)))
    return [*COMMON_ZONES.items(), *((name, name.replace("_", " ")) for name in others)]


def _is_place(name: str) -> bool:
    return "/" in name and not name.startswith(_NO_PLACES)


def clinics(session: Session, practice_id: UUID, reach: Collection[UUID]) -> list[Clinic]:
    """The practice's clinics in their order; only those of `reach`, unless that is empty."""
    found = select(Clinic).where(Clinic.practice_id == practice_id).order_by(Clinic.position, Clinic.name)
    return list(session.scalars(found.where(Clinic.id.in_(reach)) if reach else found))


def clinic(session: Session, practice_id: UUID, clinic_id: UUID, reach: Collection[UUID]) -> Clinic:
    """One clinic. Raises NoSuchPlace, also for one that is not of `reach`."""
    found = session.scalars(select(Clinic).where(Clinic.practice_id == practice_id, Clinic.id == clinic_id)).one_or_none()
    if found is None or (reach and clinic_id not in reach):
        raise NoSuchPlace
    return found


def change_clinic(session: Session, row: Clinic, values: Mapping[str, Any]) -> bool:
    """Put what the office typed in place; answers whether that is anything new. What differs is the office's own from now on."""
    return _change(session, row, values)


def add_clinic(session: Session, practice_id: UUID, values: Mapping[str, Any]) -> Clinic:
    """A further clinic, last in order, that no record describes. Raises TooMany."""
    try:
        need_room(session, practice_id, "clinics")
    except Full as full:
        raise TooMany(str(full)) from None
    count, last = session.execute(select(func.count(), func.max(Clinic.position)).where(Clinic.practice_id == practice_id)).one()
    if count >= MOST_CLINICS:
        raise TooMany(f"A practice has at most {MOST_CLINICS} clinics here. Please ask the operator of the portal.")
    made = Clinic(**values, position=(last or 0) + 1, own=sorted(values))
    session.add(made)
    touch(session, practice_id)
    session.flush()
    return made


def providers(session: Session, practice_id: UUID) -> list[Provider]:
    """Everybody who treats patients here, by name."""
    found = select(Provider).where(Provider.practice_id == practice_id)
    return list(session.scalars(found.order_by(Provider.last_name, Provider.first_name)))


def provider(session: Session, practice_id: UUID, provider_id: UUID) -> Provider:
    """One of them. Raises NoSuchPlace."""
    found = session.scalars(select(Provider).where(Provider.practice_id == practice_id, Provider.id == provider_id)).one_or_none()
    if found is None:
        raise NoSuchPlace
    return found


def sends_providers(session: Session, practice_id: UUID) -> bool:
    """Whether the practice's system says who treats patients here."""
    return any(one.external_id is not None for one in providers(session, practice_id))


def add_provider(session: Session, practice_id: UUID, values: Mapping[str, Any]) -> Provider:
    """Write down who treats patients here, where no practice system says so. Raises TooMany."""
    if len(providers(session, practice_id)) >= MOST_PROVIDERS:
        raise TooMany(f"There are {MOST_PROVIDERS} providers already.")
    made = Provider(practice_id=practice_id, **values)
    session.add(made)
    touch(session, practice_id)
    session.flush()
    return made


def change_provider(session: Session, row: Provider, values: Mapping[str, Any]) -> bool:
    """As with a clinic."""
    return _change(session, row, values)


def _change(session: Session, row: Clinic | Provider, values: Mapping[str, Any]) -> bool:
    new = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in new.items():
        setattr(row, name, value)
    if new:
        row.own = sorted({*row.own, *new})
        touch(session, row.practice_id)
    return bool(new)


def follow_records(session: Session, row: Clinic | Provider) -> None:
    """Let records fill everything again; what stands there stays until the next one comes."""
    row.own = []
    touch(session, row.practice_id)


def closed_days(session: Session, practice_id: UUID, today: date, reach: Collection[UUID]) -> list[ClosedDays]:
    """The closed days that have not passed: those of every clinic, and of the clinics of `reach` (all if that is empty)."""
    found = select(ClosedDays).where(ClosedDays.practice_id == practice_id, ClosedDays.last_on >= today).order_by(ClosedDays.first_on)
    return [days for days in session.scalars(found) if not reach or days.clinic_id is None or days.clinic_id in reach]


def add_closed(session: Session, practice_id: UUID, clinic_id: UUID | None, first_on: date, last_on: date, words: str, today: date) -> ClosedDays:
    """Close a clinic, or without one every clinic, on these days. Raises TooMany."""
    ahead = select(func.count()).where(ClosedDays.practice_id == practice_id, ClosedDays.last_on >= today)
    if (session.scalar(ahead) or 0) >= MOST_CLOSED:
        raise TooMany("There are 200 entries ahead already. Remove some that you do not need, or put days in a row together.")
    made = ClosedDays(clinic_id=clinic_id, first_on=first_on, last_on=last_on, words=words)
    session.add(made)
    touch(session, practice_id)
    session.flush()
    return made


def remove_closed(session: Session, practice_id: UUID, days_id: UUID, reach: Collection[UUID]) -> None:
    """Open on these days after all. Raises NoSuchPlace, also for the days of clinics beyond `reach`."""
    row = session.scalars(select(ClosedDays).where(ClosedDays.practice_id == practice_id, ClosedDays.id == days_id)).one_or_none()
    if row is None or (reach and row.clinic_id not in reach):
        raise NoSuchPlace
    session.delete(row)
    touch(session, practice_id)


def clinic_details(clinic: Clinic, closed: Iterable[ClosedDays] = ()) -> ClinicDetails:
    """A clinic as pages show it, with those of these closed days that are its own or every clinic's."""
    return ClinicDetails(
        id=clinic.id, name=clinic.name, phone=clinic.phone, email=clinic.email, address_1=clinic.address_1, address_2=clinic.address_2,
        city=clinic.city, state=clinic.state, postal_code=clinic.postal_code, time_zone=ZoneInfo(clinic.time_zone),
        hours=tuple(_hours(weekday, clinic.hours.get(str(weekday))) for weekday in range(7)),
        closings=tuple(Closing(days.first_on, days.last_on, days.words) for days in closed if days.clinic_id in {None, clinic.id}),
    )  # fmt: skip


def reached(clinic: ClinicDetails, details: PracticeDetails | None) -> ClinicDetails:
    """A clinic without a telephone number or an e-mail address of its own is reached at the practice's."""
    return replace(clinic, phone=clinic.phone or details.phone, email=clinic.email or details.email) if details else clinic


def _hours(weekday: int, span: list[str] | None) -> OpeningHours:
    return OpeningHours(weekday, *(time.fromisoformat(text) for text in span)) if span else OpeningHours(weekday, None, None)

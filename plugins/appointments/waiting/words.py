"""The wait list in words, as pages show it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from core.tenant import ClinicDetails, TeamMember, Tenant
from core.web.formats import duration, long_day, moment_of, name_of_time
from plugins.appointments.models import Appointment, Offer, Opening, WaitListEntry, worker_of
from plugins.appointments.waiting.fitting import SCHEDULED
from plugins.appointments.waiting.loading import Listed, zone_of

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WORK, _EVERY = list(range(5)), list(range(7))
WHOLE_DAY = 24 * 60
NOTICE = {30: "30 minutes", 60: "1 hour", 120: "2 hours", 240: "4 hours", 1440: "1 day", 2880: "2 days", 10080: "1 week"}
STATES = {
    "asked": ("Being sent", "info"), "sent": ("Sent", "info"), "failed": ("Not sent", "bad"), "viewed": ("Looked at", "info"),
    "accepted": ("Accepted", "good"), "chose_other": ("Chose another time", "good"), "too_late": ("Looked, was taken", ""),
    "declined": ("Declined", ""), "expired": ("Expired", ""),
}  # fmt: skip
"""What has become of an offer, and the color of its pill."""
OPENING_STATES = {"open": ("Open", "brand"), "filled": ("Filled", "good"), "taken": ("Booked otherwise", ""), "expired": ("Expired", "warn"), "stopped": ("Stopped", "")}
CAUSES = {"called_off": "A visit was called off", "moved": "A visit was moved", "office": "Offered by the office"}


@dataclass(frozen=True)
class ShownTime:
    """A time as it is offered."""

    when: str
    length: str
    provider: TeamMember | None
    clinic: ClinicDetails | None


@dataclass(frozen=True)
class ShownEntry:
    """Somebody on the list: for what, when the visit is now, and what suits."""

    id: UUID
    title: str
    now: str
    wish: str
    since: str
    is_priority: bool
    patient_id: UUID
    patient: str


def shown_time(tenant: Tenant, opening: Opening, minutes: int, now: datetime) -> ShownTime:
    """An opening, on the clock of its clinic; `minutes` are those of the patient's visit."""
    worker = worker_of(opening)
    clinic = next((clinic for clinic in tenant.clinics if clinic.id == opening.clinic_id), None)
    when = moment_of(opening.starts_at, now, zone_of(tenant, opening.clinic_id))
    return ShownTime(when, duration(minutes), tenant.faces.get(str(worker)), clinic)


def shown_entry(tenant: Tenant, listed: Listed, now: datetime) -> ShownEntry:
    """An entry of the list."""
    entry = listed.entry
    return ShownEntry(
        entry.id, listed.words, _now(tenant, listed, now), wish(tenant, entry), long_day(entry.made_at.astimezone(tenant.time_zone).date()), entry.is_priority,
        listed.patient.id, listed.patient.name,
    )  # fmt: skip


def _now(tenant: Tenant, listed: Listed, now: datetime) -> str:
    if listed.visit and listed.kind == SCHEDULED:
        return moment_of(listed.visit.starts_at, now, zone_of(tenant, listed.visit.clinic_id))
    if listed.recall and listed.recall.due_on:
        return f"due {long_day(listed.recall.due_on)}"
    return "no time yet"


def visit_time(tenant: Tenant, visit: Appointment, now: datetime) -> str:
    """When a visit is."""
    return moment_of(visit.starts_at, now, zone_of(tenant, visit.clinic_id))


def wish(tenant: Tenant, entry: WaitListEntry) -> str:
    """What suits, as "Monday to Friday, from 8:00 AM, told at least 1 hour ahead"."""
    clinics = [clinic.name for clinic in tenant.clinics if clinic.id in entry.clinic_ids]
    provider = tenant.providers.get(str(entry.provider_id)) if entry.provider_id else None
    parts = [days(entry.days), hours(entry.earliest, entry.latest), f"at least {NOTICE.get(entry.notice) or duration(entry.notice)} ahead"]
    parts += [f"with {provider}"] if provider else []
    return ", ".join(parts + ([f"at {' or '.join(clinics)}"] if clinics else []))


def days(chosen: list[int]) -> str:
    """Weekdays in words."""
    if sorted(chosen) == _EVERY:
        return "Any day"
    return "Monday to Friday" if sorted(chosen) == _WORK else ", ".join(_SHORT[day] for day in sorted(chosen))


def hours(earliest: int, latest: int) -> str:
    """From when to when."""
    first, last = clock(earliest) if earliest else "", clock(latest) if latest < WHOLE_DAY else ""
    if first and last:
        return f"{first} to {last}"
    return f"from {first}" if first else f"until {last}" if last else "any time"


def clock(minute: int) -> str:
    """Minutes from midnight as "9:00 AM"."""
    return name_of_time(datetime(2000, 1, 1, *divmod(minute, 60), tzinfo=ZoneInfo("UTC")).time())


def state_of(offer: Offer) -> tuple[str, str]:
    """What has become of an offer, and the color of its pill."""
    return STATES[offer.state]

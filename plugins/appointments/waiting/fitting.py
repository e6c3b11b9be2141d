"""Whom an opening suits, and in which order they are asked: plain functions of plain values, apart from the database.

The order is the field's (no visit yet, then those with a visit, then recalls; of those with a visit the farthest in the future first),
made fair: who was asked lately comes after all others, and of them who was asked longest ago comes first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from plugins.appointments.slots import Beside

LATEST = timedelta(minutes=20)
"""Nobody is asked about an opening with less time to go."""
LATELY = timedelta(days=14)
UNSCHEDULED, SCHEDULED, RECALL = range(3)
STEPS = (
    (timedelta(hours=2), timedelta(minutes=1)),
    (timedelta(hours=12), timedelta(minutes=2)),
    (timedelta(hours=48), timedelta(minutes=4)),
)
"""How long after one turn the next comes, for openings with less than so much time to go."""
LONGEST_STEP = timedelta(minutes=8)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_DAY = 24 * 60


ALONE = Beside()


@dataclass(frozen=True)
class Free:
    """An opening: when, how long, where and whose; `zone` is the clinic's, `patient_id` who had the time before, `beside` what else its provider does then."""

    starts_at: datetime
    minutes: int
    zone: ZoneInfo
    clinic_id: UUID | None
    operatory_id: UUID
    providers: frozenset[UUID]
    patient_id: UUID | None = None
    beside: Beside = ALONE


@dataclass(frozen=True)
class Waiter:
    """Somebody on the list, and what suits them.

    `visit_at` is when their visit is now, `minutes` how long it takes, `operatories` where it may be, `busy` when the patient is here for
    something else. Ages are in years, both included; `due_on` is the first day on which a recall visit may be.
    """

    entry_id: UUID
    patient_id: UUID
    kind: int
    minutes: int
    operatories: frozenset[UUID]
    made_at: datetime
    clinic_ids: frozenset[UUID] = frozenset()
    provider_id: UUID | None = None
    days: frozenset[int] = frozenset(range(7))
    earliest: int = 0
    latest: int = _DAY
    notice: int = 0
    is_priority: bool = False
    asked_at: datetime | None = None
    visit_at: datetime | None = None
    birthdate: date | None = None
    ages: tuple[int | None, int | None] = (None, None)
    due_on: date | None = None
    busy: Sequence[tuple[datetime, datetime]] = field(default_factory=tuple)
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pace:
    """What the office sets: how many are asked at once, and how many minutes ahead at least."""

    at_once: int = 1
    notice: int = 60


def fits(free: Free, waiter: Waiter, now: datetime, pace: Pace) -> bool:
    """Whether this opening is one that the patient wants and can have."""
    return (
        free.patient_id != waiter.patient_id
        and waiter.minutes <= free.minutes
        and free.operatory_id in waiter.operatories
        and (not waiter.clinic_ids or free.clinic_id in waiter.clinic_ids)
        and (waiter.provider_id is None or waiter.provider_id in free.providers)
        and free.starts_at - now >= ahead(waiter.notice, pace)
        and (waiter.visit_at is None or free.starts_at < waiter.visit_at)
        and _suits(free, waiter)
        and free.beside.forbids(waiter.codes) is None
        and not any(first < free.starts_at + timedelta(minutes=waiter.minutes) and free.starts_at < last for first, last in waiter.busy)
    )


def ahead(notice: int, pace: Pace) -> timedelta:
    """How much time there must be at least, for somebody who needs so many minutes of notice."""
    return max(timedelta(minutes=max(notice, pace.notice)), LATEST)


def _suits(free: Free, waiter: Waiter) -> bool:
    local = free.starts_at.astimezone(free.zone)
    lowest, highest = waiter.ages
    age = _age(waiter.birthdate, local.date()) if waiter.birthdate else None
    return (
        local.weekday() in waiter.days
        and waiter.earliest <= local.hour * 60 + local.minute < waiter.latest
        and (waiter.due_on is None or waiter.due_on <= local.date())
        and (age is None or (lowest or 0) <= age <= (highest if highest is not None else age))
    )


def _age(birthdate: date, day: date) -> int:
    return day.year - birthdate.year - ((day.month, day.day) < (birthdate.month, birthdate.day))


def in_order(waiters: Iterable[Waiter], now: datetime) -> list[Waiter]:
    """The order in which they are asked; whom the office gave priority comes first."""
    return sorted(waiters, key=lambda waiter: _place(waiter, now))


def _place(waiter: Waiter, now: datetime) -> tuple:
    lately = waiter.asked_at if waiter.asked_at and now - waiter.asked_at < LATELY else _NEVER
    far = -waiter.visit_at.timestamp() if waiter.visit_at else 0.0
    return not waiter.is_priority, lately, waiter.kind, far, waiter.made_at, waiter.entry_id


def turns(free: Free, waiters: Iterable[Waiter], now: datetime, pace: Pace) -> list[Waiter]:
    """Who would be asked, in order. One patient is asked once, though on the list for several visits."""
    found: dict[UUID, Waiter] = {}
    for waiter in in_order((waiter for waiter in waiters if fits(free, waiter, now, pace)), now):
        found.setdefault(waiter.patient_id, waiter)
    return list(found.values())


def step(to_go: timedelta) -> timedelta:
    """How long the next turn waits, by the time that is left until the opening."""
    return next((pause for below, pause in STEPS if to_go < below), LONGEST_STEP)


def times(starts_at: datetime, now: datetime, pace: Pace) -> Iterator[datetime]:
    """When each turn comes, as long as there is time: `pace.at_once` have the same."""
    while starts_at - now >= ahead(0, pace):
        yield from [now] * pace.at_once
        now += step(starts_at - now)

"""Visits in numbers: what was booked, moved and called off, how confirmations were answered, and who did not come."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

BOOKED = {"recall": "Recall visits", "existing": "Other visits", "new": "New patients", "waiting": "From the wait list"}
"""What patients booked online."""
CHANGED = {"moved": "Moved", "cancelled": "Cancelled"}
HELD = {"visits": "Visits", "confirmed": "Confirmed", "broken": "Did not come"}
"""Of the visits whose time was in the period."""
ASKED = {"asked": "Asked to confirm", "answered": "Answered"}
HOW = {"in_portal": "In the portal", "by_link": "By link or text message", "by_hand": "Set by the office"}
NAMES = {**BOOKED, **CHANGED, **ASKED, **HOW, **HELD}
"""Every number and its words, in the order in which they are told."""

# A visit that was called off before its time is cancelled; one that is broken otherwise is of somebody who did not come.
_NUMBERS = text("""
with visit as (
    select visit.*, coalesce(visit.clinic_id, patient.clinic_id) as at_clinic,
        case when visit.is_hygiene and visit.hygienist_id is not null then visit.hygienist_id else visit.provider_id end as own_provider
    from appointments_appointment visit join patient on patient.practice_id = visit.practice_id and patient.id = visit.patient_id
    where visit.practice_id = :practice
), fact as (
    select made_by as what, made_at as moment, at_clinic, own_provider from visit where made_by <> 'office' and made_at >= :begins and made_at < :ends
    union all
    select 'cancelled', ended_at, at_clinic, own_provider from visit
        where status = 'broken' and ended_at < starts_at and ended_at >= :begins and ended_at < :ends
    union all
    select held.what, starts_at, at_clinic, own_provider from visit
        cross join lateral (values ('visits', true), ('confirmed', confirmation = 'confirmed'), ('broken', status = 'broken')) as held (what, counts)
        where held.counts and starts_at >= :begins and starts_at < :ends and starts_at <= :now
        and (status in ('scheduled', 'complete') or (status = 'broken' and (ended_at is null or ended_at >= starts_at)))
    union all
    select asked.what, asked_at, at_clinic, own_provider from appointments_confirmation confirmation
        join visit on visit.id = confirmation.appointment_id
        cross join lateral (values ('asked', true), ('answered', confirmation.state in ('confirmed', 'callback'))) as asked (what, counts)
        where confirmation.practice_id = :practice and asked.counts and asked_at >= :begins and asked_at < :ends
    union all
    select case when entry.action = 'appointments.visit.move' then 'moved' when entry.action = 'appointments.visit.set_confirmation' then 'by_hand'
            when entry.account_id is null then 'by_link' else 'in_portal' end, happened_at, at_clinic, own_provider
        from audit_event entry join visit on visit.id = entry.target_id
        where entry.practice_id = :practice and happened_at >= :begins and happened_at < :ends
        and entry.action in ('appointments.visit.move', 'appointments.visit.set_confirmation', 'appointments.visit.confirm')
    union all
    select 'moved', answered_at, at_clinic, own_provider from appointments_request request join visit on visit.id = request.appointment_id
        where request.practice_id = :practice and request.kind = 'move' and request.state = 'accepted' and answered_at >= :begins and answered_at < :ends
)
select what, cast(date_trunc(:unit, moment at time zone :zone) as date), at_clinic, own_provider, count(*) from fact
where (cast(:clinics as uuid[]) is null or at_clinic = any(cast(:clinics as uuid[]))) and (cast(:provider as uuid) is null or own_provider = :provider)
group by 1, 2, 3, 4
""").bindparams(bindparam("clinics", type_=ARRAY(Uuid)), bindparam("provider", type_=Uuid))


@dataclass
class Numbers:
    """How many of each, by the names above: all together, by week or month, by clinic, and by provider."""

    whole: Counter[str] = field(default_factory=Counter)
    parts: dict[date, Counter[str]] = field(default_factory=dict)
    clinics: dict[UUID | None, Counter[str]] = field(default_factory=dict)
    providers: dict[UUID | None, Counter[str]] = field(default_factory=dict)

    @property
    def booked(self) -> int:
        """How many visits patients booked online."""
        return sum(self.whole[name] for name in BOOKED)


@dataclass(frozen=True)
class Span:
    """Days, and in which steps they are shown, by the practice's clock."""

    first: date
    last: date
    unit: Literal["week", "month"]
    zone: ZoneInfo

    @property
    def steps(self) -> list[date]:
        """The first day of each week or month that begins in it, or goes on into it."""
        days = [self.first + timedelta(days=offset) for offset in range((self.last - self.first).days + 1)]
        begun = [day - timedelta(days=day.weekday()) if self.unit == "week" else day.replace(day=1) for day in days]
        return list(dict.fromkeys(begun))


def numbers(session: Session, practice_id: UUID, span: Span, now: datetime, clinic_ids: Collection[UUID], provider_id: UUID | None) -> Numbers:
    """The numbers of a span; one statement."""
    begins, ends = (datetime.combine(day, time(), span.zone).astimezone(UTC) for day in (span.first, span.last + timedelta(days=1)))
    asked = {"practice": practice_id, "begins": begins, "ends": ends, "now": now, "unit": span.unit, "zone": span.zone.key, "provider": provider_id}
    found = Numbers(parts={step: Counter() for step in span.steps})
    for what, at, clinic_id, provider, number in session.execute(_NUMBERS, asked | {"clinics": list(clinic_ids) or None}):
        for counted in (found.whole, found.parts.setdefault(at, Counter()), found.clinics.setdefault(clinic_id, Counter()), found.providers.setdefault(provider, Counter())):
            counted[what] += number
    return found

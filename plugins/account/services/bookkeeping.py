"""What happened on accounts, by day and clinic, for whoever keeps the practice's books."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

NAMES = ("Charges", "Insurance payments", "Adjustments", "Payments in the ledger", "Paid online", "Refunded online", "Taken back by banks")
WHAT = ("charge", "insurance_payment", "adjustment", "payment", "online", "refund", "dispute")


class Day(NamedTuple):
    """A day of a clinic: cents by what they are, in the order of WHAT."""

    day: date
    clinic_id: UUID | None
    cents: tuple[int, ...]


# Payments online are in the ledger as well, as soon as they are posted there: the two columns are looked at side by side, not added.
_DAYS = text("""
with fact as (
    select e.entered_on as day, coalesce(e.clinic_id, patient.clinic_id) as clinic, e.entry_type as what, e.amount_cents as cents
    from account_entry e join patient on patient.practice_id = :practice and patient.id = e.patient_id
    where e.practice_id = :practice and e.entered_on between :first and :last
    union all
    select (p.settled_at at time zone :zone)::date, p.clinic_id, 'online', p.amount_cents from account_payment p
    where p.practice_id = :practice and p.state = 'succeeded' and (p.settled_at at time zone :zone)::date between :first and :last
    union all
    select (r.settled_at at time zone :zone)::date, p.clinic_id, 'refund', -r.amount_cents from account_refund r
    join account_payment p on p.practice_id = :practice and p.id = r.payment_id
    where r.practice_id = :practice and r.state = 'succeeded' and (r.settled_at at time zone :zone)::date between :first and :last
    union all
    select (d.opened_at at time zone :zone)::date, p.clinic_id, 'dispute', -d.amount_cents from account_dispute d
    join account_payment p on p.practice_id = :practice and p.id = d.payment_id
    where d.practice_id = :practice and d.won is not true and (d.opened_at at time zone :zone)::date between :first and :last
) select day, clinic, what, sum(cents)::bigint as cents from fact
where cast(:clinics as uuid[]) is null or clinic = any(:clinics) group by day, clinic, what order by day, clinic""")


def days(session: Session, practice_id: UUID, first: date, last: date, zone: ZoneInfo, clinic_ids: Collection[UUID] = ()) -> list[Day]:
    """Each day on which anything happened, by clinic; of these clinics, none means all."""
    about = {"practice": practice_id, "first": first, "last": last, "zone": zone.key, "clinics": list(clinic_ids) or None}
    found: dict[tuple[date, UUID | None], dict[str, int]] = {}
    for row in session.execute(_DAYS, about):
        found.setdefault((row.day, row.clinic), {})[row.what] = row.cents
    return [Day(day, clinic, tuple(sums.get(what, 0) for what in WHAT)) for (day, clinic), sums in found.items()]

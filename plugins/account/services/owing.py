"""What many accounts owe at once, and since when: for the aging report, and for choosing who gets a statement. One statement on the database.

Payments and credits pay the oldest charges first, whatever they were meant for; what was taken back and what took it back do not count.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

AGES = (0, 30, 60, 90)
AGE_WORDS = {"0": "0 to 30 days", "30": "31 to 60 days", "60": "61 to 90 days", "90": "More than 90 days"}
EVERYBODY = 1_000_000_000


class Filters(BaseModel):
    """Whose statements are made. A family is the guarantor and those whose guarantor that is, but for confidential records, which stand alone."""

    scope: Literal["patient", "family"] = "patient"
    clinic: UUID | None = None
    not_billed_days: int = 0
    activity: bool = False
    age: Literal["0", "30", "60", "90"] = "0"
    least_cents: int = 1
    most_cents: int | None = None
    without_pending: bool = False
    negative: bool = False
    plans: Literal["all", "without", "only"] = "all"


@dataclass(frozen=True, slots=True)
class Owing:
    """One account. `ages` is what is owed of charges of 0 to 30, 31 to 60, 61 to 90 and more days; together they are `owed_cents` unless it is a credit."""

    head_id: UUID
    clinic_id: UUID | None
    owed_cents: int
    pending_insurance_cents: int
    ages: tuple[int, int, int, int]


_PERSONS = """person as (
    select id, case when :family and not is_confidential then coalesce(guarantor_id, id) else id end as head from patient where practice_id = :practice
), wanted as (
    select id, clinic_id from patient where practice_id = :practice and (cast(:clinics as uuid[]) is null or clinic_id = any(:clinics))
        and (cast(:after as uuid) is null or id > :after) and (cast(:only as uuid) is null or id = :only)
)"""
_LEDGER = """ledger as (
    select person.head, sum(e.amount_cents)::bigint as posted, max(e.entered_on) as active_on,
        coalesce(sum(e.amount_cents) filter (where stands and e.amount_cents < 0), 0)::bigint as credits,
        coalesce(sum(e.amount_cents) filter (where stands and e.amount_cents > 0 and e.entered_on < cast(:today as date) - 30), 0)::bigint as over_30,
        coalesce(sum(e.amount_cents) filter (where stands and e.amount_cents > 0 and e.entered_on < cast(:today as date) - 60), 0)::bigint as over_60,
        coalesce(sum(e.amount_cents) filter (where stands and e.amount_cents > 0 and e.entered_on < cast(:today as date) - 90), 0)::bigint as over_90
    from person join account_entry e on e.practice_id = :practice and e.patient_id = person.id
    cross join lateral (select e.voids_id is null and not exists (
        select from account_entry o where o.practice_id = :practice and o.patient_id = e.patient_id and o.voids_id = e.id) as stands) as standing
    where person.head in (select id from wanted) group by person.head
), paying as (
    select person.head, sum(p.amount_cents - p.refunded_cents - p.disputed_cents)::bigint as pending
    from person join account_payment p on p.practice_id = :practice and p.patient_id = person.id and p.state = 'succeeded'
    where person.head in (select id from wanted)
        and not exists (select from account_entry e where e.practice_id = :practice and e.receipt_number = p.receipt_number)
    group by person.head
), insured as (
    select person.head, sum(c.estimated_cents + c.write_off_cents)::bigint as expected
    from person join account_claim c on c.practice_id = :practice and c.patient_id = person.id and c.state = 'sent' where person.head in (select id from wanted)
    group by person.head
), billed as (
    select patient_id as head, max(sent_on) as billed_on from account_statement
    where practice_id = :practice and (source = 'records' or published_at is not null) group by patient_id
), planned as (
    select distinct person.head from person join account_payment_plan p on p.practice_id = :practice and p.patient_id = person.id and p.state in ('active', 'paused')
)"""
_OWING = f"""{_PERSONS}, {_LEDGER}, account as (
    select wanted.id as head, wanted.clinic_id, posted - coalesce(pending, 0) as owed, coalesce(expected, 0) as expected, active_on, billed_on,
        planned.head is not null as has_plan, greatest(0, over_30 + credits - coalesce(pending, 0)) as past_30,
        greatest(0, over_60 + credits - coalesce(pending, 0)) as past_60, greatest(0, over_90 + credits - coalesce(pending, 0)) as past_90
    from wanted join ledger on ledger.head = wanted.id left join paying on paying.head = wanted.id left join insured on insured.head = wanted.id
    left join billed on billed.head = wanted.id left join planned on planned.head = wanted.id
), chosen as (
    select * from account where ((owed >= :least and (cast(:most as bigint) is null or owed <= :most)) or (:negative and owed < 0))
    and (:not_billed = 0 or billed_on is null or billed_on < cast(:today as date) - :not_billed)
    and (not :activity or billed_on is null or active_on > billed_on)
    and (:age = 0 or (case :age when 30 then past_30 when 60 then past_60 else past_90 end) > 0)
    and (not :without_pending or expected = 0)
    and (:plans = 'all' or has_plan = (:plans = 'only'))
)"""  # noqa: S608
_LIST = text(f"with {_OWING} select head, clinic_id, owed, expected, past_30, past_60, past_90 from chosen order by head limit :limit")  # noqa: S608
_COUNT = text(f"with {_OWING} select count(*), coalesce(sum(owed), 0)::bigint from chosen")  # noqa: S608


def owing(
    session: Session, practice_id: UUID, filters: Filters, today: date, clinic_ids: Collection[UUID] = (), after: UUID | None = None, most: int = EVERYBODY
) -> list[Owing]:
    """The accounts that fit, in the order of their ids, beginning after one."""
    rows = session.execute(_LIST, _about(practice_id, filters, today, clinic_ids) | {"after": after, "limit": most}).all()
    return [Owing(row.head, row.clinic_id, row.owed, row.expected, _ages(row.owed, row.past_30, row.past_60, row.past_90)) for row in rows]


def how_many(session: Session, practice_id: UUID, filters: Filters, today: date, clinic_ids: Collection[UUID] = ()) -> tuple[int, int]:
    """How many accounts fit, and what they owe together."""
    row = session.execute(_COUNT, _about(practice_id, filters, today, clinic_ids)).one()
    return row[0], row[1]


def fits(session: Session, practice_id: UUID, filters: Filters, today: date, head_id: UUID) -> bool:
    """Whether an account fits (still)."""
    return bool(session.execute(_LIST, _about(practice_id, filters, today, ()) | {"only": head_id, "limit": 1}).first())


def _about(practice_id: UUID, filters: Filters, today: date, clinic_ids: Collection[UUID]) -> dict:
    clinics: Sequence[UUID] | None = [filters.clinic] if filters.clinic else list(clinic_ids) or None
    return {
        "practice": practice_id, "today": today, "clinics": clinics, "after": None, "only": None, "family": filters.scope == "family",
        "least": filters.least_cents, "most": filters.most_cents, "negative": filters.negative, "not_billed": filters.not_billed_days,
        "activity": filters.activity, "age": int(filters.age), "without_pending": filters.without_pending, "plans": filters.plans,
    }  # fmt: skip


def _ages(owed: int, past_30: int, past_60: int, past_90: int) -> tuple[int, int, int, int]:
    """What is owed by how old it is; of a credit nothing."""
    if owed <= 0:
        return 0, 0, 0, 0
    return owed - past_30, past_30 - past_60, past_60 - past_90, past_90

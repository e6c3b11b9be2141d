"""What many accounts owe at once, and since when: for the aging report, and for choosing who gets a statement. One statement on the database.

By the same rule as everywhere (`reckoning`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.orm import Session

from plugins.account.services.reckoning import CHARGED, CREDITS, NAMES, OUTSTANDING, aged, entries_of, taken_payments

AGE_WORDS = dict(zip(("0", "30", "60", "90"), NAMES, strict=True))
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
    select id, case when :family and not is_confidential then coalesce(guarantor_id, id) else id end as head from patient where practice_id = :practice_id
), wanted as (
    select id, clinic_id from patient where practice_id = :practice_id and (cast(:clinics as uuid[]) is null or clinic_id = any(:clinics))
        and (cast(:after as uuid) is null or id > :after) and (cast(:only as uuid) is null or id = :only)
), member as (
    select person.id, person.head from person join wanted on wanted.id = person.head
)"""
_WHOSE = "in (select id from member)"
_LEDGER = f"""entered as (
    select e.patient_id, sum(e.amount_cents)::bigint as posted, max(e.entered_on) as active_on, {CREDITS} as credits,
        {", ".join(f"{sum_} as charged_{part}" for part, sum_ in enumerate(CHARGED))}
    from {entries_of(_WHOSE)} group by e.patient_id
), paying as (
    select patient_id, sum(cents)::bigint as pending from {taken_payments(_WHOSE)} taken group by patient_id
), insured as (
    select patient_id, sum(estimated_cents + write_off_cents)::bigint as expected from account_claim
    where practice_id = :practice_id and patient_id {_WHOSE} and {OUTSTANDING} group by patient_id
), ledger as (
    select member.head, sum(posted)::bigint as posted, max(active_on) as active_on, coalesce(sum(pending), 0)::bigint as pending,
        coalesce(sum(credits), 0)::bigint + coalesce(sum(pending), 0)::bigint as came_off, coalesce(sum(expected), 0)::bigint as expected,
        {", ".join(f"coalesce(sum(charged_{part}), 0)::bigint as charged_{part}" for part in range(4))}
    from member left join entered on entered.patient_id = member.id left join paying on paying.patient_id = member.id
    left join insured on insured.patient_id = member.id
    group by member.head
), billed as (
    select patient_id as head, max(sent_on) as billed_on from account_statement
    where practice_id = :practice_id and (source = 'records' or published_at is not null) group by patient_id
), planned as (
    select distinct member.head from member join account_payment_plan p
        on p.practice_id = :practice_id and p.patient_id = member.id and p.state in ('active', 'paused')
)"""  # noqa: S608
# The parts of `aged` that are older than so many days, for the filter.
_OWING = f"""{_PERSONS}, {_LEDGER}, account as (
    select wanted.id as head, wanted.clinic_id, coalesce(posted, 0) - pending as owed, expected, active_on, billed_on, planned.head is not null as has_plan,
        came_off, charged_0, charged_1, charged_2, charged_3,
        case :age when 30 then charged_1 + charged_2 + charged_3 when 60 then charged_2 + charged_3 else charged_3 end > came_off as is_old
    from wanted join ledger on ledger.head = wanted.id
    left join billed on billed.head = wanted.id left join planned on planned.head = wanted.id
), chosen as (
    select * from account where ((owed >= :least and (cast(:most as bigint) is null or owed <= :most)) or (:negative and owed < 0))
    and (:not_billed = 0 or billed_on is null or billed_on < cast(:today as date) - :not_billed)
    and (not :activity or billed_on is null or active_on > billed_on)
    and (:age = 0 or is_old)
    and (not :without_pending or expected = 0)
    and (:plans = 'all' or has_plan = (:plans = 'only'))
)"""  # noqa: S608
_LIST = text(f"with {_OWING} select head, clinic_id, owed, expected, came_off, charged_0, charged_1, charged_2, charged_3 from chosen order by head limit :limit")  # noqa: S608
_COUNT = text(f"with {_OWING} select count(*), coalesce(sum(owed), 0)::bigint from chosen")  # noqa: S608


def owing(
    session: Session, practice_id: UUID, filters: Filters, today: date, clinic_ids: Collection[UUID] = (), after: UUID | None = None, most: int = EVERYBODY
) -> list[Owing]:
    """The accounts that fit, in the order of their ids, beginning after one."""
    rows = session.execute(_LIST, _about(practice_id, filters, today, clinic_ids) | {"after": after, "limit": most}).all()
    return [Owing(row.head, row.clinic_id, row.owed, row.expected, aged(row[-4:], row.came_off).cents) for row in rows]


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
        "practice_id": practice_id, "today": today, "clinics": clinics, "after": None, "only": None, "family": filters.scope == "family",
        "least": filters.least_cents, "most": filters.most_cents, "negative": filters.negative, "not_billed": filters.not_billed_days,
        "activity": filters.activity, "age": int(filters.age), "without_pending": filters.without_pending, "plans": filters.plans,
    }  # fmt: skip


"""What is owed now, and why: of a person, and of those in the family whose account the viewer may see. One statement."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.records.freshness import in_statement
from plugins.account.services import ledger
from plugins.account.services.ledger import FIGURES
from plugins.account.services.reckoning import CHARGED, CREDITS, OUTSTANDING, Aging, aged, entries_of

RECENT = 8
"""Lines of the ledger on the first page of the tab."""

_AGING = f"(select json_build_array({', '.join(CHARGED)}, {CREDITS}, max(e.entered_on)) from {entries_of('= asked.patient_id')})"  # noqa: S608
_INSURANCE = f"""(select json_build_array(count(*), coalesce(sum(estimated_cents), 0), coalesce(sum(write_off_cents), 0)) from account_claim
    where practice_id = :practice_id and patient_id = asked.patient_id and {OUTSTANDING})"""  # noqa: S608
_LATER = "filter (where part.due_on > :today and part.paid_cents < part.amount_cents)"
_PLANS = f"""(select json_agg(json_build_array(title, due, next_on, next_cents, due + later) order by next_on, title) from (
    select plan.title, coalesce(sum(part.amount_cents - part.paid_cents) filter (where part.due_on <= :today), 0) as due,
        min(part.due_on) {_LATER} as next_on, (array_agg(part.amount_cents - part.paid_cents order by part.due_on) {_LATER})[1] as next_cents,
        coalesce(sum(part.amount_cents - part.paid_cents) {_LATER}, 0) as later
    from account_payment_plan plan join account_installment part on part.practice_id = :practice_id and part.payment_plan_id = plan.id
    where plan.practice_id = :practice_id and plan.patient_id = asked.patient_id and plan.state = 'active' group by plan.id, plan.title) plans)"""  # noqa: S608
_LINES = """(select json_agg(json_build_array(line.id, line.entered_on, line.entry_type, line.description, line.amount_cents, 0,
        provider.title, provider.first_name, provider.last_name, provider.preferred_name, provider.suffix, false)
        order by line.entered_on desc, line.id desc)
    from (select * from account_entry where practice_id = :practice_id and patient_id = asked.patient_id and asked.patient_id = :patient_id
        order by entered_on desc, id desc limit :most) line
    left join provider on provider.practice_id = :practice_id and provider.id = line.provider_id)"""
# When the practice's system last told what is in its books.
_CAME = in_statement("ledger_entry")
# A family are those who have the same guarantor, and the guarantor.
FAMILY = """select id from patient where practice_id = :practice_id and id = any(cast(:seen as uuid[])) and coalesce(guarantor_id, id) = (
    select coalesce(guarantor_id, id) from patient where practice_id = :practice_id and id = :patient_id)"""
"""The ids of those in the family of a patient who may be seen."""
_OWED = text(f"""select asked.patient_id, {FIGURES}, {_AGING} as aging, {_INSURANCE} as insurance, {_PLANS} as plans, {_LINES} as lines, {_CAME} as came_at
    from ({FAMILY}) asked (patient_id)""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class PendingInsurance:
    """Claims that insurance has not answered: how many, what they will probably pay, and what the office will take off by its contract."""

    claims: int = 0
    estimated_cents: int = 0
    write_off_cents: int = 0

    @property
    def total_cents(self) -> int:
        """What will probably come off."""
        return self.estimated_cents + self.write_off_cents


@dataclass(frozen=True, slots=True)
class PlanDue:
    """What a payment plan asks for: what is due by now, the next payment, and all that is left."""

    title: str
    due_cents: int
    next_on: date | None
    next_cents: int
    left_cents: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What one patient owes, or some together. `posted_cents` is the ledger's sum; `charges` are those of each part of the aging."""

    posted_cents: int = 0
    pending_cents: int = 0
    uncertain_cents: int = 0
    charges: tuple[int, int, int, int] = (0, 0, 0, 0)
    credits_cents: int = 0
    insurance: PendingInsurance = PendingInsurance()
    plans: tuple[PlanDue, ...] = ()
    last_entry_on: date | None = None

    @property
    def owed_cents(self) -> int:
        """What is owed now; below zero is a credit."""
        return self.posted_cents - self.pending_cents

    @property
    def after_insurance_cents(self) -> int:
        """What will probably be left to pay when insurance has answered; never less than nothing."""
        return max(0, self.owed_cents - self.insurance.total_cents)

    @property
    def aging(self) -> Aging:
        """How old it is; a payment that is pending counts as what came off."""
        return aged(self.charges, self.credits_cents + self.pending_cents)


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a person with its figures, and what each of the family owes whose account may be seen; by patient.

    `came_at` is when the practice's system last sent ledger entries; None where it never did.
    """

    overview: ledger.Overview
    mine: Owed
    family: Mapping[UUID, Owed]
    came_at: datetime | None = None

    @property
    def together(self) -> Owed:
        """The family's figures; a credit of one pays what another owes."""
        return together(self.family.values())


def account(session: Session, practice_id: UUID, patient_id: UUID, seen: Collection[UUID], zone: ZoneInfo, today: date) -> Account:
    """The account of a patient. `seen` are the patients whose account the viewer may see: nobody else is in any sum."""
    asked = {"practice_id": practice_id, "patient_id": patient_id, "seen": [*{patient_id, *seen}]}
    about = asked | {"account_statements": 3, "most": RECENT, "today": today}
    rows = {row.patient_id: row._asdict() for row in session.execute(_OWED, about)}
    if patient_id not in rows:
        return Account(ledger.Overview(ledger.Balance(0)), Owed(), {})
    overviews = {id_: ledger.overview_of(row, zone) for id_, row in rows.items()}
    owed = {id_: _owed(overviews[id_].balance, row) for id_, row in rows.items()}
    return Account(overviews[patient_id], owed[patient_id], owed, rows[patient_id]["came_at"])


def together(parts: Iterable[Owed]) -> Owed:
    """What some owe together."""
    parts = list(parts)
    sums = (sum(part.charges[place] for part in parts) for place in range(4))
    insurance = [part.insurance for part in parts]
    return Owed(
        sum(part.posted_cents for part in parts),
        sum(part.pending_cents for part in parts),
        sum(part.uncertain_cents for part in parts),
        (next(sums), next(sums), next(sums), next(sums)),
        sum(part.credits_cents for part in parts),
        PendingInsurance(*(sum(getattr(one, name) for one in insurance) for name in PendingInsurance.__slots__)),
        tuple(plan for part in parts for plan in part.plans),
        max((part.last_entry_on for part in parts if part.last_entry_on), default=None),
    )


def _owed(balance: ledger.Balance, row: Mapping[str, Any]) -> Owed:
    *charges, credits_cents, last = row["aging"]
    first, second, third, fourth = charges
    plans = tuple(PlanDue(title, due, _day(next_on), cents or 0, left) for title, due, next_on, cents, left in row["plans"] or ())
    return Owed(
        balance.posted_cents,
        balance.pending_cents,
        balance.uncertain_cents,
        (first, second, third, fourth),
        credits_cents,
        PendingInsurance(*row["insurance"]),
        plans,
        _day(last),
    )


def _day(text_: str | None) -> date | None:
    return date.fromisoformat(text_) if text_ else None

"""Making a statement of a ledger: which lines are on it, what is due, and letting the patient see it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.people.models import Patient, Provider
from core.people.told import accounts_told
from core.plugins import NoticeKind
from core.tasks import enqueue
from core.tenant import Tenant
from plugins.account.models import Statement
from plugins.account.services.reckoning import OUTSTANDING, taken_payments

STATEMENT = NoticeKind("account.statement", "Statements", "The office has made a statement for you.", "receipt")
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without what is mistaken for one another when a number is read out."""
Scope = Literal["patient", "family"]


@dataclass(frozen=True)
class Wish:
    """What a statement is to hold, by the office's billing settings unless it was said otherwise. `days` of history, 0 for all since nothing was owed."""

    scope: Scope
    days: int
    due_days: int
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the ledger of those whom a statement is for, the oldest first."""

    entered_on: date
    description: str
    cents: int
    provider: str = ""
    patient: str = ""


@dataclass(frozen=True)
class Sums:
    """What counts besides the lines: pending insurance, what a payment plan has not asked for yet, and what it asks for now."""

    insurance_cents: int = 0
    planned_cents: int = 0
    plan_due_cents: int = 0


def wish_of(tenant: Tenant, scope: Scope | None = None, note: str = "") -> Wish:
    """What the office's billing settings say."""
    values = tenant.settings
    days = values["account.statement_days"] if values["account.statement_since"] == "days" else 0
    return Wish(scope or values["account.statement_scope"], days, values["account.statement_due_days"], note)


def first_line(lines: Sequence[Line], days: int, today: date) -> int:
    """The number of the first line that a statement shows: of so many days, or after the last time that nothing was owed."""
    if days:
        since = today - timedelta(days=days)
        return next((number for number, line in enumerate(lines) if line.entered_on >= since), len(lines))
    settled, owed = [0], 0
    for number, line in enumerate(lines[:-1], 1):
        owed += line.cents
        settled += [number] if owed <= 0 else []
    return settled[-1]


def amount_due(balance_cents: int, sums: Sums) -> int:
    """What is to be paid now: without what insurance is expected to pay and what a plan spreads over later months, with what the plan asks for now."""
    return max(0, balance_cents - sums.insurance_cents - sums.planned_cents) + sums.plan_due_cents


def compose(session: Session, practice_id: UUID, patient: Patient, wish: Wish, today: date, zone: ZoneInfo) -> Statement:
    """A statement as the ledger is today, not kept yet. For a family `patient` is the guarantor."""
    about = {"practice_id": practice_id, "patient": patient.id, "family": wish.scope == "family", "zone": zone.key, "due": today + timedelta(days=wish.due_days)}
    lines, sums = _lines(session, about), Sums(*session.execute(_SUMS, about).one())
    first, balance = first_line(lines, wish.days, today), sum(line.cents for line in lines)
    return Statement(
        patient_id=patient.id, clinic_id=patient.clinic_id, number=_number(today), statement_type="statement", source="office", scope=wish.scope, sent_on=today,
        due_on=about["due"], first_on=lines[first].entered_on if first < len(lines) else today, balance_cents=balance,
        insurance_pending_cents=sums.insurance_cents, plan_due_cents=sums.plan_due_cents, amount_due_cents=amount_due(balance, sums), note=wish.note,
        lines=[_kept(line, wish.scope == "family") for line in lines[first:]],
    )  # fmt: skip


def publish(statement: Statement, now: datetime) -> bool:
    """Let the patient see it in the portal; False when it was there before."""
    if statement.published_at is not None or statement.source != "office":
        return False
    statement.published_at = now
    return True


def notify(session: Session, statement: Statement, now: datetime) -> int:
    """Tell those who see the account that there is a statement, and nothing else; returns how many are told."""
    accounts = accounts_told(session, statement.practice_id, [statement.patient_id], "account", now).get(statement.patient_id, [])
    for account_id in accounts:
        enqueue(session, "account.send_statement_notice", statement_id=str(statement.id), account_id=str(account_id))
    if accounts:
        statement.notified_at = now
    return len(accounts)


def join(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Two charts become one: where a batch has made a statement for both, the absorbed one’s stands by itself."""
    doubled = select(Statement.batch).where(Statement.practice_id == practice_id, Statement.patient_id == kept, Statement.batch.is_not(None))
    theirs = (Statement.practice_id == practice_id, Statement.patient_id == absorbed, Statement.batch.in_(doubled))
    session.execute(update(Statement).where(*theirs).values(batch=None))


def _kept(line: Line, is_family: bool) -> dict[str, Any]:
    kept = {"entered_on": line.entered_on.isoformat(), "description": line.description, "provider": line.provider, "amount_cents": line.cents}
    return kept | ({"patient": line.patient} if is_family else {})


def _number(today: date) -> str:
    return f"{today:%y%m}-{''.join(secrets.choice(LETTERS) for _ in range(6))}"


def _lines(session: Session, about: dict[str, Any]) -> list[Line]:
    rows = session.execute(_LINES, about).all()
    return [Line(row.entered_on, _words(row), row.amount_cents, _provider(row), row.called) for row in rows]


def _words(row) -> str:
    details = ", ".join(part for part in (row.code, f"tooth {row.tooth}" if row.tooth else "") if part)
    return f"{row.description} ({details})" if details else row.description


def _provider(row) -> str:
    if row.last_name is None:
        return ""
    return Provider(title=row.title, first_name=row.first_name, last_name=row.last_name, preferred_name=row.preferred_name, suffix=row.suffix).name


_MEMBERS = """with member as (
    select id, coalesce(nullif(preferred_name, ''), first_name) as called from patient where practice_id = :practice_id
    and (id = :patient or (:family and guarantor_id = :patient and not is_confidential))
)"""
_WHOSE = "in (select id from member)"
_TAKEN = taken_payments(_WHOSE)
# A payment that was taken and that the ledger does not show yet counts as a line of its own.
_LINES = text(f"""{_MEMBERS}, line as (
    select e.id, e.entered_on, e.description, e.amount_cents, e.code, e.tooth, e.provider_id, member.called
    from member join account_entry e on e.practice_id = :practice_id and e.patient_id = member.id
    union all
    select taken.id, (taken.created_at at time zone :zone)::date,
        case taken.method_kind when 'bank' then 'Payment from a bank account' else 'Payment by card' end || ', receipt ' || taken.receipt_number,
        -taken.cents, '', '', null, member.called
    from {_TAKEN} taken join member on member.id = taken.patient_id
) select line.*, provider.title, provider.first_name, provider.last_name, provider.preferred_name, provider.suffix
from line left join provider on provider.practice_id = :practice_id and provider.id = line.provider_id order by entered_on, line.id""")  # noqa: S608
_SUMS = text(f"""{_MEMBERS}, open as (
    select amount_cents - paid_cents as open, due_on, case when exists (select from account_entry posted
            where posted.practice_id = :practice_id and posted.external_id = 'plan-interest:' || part.id) then 0 else greatest(0, interest_cents - paid_cents) end as interest
    from member
    join account_payment_plan plan on plan.practice_id = :practice_id and plan.patient_id = member.id and plan.state in ('active', 'paused')
    join account_installment part on part.practice_id = :practice_id and part.payment_plan_id = plan.id
) select
    (select coalesce(sum(estimated_cents + write_off_cents), 0)::bigint from account_claim
        where practice_id = :practice_id and patient_id {_WHOSE} and {OUTSTANDING}) as insurance,
    (select coalesce(sum(open - interest), 0)::bigint from open) as planned, (select coalesce(sum(open), 0)::bigint from open where due_on <= :due) as plan_due""")  # noqa: S608


def paid_since(session: Session, practice_id: UUID, patient_id: UUID, scope: Scope, day: date, zone: ZoneInfo) -> int:
    """What was paid after a day, in the ledger or online that day or later and not in the ledger yet."""
    about = {"practice_id": practice_id, "patient": patient_id, "family": scope == "family", "day": day, "zone": zone.key}
    return session.execute(_PAID_SINCE, about).scalar_one()


_PAID_SINCE = text(f"""{_MEMBERS} select
    (select coalesce(-sum(e.amount_cents), 0)::bigint from member join account_entry e on e.practice_id = :practice_id and e.patient_id = member.id
        where e.entry_type = 'payment' and e.entered_on > :day)
    + (select coalesce(sum(taken.cents), 0)::bigint from {_TAKEN} taken
        where (taken.created_at at time zone :zone)::date >= :day)""")  # noqa: S608

"""Reading a patient's account: what is owed, the ledger with its running balance, statements. One statement on the database each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import column, text
from sqlalchemy.orm import Session

from core.people.models import Provider
from plugins.account.services.reckoning import TAKEN, open_payments

PAGE = 25
MOST_STATEMENTS = 120
"""Ten years of monthly statements."""


class StatementNotFound(Exception):
    """This patient has no statement with that id."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A statement in the list; amounts in cents."""

    id: UUID
    number: str
    statement_type: str
    sent_on: date
    due_on: date | None
    balance_cents: int
    insurance_pending_cents: int
    amount_due_cents: int


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A portal payment that the office's ledger does not show yet: taken, on its way from a bank, or still being looked into."""

    id: UUID
    amount_cents: int
    state: str
    receipt_number: str
    created_at: datetime

    @property
    def is_taken(self) -> bool:
        """Whether the money is taken, or known to be on its way."""
        return self.state in TAKEN


@dataclass(frozen=True, slots=True)
class Balance:
    """What a patient owes. `posted_cents` is the ledger's sum; open payments come off it."""

    posted_cents: int
    open_payments: tuple[OpenPayment, ...] = ()

    @property
    def pending_cents(self) -> int:
        """Payments that are taken and not in the ledger yet."""
        return sum(payment.amount_cents for payment in self.open_payments if payment.is_taken)

    @property
    def uncertain_cents(self) -> int:
        """Payments of which nobody knows yet whether they were taken."""
        return sum(payment.amount_cents for payment in self.open_payments if not payment.is_taken)

    @property
    def owed_cents(self) -> int:
        """What is owed now; below zero is a credit."""
        return self.posted_cents - self.pending_cents

    @property
    def payable_cents(self) -> int:
        """What "the whole balance" is to a payer: never less than nothing, and not what an uncertain payment may have paid."""
        return max(0, self.owed_cents - self.uncertain_cents)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of the ledger with the balance after it. What staff entered here, and nobody has taken back yet, can be taken back."""

    id: UUID
    entered_on: date
    entry_type: str
    description: str
    provider: str
    amount_cents: int
    balance_cents: int
    can_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The Account page. `paid_since_cents` are the payments since the last statement, pending ones too; `lines` is a page of the ledger."""

    balance: Balance
    statements: tuple[StatementLine, ...] = ()
    paid_since_cents: int = 0
    lines: tuple[LedgerLine, ...] = ()
    has_older_lines: bool = False

    @property
    def last_statement(self) -> StatementLine | None:
        """The statement that was sent last."""
        return self.statements[0] if self.statements else None

    @property
    def statement_due_cents(self) -> int:
        """What is still to be paid of the last statement: never more than what is owed, which may have become less since."""
        if self.last_statement is None:
            return 0
        return max(0, min(self.last_statement.amount_due_cents - self.paid_since_cents, self.balance.payable_cents))


SHOWN = "(account_statement.source = 'records' or account_statement.published_at is not null)"
"""Statements that a patient may see: those that the office has made here not before they are published."""

# The figures of a row `asked` with a `patient_id`.
_POSTED = """(select coalesce(sum(amount_cents), 0)::bigint from account_entry
    where practice_id = :practice_id and patient_id = asked.patient_id)"""
_OPEN = f"""(select json_agg(json_build_array(one.id, one.cents, one.state, one.receipt_number, one.created_at) order by one.created_at desc)
    from {open_payments("= asked.patient_id")} one)"""  # noqa: S608
_STATEMENT = "json_build_array(id, number, statement_type, sent_on, due_on, balance_cents, insurance_pending_cents, amount_due_cents)"
# A statement for the whole family says nothing of what this one patient owes.
_OWN = f"practice_id = :practice_id and patient_id = asked.patient_id and scope = 'patient' and {SHOWN}"
_STATEMENTS = f"""(select json_agg({_STATEMENT} order by sent_on desc, id desc) from (select * from account_statement
    where {_OWN} order by sent_on desc, id desc limit :account_statements) newest)"""  # noqa: S608
_POSTED_SINCE = f"""(select coalesce(-sum(amount_cents), 0)::bigint from account_entry
    where practice_id = :practice_id and patient_id = asked.patient_id and entry_type = 'payment' and entered_on > (
        select max(sent_on) from account_statement where {_OWN}))"""  # noqa: S608
FIGURES = f"{_POSTED} as posted, {_OPEN} as payments, {_STATEMENTS} as statements, {_POSTED_SINCE} as posted_since"
"""The columns of a row `asked`; `overview_of` reads them."""
_OVERVIEW = text(f"""select {FIGURES},
    (select json_agg(json_build_array(line.id, line.entered_on, line.entry_type, line.description, line.amount_cents, line.running,
            provider.title, provider.first_name, provider.last_name, provider.preferred_name, provider.suffix,
            line.source = 'office' and line.voids_id is null and not exists (select from account_entry opposite
                where opposite.practice_id = :practice_id and opposite.voids_id = line.id))
            order by line.entered_on desc, line.id desc)
        from (select *, sum(amount_cents) over (order by entered_on, id)::bigint as running from account_entry
            where practice_id = :practice_id and patient_id = :patient_id order by entered_on desc, id desc limit :most offset :skipped) line
        left join provider on provider.practice_id = :practice_id and provider.id = line.provider_id) as lines
    from (select cast(:patient_id as uuid) as patient_id) asked
""")  # noqa: S608
_FIGURES_OF = text(f"select asked.patient_id, {FIGURES} from unnest(cast(:account_people as uuid[])) asked (patient_id)")  # noqa: S608
FIGURES_OF = _FIGURES_OF.columns(*map(column, ("patient_id", "posted", "payments", "statements", "posted_since")))
"""Balance, open payments and the last statement of each of several patients; `overview_of` reads a row."""


def overview(session: Session, practice_id: UUID, patient_id: UUID, zone: ZoneInfo) -> Overview:
    """Balance, open payments and statements; no ledger lines. `zone` says on which day a payment was made."""
    return _overview(session, practice_id, patient_id, zone, most=0)


def account_page(session: Session, practice_id: UUID, patient_id: UUID, zone: ZoneInfo, page: int = 1) -> Overview:
    """The same with one page of the ledger, newest first. The running balance counts every line before."""
    return _overview(session, practice_id, patient_id, zone, most=PAGE + 1, skipped=(page - 1) * PAGE)


def _overview(session: Session, practice_id: UUID, patient_id: UUID, zone: ZoneInfo, most: int, skipped: int = 0) -> Overview:
    values = {"practice_id": practice_id, "patient_id": patient_id, "account_statements": MOST_STATEMENTS, "most": most, "skipped": skipped}
    return overview_of(session.execute(_OVERVIEW, values).one()._asdict(), zone)


def balances(session: Session, practice_id: UUID, people: Collection[UUID], zone: ZoneInfo) -> dict[UUID, Balance]:
    """The balance of each of these patients, with the payments that the office has not entered yet."""
    about = {"practice_id": practice_id, "account_people": list(people), "account_statements": 0}
    return {row.patient_id: overview_of(row._asdict(), zone).balance for row in session.execute(_FIGURES_OF, about)}


def overview_of(row: Mapping[str, Any], zone: ZoneInfo) -> Overview:
    """The overview that a row of `FIGURES_OF` tells."""
    balance, statements = _balance(row), tuple(_statement(values) for values in row["statements"] or ())
    lines = tuple(_line(values) for values in row.get("lines") or ())
    paid_since = row["posted_since"] + _pending_since(balance, statements[0].sent_on, zone) if statements else 0
    return Overview(balance, statements, paid_since, lines[:PAGE], len(lines) > PAGE)


def _pending_since(balance: Balance, day: date, zone: ZoneInfo) -> int:
    taken = (payment for payment in balance.open_payments if payment.is_taken)
    return sum(payment.amount_cents for payment in taken if payment.created_at.astimezone(zone).date() >= day)


def _balance(row: Mapping[str, Any]) -> Balance:
    return Balance(row["posted"], tuple(_open_payment(values) for values in row["payments"] or ()))


def _open_payment(values: list) -> OpenPayment:
    id_, cents, state, receipt_number, created_at = values
    return OpenPayment(UUID(id_), cents, state, receipt_number, datetime.fromisoformat(created_at))


def _statement(values: list) -> StatementLine:
    id_, number, statement_type, sent_on, due_on, *cents = values
    due = date.fromisoformat(due_on) if due_on else None
    return StatementLine(UUID(id_), number, statement_type, date.fromisoformat(sent_on), due, *cents)


def _line(values: list) -> LedgerLine:
    id_, entered_on, entry_type, description, cents, running, title, first, last, preferred, suffix, can_be_taken_back = values
    provider = provider_name(title, first, last, preferred, suffix)
    return LedgerLine(UUID(id_), date.fromisoformat(entered_on), entry_type, description, provider, cents, running, can_be_taken_back)


def provider_name(title: str, first_name: str, last_name: str | None, preferred_name: str, suffix: str) -> str:
    """A line's provider as patients know them; nothing where there is none."""
    if last_name is None:
        return ""
    return Provider(title=title, first_name=first_name, last_name=last_name, preferred_name=preferred_name, suffix=suffix).name

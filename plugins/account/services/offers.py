"""What can be paid: all that is owed, by the patient or the family, what is left of a statement or of a visit. Worked out anew each time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugins.account.models import Entry, PaymentPlan, Statement
from plugins.account.services import counting, ledger
from plugins.account.services.ledger import Balance, StatementNotFound
from plugins.account.services.open_charges import open_charges

Choice = Literal["plan", "balance", "family", "statement", "visit", "other"]


class VisitNotFound(Exception):
    """This patient has no visit of that name."""


@dataclass(frozen=True, slots=True)
class About:
    """What a payer looks at: a patient, the family whom the account may pay for (the patient first; nobody where it may not), and a statement, a visit
    or a payment plan that a link led to. `zone` is the clinic's."""

    patient_id: UUID
    zone: ZoneInfo
    family: tuple[UUID, ...] = ()
    statement_id: UUID | None = None
    visit: str | None = None
    plan_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be paid of it, in cents, by choice; a choice that is nothing is left out."""

    balance: Balance
    statement: Statement | ledger.StatementLine | None = None
    amounts: dict[Choice, int] = field(default_factory=dict)

    def payable(self, choice: Choice) -> int:
        """What is owed by whom the choice is about: more than that is a prepayment."""
        if choice == "plan":
            return self.amounts.get("plan", 0)
        return self.amounts.get("family", 0) if choice == "family" else self.balance.payable_cents


def offers_of(session: Session, practice_id: UUID, about: About) -> Offers:
    """What can be paid now. Raises StatementNotFound and VisitNotFound for what is not this patient's."""
    overview = ledger.overview(session, practice_id, about.patient_id, about.zone)
    statement, statement_cents = _statement(session, practice_id, about, overview)
    amounts: dict[Choice, int] = {
        "plan": _plan_cents(session, practice_id, about) if about.plan_id else 0,
        "visit": _visit_cents(session, practice_id, about, overview.balance) if about.visit else 0,
        "statement": statement_cents,
        "balance": overview.balance.payable_cents,
        "family": family_cents(session, practice_id, about.family, about.zone) if about.family else 0,
    }
    return Offers(overview.balance, statement, {choice: cents for choice, cents in amounts.items() if cents > 0})


def _plan_cents(session: Session, practice_id: UUID, about: About) -> int:
    plan = session.get(PaymentPlan, (practice_id, about.plan_id), populate_existing=True)
    return counting.next_cents(session, plan) if plan and plan.patient_id == about.patient_id else 0


def family_cents(session: Session, practice_id: UUID, family: Sequence[UUID], zone: ZoneInfo) -> int:
    """What these owe together: a credit of one pays what another owes."""
    balances = ledger.balances(session, practice_id, family, zone).values()
    return max(0, sum(balance.owed_cents - balance.uncertain_cents for balance in balances))


def _statement(session: Session, practice_id: UUID, about: About, overview: ledger.Overview) -> tuple[Statement | ledger.StatementLine | None, int]:
    """The statement that a link led to, else the last one, and what is left of it."""
    if about.statement_id is None:
        return overview.last_statement, overview.statement_due_cents
    statement = session.get(Statement, (practice_id, about.statement_id))
    if statement is None or statement.patient_id != about.patient_id or (statement.source == "office" and statement.published_at is None):
        raise StatementNotFound
    if overview.last_statement and overview.last_statement.id == statement.id:
        return statement, overview.statement_due_cents
    charges = open_charges(session, practice_id, [about.patient_id])
    left = sum(charge.open_cents for charge in charges if charge.entered_on <= statement.sent_on)
    return statement, max(0, min(statement.amount_due_cents, left, overview.balance.payable_cents))


def _visit_cents(session: Session, practice_id: UUID, about: About, balance: Balance) -> int:
    charges = open_charges(session, practice_id, [about.patient_id])
    left = sum(charge.open_cents for charge in charges if charge.visit == about.visit)
    if not left and not _is_visit(session, practice_id, about):
        raise VisitNotFound
    return min(left, balance.payable_cents)


def _is_visit(session: Session, practice_id: UUID, about: About) -> bool:
    mine = (Entry.practice_id == practice_id, Entry.patient_id == about.patient_id, Entry.visit == about.visit)
    return session.scalar(select(Entry.id).where(*mine).limit(1)) is not None

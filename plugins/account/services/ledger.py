"""Reading a patient's account: what is owed, the ledger with its running balance, statements. One statement on the database each."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from core.people.models import Patient, Provider
from plugins.account.models import Entry, Statement
from plugins.account.statement_pdf import PrintedStatement, town_line

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
    kind: str
    sent_on: date
    due_on: date | None
    balance_cents: int
    insurance_pending_cents: int
    amount_due_cents: int


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A portal payment that the office's ledger does not show yet: taken (succeeded), or still being looked into."""

    id: UUID
    amount_cents: int
    state: str
    receipt_number: str
    created_at: datetime

    @property
    def is_taken(self) -> bool:
        """Whether the money is known to be taken."""
        return self.state == "succeeded"


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
class Overview:
    """The head of the Account page. `posted_since_cents` are the ledger's payments after the last statement."""

    balance: Balance
    statements: tuple[StatementLine, ...] = ()
    posted_since_cents: int = 0
    last_posted_on: date | None = None

    @property
    def last_statement(self) -> StatementLine | None:
        """The statement that was sent last."""
        return self.statements[0] if self.statements else None

    def paid_since_cents(self, zone: ZoneInfo) -> int:
        """Payments since the last statement, with those that are pending; `zone` says which day a payment was made on."""
        if self.last_statement is None:
            return 0
        pending = (p for p in self.balance.open_payments if p.is_taken and p.created_at.astimezone(zone).date() >= self.last_statement.sent_on)
        return self.posted_since_cents + sum(payment.amount_cents for payment in pending)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of the ledger with the balance after it."""

    id: UUID
    entered_on: date
    kind: str
    description: str
    provider: str
    amount_cents: int
    balance_cents: int


_POSTED = "(select coalesce(sum(amount_cents), 0)::bigint from account_entry where practice_id = :practice and patient_id = :patient)"
# A payment is open until the office's ledger shows its receipt number, whoever's ledger the office put it into.
_OPEN = """(select json_agg(json_build_array(p.id, p.amount_cents, p.state, p.receipt_number, p.created_at) order by p.created_at desc)
    from account_payment p where p.practice_id = :practice and p.patient_id = :patient and p.state <> 'failed'
    and not exists (select from account_entry e where e.practice_id = :practice and e.receipt_number = p.receipt_number))"""
_BALANCE = text(f"select {_POSTED} as posted, {_OPEN} as payments")  # noqa: S608  (constants of this module)
_OVERVIEW = text(f"""select {_POSTED} as posted, {_OPEN} as payments,
    (select json_agg(json_build_array(id, number, kind, sent_on, due_on, balance_cents, insurance_pending_cents, amount_due_cents))
        from (select * from account_statement where practice_id = :practice and patient_id = :patient
            order by sent_on desc, id desc limit {MOST_STATEMENTS}) newest) as statements,
    (select coalesce(-sum(amount_cents), 0)::bigint from account_entry where practice_id = :practice and patient_id = :patient
        and kind = 'payment' and entered_on > (select max(sent_on) from account_statement
            where practice_id = :practice and patient_id = :patient)) as posted_since,
    (select max(entered_on) from account_entry where practice_id = :practice and patient_id = :patient) as last_posted_on
""")  # noqa: S608


def balance(session: Session, practice_id: UUID, patient_id: UUID) -> Balance:
    """What the patient owes now."""
    row = session.execute(_BALANCE, {"practice": practice_id, "patient": patient_id}).one()
    return _balance(row)


def overview(session: Session, practice_id: UUID, patient_id: UUID) -> Overview:
    """Balance, open payments and statements."""
    row = session.execute(_OVERVIEW, {"practice": practice_id, "patient": patient_id}).one()
    statements = tuple(_statement(values) for values in row.statements or ())
    return Overview(_balance(row), statements, row.posted_since, row.last_posted_on)


def ledger(session: Session, practice_id: UUID, patient_id: UUID, page: int = 1) -> tuple[list[LedgerLine], bool]:
    """One page of the ledger, newest first, and whether there are older lines. The running balance counts every line before."""
    running = func.sum(Entry.amount_cents).over(order_by=(Entry.entered_on, Entry.id))
    query = (
        select(Entry.id, Entry.entered_on, Entry.kind, Entry.description, Entry.amount_cents, running.label("running"))
        .add_columns(Provider.title, Provider.first_name, Provider.last_name, Provider.preferred_name, Provider.suffix)
        .outerjoin(Provider, (Provider.practice_id == practice_id) & (Provider.id == Entry.provider_id))
        .where(Entry.practice_id == practice_id, Entry.patient_id == patient_id)
        .order_by(Entry.entered_on.desc(), Entry.id.desc())
    )
    rows = session.execute(query.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
    return [_line(row) for row in rows[:PAGE]], len(rows) > PAGE


def printed_statement(session: Session, practice_id: UUID, patient_id: UUID, statement_id: UUID) -> PrintedStatement:
    """A statement of this patient as it is printed. Raises StatementNotFound."""
    query = (
        select(Statement, Patient)
        .join(Patient, (Patient.practice_id == practice_id) & (Patient.id == Statement.patient_id))
        .where(Statement.practice_id == practice_id, Statement.patient_id == patient_id, Statement.id == statement_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise StatementNotFound
    return _printed(*row)


def _balance(row: Row) -> Balance:
    payments = row.payments or ()
    return Balance(row.posted, tuple(_open_payment(values) for values in payments))


def _open_payment(values: list) -> OpenPayment:
    id_, cents, state, receipt_number, created_at = values
    return OpenPayment(UUID(id_), cents, state, receipt_number, datetime.fromisoformat(created_at))


def _statement(values: list) -> StatementLine:
    id_, number, kind, sent_on, due_on, *cents = values
    due = date.fromisoformat(due_on) if due_on else None
    return StatementLine(UUID(id_), number, kind, date.fromisoformat(sent_on), due, *cents)


def _line(row: Row) -> LedgerLine:
    names = {name: getattr(row, name) for name in ("title", "first_name", "last_name", "preferred_name", "suffix")}
    provider = Provider(**names).name if row.first_name is not None else ""
    return LedgerLine(row.id, row.entered_on, row.kind, row.description, provider, row.amount_cents, int(row.running))


def _printed(statement: Statement, patient: Patient) -> PrintedStatement:
    town = town_line(patient.city, patient.state, patient.postal_code)
    return PrintedStatement(
        number=statement.number,
        kind=statement.kind,
        sent_on=statement.sent_on,
        due_on=statement.due_on,
        balance_cents=statement.balance_cents,
        insurance_pending_cents=statement.insurance_pending_cents,
        amount_due_cents=statement.amount_due_cents,
        note=statement.note,
        lines=tuple((date.fromisoformat(line["entered_on"]), line["description"], line["provider"], line["amount_cents"]) for line in statement.lines),
        patient_name=f"{patient.first_name} {patient.last_name}",
        address=tuple(line for line in (patient.address_1, patient.address_2, town) if line),
    )

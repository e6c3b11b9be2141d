"""The statements that somebody may see, what was paid since each, and the receipts of payments that were made here."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from plugins.account.services.ledger import SHOWN
from plugins.account.services.reckoning import taken_payments

PAGE = 12
MOST_RECEIPTS = 24

# A family's statement shows what everybody in it owes: it is seen by whoever may see the account of each of them. On those that the office makes
# here, confidential records stand alone (services/owing.py).
SEEN = f"""{SHOWN} and (account_statement.scope = 'patient' or not exists (select from patient member where member.practice_id = :practice_id
    and member.guarantor_id = account_statement.patient_id and member.id <> account_statement.patient_id and member.id <> all(cast(:seen as uuid[]))
    and (account_statement.source = 'records' or not member.is_confidential)))"""
"""Which statements of a patient somebody may see who may see the accounts of `seen`."""
_LIST = text(f"""
select id, number, statement_type, scope, first_on, sent_on, due_on, balance_cents, insurance_pending_cents, amount_due_cents, plan_due_cents, note,
    count(*) over () as many, jsonb_array_length(lines) as lines, coalesce(charges, 0)::bigint as charges, coalesce(credits, 0)::bigint as credits
from account_statement, lateral (select sum(cents) filter (where cents > 0) as charges, sum(cents) filter (where cents < 0) as credits
    from (select cast(line ->> 'amount_cents' as bigint) as cents from jsonb_array_elements(lines) line) amounts) sums
where practice_id = :practice_id and patient_id = :patient_id and {SEEN} order by sent_on desc, id desc limit :most offset :skipped""")  # noqa: S608
# Payments in the books by their day, and those that are not there yet by the day on which they were made; of the patient, and of the family.
_PAID = f"""
select day, sum(cents) filter (where patient_id = :patient_id)::bigint as own, sum(cents)::bigint as together from (
    select patient_id, entered_on as day, -amount_cents as cents from account_entry
    where practice_id = :practice_id and patient_id = any(cast(:seen as uuid[])) and entry_type = 'payment' and entered_on >= :since
    union all
    select patient_id, (created_at at time zone :zone)::date + 1, cents from {taken_payments("= any(cast(:seen as uuid[]))")} taken
    where created_at >= :since_moment) paid
where patient_id = :patient_id or patient_id in (select id from patient where practice_id = :practice_id and guarantor_id = :patient_id)
group by day"""  # noqa: S608
_RECEIPTS = """select id, receipt_number, amount_cents, created_at, card from account_payment
where practice_id = :practice_id and patient_id = :patient_id and state = 'succeeded' order by created_at desc limit :most"""
_BESIDES = text(f"""select (select json_agg(json_build_array(day, coalesce(own, 0), together)) from ({_PAID}) paid) as paid,
    (select json_agg(json_build_array(id, receipt_number, amount_cents, created_at, card)) from ({_RECEIPTS}) newest) as receipts""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class ListedStatement:
    """A statement as it was sent, and what was paid since (`paid_since_cents`); amounts in cents."""

    id: UUID
    number: str
    statement_type: str
    scope: str
    first_on: date | None
    sent_on: date
    due_on: date | None
    balance_cents: int
    insurance_pending_cents: int
    amount_due_cents: int
    plan_due_cents: int
    note: str
    lines: int
    charges_cents: int
    credits_cents: int
    paid_since_cents: int

    @property
    def previous_cents(self) -> int:
        """The balance before its first line."""
        return self.balance_cents - self.charges_cents - self.credits_cents

    @property
    def left_cents(self) -> int:
        """What nothing has come for since; what was charged later is not in it."""
        return max(0, self.amount_due_cents - self.paid_since_cents)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment that was made in the portal."""

    id: UUID
    receipt_number: str
    amount_cents: int
    created_at: datetime
    card: str


def statements(
    session: Session, practice_id: UUID, patient_id: UUID, seen: Collection[UUID], zone: ZoneInfo, page: int = 1
) -> tuple[list[ListedStatement], int, list[Receipt]]:
    """A page of the statements of a patient that somebody may see who may see the accounts of `seen`, the newest first; how many there are;
    and the last payments that were made here."""
    about = {"practice_id": practice_id, "patient_id": patient_id, "seen": [*{patient_id, *seen}]}
    rows = session.execute(_LIST, about | {"most": PAGE, "skipped": (page - 1) * PAGE}).all()
    since = min((row.sent_on for row in rows), default=date.max)
    moment = datetime(since.year, since.month, since.day, tzinfo=zone)
    about |= {"since": since, "since_moment": moment, "zone": zone.key, "most": MOST_RECEIPTS}
    paid, receipts = session.execute(_BESIDES, about).one()
    days = [(date.fromisoformat(day), own, together) for day, own, together in paid or ()]
    return [_listed(row, days) for row in rows], rows[0].many if rows else 0, [_receipt(*values) for values in receipts or ()]


def _listed(row: Any, paid: Iterable[tuple[date, int, int]]) -> ListedStatement:
    since = sum(own if row.scope == "patient" else together for day, own, together in paid if day > row.sent_on)
    return ListedStatement(
        row.id, row.number, row.statement_type, row.scope, row.first_on, row.sent_on, row.due_on, row.balance_cents, row.insurance_pending_cents,
        row.amount_due_cents, row.plan_due_cents, row.note, row.lines, row.charges, row.credits, since,
    )  # fmt: skip


def _receipt(id_: str, number: str, cents: int, created_at: str, card: str) -> Receipt:
    return Receipt(UUID(id_), number, cents, datetime.fromisoformat(created_at), card)

"""The kinds of record that this tab takes in: ledger entries and statements."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer, model_validator

from core.records import Record, RecordKind
from plugins.account.models import Entry, Statement

MAX_CENTS = 100_000_000_00
"""A hundred million dollars either way; beyond that a figure is an error of the sender."""

CentsValue = Annotated[int, Field(strict=True, ge=-MAX_CENTS, le=MAX_CENTS)]
Words = Annotated[str, Field(min_length=1, max_length=500)]


class LedgerEntryRecord(Record):
    """One ledger line; charges are positive, payments and what takes off the balance negative.

    `provider` is an external id. `receipt_number` names the portal payment that this entry records, so that it is not counted twice.
    """

    patient: str
    provider: str | None = None
    entry_type: Literal["charge", "insurance_payment", "adjustment", "payment"]
    entered_on: date
    description: Words
    amount_cents: CentsValue
    visit: str | None = None
    receipt_number: str | None = None


class StatementLine(BaseModel):
    """One line of a statement; `provider` is a name, as it was printed."""

    model_config = ConfigDict(extra="forbid")

    entered_on: date
    description: Words
    provider: Annotated[str, Field(max_length=200)] = ""
    amount_cents: CentsValue

    @field_serializer("entered_on")
    def _written_day(self, day: date) -> str:
        return day.isoformat()


class StatementRecord(Record):
    """A statement that was sent. Left out, `amount_due_cents` is the balance less what insurance is expected to pay, never below zero."""

    patient: str
    number: Annotated[str, Field(min_length=1, max_length=40)]
    statement_type: Literal["statement", "invoice", "receipt", "walkout", "limited"] = "statement"
    sent_on: date
    due_on: date | None = None
    balance_cents: CentsValue
    insurance_pending_cents: Annotated[CentsValue, Field(ge=0)] = 0
    amount_due_cents: CentsValue | None = None
    note: Annotated[str, Field(max_length=1000)] = ""
    lines: Annotated[list[StatementLine], Field(max_length=2000)] = []

    @model_validator(mode="after")
    def _due_by_default(self) -> "StatementRecord":
        if self.amount_due_cents is None:
            self.amount_due_cents = max(0, self.balance_cents - self.insurance_pending_cents)
        return self


KINDS = [
    RecordKind("ledger_entry", LedgerEntryRecord, Entry, {"patient": "patient", "provider": "provider"}),
    RecordKind("statement", StatementRecord, Statement, {"patient": "patient"}),
]

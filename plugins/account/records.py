"""The kinds of record that this tab takes in: ledger entries, claims, insurance coverage, statements, and payment plans with their installments."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_serializer, model_validator

from core.records import LinkedRecord, Record, RecordFile, RecordKind, RecordWithFile
from core.safety.limits import MOST_BYTES
from plugins.account.models import Allocation, Claim, Coverage, Entry, Installment, Payment, PaymentPlan, PayRequest, Statement
from plugins.account.services.papers import PDF, keep_paper

MAX_CENTS = 100_000_000_00
"""A hundred million dollars either way; beyond that a figure is an error of the sender."""

MOST_LINES = 10_000
"""More lines than any statement has."""

CentsValue = Annotated[int, Field(strict=True, ge=-MAX_CENTS, le=MAX_CENTS)]
NotNegative = Annotated[CentsValue, Field(ge=0)]
Words = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(max_length=200)]


class LedgerEntryRecord(Record):
    """One ledger line; charges are positive, payments and what takes off the balance negative.

    `provider` and `clinic` are external ids, `visit` is the same for all that belongs to one visit. `code` is a CDT number such as D1110.
    `receipt_number` names the portal payment that this entry records, so that it is not counted twice.
    """

    patient: str
    provider: str | None = None
    clinic: str | None = None
    entry_type: Literal["charge", "insurance_payment", "adjustment", "payment"]
    entered_on: date
    description: Words
    amount_cents: CentsValue
    visit: str | None = None
    receipt_number: str | None = None
    code: Annotated[str, Field(max_length=10)] = ""
    tooth: Annotated[str, Field(max_length=20)] = ""


class StatementLine(BaseModel):
    """One line of a statement; `provider`, and on a family's statement `patient`, are names as they were printed."""

    model_config = ConfigDict(extra="forbid")

    entered_on: date
    description: Words
    provider: Name = ""
    patient: Name = ""
    amount_cents: CentsValue

    @field_serializer("entered_on")
    def _written_day(self, day: date) -> str:
        return day.isoformat()


class StatementRecord(RecordWithFile):
    """A statement that was sent. Its `file` is the paper itself, a PDF of at most 40 MB; without one it is printed from `lines`. Left out, `amount_due_cents` is the balance less what insurance is expected to pay, never below zero.

    `patient` is the guarantor when it is for the family (`scope`). `plan_due_cents` is what a payment plan asks for besides, `first_on` the
    first day that it covers.
    """

    patient: str
    number: Annotated[str, Field(min_length=1, max_length=40)]
    statement_type: Literal["statement", "invoice", "receipt", "walkout", "limited"] = "statement"
    scope: Literal["patient", "family"] = "patient"
    first_on: date | None = None
    sent_on: date
    due_on: date | None = None
    balance_cents: CentsValue
    insurance_pending_cents: NotNegative = 0
    amount_due_cents: CentsValue | None = None
    plan_due_cents: NotNegative = 0
    note: Annotated[str, Field(max_length=1000)] = ""
    lines: Annotated[list[StatementLine], Field(max_length=MOST_LINES)] = []

    @model_validator(mode="after")
    def _due_by_default(self) -> "StatementRecord":
        if self.amount_due_cents is None:
            self.amount_due_cents = max(0, self.balance_cents - self.insurance_pending_cents)
        return self


class ClaimRecord(Record):
    """What was asked of insurance for a visit: still to be sent (`waiting`), `sent`, or answered (`received`).

    Until it is received, `estimated_cents` and `write_off_cents` are what will probably come off.
    """

    patient: str
    visit: str | None = None
    carrier: Annotated[str, Field(min_length=1, max_length=200)]
    state: Literal["waiting", "sent", "received"]
    sent_on: date | None = None
    received_on: date | None = None
    billed_cents: NotNegative
    estimated_cents: NotNegative = 0
    write_off_cents: NotNegative = 0
    paid_cents: NotNegative = 0


class Share(BaseModel):
    """What a plan pays of one kind of work, such as "Fillings"."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(min_length=1, max_length=80)]
    percent: Annotated[int, Field(strict=True, ge=0, le=100)]


class CoverageRecord(Record):
    """A patient's dental insurance with what is left of this year's benefits; `order` is 1 for the primary plan.

    Patients see the last four characters of `member_number`.
    """

    patient: str
    order: Annotated[int, Field(strict=True, ge=1, le=9)] = 1
    carrier: Annotated[str, Field(min_length=1, max_length=200)]
    plan_name: Name = ""
    group_number: Annotated[str, Field(max_length=60)] = ""
    member_number: Annotated[str, Field(max_length=60)] = ""
    subscriber: Name = ""
    relationship: Annotated[str, Field(max_length=60)] = ""
    starts_on: date | None = None
    ends_on: date | None = None
    benefit_year_ends_on: date | None = None
    annual_maximum_cents: NotNegative | None = None
    used_cents: NotNegative | None = None
    deductible_cents: NotNegative | None = None
    deductible_met_cents: NotNegative | None = None
    percentages: Annotated[list[Share], Field(max_length=30)] = []
    as_of: date | None = None


class PaymentPlanRecord(LinkedRecord):
    """A payment plan that the practice's system keeps; its installments are records of their own. Interest is in hundredths of a percent."""

    patient: str
    clinic: str | None = None
    title: Annotated[str, Field(min_length=1, max_length=200)]
    state: Literal["active", "paused", "completed", "canceled"] = "active"
    total_cents: Annotated[CentsValue, Field(gt=0)]
    down_payment_cents: NotNegative = 0
    interest_basis_points: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    frequency: Literal["weekly", "every_two_weeks", "monthly", "quarterly"] = "monthly"
    first_due_on: date
    offered_at: AwareDatetime
    agreed_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _down_payment_is_a_part(self) -> "PaymentPlanRecord":
        if self.down_payment_cents > self.total_cents:
            raise ValueError("the down payment is more than the whole")
        return self


class InstallmentRecord(Record):
    """One payment of a payment plan: when it is due, and what has been paid of it."""

    payment_plan: str
    number: Annotated[int, Field(strict=True, ge=1, le=1000)]
    due_on: date
    amount_cents: Annotated[CentsValue, Field(gt=0)]
    interest_cents: NotNegative = 0
    paid_cents: NotNegative = 0

    @model_validator(mode="after")
    def _parts_are_parts(self) -> "InstallmentRecord":
        if max(self.interest_cents, self.paid_cents) > self.amount_cents:
            raise ValueError("what is paid, and the interest, are parts of the amount")
        return self


_OF_PATIENT = {"patient": "patient"}
_PAPER = RecordFile(frozenset({PDF}), MOST_BYTES, keep_paper, "file_sha256", ("file_key",))
KINDS = [
    RecordKind(
        "ledger_entry", LedgerEntryRecord, Entry, _OF_PATIENT | {"provider": "provider", "clinic": "clinic"}, ages=True,
        let_go=[Allocation.entry_id], keeps=Entry.source != "records",
    ),
    RecordKind(
        "statement", StatementRecord, Statement, _OF_PATIENT, let_go=[Payment.statement_id, PayRequest.statement_id], keeps=Statement.source != "records",
        file=_PAPER,
    ),
    RecordKind("claim", ClaimRecord, Claim, _OF_PATIENT),
    RecordKind("insurance_coverage", CoverageRecord, Coverage, _OF_PATIENT),
    RecordKind("payment_plan", PaymentPlanRecord, PaymentPlan, _OF_PATIENT | {"clinic": "clinic"}, parts=[Installment.payment_plan_id], linked={}),
    RecordKind("installment", InstallmentRecord, Installment, {"payment_plan": "payment_plan"}),
]  # fmt: skip

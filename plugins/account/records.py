"""The kinds of record that this tab takes in: ledger entries, claims, insurance coverage, statements, and payment plans with their installments."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_serializer, model_validator

from core.records import LinkedRecord, Record, RecordFile, RecordKind, RecordWithFile
from core.records.fields import ExternalId, example
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
    """One ledger line; charges are positive, payments and what takes off the balance negative."""

    model_config = example(
        {
            "external_id": "E1", "patient": "P1", "provider": "D1", "clinic": "C1", "entry_type": "charge", "entered_on": "2026-03-04", "description": "White filling",
            "amount_cents": 21000, "visit": "V1", "code": "D2391", "tooth": "14",
        },
        {"external_id": "E2", "patient": "P1", "entry_type": "payment", "entered_on": "2026-03-04", "description": "Payment by card", "amount_cents": -5000},
    )  # fmt: skip

    patient: ExternalId
    """Whose account it is on."""
    provider: ExternalId | None = None
    """Who did the work."""
    clinic: ExternalId | None = None
    """Where it was done."""
    entry_type: Literal["charge", "insurance_payment", "adjustment", "payment"]
    """What kind of line it is."""
    entered_on: date
    """The day of the line, by the clinic's calendar."""
    description: Words
    """What it is for, in plain words."""
    amount_cents: CentsValue
    """Cents: above zero for what the patient owes more, below zero for what came off."""
    visit: ExternalId | None = None
    """The same for all lines of one visit."""
    receipt_number: Annotated[str, Field(max_length=40)] | None = None
    """The number of the portal payment that this line records, so that it is not counted twice."""
    code: Annotated[str, Field(max_length=10)] = ""
    """The CDT number, such as D1110."""
    tooth: Annotated[str, Field(max_length=20)] = ""
    """The tooth."""


class StatementLine(BaseModel):
    """One line of a statement."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    entered_on: date
    """The day of the line."""
    description: Words
    """What it is for."""
    provider: Name = ""
    """Who did the work, by name, as it was printed."""
    patient: Name = ""
    """On a family's statement whose line it is, by name, as it was printed."""
    amount_cents: CentsValue
    """Cents: above zero for what is owed more, below zero for what came off."""

    @field_serializer("entered_on")
    def _written_day(self, day: date) -> str:
        return day.isoformat()


class StatementRecord(RecordWithFile):
    """A statement that was sent. Its `file` is the paper itself, a PDF of at most 40 MB; without one it is printed from `lines`."""

    model_config = example(
        {
            "external_id": "S1", "patient": "P1", "number": "1041", "sent_on": "2026-03-10", "due_on": "2026-04-09", "balance_cents": 16000, "insurance_pending_cents": 8000,
            "file": "01a224c0-7105-75c9-936e-1e80e0b96e1b",
            "lines": [{"entered_on": "2026-03-04", "description": "White filling", "provider": "Dr. Dana Okafor, DDS", "amount_cents": 21000}],
        }
    )  # fmt: skip

    patient: ExternalId
    """Whose statement it is; the guarantor when it is for the family."""
    number: Annotated[str, Field(min_length=1, max_length=40)]
    """The number that stands on it."""
    statement_type: Literal["statement", "invoice", "receipt", "walkout", "limited"] = "statement"
    """What kind of paper it is."""
    scope: Literal["patient", "family"] = "patient"
    """Whether it is for the patient alone or for the family."""
    first_on: date | None = None
    """The first day that it covers."""
    sent_on: date
    """The day on which it was sent."""
    due_on: date | None = None
    """The day by which it is to be paid."""
    balance_cents: CentsValue
    """What was owed on that day."""
    insurance_pending_cents: NotNegative = 0
    """What insurance was expected to pay of it."""
    amount_due_cents: CentsValue | None = None
    """What is to be paid. Left out, it is the balance less what insurance is expected to pay, never below zero."""
    plan_due_cents: NotNegative = 0
    """What a payment plan asks for besides."""
    note: Annotated[str, Field(max_length=1000)] = ""
    """What the office wrote on it."""
    lines: Annotated[list[StatementLine], Field(max_length=MOST_LINES)] = []
    """The lines that it shows, the oldest first."""

    @model_validator(mode="after")
    def _due_by_default(self) -> "StatementRecord":
        if self.amount_due_cents is None:
            self.amount_due_cents = max(0, self.balance_cents - self.insurance_pending_cents)
        return self


class ClaimRecord(Record):
    """What was asked of insurance for a visit. Until it is received, `estimated_cents` and `write_off_cents` are what will probably come off."""

    model_config = example(
        {
            "external_id": "CL1", "patient": "P1", "visit": "V1", "carrier": "Prairie Dental", "state": "sent", "sent_on": "2026-03-05", "billed_cents": 21000,
            "estimated_cents": 8000, "write_off_cents": 3000,
        }
    )  # fmt: skip

    patient: ExternalId
    """Whose claim it is."""
    visit: ExternalId | None = None
    """The visit that it is for, as in the ledger's lines."""
    carrier: Annotated[str, Field(min_length=1, max_length=200)]
    """The insurance company."""
    state: Literal["waiting", "sent", "received"]
    """Still to be sent, sent, or answered."""
    sent_on: date | None = None
    """The day on which it was sent."""
    received_on: date | None = None
    """The day on which the answer came."""
    billed_cents: NotNegative
    """What was charged."""
    estimated_cents: NotNegative = 0
    """What the insurance is expected to pay."""
    write_off_cents: NotNegative = 0
    """What the office takes off for this insurance."""
    paid_cents: NotNegative = 0
    """What the insurance has paid."""


class Share(BaseModel):
    """What a plan pays of one kind of work, such as "Fillings"."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    kind: Annotated[str, Field(min_length=1, max_length=80)]
    """The kind of work, as patients read it."""
    percent: Annotated[int, Field(strict=True, ge=0, le=100)]
    """What the plan pays, in percent."""


class CoverageRecord(Record):
    """A patient's dental insurance with what is left of this year's benefits."""

    model_config = example(
        {
            "external_id": "IC1", "patient": "P1", "carrier": "Prairie Dental", "plan_name": "Prairie Choice", "group_number": "44120", "member_number": "PD-8841-2207",
            "subscriber": "Rosa Vale", "relationship": "Self", "benefit_year_ends_on": "2026-12-31", "annual_maximum_cents": 150000, "used_cents": 41000,
            "deductible_cents": 5000, "deductible_met_cents": 5000, "percentages": [{"kind": "Fillings", "percent": 80}], "as_of": "2026-03-10",
        }
    )  # fmt: skip

    patient: ExternalId
    """Who is insured."""
    order: Annotated[int, Field(strict=True, ge=1, le=9)] = 1
    """1 for the primary plan, 2 for the secondary one."""
    carrier: Annotated[str, Field(min_length=1, max_length=200)]
    """The insurance company."""
    plan_name: Name = ""
    """What the plan is called."""
    group_number: Annotated[str, Field(max_length=60)] = ""
    """The number of the group."""
    member_number: Annotated[str, Field(max_length=60)] = ""
    """The number of the member; patients see its last four characters."""
    subscriber: Name = ""
    """Who holds the insurance, by name."""
    relationship: Annotated[str, Field(max_length=60)] = ""
    """What the patient is to the subscriber, such as "Child"."""
    starts_on: date | None = None
    """The first day of the insurance."""
    ends_on: date | None = None
    """The last day of it."""
    benefit_year_ends_on: date | None = None
    """The last day of this year of benefits."""
    annual_maximum_cents: NotNegative | None = None
    """The most that it pays in a year."""
    used_cents: NotNegative | None = None
    """What it has paid of that."""
    deductible_cents: NotNegative | None = None
    """What the patient pays first in a year."""
    deductible_met_cents: NotNegative | None = None
    """What has been paid of that."""
    percentages: Annotated[list[Share], Field(max_length=30)] = []
    """What it pays of each kind of work."""
    as_of: date | None = None
    """The day on which these figures were right."""


class PaymentPlanRecord(LinkedRecord):
    """A payment plan that the practice's system keeps; its installments are records of their own."""

    model_config = example(
        {
            "external_id": "PP1", "patient": "P1", "clinic": "C1", "title": "Crown in three payments", "total_cents": 60000, "down_payment_cents": 15000,
            "first_due_on": "2026-04-01", "offered_at": "2026-03-04T10:00:00-07:00", "agreed_at": "2026-03-04T10:20:00-07:00",
        }
    )  # fmt: skip

    patient: ExternalId
    """Whose account it is about."""
    clinic: ExternalId | None = None
    """The clinic that keeps it."""
    title: Annotated[str, Field(min_length=1, max_length=200)]
    """What it is for."""
    state: Literal["active", "paused", "completed", "canceled"] = "active"
    """How it stands."""
    total_cents: Annotated[CentsValue, Field(gt=0)]
    """All that is paid by it, without interest."""
    down_payment_cents: NotNegative = 0
    """What of it was paid first."""
    interest_basis_points: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    """The interest of a year in hundredths of a percent: 450 is 4.5 %."""
    frequency: Literal["weekly", "every_two_weeks", "monthly", "quarterly"] = "monthly"
    """How often an installment is due."""
    first_due_on: date
    """The day of the first installment."""
    offered_at: AwareDatetime
    """When it was offered, with its offset from UTC."""
    agreed_at: AwareDatetime | None = None
    """When the patient agreed."""

    @model_validator(mode="after")
    def _down_payment_is_a_part(self) -> "PaymentPlanRecord":
        if self.down_payment_cents > self.total_cents:
            raise ValueError("the down payment is more than the whole")
        return self


class InstallmentRecord(Record):
    """One payment of a payment plan: when it is due, and what has been paid of it."""

    model_config = example({"external_id": "PPI1", "payment_plan": "PP1", "number": 1, "due_on": "2026-04-01", "amount_cents": 15000, "paid_cents": 15000})

    payment_plan: ExternalId
    """The plan that it belongs to."""
    number: Annotated[int, Field(strict=True, ge=1, le=1000)]
    """The place in the plan: 1 is the first."""
    due_on: date
    """The day on which it is due."""
    amount_cents: Annotated[CentsValue, Field(gt=0)]
    """What is due, with interest."""
    interest_cents: NotNegative = 0
    """What of it is interest."""
    paid_cents: NotNegative = 0
    """What has been paid of it."""

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

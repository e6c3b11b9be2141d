"""The ledger as the practice's system keeps it (or the office here, where there is none), insurance, and the statements that were made of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Entry(TenantScoped, Base):
    """One line of a patient's ledger. `amount_cents` is signed: what the patient owes more is positive, what came off is negative.

    `visit` is the practice's own id of the visit. `receipt_number` says which portal payment an entry records; from then on the
    payment counts through its entry and no longer as pending. `code` is the procedure's CDT number.

    `source` is who wrote it: the practice's system (`records`), or the portal, where it keeps the books: an entry that staff made
    (`office`), or the posting of a payment, a refund or a returned payment (`portal`). What the portal wrote is never changed: `voids_id`
    is the entry that another one takes back.
    """

    __tablename__ = "account_entry"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("provider"),
        belongs_to("clinic"),
        belongs_to("account", "entered_by"),
        belongs_to("account_entry", "voids_id"),
        unique_in_practice("external_id"),
        unique_in_practice("voids_id"),
        # With what is summed up: a balance of thousands of lines is read from the index alone.
        Index("ix_account_entry_sums", "practice_id", "patient_id", "entered_on", "id", postgresql_include=["amount_cents", "entry_type"]),
        Index("ix_account_entry_voids", "practice_id", "patient_id", postgresql_where=text("voids_id is not null")),
        index_in_practice("patient_id", "visit"),
        index_in_practice("receipt_number"),
        CheckConstraint("source in ('records', 'office', 'portal')", name="source"),
        CheckConstraint("entry_type in ('charge', 'insurance_payment', 'adjustment', 'payment')", name="entry_type"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    provider_id: Mapped[UUID | None]
    entry_type: Mapped[str]
    entered_on: Mapped[date]
    description: Mapped[str]
    amount_cents: Mapped[Cents]
    visit: Mapped[str | None]
    receipt_number: Mapped[str | None]
    code: Mapped[str] = mapped_column(server_default="", default="")
    tooth: Mapped[str] = mapped_column(server_default="", default="")
    clinic_id: Mapped[UUID | None]
    source: Mapped[str] = mapped_column(server_default="records", default="records")
    entered_by: Mapped[UUID | None]
    entered_at: Mapped[datetime | None]
    voids_id: Mapped[UUID | None]


class Claim(TenantScoped, Base):
    """What was asked of a patient's dental insurance for a visit, and what it is expected to pay until it has.

    While it waits (`sent`), `estimated_cents` and `write_off_cents` are what the patient will probably not owe: the pending insurance.
    """

    __tablename__ = "account_claim"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "sent_on"),
        CheckConstraint("state in ('waiting', 'sent', 'received')", name="state"),
        CheckConstraint("least(billed_cents, estimated_cents, write_off_cents, paid_cents) >= 0", name="amounts"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    visit: Mapped[str | None]
    carrier: Mapped[str]
    state: Mapped[str]
    sent_on: Mapped[date | None]
    received_on: Mapped[date | None]
    billed_cents: Mapped[Cents]
    estimated_cents: Mapped[Cents] = mapped_column(default=0)
    write_off_cents: Mapped[Cents] = mapped_column(default=0)
    paid_cents: Mapped[Cents] = mapped_column(default=0)


class Coverage(TenantScoped, Base):
    """A patient's dental insurance and what is left of its benefits this benefit year, as the practice's system knows it.

    `order` is 1 for the primary plan. `member_number` is shown by its last four characters only. `percentages` holds what the plan pays for each
    kind of work: `{"kind": "preventive", "percent": 100}`.
    """

    __tablename__ = "account_coverage"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "order"),
        CheckConstraint('"order" between 1 and 9', name="order"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    order: Mapped[int] = mapped_column(default=1)
    carrier: Mapped[str]
    plan_name: Mapped[str] = mapped_column(default="")
    group_number: Mapped[str] = mapped_column(default="")
    member_number: Mapped[str] = mapped_column(default="")
    subscriber: Mapped[str] = mapped_column(default="")
    relationship: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    benefit_year_ends_on: Mapped[date | None]
    annual_maximum_cents: Mapped[Cents | None]
    used_cents: Mapped[Cents | None]
    deductible_cents: Mapped[Cents | None]
    deductible_met_cents: Mapped[Cents | None]
    percentages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    as_of: Mapped[date | None]


class Statement(TenantScoped, Base):
    """A statement as it was sent: its figures and its lines stay as they were that day, whatever the ledger says later.

    `lines` holds one object for each line: entered_on, description, provider, amount_cents, and patient where it is a family's (`scope`).
    A statement that staff make here (`source` office) is seen by nobody until it is published; those of the practice's system are at once.
    `plan_due_cents` is what a payment plan asks for. `patient_id` is the guarantor of a family's. Where the practice's system sent the paper itself, a PDF,
    that is shown (`file_key`); else it is made anew from the lines.
    """

    __tablename__ = "account_statement"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("external_id"),
        belongs_to("clinic"),
        belongs_to("account", "made_by"),
        index_in_practice("patient_id", "sent_on"),
        index_in_practice("batch"),
        Index("uq_account_statement_batch_patient", "practice_id", "batch", "patient_id", unique=True, postgresql_where=text("batch is not null")),
        CheckConstraint("source in ('records', 'office')", name="source"),
        CheckConstraint("scope in ('patient', 'family')", name="scope"),
        CheckConstraint("num_nonnulls(file_key, file_size, file_sha256) in (0, 3)", name="whole_file"),
        CheckConstraint("statement_type in ('statement', 'invoice', 'receipt', 'walkout', 'limited')", name="statement_type"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    number: Mapped[str]
    statement_type: Mapped[str] = mapped_column(default="statement")
    sent_on: Mapped[date]
    due_on: Mapped[date | None]
    balance_cents: Mapped[Cents]
    insurance_pending_cents: Mapped[Cents] = mapped_column(default=0)
    amount_due_cents: Mapped[Cents]
    note: Mapped[str] = mapped_column(default="")
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    source: Mapped[str] = mapped_column(server_default="records", default="records")
    scope: Mapped[str] = mapped_column(server_default="patient", default="patient")
    clinic_id: Mapped[UUID | None]
    first_on: Mapped[date | None]
    plan_due_cents: Mapped[Cents] = mapped_column(server_default="0", default=0)
    batch: Mapped[UUID | None]
    made_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    file_key: Mapped[str | None]
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    file_sha256: Mapped[str | None]

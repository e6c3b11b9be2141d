"""The ledger as the practice's system keeps it, the statements it sent, and the payments that were made in the portal."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Entry(TenantScoped, Base):
    """One line of a patient's ledger. `amount_cents` is signed: what the patient owes more is positive, what came off is negative.

    `visit` is the practice's own id of the visit. `receipt_number` says which portal payment an entry records; from then on the
    payment counts through its entry and no longer as pending.
    """

    __tablename__ = "account_entry"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("provider"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "entered_on", "id"),
        index_in_practice("receipt_number"),
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


class Statement(TenantScoped, Base):
    """A statement as it was sent: its figures and its lines stay as they were that day, whatever the ledger says later.

    `lines` holds one object for each line: entered_on, description, provider, amount_cents.
    """

    __tablename__ = "account_statement"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "sent_on"),
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


class Payment(TenantScoped, Base):
    """A payment by card, made in the portal by one account for one patient; or by a guest, without an account, and then for nobody until
    it is known whom it is for (`Guest`).

    `clinic_id` is the clinic whose card service took it. It is created before anyone is asked for money, and is never deleted: created -> submitted -> succeeded | failed, or unknown
    when no answer came, until it is settled. `card` is what a receipt may show, such as "Visa ending in 4242"; a card number
    is nowhere.
    """

    __tablename__ = "account_payment"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account"),
        belongs_to("clinic"),
        unique_in_practice("idempotency_key"),
        unique_in_practice("receipt_number"),
        unique_in_practice("account_id", "form_nonce"),
        index_in_practice("patient_id", "created_at"),
        Index(
            "ix_account_payment_open", "practice_id", "created_at", postgresql_where=text("state in ('created', 'submitted', 'unknown')")
        ),
        CheckConstraint("state in ('created', 'submitted', 'succeeded', 'failed', 'unknown')", name="state"),
        Index("ix_account_payment_guest_form", "practice_id", "form_nonce", unique=True, postgresql_where=text("account_id is null")),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("account_id is null or patient_id is not null", name="payer"),
    )

    patient_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    clinic_id: Mapped[UUID | None]
    amount_cents: Mapped[Cents]
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="created")
    idempotency_key: Mapped[str]
    form_nonce: Mapped[str]
    receipt_number: Mapped[str]
    gateway: Mapped[str]
    gateway_reference: Mapped[str | None]
    card: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    refusal: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    receipt_sent_at: Mapped[datetime | None]


class Guest(TenantScoped, Base):
    """What somebody typed who paid without signing in: who the payment is for, and where the receipt goes. It has the payment's id.

    Once the money is there the worker looks for the patient: `outcome` is then `matched`, or `waiting` until the office has `assigned` it,
    or paid it back by other means (`refunded`). `reason` is why it waits, `looked_at` since when.
    """

    __tablename__ = "account_guest"
    __table_args__ = (
        belongs_to("account_payment", "id"),
        belongs_to("account", "settled_by"),
        Index("ix_account_guest_waiting", "practice_id", "id", postgresql_where=text("outcome = 'waiting'")),
        CheckConstraint("outcome in ('', 'waiting', 'matched', 'assigned', 'refunded')", name="outcome"),
        CheckConstraint("reason in ('', 'nobody', 'several')", name="reason"),
    )

    first_name: Mapped[str]
    last_name: Mapped[str]
    birthdate: Mapped[date]
    account_number: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    looked_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]


class LocalCharge(TenantScoped, Base):
    """What the local stand-in would have charged: one row for each idempotency key, whichever process asked."""

    __tablename__ = "account_local_charge"
    __table_args__ = (unique_in_practice("idempotency_key"), unique_in_practice("reference"))

    idempotency_key: Mapped[str]
    reference: Mapped[str]
    method: Mapped[str]
    amount_cents: Mapped[Cents]
    currency: Mapped[str]
    refusal: Mapped[str] = mapped_column(default="")
    charged_at: Mapped[datetime]

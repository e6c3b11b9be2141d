"""The payments that were made in the portal, what became of each, and what was given back."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Payment(TenantScoped, Base):
    """A payment by card or from a bank account, made in the portal by one account for one patient, or for the family of a guarantor; or by a
    guest, without an account, and then for nobody until it is known whom it is for (`Guest`).

    `clinic_id` is the clinic whose account at the card service took it. The row is there before anyone is asked for money, and is never
    deleted. The states, and what may follow on each, are in `services/states.py`: created -> submitted -> payer (the payer is at the card
    service's own page, or their bank asks them) -> processing (a bank account is being debited) -> succeeded | failed | canceled; unknown
    when no answer came. `attempt` counts how often a payment has been asked for with a new idempotency key, which happens only when the one
    before is known to have taken nothing. `checkout_reference` is the card service's page, `gateway_reference` its payment (PaymentIntent).
    `card` is what a receipt may show, such as "Visa ending in 4242"; a card number is nowhere.

    What becomes of it in the office's books is another matter: `process_state` is pending until the office has processed it. What was given
    back or is disputed comes off: `refunded_cents`, `disputed_cents`.

    An automatic payment of a plan (`source` plan) says which installment it is for, the how manieth time that one is charged, and by whose consent:
    without one the database refuses it. `plan_cents` is what of a payment counts towards its plan now.
    """

    __tablename__ = "account_payment"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account"),
        belongs_to("clinic"),
        belongs_to("account", "processed_by"),
        belongs_to("account_statement", "statement_id"),
        belongs_to("account_payment_plan", "payment_plan_id"),
        belongs_to("account_method", "method_id"),
        belongs_to("account_pay_request", "pay_request_id"),
        belongs_to("account_installment", "installment_id"),
        belongs_to("account_plan_consent", "consent_id"),
        unique_in_practice("installment_id", "installment_attempt"),
        index_in_practice("payment_plan_id"),
        unique_in_practice("idempotency_key"),
        unique_in_practice("receipt_number"),
        unique_in_practice("account_id", "form_nonce"),
        unique_in_practice("gateway_reference"),
        unique_in_practice("checkout_reference"),
        index_in_practice("patient_id", "created_at"),
        index_in_practice("created_at"),
        Index(
            "ix_account_payment_open",
            "practice_id",
            "created_at",
            postgresql_where=text("state in ('created', 'submitted', 'payer', 'processing', 'unknown')"),
        ),
        Index(
            "ix_account_payment_to_process",
            "practice_id",
            "created_at",
            postgresql_where=text("process_state = 'pending' and state in ('processing', 'succeeded')"),
        ),
        CheckConstraint(
            "state in ('created', 'submitted', 'payer', 'processing', 'succeeded', 'failed', 'canceled', 'unknown')", name="state"
        ),
        CheckConstraint("process_state in ('pending', 'processed')", name="process_state"),
        CheckConstraint("source in ('portal', 'guest', 'verified', 'link', 'plan', 'office')", name="source"),
        CheckConstraint("scope in ('patient', 'family')", name="scope"),
        CheckConstraint("method_kind in ('', 'card', 'bank')", name="method_kind"),
        Index("ix_account_payment_guest_form", "practice_id", "form_nonce", unique=True, postgresql_where=text("account_id is null")),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("refunded_cents between 0 and amount_cents", name="refunded"),
        CheckConstraint("disputed_cents between 0 and amount_cents", name="disputed"),
        CheckConstraint("account_id is null or patient_id is not null", name="payer"),
        CheckConstraint("plan_cents between 0 and amount_cents", name="plan_cents"),
        CheckConstraint(
            "source <> 'plan' or num_nonnulls(payment_plan_id, installment_id, installment_attempt, consent_id) = 4", name="with_consent"
        ),
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
    source: Mapped[str] = mapped_column(server_default="portal", default="portal")
    scope: Mapped[str] = mapped_column(server_default="patient", default="patient")
    method_kind: Mapped[str] = mapped_column(server_default="", default="")
    attempt: Mapped[int] = mapped_column(server_default="1", default=1)
    checkout_reference: Mapped[str | None]
    card_account: Mapped[str] = mapped_column(server_default="", default="")
    keeps_method: Mapped[bool] = mapped_column(server_default="false", default=False)
    method_id: Mapped[UUID | None]
    statement_id: Mapped[UUID | None]
    visit: Mapped[str | None]
    payment_plan_id: Mapped[UUID | None]
    pay_request_id: Mapped[UUID | None]
    installment_id: Mapped[UUID | None]
    installment_attempt: Mapped[int | None]
    consent_id: Mapped[UUID | None]
    plan_cents: Mapped[Cents] = mapped_column(server_default="0", default=0)
    refunded_cents: Mapped[Cents] = mapped_column(server_default="0", default=0)
    disputed_cents: Mapped[Cents] = mapped_column(server_default="0", default=0)
    process_state: Mapped[str] = mapped_column(server_default="pending", default="pending")
    processed_at: Mapped[datetime | None]
    processed_by: Mapped[UUID | None]

    @property
    def is_returned(self) -> bool:
        """Whether the payer's bank has taken back what it had paid from a bank account: that is for good, nobody can answer it."""
        return self.state == "succeeded" and self.method_kind == "bank" and self.disputed_cents > 0


class PaymentStep(TenantScoped, Base):
    """One change of a payment's state, written once, with what told of it: the answer to a request, an event, a look at the card service
    afterwards (`reconciling`), or staff."""

    __tablename__ = "account_payment_step"
    __table_args__ = (
        belongs_to("account_payment", "payment_id"),
        belongs_to("account", "by_id"),
        unique_in_practice("payment_id", "number"),
        CheckConstraint("told_by in ('request', 'answer', 'event', 'reconciling', 'payer', 'office')", name="told_by"),
    )

    payment_id: Mapped[UUID]
    number: Mapped[int]
    from_state: Mapped[str]
    to_state: Mapped[str]
    told_by: Mapped[str]
    event_id: Mapped[str] = mapped_column(default="")
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]


class Refund(TenantScoped, Base):
    """Money that is given back of a payment, wholly or in part. As a payment, it is a row before the card service is asked, by a key of its own."""

    __tablename__ = "account_refund"
    __table_args__ = (
        belongs_to("account_payment", "payment_id"),
        belongs_to("account", "made_by"),
        unique_in_practice("idempotency_key"),
        unique_in_practice("form_nonce"),
        unique_in_practice("gateway_reference"),
        index_in_practice("payment_id"),
        Index("ix_account_refund_open", "practice_id", "made_at", postgresql_where=text("state in ('submitted', 'unknown', 'processing')")),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("state in ('submitted', 'unknown', 'processing', 'succeeded', 'failed')", name="state"),
    )

    payment_id: Mapped[UUID]
    amount_cents: Mapped[Cents]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    idempotency_key: Mapped[str]
    form_nonce: Mapped[str]
    gateway_reference: Mapped[str | None]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]


class Dispute(TenantScoped, Base):
    """A payer's bank takes a payment back, and the office may answer. `state` is the card service's own word; `is_over` and `won` say what came of it.
    A bank debit that comes back is one, too, which nobody can answer. `seen_at` is when the office has seen to what was lost."""

    __tablename__ = "account_dispute"
    __table_args__ = (
        belongs_to("account_payment", "payment_id"),
        belongs_to("account", "seen_by"),
        unique_in_practice("gateway_reference"),
        index_in_practice("payment_id"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )

    payment_id: Mapped[UUID]
    gateway_reference: Mapped[str]
    amount_cents: Mapped[Cents]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    answer_by: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    is_over: Mapped[bool] = mapped_column(default=False)
    won: Mapped[bool | None]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[UUID | None]


class Allocation(TenantScoped, Base):
    """What part of a payment pays which charge; without one (`entry_id` none) it is a prepayment of this patient. The parts of a payment are
    always its amount."""

    __tablename__ = "account_allocation"
    __table_args__ = (
        belongs_to("account_payment", "payment_id"),
        belongs_to("account_entry", "entry_id"),
        belongs_to("patient"),
        unique_in_practice("payment_id", "patient_id", "entry_id"),
        index_in_practice("entry_id"),
        index_in_practice("patient_id"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )

    payment_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    entry_id: Mapped[UUID | None]
    amount_cents: Mapped[Cents]


class Guest(TenantScoped, Base):
    """What somebody typed who paid without signing in: who the payment is for, and where the receipt goes. It has the payment's id.

    Once the money is there the worker looks for the patient: `outcome` is then `matched`, or `waiting` until the office has `assigned` it,
    or paid it back by other means (`refunded`). `reason` is why it waits, `looked_at` since when. `address` is where the form came from, at
    which cards that are declined are counted (`services/declines.py`), and `declines` how many have been counted.
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
    address: Mapped[str] = mapped_column(server_default="", default="")
    declines: Mapped[int] = mapped_column(server_default="0", default=0)


class Verification(TenantScoped, Base):
    """What somebody typed who wants to see what is owed before paying: a code goes to the address in the chart that it fits (`channel`), if there is
    one. It has the id of the code's ticket."""

    __tablename__ = "account_verification"
    __table_args__ = (index_in_practice("asked_at"), CheckConstraint("channel in ('mail', 'text')", name="channel"))

    first_name: Mapped[str]
    last_name: Mapped[str]
    birthdate: Mapped[date]
    account_number: Mapped[str] = mapped_column(default="")
    channel: Mapped[str] = mapped_column(default="mail")
    asked_at: Mapped[datetime]

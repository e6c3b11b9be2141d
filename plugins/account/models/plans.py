"""Payment plans: what the office offers, what was agreed to, and when each payment is due."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class PaymentPlan(TenantScoped, Base):
    """A plan by which a patient (the guarantor) pays a sum in parts. What is agreed to is kept word for word: `terms`, their hash, and the
    `signature` (typed or drawn) with when and by whom. Payments by themselves (`method_id`) need a consent of their own.

    `interest_basis_points` is the yearly interest: 650 is 6.50 percent. Of a plan that the practice's system keeps, `external_id` is its.
    """

    __tablename__ = "account_payment_plan"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("clinic"),
        belongs_to("account", "offered_by"),
        belongs_to("account", "agreed_by"),
        belongs_to("account_method", "method_id"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "offered_at"),
        CheckConstraint("state in ('offered', 'active', 'paused', 'completed', 'declined', 'canceled')", name="state"),
        CheckConstraint("total_cents > 0 and down_payment_cents between 0 and total_cents", name="amounts"),
        CheckConstraint("interest_basis_points between 0 and 10000", name="interest"),
        CheckConstraint("frequency in ('weekly', 'every_two_weeks', 'monthly', 'quarterly')", name="frequency"),
        CheckConstraint("(agreed_at is null) = (signature is null) or external_id is not null", name="signed"),
        CheckConstraint("method_id is null or consented_at is not null", name="consent"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    clinic_id: Mapped[UUID | None]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default="offered")
    total_cents: Mapped[Cents]
    down_payment_cents: Mapped[Cents] = mapped_column(default=0)
    interest_basis_points: Mapped[int] = mapped_column(default=0)
    frequency: Mapped[str] = mapped_column(default="monthly")
    first_due_on: Mapped[date]
    terms: Mapped[str] = mapped_column(default="")
    offered_at: Mapped[datetime]
    offered_by: Mapped[UUID | None]
    answer_by: Mapped[date | None]
    agreed_at: Mapped[datetime | None]
    agreed_by: Mapped[UUID | None]
    signature: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    method_id: Mapped[UUID | None]
    consented_at: Mapped[datetime | None]
    pause_asked_at: Mapped[datetime | None]
    pause_reason: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]


class Installment(TenantScoped, Base):
    """One payment of a plan: what is due when, of which how much is interest, and what has been paid of it. The portal asks for each at most
    once a day, and tells before."""

    __tablename__ = "account_installment"
    __table_args__ = (
        belongs_to("account_payment_plan", "payment_plan_id"),
        unique_in_practice("external_id"),
        unique_in_practice("payment_plan_id", "number"),
        index_in_practice("due_on"),
        Index("ix_account_installment_open", "practice_id", "due_on", postgresql_where=text("paid_cents < amount_cents")),
        CheckConstraint("amount_cents > 0 and interest_cents between 0 and amount_cents", name="amounts"),
        CheckConstraint("paid_cents between 0 and amount_cents", name="paid"),
    )

    external_id: Mapped[str | None]
    payment_plan_id: Mapped[UUID]
    number: Mapped[int]
    due_on: Mapped[date]
    amount_cents: Mapped[Cents]
    interest_cents: Mapped[Cents] = mapped_column(default=0)
    paid_cents: Mapped[Cents] = mapped_column(default=0)
    told_at: Mapped[datetime | None]
    asked_on: Mapped[date | None]
    failures: Mapped[int] = mapped_column(default=0)

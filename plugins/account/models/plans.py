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
    `signature` (typed or drawn) with when and by whom. Automatic payments (`method_id`) need a consent of their own (`PlanConsent`); `trouble` is
    what the office should know of them since `trouble_at`, until somebody has dealt with it.

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
        Index("ix_account_payment_plan_trouble", "practice_id", "trouble_at", postgresql_where=text("trouble_at is not null")),
        CheckConstraint("state in ('offered', 'active', 'paused', 'completed', 'declined', 'canceled')", name="state"),
        CheckConstraint("total_cents > 0 and down_payment_cents between 0 and total_cents", name="amounts"),
        CheckConstraint("interest_basis_points between 0 and 10000", name="interest"),
        CheckConstraint("frequency in ('weekly', 'every_two_weeks', 'monthly', 'quarterly')", name="frequency"),
        CheckConstraint("(agreed_at is null) = (signature is null) or external_id is not null", name="signed"),
        CheckConstraint("method_id is null or consented_at is not null", name="consent"),
        CheckConstraint("trouble in ('', 'declined', 'refused', 'removed', 'ended', 'no_right')", name="trouble"),
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
    trouble: Mapped[str] = mapped_column(server_default="", default="")
    trouble_at: Mapped[datetime | None]


class PlanConsent(TenantScoped, Base):
    """That somebody has agreed to automatic payments of a plan: the words as they were shown, their hash, when, by whom and from where, and what is
    charged. Kept for good; another card takes another consent. Only installments due from `starts_on` on are charged by it.

    `method_id` is what is charged, `card` what may be shown of it. It has ended when the payer or the office switched it off, when it was replaced
    (`changed`), when the plan is over, or by itself: the card was removed or has ended, the bank refused for good, the right to pay is gone.
    """

    __tablename__ = "account_plan_consent"
    __table_args__ = (
        belongs_to("account_payment_plan", "payment_plan_id"),
        belongs_to("account_method", "method_id"),
        belongs_to("account", "given_by"),
        belongs_to("account", "ended_by"),
        index_in_practice("payment_plan_id"),
        Index("uq_account_plan_consent_open", "practice_id", "payment_plan_id", unique=True, postgresql_where=text("ended_at is null")),
        CheckConstraint("(ended_at is null) = (ended_why = '')", name="ended"),
        CheckConstraint("ended_why in ('', 'payer', 'office', 'changed', 'over', 'removed', 'ended', 'refused', 'no_right')", name="why"),
    )

    payment_plan_id: Mapped[UUID]
    method_id: Mapped[UUID | None]
    card: Mapped[str]
    words: Mapped[str]
    words_sha256: Mapped[str]
    given_by: Mapped[UUID]
    given_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_why: Mapped[str] = mapped_column(default="")


class Installment(TenantScoped, Base):
    """One payment of a plan: what is due when, of which how much is interest, and what has been paid of it. The portal tells before.

    Of automatic payments: `asked_on` is when it was charged last, `failures` how often that came to nothing by the consent that counts now.
    """

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

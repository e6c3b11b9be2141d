"""The practice's own accounts at the card service, and what the card service tells of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class CardAccount(TenantScoped, Base):
    """An account at the card service, of the practice or of one clinic. `capabilities` is what it may take (`card_payments`,
    `us_bank_account_ach_payments`) with its state; `due` are the things that the card service needs to be told, by `due_at`."""

    __tablename__ = "account_card_account"
    __table_args__ = (
        belongs_to("clinic"),
        belongs_to("account", "opened_by"),
        unique_in_practice("reference"),
        Index("uq_account_card_account_clinic", "practice_id", "clinic_id", unique=True, postgresql_where=text("closed_at is null")),
        Index(
            "uq_account_card_account_practice", "practice_id", unique=True, postgresql_where=text("closed_at is null and clinic_id is null")
        ),
    )

    clinic_id: Mapped[UUID | None]
    reference: Mapped[str]
    is_live: Mapped[bool] = mapped_column(default=False)
    capabilities: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    due: Mapped[list[str]] = mapped_column(JSONB, default=list)
    due_at: Mapped[datetime | None]
    disabled_reason: Mapped[str] = mapped_column(default="")
    details_submitted: Mapped[bool] = mapped_column(default=False)
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID | None]
    checked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class BalanceLine(TenantScoped, Base):
    """A line of an account's balance at the card service, kept for bookkeeping: what came or went (`kind` is the card service's word), and what it keeps
    of it. `payment_reference` is the payment's there. `payout_reference` is the payout that it left with, `paid_out_at` when that reaches the bank."""

    __tablename__ = "account_balance_line"
    __table_args__ = (unique_in_practice("reference"), index_in_practice("at"), index_in_practice("payout_reference"))

    reference: Mapped[str]
    card_account: Mapped[str]
    payment_reference: Mapped[str]
    kind: Mapped[str]
    amount_cents: Mapped[Cents]
    fee_cents: Mapped[Cents]
    currency: Mapped[str]
    at: Mapped[datetime]
    payout_reference: Mapped[str] = mapped_column(server_default="", default="")
    paid_out_at: Mapped[datetime | None]


class GatewayEvent(TenantScoped, Base):
    """An event of the card service whose signature was right, kept by its id: the same again does nothing. The event is only a nudge: what it
    is about (`object_reference`) is looked up, so that the order in which events come does not matter."""

    __tablename__ = "account_gateway_event"
    __table_args__ = (
        unique_in_practice("event_id"),
        index_in_practice("received_at"),
        Index("ix_account_gateway_event_open", "practice_id", "received_at", postgresql_where=text("handled_at is null")),
    )

    event_id: Mapped[str]
    event_type: Mapped[str]
    card_account: Mapped[str]
    object_reference: Mapped[str]
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")


class Difference(TenantScoped, Base):
    """Something in which the portal and the card service did not agree, found by comparing them; mended by itself, or left to staff."""

    __tablename__ = "account_difference"
    __table_args__ = (
        belongs_to("account_payment", "payment_id"),
        belongs_to("account", "closed_by"),
        unique_in_practice("kind", "reference"),
        Index("ix_account_difference_open", "practice_id", "found_at", postgresql_where=text("closed_at is null")),
        CheckConstraint("kind in ('unknown_there', 'unknown_here', 'amount', 'state', 'refund', 'dispute', 'ledger')", name="kind"),
    )

    kind: Mapped[str]
    reference: Mapped[str]
    payment_id: Mapped[UUID | None]
    here: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    there: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    found_at: Mapped[datetime]
    mended_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]

"""Asking for money: a message with a link by which a statement, or what is owed, is paid without signing in; and making many statements."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class PayRequest(TenantScoped, Base):
    """A message-to-pay: to whom, by which way, of which statement, and what came of it. The link in it carries this row's id, signed.

    It comes to an end (`ended_at`) when it is paid by its link, settled otherwise (nothing is owed any more for what it asked for), expired,
    withdrawn by the office, or replaced by a new one (services/request_outcomes.py).
    """

    __tablename__ = "account_pay_request"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("clinic"),
        belongs_to("account_statement", "statement_id"),
        belongs_to("account", "made_by"),
        index_in_practice("patient_id", "made_at"),
        index_in_practice("made_at"),
        index_in_practice("batch"),
        CheckConstraint("channel in ('mail', 'text', 'link')", name="channel"),
        CheckConstraint("scope in ('patient', 'family')", name="scope"),
        CheckConstraint("state in ('waiting', 'sent', 'failed', 'opened', 'paid', 'settled', 'expired', 'withdrawn', 'replaced')", name="state"),
    )

    patient_id: Mapped[UUID]
    clinic_id: Mapped[UUID | None]
    statement_id: Mapped[UUID | None]
    scope: Mapped[str] = mapped_column(default="patient")
    channel: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="waiting")
    failure: Mapped[str] = mapped_column(default="")
    asked_cents: Mapped[Cents]
    batch: Mapped[UUID | None]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class StatementBatch(TenantScoped, Base):
    """Statements that are made for many at once: by which filters, how far it is, and what came of it (`made`, `skipped`, `failed`;
    `report` says why). `reached` is the last account that was looked at."""

    __tablename__ = "account_statement_batch"
    __table_args__ = (
        belongs_to("account", "made_by"),
        unique_in_practice("form_nonce"),
        index_in_practice("made_at"),
        CheckConstraint("state in ('waiting', 'running', 'done', 'stopped')", name="state"),
    )

    filters: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    deliver: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    form_nonce: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    total: Mapped[int] = mapped_column(default=0)
    made: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    reached: Mapped[UUID | None]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]

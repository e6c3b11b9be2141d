"""Good-faith estimates: what treatment is expected to cost, given in writing before it begins, and kept as it was given."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice


class Estimate(TenantScoped, Base):
    """An estimate that was asked for, and what the office gave. `origin` says who asked: the patient, a visit that was scheduled (`planned_key` names it), or nobody,
    when the office gives one by itself. `due_on` is by when the law wants it. `given` holds all that the paper says; nothing changes it afterwards.
    One that is `closed` was answered without an estimate, in `words`.
    """

    __tablename__ = "account_estimate"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("clinic"),
        belongs_to("account", "asked_by"),
        belongs_to("account", "answered_by"),
        index_in_practice("patient_id", "asked_at"),
        Index("ix_account_estimate_waiting", "practice_id", "due_on", postgresql_where=text("state = 'asked'")),
        # One wish at a time: the office answers it for all that is planned.
        Index("uq_account_estimate_asked", "practice_id", "patient_id", unique=True, postgresql_where=text("state = 'asked'")),
        CheckConstraint("state in ('asked', 'given', 'closed')", name="state"),
        CheckConstraint("origin in ('patient', 'visit', 'office')", name="origin"),
        CheckConstraint("(state = 'given') = (given is not null)", name="given"),
        CheckConstraint("(state = 'asked') = (answered_at is null)", name="answered"),
        CheckConstraint("state <> 'asked' or due_on is not null", name="due"),
        CheckConstraint("total_cents >= 0", name="total"),
    )

    patient_id: Mapped[UUID]
    clinic_id: Mapped[UUID | None]
    origin: Mapped[str] = mapped_column(default="patient")
    state: Mapped[str] = mapped_column(default="asked")
    about: Mapped[str] = mapped_column(default="")
    planned_key: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    due_on: Mapped[date | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    given: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    total_cents: Mapped[Cents] = mapped_column(default=0)
    words: Mapped[str] = mapped_column(default="")

"""What leads to visits without signing in: requests to confirm one, and calendars that keep themselves up to date."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Confirmation(TenantScoped, Base):
    """One time that a patient was asked to confirm a visit, and what became of it.

    Its link (of which only the hash is kept) and its `code` are good while the visit begins at `starts_at`. The code is what is sent back
    by text message: `C`, or `C2` and so on when another one of the patient is open.
    """

    __tablename__ = "appointments_confirmation"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("appointments_appointment", "appointment_id"),
        unique_in_practice("token_hash"),
        index_in_practice("patient_id"),
        index_in_practice("appointment_id"),
        Index("uq_appointments_confirmation_open", "practice_id", "patient_id", "code", unique=True, postgresql_where=text("state in ('awaiting', 'sent')")),
        CheckConstraint("state in ('awaiting', 'sent', 'confirmed', 'callback', 'expired', 'failed', 'changed')", name="state"),
        CheckConstraint("code ~ '^C[0-9]*$'", name="code"),
    )

    patient_id: Mapped[UUID]
    appointment_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    code: Mapped[str]
    token_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default="awaiting")
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Calendar(TenantScoped, Base):
    """The private address at which an account's calendar program reads visits; only the hash of it is kept.

    `with_names` says whose visit each one is, `with_procedures` what will be done: both only when the account chose so.
    """

    __tablename__ = "appointments_calendar"
    __table_args__ = (belongs_to("account"), unique_in_practice("account_id"), unique_in_practice("token_hash"))

    account_id: Mapped[UUID]
    token_hash: Mapped[str]
    with_names: Mapped[bool] = mapped_column(default=False)
    with_procedures: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]

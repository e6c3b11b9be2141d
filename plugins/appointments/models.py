"""Visits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Appointment(TenantScoped, Base):
    """One visit of a patient. `minutes` is its length; `confirmation` is the patient's answer."""

    __tablename__ = "appointments_appointment"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("provider"),
        belongs_to("clinic"),
        belongs_to("account", "confirmed_by"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "starts_at"),
        CheckConstraint("status in ('scheduled', 'complete', 'broken', 'planned')", name="status"),
        CheckConstraint("confirmation in ('unconfirmed', 'confirmed', 'callback')", name="confirmation"),
        CheckConstraint("minutes between 5 and 720", name="minutes"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    provider_id: Mapped[UUID | None]
    clinic_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    status: Mapped[str] = mapped_column(default="scheduled")
    confirmation: Mapped[str] = mapped_column(default="unconfirmed")
    reason: Mapped[str] = mapped_column(default="")
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]

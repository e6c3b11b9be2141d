"""Recalls: when each patient is due for which sort of visit."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice
from plugins.appointments.models.chairs import PATTERN


class RecallType(TenantScoped, Base):
    """A sort of recall, such as a cleaning. `words` is what patients read; nothing there means that they cannot book it.

    `max_age` is the last age in years for which it is meant. A patient who is due for one that `joins_special` gets it in the same visit as
    a special one (prophy, child prophy, perio), which alone are asked for by notices. The rest is as of `AppointmentType`.
    """

    __tablename__ = "appointments_recall_type"
    __table_args__ = (
        unique_in_practice("external_id"),
        CheckConstraint("special in ('', 'prophy', 'child_prophy', 'perio')", name="special"),
        CheckConstraint(f"pattern ~ '{PATTERN}'", name="pattern"),
        CheckConstraint("interval_months between 0 and 120 and interval_days between 0 and 3650", name="interval"),
        CheckConstraint("max_age between 0 and 150", name="max_age"),
    )

    external_id: Mapped[str | None]
    name: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    special: Mapped[str] = mapped_column(default="")
    max_age: Mapped[int | None]
    joins_special: Mapped[bool] = mapped_column(default=False)
    interval_months: Mapped[int] = mapped_column(default=6)
    interval_days: Mapped[int] = mapped_column(default=0)
    pattern: Mapped[str] = mapped_column(server_default="", default="")
    procedures: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    blockout_type_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    only_in_blockouts: Mapped[bool] = mapped_column(default=False)
    instructions_before: Mapped[str] = mapped_column(default="")
    instructions_after: Mapped[str] = mapped_column(default="")
    bring: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    is_hidden: Mapped[bool] = mapped_column(default=False)
    own: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)


class Recall(TenantScoped, Base):
    """When a patient is due for one sort of recall. It is scheduled when it has an appointment, or the practice's system says for when.

    An interval here, or a pattern, counts before the type's. It asks for nothing while `is_disabled`, or until `disabled_until`.
    """

    __tablename__ = "appointments_recall"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("appointments_recall_type", "recall_type_id"),
        belongs_to("appointments_appointment", "appointment_id"),
        unique_in_practice("external_id"),
        unique_in_practice("patient_id", "recall_type_id"),
        index_in_practice("due_on"),
        Index("ix_appointments_recall_appointment", "practice_id", "appointment_id", postgresql_where=text("appointment_id is not null")),
        CheckConstraint("priority in ('normal', 'asap')", name="priority"),
        CheckConstraint(f"pattern ~ '{PATTERN}'", name="pattern"),
        CheckConstraint("interval_months between 0 and 120 and interval_days between 0 and 3650", name="interval"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    recall_type_id: Mapped[UUID]
    previous_on: Mapped[date | None]
    due_on: Mapped[date | None]
    interval_months: Mapped[int | None]
    interval_days: Mapped[int | None]
    pattern: Mapped[str] = mapped_column(server_default="", default="")
    priority: Mapped[str] = mapped_column(default="normal")
    status: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    is_disabled: Mapped[bool] = mapped_column(default=False)
    disabled_until: Mapped[date | None]
    scheduled_on: Mapped[date | None]
    appointment_id: Mapped[UUID | None]

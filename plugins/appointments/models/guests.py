"""Whoever books without signing in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice


class Guest(TenantScoped, Base):
    """What somebody typed who books on a clinic's public page. It has the id of the ticket for which a code was sent.

    `known` says to have been here; `patient_id` is who that was found to be, or the chart that was made for whoever is new. `words` is what the
    office reads with the visit; `source` is which advertisement or page of another site led here, as its address said.
    """

    __tablename__ = "appointments_guest"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("clinic"),
        belongs_to("appointments_appointment", "appointment_id"),
        index_in_practice("patient_id"),
        index_in_practice("asked_at"),
        CheckConstraint("kind in ('known', 'new')", name="kind"),
    )

    kind: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    birthdate: Mapped[date]
    email: Mapped[str] = mapped_column(server_default="", default="")
    phone: Mapped[str] = mapped_column(server_default="", default="")
    words: Mapped[str] = mapped_column(server_default="", default="")
    source: Mapped[str] = mapped_column(server_default="", default="")
    clinic_id: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    patient_id: Mapped[UUID | None]
    appointment_id: Mapped[UUID | None]

"""What the practice knows of a patient that bears on visits: whether they may book, and how they want to be reached."""

from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, unique_in_practice


class Preference(TenantScoped, Base):
    """One row a patient, or none: then all is as usual.

    `is_restricted`: the patient cannot book, the office does. `prefers` is how they want to be reached about visits. `text_ok` is
    read no more: the patient has it (core/people/models.py). `excluded` are the channels in which nothing goes out by itself.
    """

    __tablename__ = "appointments_preference"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("patient_id"),
        unique_in_practice("external_id"),
        CheckConstraint("prefers in ('', 'email', 'text', 'phone', 'none')", name="prefers"),
        CheckConstraint("excluded <@ '{email,text}'::text[]", name="excluded"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    is_restricted: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    prefers: Mapped[str] = mapped_column(server_default="", default="")
    text_ok: Mapped[bool | None]
    excluded: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)

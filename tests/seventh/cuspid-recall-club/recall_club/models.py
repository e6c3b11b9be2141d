"""Members."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from core.db import Base, TenantScoped, belongs_to, unique_in_practice


class Member(TenantScoped, Base):
    """A patient who has joined; `welcomed_at` is when the club's greeting was sent."""

    __tablename__ = "recallclub_member"
    __table_args__ = (belongs_to("patient"), unique_in_practice("patient_id"), unique_in_practice("external_id"))

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    joined_at: Mapped[datetime]
    welcomed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]

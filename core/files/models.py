"""How much a practice stores."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, unique_in_practice


class PracticeStorage(TenantScoped, Base):
    """The bytes of a practice's files and pictures, one row for each practice; `counted_at` is when the store itself was last asked."""

    __tablename__ = "practice_storage"
    __table_args__ = (unique_in_practice(), CheckConstraint("bytes >= 0", name="bytes"))

    bytes: Mapped[int] = mapped_column(BigInteger)
    counted_at: Mapped[datetime | None]

"""How much a practice stores."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, uuid7


class PracticeStorage(Base):
    """The bytes of a practice's files and pictures, one row for each practice; `counted_at` is when the store itself was last asked.

    For whoever runs the installation it stands outside the wall and says nothing else.
    """

    __tablename__ = "practice_storage"
    __table_args__ = (CheckConstraint("bytes >= 0", name="bytes"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), unique=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    counted_at: Mapped[datetime | None]

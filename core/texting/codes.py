"""Which practice is meant by what comes back from a telephone: all practices may have one sender, which reports to one address.

Bookkeeping of the installation, outside the wall: of a number there is only a keyed hash, of a practice its id.
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, uuid7

KEPT = timedelta(days=30)
"""So long after its time a code still says which practices have written to a number: STOP and START go to all of them."""


class TextCode(Base):
    """A code that a practice has asked a number to send back. Until its time has come no other practice asks that number for the same."""

    __tablename__ = "text_code"
    __table_args__ = (UniqueConstraint("number_key", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number_key: Mapped[str]
    code: Mapped[str]
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"), index=True)
    until: Mapped[datetime]


def key_of(secret_key: str, number: str) -> str:
    """What stands for a number."""
    return hmac.digest(secret_key.encode(), b"text code:" + number.encode(), "sha256").hex()


def claim(session: Session, practice_id: UUID, number_key: str, code: str, until: datetime, now: datetime) -> bool:
    """Whether this code of a number is the practice's from now on; False where another practice waits for it."""
    row = insert(TextCode).values(id=uuid7(), number_key=number_key, code=code, practice_id=practice_id, until=until)
    is_free = or_(TextCode.practice_id == practice_id, TextCode.until <= now)
    taken = row.on_conflict_do_update(index_elements=["number_key", "code"], set_={"practice_id": practice_id, "until": until}, where=is_free)
    return session.scalar(taken.returning(TextCode.id)) is not None


def practice_of(session: Session, number_key: str, code: str) -> UUID | None:
    """The practice that has asked a number for this code last."""
    return session.scalar(select(TextCode.practice_id).where(TextCode.number_key == number_key, TextCode.code == code))


def practices_of(session: Session, number_key: str) -> set[UUID]:
    """The practices that have asked a number for a code lately."""
    return set(session.scalars(select(TextCode.practice_id).where(TextCode.number_key == number_key)))


def clear_away(session: Session, practice_id: UUID, now: datetime) -> None:
    """Forget codes of this practice whose time is long over."""
    session.execute(delete(TextCode).where(TextCode.practice_id == practice_id, TextCode.until <= now - KEPT))

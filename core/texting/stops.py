"""Who has told this installation's sender to STOP: it holds for everything that the sender sends, for whichever practice and tab.

All practices have one sender, and whoever answers STOP answers the sender: the law (47 CFR 64.1200(a)(10)) and carriers want that nothing more
comes from it until START. Bookkeeping of the installation, outside the wall: of a number there is only the keyed hash of `codes.key_of`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, uuid7
from core.texting import codes


class TextStop(Base):
    """A number from which STOP came, or START after it."""

    __tablename__ = "text_stop"
    __table_args__ = (UniqueConstraint("number_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number_key: Mapped[str]
    is_stopped: Mapped[bool]
    changed_at: Mapped[datetime]


def heed(session: Session, number_key: str, is_stopped: bool, now: datetime) -> None:
    """Note what came from a number."""
    values = {"is_stopped": is_stopped, "changed_at": now}
    row = insert(TextStop).values(id=uuid7(), number_key=number_key, **values)
    session.execute(row.on_conflict_do_update(index_elements=["number_key"], set_=values))


def is_stopped(session: Session, secret_key: str, number: str) -> bool | None:
    """Whether STOP was the last that came from a number; None when neither STOP nor START ever came."""
    return session.scalar(select(TextStop.is_stopped).where(TextStop.number_key == codes.key_of(secret_key, number)))


def may_text(session: Session, secret_key: str, number: str, text_ok: bool | None) -> bool:
    """Whether somebody may get a text message: what came from the number counts, else what they have said at the office; who was never asked may."""
    stopped = is_stopped(session, secret_key, number)
    return text_ok is not False if stopped is None else not stopped

"""Whose account it is at a service outside, when that service reports something: it reports to one address, whichever practice it is about.

Bookkeeping of the installation, outside the wall, because it is asked before any practice is known: it holds ids only.
"""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, uuid7


class OutsideAccount(Base):
    """An account of a practice at a service, by that service's own reference of it. No two practices have the same."""

    __tablename__ = "outside_account"
    __table_args__ = (UniqueConstraint("service", "reference"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    service: Mapped[str]
    reference: Mapped[str]
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id", ondelete="CASCADE"), index=True)


def claim(session: Session, practice_id: UUID, service: str, reference: str) -> bool:
    """Whether what is reported of this account is the practice's from now on; False where it is another's."""
    row = insert(OutsideAccount).values(id=uuid7(), service=service, reference=reference, practice_id=practice_id)
    session.execute(row.on_conflict_do_nothing(index_elements=["service", "reference"]))
    return practice_of(session, service, reference) == practice_id


def release_all(session: Session, practice_id: UUID) -> None:
    """The practice has no account anywhere any more."""
    session.execute(delete(OutsideAccount).where(OutsideAccount.practice_id == practice_id))


def practice_of(session: Session, service: str, reference: str) -> UUID | None:
    """The practice whose account it is."""
    which = (OutsideAccount.service == service, OutsideAccount.reference == reference)
    return session.scalar(select(OutsideAccount.practice_id).where(*which))

"""The outbox: what must not be lost is a row first, written with the change that asks for it.

It is bookkeeping of the installation (the sweep reads it before any practice is known), so it stands outside the wall and holds
ids only: which practice, which task, which rows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, uuid7

MAX_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=1)
RESTING = "suspended"
HANDING_OVER = timedelta(minutes=5)
"""So long nobody takes a row whose text message is being handed over: longer than a task may run."""
TEXT_TASKS: set[str] = set()
"""The tasks that send text messages, as they are declared (core/tasks.py): plans may limit how many there are in a month."""


class OutboxRow(Base):
    """One task that is waiting, done, dropped (its tab is off) or dead (it failed too often, or can never succeed).

    `dealt_at` is when the office said that a dead one needs nothing more (core/auth/deliveries.py). `text_begun_at` is when a text message began
    to be handed over, of which it is not known that the gateway did not take it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "available_at", "id", postgresql_where=text("done_at is null and dead_at is null")),
        Index("ix_outbox_failed", "practice_id", "dead_at", postgresql_where=text("dead_at is not null and dealt_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), index=True)
    task: Mapped[str]
    ids: Mapped[dict]
    available_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    dropped: Mapped[bool] = mapped_column(default=False)
    dead_at: Mapped[datetime | None]
    dealt_at: Mapped[datetime | None]
    text_begun_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Waiting:
    """A row that this transaction has taken; no other worker takes it until the transaction ends."""

    id: UUID
    practice_id: UUID
    task: str
    ids: dict
    attempts: int
    text_begun_at: datetime | None


def put(session: Session, practice_id: UUID, task: str, ids: dict[str, str], available_at: datetime | None = None) -> UUID:
    """Write a row in the running transaction; returns its id, which stays the same over every attempt."""
    row = OutboxRow(id=uuid7(), practice_id=practice_id, task=task, ids=ids)
    if available_at:
        row.available_at = available_at
    session.add(row)
    return row.id


def put_once(session: Session, practice_id: UUID, task: str, ids: dict[str, str]) -> UUID | None:
    """The same, unless such a row waits already: it is held until this transaction ends, so it will be done after what is written here.

    One that a worker has in hands now may have looked too early, and does not count.
    """
    same = (OutboxRow.practice_id == practice_id, OutboxRow.task == task, OutboxRow.ids == ids)
    waits = select(OutboxRow.id).where(*same, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None)).limit(1)
    return None if session.scalar(waits.with_for_update(skip_locked=True)) else put(session, practice_id, task, ids)


def take(session: Session, row_id: UUID) -> Waiting | None:
    """Take one row for this transaction; None when it is done, not due, or in another worker's hands."""
    row = session.execute(
        select(OutboxRow.id, OutboxRow.practice_id, OutboxRow.task, OutboxRow.ids, OutboxRow.attempts, OutboxRow.text_begun_at)
        .where(OutboxRow.id == row_id, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.available_at <= func.now())
        .with_for_update(skip_locked=True)
    ).one_or_none()
    return Waiting(*row) if row else None


def due(session: Session, most: int) -> list[UUID]:
    """Rows that wait and that nobody holds, oldest first."""
    waiting = (OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.available_at <= func.now())
    query = select(OutboxRow.id).where(*waiting).order_by(OutboxRow.available_at, OutboxRow.id).limit(most)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def finish(session: Session, row: Waiting, dropped: bool = False) -> None:
    """Mark a taken row done, in the transaction that holds its effects."""
    values = {"done_at": func.now(), "attempts": row.attempts + 1, "dropped": dropped}
    session.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(**values))


def begin_text(session: Session, row_id: UUID) -> None:
    """A text message is about to be handed over: this, and what the task has written so far, is committed first.

    No gateway knows a second one for the first. So a worker that dies after this leaves word that it may have gone out, and nobody sends it again.
    """
    values = {"text_begun_at": func.now(), "available_at": func.now() + HANDING_OVER}
    session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))
    session.commit()


def hold(session: Session, row_id: UUID, time: timedelta) -> None:
    """Nobody else takes a row for so long, also once this transaction, which took it, is committed with what is done so far."""
    session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(available_at=func.now() + time))


def rest(session: Session, row: Waiting) -> None:
    """Leave a taken row for later, because its practice is suspended; that is no failed attempt."""
    session.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(available_at=func.now() + LONGEST_PAUSE, last_error=RESTING))


def wake(session: Session, practice_id: UUID) -> None:
    """The practice is open again: what rested is due now."""
    waiting = (OutboxRow.practice_id == practice_id, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))
    session.execute(update(OutboxRow).where(*waiting, OutboxRow.last_error == RESTING).values(available_at=func.now(), last_error=""))


def postpone(session: Session, row: Waiting, error: Exception, for_good: bool = False, not_sent: bool = False) -> None:
    """After a failure: try again later, each time twice as late; after twelve tries, or one `for_good`, the row is dead and waits for a person.

    `not_sent`: the gateway has not taken the text message, it can be handed over again.
    """
    attempts = row.attempts + 1
    pause = min(timedelta(seconds=2**attempts), LONGEST_PAUSE)
    values = {"attempts": attempts, "last_error": type(error).__name__, "available_at": func.now() + pause}
    if not_sent:
        values["text_begun_at"] = None
    if for_good or attempts >= MAX_ATTEMPTS:
        values["dead_at"] = func.now()
    # Another worker may have finished it since the failed transaction let go of the row.
    session.execute(update(OutboxRow).where(OutboxRow.id == row.id, OutboxRow.done_at.is_(None)).values(**values))

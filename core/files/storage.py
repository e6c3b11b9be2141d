"""How many bytes a practice stores: counted in the transaction that stores or removes them, and now and then anew in the store itself."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session

from core.db import PortalSession, uuid7
from core.files.interface import Files
from core.files.models import PracticeStorage

EVERY = timedelta(days=1)
"""How often the store itself is asked: a process that died between a file and its row leaves a count that is a little off."""
_CHANGE = "stored_bytes"
_ADD = text("""
insert into practice_storage (practice_id, id, bytes) values (:practice, :id, greatest(0, :change))
on conflict (practice_id) do update set bytes = greatest(0, practice_storage.bytes + :change)
""")
_PICTURES = text("select coalesce(sum(octet_length(body) + octet_length(small) + octet_length(large)), 0) from branding_picture where practice_id = :practice")


def count_bytes(session: Session, change: int) -> None:
    """So many bytes more, or fewer, once the running transaction is committed."""
    session.info[_CHANGE] = session.info.get(_CHANGE, 0) + change


def write_count(session: Session) -> None:
    """Write down what was counted so far in the running transaction."""
    if change := session.info.pop(_CHANGE, 0):
        session.execute(_ADD, {"practice": session.info["practice_id"], "id": uuid7(), "change": change})


@event.listens_for(PortalSession, "before_commit")
def _write_at_the_end(session: Session) -> None:
    # As late as can be: two who store files at the same moment wait for each other from here on.
    if not session.in_nested_transaction():
        write_count(session)


@event.listens_for(PortalSession, "after_transaction_end")
def _forget(session: Session, transaction) -> None:
    if transaction.parent is None:
        session.info.pop(_CHANGE, None)


def recount(session: Session, files: Files, practice_id: UUID, now: datetime) -> int:
    """Ask the store itself; what is stored meanwhile leaves the count as it is, until the next time. Commits; returns the bytes."""
    session.execute(_ADD, {"practice": practice_id, "id": uuid7(), "change": 0})
    mine = PracticeStorage.practice_id == practice_id
    before = session.scalar(select(PracticeStorage.bytes).where(mine))
    # A store may need minutes to list a million files: no transaction waits for that.
    session.commit()
    there = files.size(practice_id)
    found = there + (session.scalar(_PICTURES, {"practice": practice_id}) or 0)
    session.execute(update(PracticeStorage).where(mine).values(counted_at=now))
    session.execute(update(PracticeStorage).where(mine, PracticeStorage.bytes == before).values(bytes=found))
    session.commit()
    return found


def recount_if_due(session: Session, files: Files, practice_id: UUID, now: datetime) -> None:
    """Ask the store itself, once a day."""
    counted = select(PracticeStorage.counted_at).where(PracticeStorage.practice_id == practice_id)
    last = session.scalar(counted)
    if last is None or now - last >= EVERY:
        recount(session, files, practice_id, now)

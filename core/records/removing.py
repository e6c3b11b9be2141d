"""Taking out of the portal what is deleted in the practice's system: a row with its parts, unless something in the portal still stands on it."""

from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.records import RecordKind
from core.sql import among

MADE_HERE = "It was made in the portal, and stays there."
STILL_NAMED = "Something in the portal still stands on it, so it stays."


def take_out(session: Session, kind: RecordKind, practice_id: UUID, ids: set[UUID], afterwards: list[Callable[[], object]]) -> dict[UUID, str]:
    """Delete these rows, as many as can go. Returns those that stay, and why; what is to be done in the end is added to `afterwards`."""
    stays = dict.fromkeys(_kept(session, kind, practice_id, ids), MADE_HERE)
    going = ids - stays.keys()
    # What one of them keeps may be free once another one is gone, such as an answer to a message.
    while going:
        left = _take_out(session, kind, practice_id, sorted(going), afterwards)
        if left == going:
            break
        going = left
    return stays | dict.fromkeys(going, STILL_NAMED)


def _kept(session: Session, kind: RecordKind, practice_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    if kind.keeps is None or not ids:
        return []
    table = kind.model.__table__
    return list(session.scalars(select(table.c.id).where(table.c.practice_id == practice_id, among(table.c.id, ids), kind.keeps)))


def _take_out(session: Session, kind: RecordKind, practice_id: UUID, ids: list[UUID], afterwards: list[Callable[[], object]]) -> set[UUID]:
    """Delete them together, or find by halves which of them can go. Returns those that cannot."""
    try:
        with session.begin_nested():
            told = kind.going(session, ids) if kind.going else None
            _delete(session, kind, practice_id, ids)
        afterwards += [told] if told else []
        return set()
    except IntegrityError:
        if len(ids) == 1:
            return set(ids)
    half = len(ids) // 2
    return _take_out(session, kind, practice_id, ids[:half], afterwards) | _take_out(session, kind, practice_id, ids[half:], afterwards)


def _delete(session: Session, kind: RecordKind, practice_id: UUID, ids: Collection[UUID]) -> None:
    table = kind.model.__table__
    for part in kind.parts:
        session.execute(delete(part.class_).where(part.class_.practice_id == practice_id, among(part, ids)).execution_options(synchronize_session=False))
    for named in kind.let_go:
        freed = update(named.class_).where(named.class_.practice_id == practice_id, among(named, ids)).values({named.key: None})
        session.execute(freed.execution_options(synchronize_session=False))
    session.execute(delete(table).where(table.c.practice_id == practice_id, among(table.c.id, ids)))

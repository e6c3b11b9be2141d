"""Refused records that wait to be tried again behind the request: what was missing has come, the office has decided, or there were too many at once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from core import outbox
from core.records.models import RecordsRefusal
from core.sql import among

AGAIN = "records.try_again"
"""The task that tries them."""


def want(session: Session, ids: Collection[UUID], now: datetime) -> None:
    """Have these tried again soon, where it is kept what they said."""
    if ids:
        _want(session, among(RecordsRefusal.id, ids), now)


def want_one(session: Session, kind: str, external_id: str, now: datetime) -> None:
    """Have a record tried again soon, should it be on the list."""
    _want(session, and_(RecordsRefusal.kind == kind, RecordsRefusal.external_id == external_id), now)


def wanted(session: Session) -> list[UUID]:
    """Those that wait."""
    return list(session.scalars(select(RecordsRefusal.id).where(_mine(session), RecordsRefusal.again_at.is_not(None))))


def leave(session: Session, ids: Collection[UUID]) -> None:
    """These cannot be tried, and wait no longer: another source has sent something newer."""
    session.execute(update(RecordsRefusal).where(_mine(session), among(RecordsRefusal.id, ids)).values(again_at=None))


def _want(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    # What somebody holds is coming in, or tried, at this very moment.
    ids = session.scalars(select(RecordsRefusal.id).where(_mine(session), which, RecordsRefusal.content.is_not(None)).with_for_update(skip_locked=True)).all()
    if ids:
        session.execute(update(RecordsRefusal).where(_mine(session), among(RecordsRefusal.id, ids)).values(again_at=now))
        outbox.put_once(session, session.info["practice_id"], AGAIN, {})


def _mine(session: Session) -> ColumnElement[bool]:
    return RecordsRefusal.practice_id == session.info["practice_id"]

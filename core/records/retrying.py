"""Refused records that are tried once more: what they said goes through the same door, once what was the matter has been mended."""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.records import Answer, RecordKind, runs
from core.records.models import RecordsRefusal
from core.records.refusals import Overtaken


def try_again(session: Session, kinds: Mapping[str, RecordKind], ids: Collection[UUID] | None, now: datetime) -> list[Answer]:
    """Try refused records once more, or all of them when `ids` is None, those of one source together, as a run of that source.

    What is taken in leaves the list. Of a record of which a newer state has come meanwhile, nothing becomes; and what was too long to be kept is passed over.
    """
    waiting = _waiting(session, ids)
    groups = groupby(sorted(waiting, key=_sender), key=_sender)
    return [answer for (source, is_second), rows in groups for answer in _try(session, kinds, runs.begin(source, now, is_second=is_second), list(rows), now)]


def _try(session: Session, kinds: Mapping[str, RecordKind], run: runs.Run, rows: list[RecordsRefusal], now: datetime) -> list[Answer]:
    while rows:
        try:
            with session.begin_nested():
                answers = runs.take_in(session, run, kinds, [row.content or {} for row in rows], now, again={row.id: row.times for row in rows})
                runs.end(session, run, kinds, now)
            return answers
        except Overtaken:
            before = {row.id: row.times for row in rows}
            rows = [row for row in _waiting(session, before) if row.times == before[row.id]]
    return []


def _waiting(session: Session, ids: Collection[UUID] | None) -> list[RecordsRefusal]:
    """What may be tried, those first that were refused first: of two that are one in the portal, what came later counts."""
    mine = [RecordsRefusal.practice_id == session.info["practice_id"], RecordsRefusal.content.is_not(None)]
    mine += [] if ids is None else [RecordsRefusal.id.in_(ids)]
    query = select(RecordsRefusal).where(*mine).order_by(RecordsRefusal.last_at, RecordsRefusal.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _sender(row: RecordsRefusal) -> tuple[str, bool]:
    return row.source, row.is_second

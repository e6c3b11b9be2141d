"""Refused records that are tried once more: what they said goes through the same door, once what was the matter has been mended."""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import exists, select, tuple_
from sqlalchemy.orm import Session, aliased

from core.records import Answer, RecordKind, runs, waiting
from core.records.models import RecordsRefusal
from core.records.refusals import Overtaken
from core.sql import among

MOST_FILES = 10
"""So many of them with a file are tried at once, since each costs up to seconds; the others follow behind the request."""


def try_again(session: Session, kinds: Mapping[str, RecordKind], ids: Collection[UUID] | None, now: datetime) -> list[Answer]:
    """Try refused records once more, or all of them when `ids` is None, those of one source together, as a run of that source.

    What is taken in leaves the list. Of a record of which a newer state has come meanwhile, nothing becomes; and what was too long to be kept is passed over.
    """
    rows = _waiting(session, ids)
    later = {row.id for row in [row for row in rows if (row.content or {}).get("file")][MOST_FILES:]}
    groups = groupby(sorted((row for row in rows if row.id not in later), key=_sender), key=_sender)
    answers = [answer for (source, is_second), group in groups for answer in _try(session, kinds, runs.begin(source, now, is_second=is_second), list(group), now)]
    # Only now: whoever takes records in holds those first, and then the lines of the list.
    waiting.want(session, later, now)
    return answers


def try_those_that_wait(session: Session, kinds: Mapping[str, RecordKind], now: datetime) -> None:
    """Try those once more that wait for it."""
    ids = waiting.wanted(session)
    try_again(session, kinds, ids, now)
    waiting.leave(session, set(ids) - {row.id for row in _waiting(session, ids)})


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
    """What may be tried, those first that were refused first. Where several sources have sent one record, it is what came last."""
    newer = aliased(RecordsRefusal)
    same = (newer.practice_id == RecordsRefusal.practice_id, newer.kind == RecordsRefusal.kind, newer.external_id == RecordsRefusal.external_id, newer.kind != "")
    is_older = exists().where(*same, tuple_(newer.last_at, newer.id) > tuple_(RecordsRefusal.last_at, RecordsRefusal.id))
    mine = [RecordsRefusal.practice_id == session.info["practice_id"], RecordsRefusal.content.is_not(None), ~is_older]
    mine += [] if ids is None else [among(RecordsRefusal.id, ids)]
    query = select(RecordsRefusal).where(*mine).order_by(RecordsRefusal.last_at, RecordsRefusal.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _sender(row: RecordsRefusal) -> tuple[str, bool]:
    return row.source, row.is_second

"""Where each record has come from, and when; and what a source no longer has, once it has sent all that it has."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.db import uuid7
from core.records import Answer, can_be_stored
from core.records.models import RecordsOrigin, RecordsRun

# In one order, so that two runs at once do not wait for each other.
_NOTE = text("""insert into records_origin as held (practice_id, id, kind, external_id, source, came_at, gone_at, seen_by)
    select :practice, new.id, new.kind, new.external_id, :source, :now, case when new.is_gone then :now end, :run
    from unnest(cast(:ids as uuid[]), cast(:kinds as text[]), cast(:names as text[]), cast(:gone as boolean[])) as new (id, kind, external_id, is_gone)
    on conflict (practice_id, kind, external_id) do update set
        source = excluded.source, came_at = excluded.came_at, gone_at = excluded.gone_at, seen_by = coalesce(excluded.seen_by, held.seen_by)""")
_SEE = text("""update records_origin set seen_by = :run
    from unnest(cast(:kinds as text[]), cast(:names as text[])) as new (kind, external_id)
    where practice_id = :practice and records_origin.kind = new.kind and records_origin.external_id = new.external_id""")


class Held(NamedTuple):
    """How many records of a kind a source has brought, and how many of them it has no more."""

    there: int
    gone: int


def note(session: Session, source: str, answers: Iterable[Answer], now: datetime, run_id: UUID, snapshot: Collection[str] = ()) -> None:
    """Keep where the records of a batch have come from. Of the kinds in `snapshot` also that the run has brought them, as before or refused."""
    last = {(answer.kind, answer.external_id): answer.outcome for answer in answers}
    keys = sorted(key for key in last if can_be_stored(key[1]))
    about = {"practice": session.info["practice_id"], "source": source, "now": now}
    for are_seen in (False, True):
        mine = [key for key in keys if (key[0] in snapshot) == are_seen]
        run = about | {"run": run_id if are_seen else None}
        changed = [key for key in mine if last[key] in ("created", "updated", "deleted")]
        _write(session, _NOTE, run | {"gone": [last[key] == "deleted" for key in changed]}, changed)
        if are_seen:
            _write(session, _SEE, run, [key for key in mine if last[key] in ("unchanged", "refused")])


def held(session: Session, run: RecordsRun) -> dict[str, Held]:
    """Of each kind of which the run brought all: how many records its source had brought so far, and how many it did not bring again."""
    counts = select(RecordsOrigin.kind, func.count(), func.count().filter(_unseen(run))).where(*_of(run)).group_by(RecordsOrigin.kind)
    return {kind: Held(there, gone) for kind, there, gone in session.execute(counts)}


def unseen(session: Session, run: RecordsRun, kind: str) -> list[str]:
    """The external ids of a kind that the run did not bring again."""
    query = select(RecordsOrigin.external_id).where(*_of(run), RecordsOrigin.kind == kind, _unseen(run))
    return list(session.scalars(query.order_by(RecordsOrigin.external_id)))


def origin_of(session: Session, practice_id: UUID, kind: str, external_id: str) -> RecordsOrigin | None:
    """Where one record has come from, if it ever came."""
    mine = (RecordsOrigin.practice_id == practice_id, RecordsOrigin.kind == kind, RecordsOrigin.external_id == external_id)
    return session.scalars(select(RecordsOrigin).where(*mine)).one_or_none()


def _of(run: RecordsRun):
    return (
        RecordsOrigin.practice_id == run.practice_id, RecordsOrigin.source == run.source, RecordsOrigin.kind.in_(run.snapshot), RecordsOrigin.gone_at.is_(None),
    )  # fmt: skip


def _unseen(run: RecordsRun):
    # What came in anew by another run meanwhile is there.
    return RecordsOrigin.seen_by.is_distinct_from(run.id) & (RecordsOrigin.came_at < run.started_at)


def _write(session: Session, statement, about: Mapping, keys: list[tuple[str, str]]) -> None:
    if keys:
        kinds, names = zip(*keys, strict=True)
        session.execute(statement, {**about, "ids": [uuid7() for _ in keys], "kinds": list(kinds), "names": list(names)})

"""The list of records that were refused: which, why, how often, and what they said, so that the office can look and let them in once more.

It is kept in the transaction that refused them. Once a record is taken in, from wherever, it is off the list.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.records import Answer, can_be_stored
from core.records.freshness import refresh_state
from core.records.models import RecordsRefusal

REFUSED = "refused"
MOST_REFUSED = 500
"""So many refused records of a source are on the list, those that were refused last; how many there were stands with the run."""
KEPT = timedelta(days=30)
MOST_CONTENT = 64_000
"""What a refused record says is kept up to so many letters of JSON. A record that is longer comes in once more only from its source."""
LONGEST_ID, LONGEST_REASON = 200, 500
UNKNOWN_KIND = "There is no such kind of record, or its tab is off."


class Overtaken(Exception):
    """Of what was to be tried once more a newer state has come meanwhile, or somebody took it off the list."""


@dataclass(frozen=True)
class Sender:
    """Whose records a batch has. `is_second`: of another system than the practice's. `again`: what is on the list and tried once more,
    and how often each had been refused when that was read.
    """

    source: str
    is_second: bool = False
    again: Mapping[UUID, int] = field(default_factory=dict)


def as_told(answer: Answer, kinds: Collection[str]) -> Answer:
    """A refusal as people read it: nothing of what else stands in the record."""
    kind = known_kind(answer, kinds)
    reason = plain(answer.reason, LONGEST_REASON) if kind else UNKNOWN_KIND
    return Answer(kind, plain(answer.external_id, LONGEST_ID), answer.outcome, reason)


def known_kind(answer: Answer, kinds: Collection[str]) -> str:
    """A kind that is known here, or nothing: whatever else a record says there may be anything."""
    return answer.kind if answer.kind in kinds else ""


def plain(words: str, longest: int) -> str:
    """Text that can be stored and shown, and no longer than that."""
    storable = words.encode("utf-8", "replace").decode().replace("\0", "�")
    return storable if len(storable) <= longest else storable[: longest - 1] + "…"


def listed(session: Session, practice_id: UUID, page: int, size: int) -> tuple[list[RecordsRefusal], bool]:
    """One page of what was refused, the newest first, and whether there is more."""
    query = select(RecordsRefusal).where(RecordsRefusal.practice_id == practice_id).order_by(RecordsRefusal.last_at.desc(), RecordsRefusal.id)
    rows = session.scalars(query.offset((page - 1) * size).limit(size + 1)).all()
    return list(rows[:size]), len(rows) > size


def forget(session: Session, practice_id: UUID, ids: Collection[UUID] | None, now: datetime) -> list[UUID]:
    """Take refused records off the list, or all of them when `ids` is None: the office has dealt with them. Returns which."""
    where = [RecordsRefusal.practice_id == practice_id]
    where += [] if ids is None else [RecordsRefusal.id.in_(ids)]
    gone = list(session.scalars(delete(RecordsRefusal).where(*where).returning(RecordsRefusal.id)))
    if gone:
        refresh_state(session, practice_id, now)
    return gone


def note(
    session: Session, sender: Sender, kinds: Collection[str], batch: Sequence[Mapping[str, Any] | None], answers: Sequence[Answer], now: datetime
) -> None:
    """Put what was refused of a batch on the list; what was refused before, and is taken in now, comes off it. Raises Overtaken.

    `batch` has what they said, where that is of use once more.
    """
    if sender.again:
        _hold(session, sender.again)
    told = [as_told(answer, kinds) for answer in answers]
    last = {(one.kind, one.external_id): place for place, one in enumerate(told)}
    known = session.execute(select(RecordsRefusal.id, RecordsRefusal.kind, RecordsRefusal.external_id).where(RecordsRefusal.practice_id == _practice(session)))
    refused = {key: place for key, place in last.items() if told[place].outcome == REFUSED}
    done = [id_ for id_, *key in known if ((key[0], key[1]) in last or id_ in sender.again) and (key[0], key[1]) not in refused]
    if done:
        session.execute(delete(RecordsRefusal).where(RecordsRefusal.practice_id == _practice(session), RecordsRefusal.id.in_(done)))
    rows = [_row(sender, told[place], batch[place], now) for place in refused.values()]
    if rows:
        _put(session, sender.source, rows[-MOST_REFUSED:])


def _practice(session: Session) -> UUID:
    return session.info["practice_id"]


def _hold(session: Session, again: Mapping[UUID, int]) -> None:
    """Whoever has sent a newer state of one of these by now has taken it off the list, or been refused once more: then the older one must not stay."""
    mine = select(RecordsRefusal.id, RecordsRefusal.times).where(RecordsRefusal.practice_id == _practice(session), RecordsRefusal.id.in_(again))
    if dict(session.execute(mine.order_by(RecordsRefusal.id).with_for_update()).all()) != again:
        raise Overtaken


def _row(sender: Sender, told: Answer, record: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    which = {"source": sender.source, "kind": told.kind, "external_id": told.external_id}
    said = {"reason": told.reason, "content": _kept(record), "is_second": sender.is_second}
    return {"id": uuid7(), **which, **said, "first_at": now, "last_at": now, "times": 1}


def _kept(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a record says, if it is not too long and can be stored at all."""
    if record is None:
        return None
    try:
        words = json.dumps(record, default=str, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return json.loads(words) if len(words) <= MOST_CONTENT and can_be_stored(record) else None


def _put(session: Session, source: str, rows: list[dict[str, Any]]) -> None:
    practice_id = _practice(session)
    new = insert(RecordsRefusal).values([{"practice_id": practice_id, **row} for row in sorted(rows, key=lambda row: (row["kind"], row["external_id"]))])
    said = {name: new.excluded[name] for name in ("reason", "content", "is_second", "last_at")}
    again = {**said, "times": RecordsRefusal.times + 1}
    session.execute(new.on_conflict_do_update(index_elements=["practice_id", "source", "kind", "external_id"], set_=again))
    of_source = (RecordsRefusal.practice_id == practice_id, RecordsRefusal.source == source)
    older = select(RecordsRefusal.id).where(*of_source).order_by(RecordsRefusal.last_at.desc(), RecordsRefusal.id.desc()).offset(MOST_REFUSED)
    session.execute(delete(RecordsRefusal).where(*of_source, RecordsRefusal.id.in_(older)))

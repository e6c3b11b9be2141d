"""The list of records that were refused: which, why, how often, and what they said, so that the office can look and let them in once more.

It is kept in the transaction that refused them. Once a record is taken in, from wherever, it is off the list.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.records import Answer, RecordKind, can_be_stored, waiting
from core.records.freshness import refresh_state
from core.records.models import RecordsRefusal
from core.sql import among

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
    return Answer(kind, plain(answer.external_id, LONGEST_ID), answer.outcome, reason, missing=(answer.missing[0], plain(answer.missing[1], LONGEST_ID)))


def known_kind(answer: Answer, kinds: Collection[str]) -> str:
    """A kind that is known here, or nothing: whatever else a record says there may be anything."""
    return answer.kind if answer.kind in kinds else ""


def plain(words: str, longest: int) -> str:
    """Text that can be stored and shown, and no longer than that."""
    storable = words.encode("utf-8", "replace").decode().replace("\0", "�")
    return storable if len(storable) <= longest else storable[: longest - 1] + "…"


class Listed(NamedTuple):
    """A line of the list, and how many of its kind were refused for the same reason."""

    row: RecordsRefusal
    alike: int


def listed(session: Session, practice_id: UUID, page: int, size: int) -> tuple[list[Listed], bool]:
    """One page of what was refused, the newest first, and whether there is more."""
    alike = func.count().over(partition_by=(RecordsRefusal.kind, RecordsRefusal.reason))
    query = select(RecordsRefusal, alike).where(RecordsRefusal.practice_id == practice_id).order_by(RecordsRefusal.last_at.desc(), RecordsRefusal.id)
    rows = session.execute(query.offset((page - 1) * size).limit(size + 1)).all()
    return [Listed(*row) for row in rows[:size]], len(rows) > size


def ids_of(session: Session, practice_id: UUID, ids: Collection[UUID], with_alike: bool = False) -> list[UUID]:
    """Those of them that are on the list; `with_alike` also all of their kinds that were refused for the same reasons."""
    mine, these = RecordsRefusal.practice_id == practice_id, among(RecordsRefusal.id, ids)
    if with_alike:
        these = tuple_(RecordsRefusal.kind, RecordsRefusal.reason).in_(select(RecordsRefusal.kind, RecordsRefusal.reason).where(mine, these))
    return list(session.scalars(select(RecordsRefusal.id).where(mine, these)))


def forget(session: Session, practice_id: UUID, ids: Collection[UUID] | None, now: datetime) -> list[UUID]:
    """Take refused records off the list, or all of them when `ids` is None: the office has dealt with them. Returns which."""
    where = [RecordsRefusal.practice_id == practice_id]
    where += [] if ids is None else [among(RecordsRefusal.id, ids)]
    gone = list(session.scalars(delete(RecordsRefusal).where(*where).returning(RecordsRefusal.id)))
    if gone:
        refresh_state(session, practice_id, now)
    return gone


def note(
    session: Session, sender: Sender, kinds: Mapping[str, RecordKind], batch: Sequence[Mapping[str, Any] | None], answers: Sequence[Answer], now: datetime
) -> None:
    """Put what was refused of a batch on the list; what was refused before, and is taken in now, comes off it. Raises Overtaken.

    `batch` has what they said, where that is of use once more. What was refused because something was missing that has come now is tried again soon.
    """
    if sender.again:
        _hold(session, sender.again)
    told = [as_told(answer, kinds) for answer in answers]
    last = {(one.kind, one.external_id): place for place, one in enumerate(told)}
    columns = (RecordsRefusal.id, RecordsRefusal.kind, RecordsRefusal.external_id, RecordsRefusal.missing_kind, RecordsRefusal.missing_id)
    known = session.execute(select(*columns).where(RecordsRefusal.practice_id == _practice(session))).all()
    refused = {key: place for key, place in last.items() if told[place].outcome == REFUSED}
    done = [id_ for id_, *key, _, _ in known if ((key[0], key[1]) in last or id_ in sender.again) and (key[0], key[1]) not in refused]
    came = {key for key, place in last.items() if told[place].outcome not in (REFUSED, "deleted")}
    waiting.want(session, [id_ for id_, kind, name, *missing in known if tuple(missing) in came and (kind, name) not in last], now)
    if known:
        _forget_about(session, kinds, {name for (kind, name), place in last.items() if (kind, told[place].outcome) == ("patient", "deleted")})
    if done:
        session.execute(delete(RecordsRefusal).where(RecordsRefusal.practice_id == _practice(session), among(RecordsRefusal.id, done)))
    rows = [_row(sender, told[place], batch[place], now) for place in refused.values()]
    if rows:
        _put(session, sender, rows[-MOST_REFUSED:])


def forget_former(session: Session, source: str, kinds: Collection[str], before: datetime) -> None:
    """A source has sent all that it has of some kinds: what was refused before, and did not come again, it has no more."""
    mine = (RecordsRefusal.practice_id == _practice(session), RecordsRefusal.source == source, RecordsRefusal.kind.in_(kinds))
    session.execute(delete(RecordsRefusal).where(*mine, RecordsRefusal.last_at < before))


def _practice(session: Session) -> UUID:
    return session.info["practice_id"]


def _hold(session: Session, again: Mapping[UUID, int]) -> None:
    """Whoever has sent a newer state of one of these by now has taken it off the list, or been refused once more: then the older one must not stay."""
    mine = select(RecordsRefusal.id, RecordsRefusal.times).where(RecordsRefusal.practice_id == _practice(session), among(RecordsRefusal.id, again))
    if dict(session.execute(mine.order_by(RecordsRefusal.id).with_for_update()).all()) != again:
        raise Overtaken


def _row(sender: Sender, told: Answer, record: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    which = {"source": sender.source, "kind": told.kind, "external_id": told.external_id}
    said = {"reason": told.reason, "content": _kept(record), "is_second": sender.is_second, "missing_kind": told.missing[0], "missing_id": told.missing[1]}
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


def _put(session: Session, sender: Sender, rows: list[dict[str, Any]]) -> None:
    practice_id = _practice(session)
    new = insert(RecordsRefusal).values([{"practice_id": practice_id, **row} for row in sorted(rows, key=lambda row: (row["kind"], row["external_id"]))])
    said = {name: new.excluded[name] for name in ("reason", "content", "is_second", "missing_kind", "missing_id", "again_at")}
    # What was only tried once more was not sent once more.
    again = said if sender.again else {**said, "last_at": new.excluded.last_at, "times": RecordsRefusal.times + 1}
    session.execute(new.on_conflict_do_update(index_elements=["practice_id", "source", "kind", "external_id"], set_=again))
    of_source = (RecordsRefusal.practice_id == practice_id, RecordsRefusal.source == sender.source)
    older = select(RecordsRefusal.id).where(*of_source).order_by(RecordsRefusal.last_at.desc(), RecordsRefusal.id.desc()).offset(MOST_REFUSED)
    session.execute(delete(RecordsRefusal).where(*of_source, RecordsRefusal.id.in_(older)))


def _forget_about(session: Session, kinds: Mapping[str, RecordKind], patients: set[str]) -> None:
    """Patients were taken out: of what was refused and names one of them nothing is kept but that it was."""
    if patients:
        kept = select(RecordsRefusal.id, RecordsRefusal.kind, RecordsRefusal.content).where(RecordsRefusal.practice_id == _practice(session), RecordsRefusal.content.is_not(None))
        about = [id_ for id_, kind, content in session.execute(kept) if kind in kinds and patients & _patients_in(kinds[kind], content)]
        session.execute(update(RecordsRefusal).where(RecordsRefusal.practice_id == _practice(session), among(RecordsRefusal.id, about)).values(content=None, again_at=None))


def _patients_in(kind: RecordKind, content: Mapping[str, Any]) -> set[str]:
    named = (content.get(field) for field, target in kind.references.items() if target == "patient")
    return {name for name in named if isinstance(name, str)}

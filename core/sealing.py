"""The chain over each practice's audit log: who changes it afterwards, with whatever login, can be found out.

Entries are plain inserts of the request that they tell of (core/audit.py); once a minute a worker seals what is there. A seal holds
a hash of its entry and of the seal before, so the order of the chain is that of the sequence numbers, not of time: an entry whose
transaction took long is sealed later. The owner of the database could write a whole chain anew; that is what `head` is kept elsewhere for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, func, literal_column, null, select, text, true
from sqlalchemy.orm import Session

from core.audit import AuditEvent, AuditSeal
from core.db import uuid7
from core.prepared import Prepared

BATCH = 1000
BATCHES = 50
"""In one transaction of the sealer; what is left then is the next minute's."""
MOST = 100
"""Findings that are kept; the others are counted."""
LATE = timedelta(hours=1)
"""How long an entry may wait for its seal before somebody should look at the workers."""
_MINUTES = 24 * 60

_EVENTS, _SEALS, _NEWEST = (
    cast(Table, AuditEvent.__table__),
    cast(Table, AuditSeal.__table__),
    cast(Table, AuditEvent.__table__).alias("newest"),
)
_PRACTICE = bindparam("practice", type_=_EVENTS.c.practice_id.type)
_FIELDS = sorted(column.name for column in _EVENTS.c if column.name != "practice_id")
_SAME = and_(_SEALS.c.practice_id == _PRACTICE, _SEALS.c.event_id == _EVENTS.c.id)

# As a value, not as a join: the database shall look up the few entries in the window one by one, however many seals there are.
_UNSEALED: ColumnElement[bool] = select(_SEALS.c.id).where(_SAME).correlate(_EVENTS).scalar_subquery().is_(null())
_UNSEALED_OF_ALL: ColumnElement[bool] = ~select(_SEALS.c.id).where(_SAME).correlate(_EVENTS).exists()
# A transaction ends long before an hour has passed; so what is older than the newest seal by more than that was sealed before.
# All of it in one subquery: only a plain value may pass the wall's own condition into the index.
_WINDOW = select(
    func.coalesce(
        select(func.least(_NEWEST.c.happened_at, _SEALS.c.sealed_at) - text("interval '1 hour'"))
        .select_from(_SEALS.join(_NEWEST, and_(_NEWEST.c.practice_id == _SEALS.c.practice_id, _NEWEST.c.id == _SEALS.c.event_id)))
        .where(_SEALS.c.practice_id == _PRACTICE)
        .order_by(_SEALS.c.sequence.desc())
        .limit(literal_column("1"))
        .scalar_subquery(),
        text("'-infinity'::timestamptz"),
    )
).scalar_subquery()


def _waiting(columns: Sequence[ColumnElement], unsealed: ColumnElement[bool], most: int, window: bool) -> Prepared:
    found: Select = select(*columns).where(_EVENTS.c.practice_id == _PRACTICE, unsealed)
    found = found.where(_EVENTS.c.happened_at >= _WINDOW) if window else found
    return Prepared(found.order_by(_EVENTS.c.happened_at, _EVENTS.c.id).limit(literal_column(str(most))))


_ENTRY = [_EVENTS.c[name] for name in _FIELDS]
_OLDEST = _waiting([_EVENTS.c.happened_at], _UNSEALED, 1, window=True)
_NEXT = _waiting(_ENTRY, _UNSEALED, BATCH, window=True)
_OLDEST_OF_ALL = _waiting([_EVENTS.c.happened_at], _UNSEALED_OF_ALL, 1, window=False)
_NEXT_OF_ALL = _waiting(_ENTRY, _UNSEALED_OF_ALL, BATCH, window=False)
_LOCK = Prepared(select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("name"), literal_column("0")))))
_LAST = Prepared(
    select(_SEALS.c.sequence, _SEALS.c.hash, _SEALS.c.sealed_at)
    .where(_SEALS.c.practice_id == _PRACTICE)
    .order_by(_SEALS.c.sequence.desc())
    .limit(literal_column("1"))
)
# The page of seals first, so that its entries are looked up one by one, whatever the database believes about the sizes of the tables.
_PAGE = (
    select(_SEALS)
    .where(_SEALS.c.practice_id == _PRACTICE, _SEALS.c.sequence > bindparam("after"))
    .order_by(_SEALS.c.sequence)
    .limit(literal_column(str(BATCH)))
    .subquery("page")
)
_ITS_ENTRY = (
    select(*_ENTRY).where(_EVENTS.c.practice_id == _PRACTICE, _EVENTS.c.id == _PAGE.c.event_id).limit(literal_column("1")).lateral("entry")
)
_CHAIN = Prepared(
    select(_PAGE.c.sequence, _PAGE.c.event_id, _PAGE.c.hash, _PAGE.c.sealed_at, *_ITS_ENTRY.c)
    .select_from(_PAGE.outerjoin(_ITS_ENTRY, true()))
    .order_by(_PAGE.c.sequence)
)
_COUNT = Prepared(select(func.count(), func.min(_EVENTS.c.happened_at)).where(_EVENTS.c.practice_id == _PRACTICE, _UNSEALED_OF_ALL))
_INSERT = text(
    "INSERT INTO audit_seal (practice_id, id, sequence, event_id, hash, sealed_at) SELECT :practice, batch.*, :sealed_at"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:sequences AS bigint[]), CAST(:events AS uuid[]), CAST(:hashes AS text[])) AS batch"
)


@dataclass(frozen=True)
class Head:
    """The end of a chain: the number of its newest seal and that seal's hash."""

    sequence: int
    hash: str


class Kind(StrEnum):
    """What is wrong with a chain."""

    CONTENT = "content"  # the entry is not as it was sealed
    LINK = "link"  # the seal does not follow from the one before
    GAP = "gap"  # seals are missing; `sequence` to `until`
    MISSING = "missing entry"  # the seal is there, its entry is not
    TRUNCATED = "truncated tail"  # the chain ends before the head that was kept; `sequence` to `until`
    REWRITTEN = "rewritten"  # the seal with the number of the head that was kept has another hash
    UNSEALED = "unsealed"  # entries wait for longer than they should


@dataclass(frozen=True)
class Finding:
    """One place at which a chain is broken."""

    kind: Kind
    sequence: int = 0
    event_id: UUID | None = None
    until: int = 0


@dataclass
class Verdict:
    """What was found in a practice's chain: `findings` holds the first hundred of `found`; `waiting` entries have no seal yet."""

    sealed: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    waiting: int = 0
    oldest: datetime | None = None

    def add(self, finding: Finding) -> None:
        """Count a finding and keep it, if not too many are kept."""
        self.found += 1
        if len(self.findings) < MOST:
            self.findings.append(finding)


def seal(session: Session, practice_id: UUID, now: datetime, whole: bool = False) -> int:
    """Chain up to a thousand entries that have no seal yet, oldest first, in the running transaction; returns how many.

    Looks back to an hour before the newest seal; with `whole` at every entry there is. Nothing is done while another sealer is at it.
    """
    oldest, following = (_OLDEST_OF_ALL, _NEXT_OF_ALL) if whole else (_OLDEST, _NEXT)
    about = {"practice": practice_id}
    if not oldest.rows(session, about) or not _LOCK.one(session, {"name": f"audit_seal {practice_id}"})[0]:
        return 0
    # Only now: these see what the sealer that held the lock before has committed.
    last = head(session, practice_id) or Head(0, "")
    entries = following.rows(session, about)
    sequence, link = last.sequence, last.hash
    sequences, hashes = [], []
    for entry in entries:
        sequence += 1
        link = _hash(link, practice_id, sequence, now, entry)
        sequences.append(sequence)
        hashes.append(link)
    events, ids = [entry[_FIELDS.index("id")] for entry in entries], [uuid7() for _ in entries]
    session.execute(
        _INSERT, {"practice": practice_id, "sealed_at": now, "ids": ids, "sequences": sequences, "events": events, "hashes": hashes}
    )
    return len(entries)


def seal_waiting(session: Session, practice_id: UUID, now: datetime) -> None:
    """Chain what waits in a practice; once a day, each practice at a minute of its own, look at every entry."""
    whole = practice_id.int % _MINUTES == now.hour * 60 + now.minute
    for _ in range(BATCHES):
        if seal(session, practice_id, now, whole) < BATCH:
            return


def head(session: Session, practice_id: UUID) -> Head | None:
    """The end of a practice's chain, to be kept elsewhere; None while nothing is sealed."""
    last = last_seal(session, practice_id)
    return last[0] if last else None


def last_seal(session: Session, practice_id: UUID) -> tuple[Head, datetime] | None:
    """The end of a practice's chain, and when it was made; None while nothing is sealed."""
    rows = _LAST.rows(session, {"practice": practice_id})
    return (Head(*rows[0][:2]), rows[0][2]) if rows else None


def waiting_since(session: Session, practice_id: UUID) -> datetime | None:
    """The time of the oldest entry that waits for its seal, as the sealer sees it; None when none waits."""
    rows = _OLDEST.rows(session, {"practice": practice_id})
    return rows[0][0] if rows else None


def verify(session: Session, practice_id: UUID, now: datetime, kept: Head | None = None) -> Verdict:
    """Go through a practice's whole chain, a thousand seals at a time; `kept` is a head that was noted earlier."""
    verdict = Verdict()
    walk = _Walk(verdict, practice_id, kept)
    after = -(2**63)
    while rows := _CHAIN.rows(session, {"practice": practice_id, "after": after}):
        for row in rows:
            walk.step(row)
        after = rows[-1][0]
    walk.end()
    verdict.waiting, verdict.oldest = _COUNT.one(session, {"practice": practice_id})
    if verdict.oldest and now - verdict.oldest > LATE:
        verdict.add(Finding(Kind.UNSEALED))
    return verdict


class _Walk:
    """One way along a chain, from its first seal to its last."""

    def __init__(self, verdict: Verdict, practice_id: UUID, kept: Head | None):
        self._verdict, self._practice_id, self._kept = verdict, practice_id, kept
        self._next = 1
        # None where the seal before is not known.
        self._link: str | None = ""
        self._doubt: Finding | None = None

    def step(self, row: tuple) -> None:
        """Look at the next seal and its entry."""
        sequence, event_id, link, sealed_at, *entry = row
        self._verdict.sealed += 1
        if sequence > self._next:
            self._settle(Kind.CONTENT)
            self._verdict.add(Finding(Kind.GAP, self._next, until=sequence - 1))
            self._link = None
        if entry[_FIELDS.index("id")] is None:
            self._settle(Kind.CONTENT)
            self._verdict.add(Finding(Kind.MISSING, sequence, event_id))
        elif self._link is None or _hash(self._link, self._practice_id, sequence, sealed_at, entry) == link:
            self._settle(Kind.CONTENT)
        else:
            self._settle(Kind.LINK)
            self._doubt = Finding(Kind.CONTENT, sequence, event_id)
        if self._kept and sequence == self._kept.sequence and link != self._kept.hash:
            self._verdict.add(Finding(Kind.REWRITTEN, sequence, event_id))
        self._link, self._next = link, max(self._next, sequence + 1)

    def _settle(self, kind: Kind) -> None:
        """The seal after one that does not fit tells what is wrong: if it fits, only the entry was changed."""
        if self._doubt:
            self._verdict.add(Finding(kind, self._doubt.sequence, self._doubt.event_id))
            self._doubt = None

    def end(self) -> None:
        """After the last seal: whether the chain is as long as it was."""
        self._settle(Kind.CONTENT)
        if self._kept and self._next <= self._kept.sequence:
            self._verdict.add(Finding(Kind.TRUNCATED, self._next, until=self._kept.sequence))


def _hash(previous: str, practice_id: UUID, sequence: int, sealed_at: datetime, entry: Sequence[Any]) -> str:
    # A field that is empty is left out, so that a new version may add one without breaking the chains that are there.
    fields = {name: _plain(value) for name, value in zip(_FIELDS, entry, strict=True) if value not in (None, "")}
    whole = [previous, str(practice_id), sequence, _plain(sealed_at), fields]
    return sha256(json.dumps(whole, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)

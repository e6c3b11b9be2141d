"""What came of records that were sent in: kept in the transaction in which they are written, so that neither is there without the other.

What was refused is on a list of its own (`core.records.refusals`).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth.clearing import clear_rows
from core.db import uuid7
from core.people.models import PatientNumber
from core.records import Answer, RecordKind, door, origins, refusals
from core.records.freshness import has_state, refresh_state
from core.records.models import SOURCE, RecordsArrival, RecordsRefusal, RecordsRun
from core.records.refusals import KEPT, LONGEST_REASON, REFUSED, Sender, known_kind, plain
from core.records.snapshots import take_out_missing

SILENT = timedelta(minutes=15)
"""A run of which nothing was heard for so long has broken off."""


class WrongSource(ValueError):
    """A source cannot be called so."""


class UnknownRun(LookupError):
    """There is no such run, or it is over."""


@dataclass(frozen=True)
class Run:
    """One run of a source, which may have several batches, each in a transaction of its own. Of the kinds in `snapshot` it brings all there is.

    `is_second`: the source is another system than the practice's, so that people of whom it speaks may be here under other numbers.
    """

    id: UUID
    source: str
    started_at: datetime
    snapshot: tuple[str, ...] = ()
    is_second: bool = False


def begin(source: str, now: datetime, snapshot: Iterable[str] = (), is_second: bool = False) -> Run:
    """A run begins; nothing is written before its first batch. Raises WrongSource."""
    if not re.fullmatch(SOURCE, source):
        raise WrongSource("A source is called by small letters, digits, dots and dashes, and begins with a letter; it has at most 40 of them.")
    return Run(uuid7(), source, now, tuple(sorted(set(snapshot))), is_second)


def keep(session: Session, run: Run, now: datetime) -> None:
    """Write down that a run has begun, before anything comes: it is found again by its id."""
    _row(session, run, now)
    session.flush()


def going(session: Session, run_id: UUID) -> Run:
    """A run that was kept and goes on. Raises UnknownRun."""
    row = session.get(RecordsRun, (_practice(session), run_id))
    if row is None or row.ended_at:
        raise UnknownRun("There is no such run, or it is over. Begin a new one.")
    return Run(row.id, row.source, row.started_at, tuple(row.snapshot))


def receive(session: Session, kinds: Mapping[str, RecordKind], batch: Iterable[Mapping[str, Any]], source: str, now: datetime) -> list[Answer]:
    """Take in all that a source has to say, in one transaction. Raises WrongSource."""
    run = begin(source, now)
    answers = take_in(session, run, kinds, batch, now)
    end(session, run, kinds, now)
    return answers


def take_in(
    session: Session, run: Run, kinds: Mapping[str, RecordKind], batch: Iterable[Mapping[str, Any]], now: datetime, unreadable: int = 0,
    again: Mapping[UUID, int] | None = None,
) -> list[Answer]:
    """Take in one batch of a run (`core.records.door.take_in`). `unreadable`: so many more were no records at all. `again`: the batch is what refused records
    said that are tried once more, so that nothing is fresher by it; raises `core.records.refusals.Overtaken`, and the caller takes the batch back.
    """
    batch = list(batch)
    answers = door.take_in(session, kinds, batch, run.is_second)
    _count(_row(session, run, now), kinds, answers, now, unreadable)
    session.flush()
    origins.note(session, run.source, [answer for answer in answers if answer.kind in kinds], now, run.id, run.snapshot)
    _note_arrivals(session, run, kinds, {answer.kind for answer in answers if answer.outcome != REFUSED and not again}, now)
    refusals.note(session, Sender(run.source, run.is_second, again or {}), kinds, batch, answers, now)
    refresh_state(session, _practice(session), now)
    return answers


def note_refused(session: Session, run: Run, kinds: Mapping[str, RecordKind], refused: Sequence[Answer], now: datetime) -> None:
    """Count and list records that whoever brings them had to refuse, such as those whose file is no file that can be taken."""
    _count(_row(session, run, now), kinds, refused, now)
    session.flush()
    refusals.note(session, Sender(run.source, run.is_second), kinds, [None] * len(refused), refused, now)
    refresh_state(session, _practice(session), now)


def try_out(session: Session, kinds: Mapping[str, RecordKind], batch: Iterable[Mapping[str, Any]], is_second: bool = False) -> list[Answer]:
    """What would become of a batch: the caller takes it back. No run is kept, and no other practice waits until then."""
    # Whatever comes after a batch holds the practice's row.
    return door.take_in(session, {name: replace(kind, after=None, written=None, changing=None) for name, kind in kinds.items()}, batch, is_second)


def end(
    session: Session, run: Run, kinds: Mapping[str, RecordKind], now: datetime, unchanged: Collection[str] = (), all_may_go: bool = False
) -> None:
    """The run is over. `unchanged`: kinds of which its source knows that nothing has changed, so that they are as fresh as if they had come.

    Of the kinds of which it brought all, what it did not bring is taken out. Raises TooManyGone where that is suspiciously much, unless
    `all_may_go`; the run goes on then.
    """
    row = _row(session, run, now)
    for answers in take_out_missing(session, kinds, row, all_may_go) if row.snapshot else ():
        _count(row, kinds, answers, now)
        origins.note(session, run.source, answers, now, run.id)
        refusals.note(session, Sender(run.source), kinds, [{"kind": one.kind, "external_id": one.external_id, "deleted": True} for one in answers], answers, now)
    if row.snapshot:
        refusals.forget_former(session, run.source, row.snapshot, row.started_at)
    row.ended_at = row.heard_at = now
    session.flush()
    _note_arrivals(session, run, kinds, {*unchanged, *run.snapshot} & kinds.keys(), now)
    refresh_state(session, _practice(session), now)


def fail(session: Session, run: Run, why: str, now: datetime) -> None:
    """The run failed as a whole, or went no further; `why` is read by the office, and repeats nothing of a record."""
    row = _row(session, run, now)
    row.ended_at = row.heard_at = now
    row.failure = plain(why, LONGEST_REASON)
    session.flush()


def add_up(counts: Mapping[str, Mapping[str, int]], kinds: Collection[str], answers: Iterable[Answer], unreadable: int = 0) -> dict[str, dict[str, int]]:
    """The counts of a run with those of one more batch: how many of each kind had each outcome."""
    found = {kind: dict(outcomes) for kind, outcomes in counts.items()}
    for kind, outcome in [(known_kind(answer, kinds), answer.outcome) for answer in answers] + [("", REFUSED)] * unreadable:
        of_kind = found.setdefault(kind, {})
        of_kind[outcome] = of_kind.get(outcome, 0) + 1
    return found


def state_of(run: RecordsRun, now: datetime) -> str:
    """How a run is: `done`, `failed`, `going` on, or `broken` off."""
    if run.ended_at:
        return "failed" if run.failure else "done"
    return "going" if now - run.heard_at < SILENT else "broken"


def newest(session: Session, practice_id: UUID, most: int) -> list[RecordsRun]:
    """The runs that began last."""
    query = select(RecordsRun).where(RecordsRun.practice_id == practice_id).order_by(RecordsRun.started_at.desc(), RecordsRun.id.desc())
    return list(session.scalars(query.limit(most)))


def clear_away(session: Session, practice_id: UUID, now: datetime) -> None:
    """Throw away what was refused, and runs that began, more than thirty days ago; tell the operator's page how it stands."""
    clear_rows(session, RecordsRefusal, practice_id, RecordsRefusal.last_at <= now - KEPT)
    clear_rows(session, RecordsRun, practice_id, RecordsRun.started_at <= now - KEPT)
    # Whoever may be a patient here, and is not sent any more, is not asked about any more.
    clear_rows(session, PatientNumber, practice_id, and_(PatientNumber.state == "waits", PatientNumber.last_at <= now - KEPT))
    if has_state(session, practice_id):
        refresh_state(session, practice_id, now)


def _practice(session: Session) -> UUID:
    return session.info["practice_id"]


def _row(session: Session, run: Run, now: datetime) -> RecordsRun:
    row = session.get(RecordsRun, (_practice(session), run.id))
    if row is None:
        row = RecordsRun(id=run.id, source=run.source, started_at=run.started_at, heard_at=now, counts={}, snapshot=list(run.snapshot))
        session.add(row)
    return row


def _count(row: RecordsRun, kinds: Collection[str], answers: Iterable[Answer], now: datetime, unreadable: int = 0) -> None:
    row.counts, row.heard_at = add_up(row.counts, kinds, answers, unreadable), now


def _note_arrivals(session: Session, run: Run, kinds: Mapping[str, RecordKind], came: Collection[str], now: datetime) -> None:
    # In one order, so that two sources at once do not wait for each other.
    rows = [
        {"practice_id": _practice(session), "id": uuid7(), "source": run.source, "kind": kind, "came_at": now, "ages": kinds[kind].ages} for kind in sorted(came)
    ]
    if rows:
        new = insert(RecordsArrival).values(rows)
        latest = func.greatest(RecordsArrival.came_at, new.excluded.came_at)
        session.execute(new.on_conflict_do_update(index_elements=["practice_id", "source", "kind"], set_={"came_at": latest, "ages": new.excluded.ages}))

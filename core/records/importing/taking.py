"""Taking in what was read, a batch at a time: each is one transaction, and what came of it is added to the report.

A dry run does the same in one transaction, which is taken back at its end, with the files that were sent in it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.records import OUTCOMES, Answer, refusals, runs, title_of
from core.records.importing.found import Fault, Found, LeftOut, Record, WithFile
from core.records.importing.sending import send
from core.records.kinds import kinds_at
from core.records.uploaded import WrongUpload

BATCH, MOST_FILES = 500, 10
MOST_LEFT = 100
"""So many sorts of what was left out are kept."""
FAILED = "The file could not be taken in to its end."


class NotStored(Exception):
    """A batch could not be stored; the text says where in the file it began, and what is in the portal nevertheless."""


@dataclass
class Report:
    """What became of a file so far: how many of each kind had each outcome, which were refused and why (the first ones), and how much was left out.

    `looked_at` are those of each kind that a dry run has not tried, because there are too many, and whose fields are right.
    """

    most_told: int
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    told: list[Fault] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    looked_at: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, most_told: int, kept: Mapping[str, Any]) -> "Report":
        """A report as it was kept, to go on with."""
        told = [Fault(place, reason) for place, reason in kept.get("told", ())]
        return cls(most_told, dict(kept.get("counts", {})), told, Counter(kept.get("left_out")), Counter(kept.get("looked_at")))

    def to_keep(self) -> dict[str, Any]:
        """The same as it is kept."""
        told = [[refusals.plain(one.place, refusals.LONGEST_ID), refusals.plain(one.reason, refusals.LONGEST_REASON)] for one in self.told]
        left_out = {refusals.plain(what, refusals.LONGEST_ID): count for what, count in self.left_out.most_common(MOST_LEFT)}
        return {"counts": self.counts, "told": told, "left_out": left_out, "looked_at": dict(self.looked_at)}

    @property
    def refused(self) -> int:
        """How many were refused, or could not be read."""
        return self._how_many(refusals.REFUSED)

    @property
    def whole(self) -> int:
        """How many there were, without what was left out."""
        return sum(map(self._how_many, OUTCOMES)) + self.looked_at.total()

    def add(self, kinds: Iterable[str], batch: Collection[Found], answers: list[Answer], places: Mapping[str, str]) -> None:
        """Add what became of a batch. `places`: where records stood, by their external ids, that are better known by that."""
        known, faults = frozenset(kinds), [one for one in batch if isinstance(one, Fault)]
        self.counts = runs.add_up(self.counts, known, answers, len(faults))
        refused = [refusals.as_told(answer, known) for answer in answers if answer.outcome == refusals.REFUSED]
        told = [*faults, *(Fault(places.get(one.external_id) or f"{title_of(one.kind)} {one.external_id}", one.reason) for one in refused)]
        self.told = [*self.told, *told][: self.most_told]
        self.left_out.update(one.what for one in batch if isinstance(one, LeftOut))

    def _how_many(self, outcome: str) -> int:
        return sum(of_kind.get(outcome, 0) for of_kind in self.counts.values())


class Writing:
    """Batches of what was read on their way into a practice, as one run, in the transaction that is running: whoever calls commits it, or takes it back.

    With `dry_run` it must be taken back: then also what was sent of files is gone, and no run is kept.
    """

    def __init__(self, registry: Any, session: Session, practice_id: UUID, run: runs.Run, dry_run: bool, report: Report):
        self._session, self._run, self._dry_run, self.report = session, run, dry_run, report
        self._kinds, self._files = kinds_at(registry, practice_id), registry.files.within(practice_id)

    def write(self, batch: list[Found]) -> None:
        """Write a batch, and add what became of it to the report."""
        places = places_of(batch)
        batch = [each for one in batch for each in ((*one.before, self._sent(one)) if isinstance(one, WithFile) else (one,))]
        records = [one for one in batch if isinstance(one, dict)]
        if self._dry_run:
            answers = runs.try_out(self._session, self._kinds, records, self._run.is_second)
        else:
            answers = runs.take_in(self._session, self._run, self._kinds, records, datetime.now(UTC), sum(isinstance(one, Fault) for one in batch))
        self.report.add(self._kinds, batch, answers, places)

    def end(self) -> None:
        """All was written."""
        runs.end(self._session, self._run, self._kinds, datetime.now(UTC))

    def fail(self, why: str) -> None:
        """It goes no further; what was committed stays."""
        runs.fail(self._session, self._run, why, datetime.now(UTC))

    def _sent(self, found: WithFile) -> Record | Fault:
        """The record as it goes in, its file before it; a fault where its kind has no such files."""
        try:
            upload = send(self._session, self._files, self._kinds, found, datetime.now(UTC))
        except WrongUpload as wrong:
            return Fault(found.place or f"{title_of(found.record['kind'])} {found.record['external_id']}", f"file: {wrong}")
        return found.record | ({"file": upload} if upload else {})


class Taking:
    """A file on its way into a practice at one go: it commits each batch by itself, or takes all of it back at the end of a dry run."""

    def __init__(self, registry: Any, session: Session, practice_id: UUID, run: runs.Run, dry_run: bool, most_told: int):
        self._session, self._dry_run, self._seen = session, dry_run, 0
        self._writing = Writing(registry, session, practice_id, run, dry_run, Report(most_told))

    @property
    def report(self) -> Report:
        """What became of the file so far."""
        return self._writing.report

    def take(self, found: Iterable[Found]) -> Iterator[Report]:
        """Take in all that was read; gives the report as it stands after each batch. Raises NotStored."""
        for batch in batches(found):
            self._take(batch)
            yield self.report
        if not self._dry_run:
            self._writing.end()
        self._close()

    def _take(self, batch: list[Found]) -> None:
        try:
            self._writing.write(batch)
            if not self._dry_run:
                self._session.commit()
        except Exception as error:
            self._session.rollback()
            if not self._dry_run:
                self._writing.fail(FAILED)
                self._close()
            raise NotStored(not_stored(self._seen, error, self._dry_run)) from error
        self._seen += len(batch)

    def _close(self) -> None:
        (self._session.rollback if self._dry_run else self._session.commit)()


def not_stored(seen: int, error: Exception, dry_run: bool = False) -> str:
    """Where in a file the batch begins that could not be stored, and what is in the portal nevertheless; `seen` stands before it."""
    before = "What stands before it is in the portal." if seen and not dry_run else "Nothing was changed."
    return f"Number {seen + 1:,} and those behind it could not be stored ({type(error).__name__}). {before}"


def places_of(batch: Iterable[Found]) -> dict[str, str]:
    """Where the records of a batch stood that came with files, by their external ids."""
    return {one.record["external_id"]: one.place for one in batch if isinstance(one, WithFile)}


def batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    """What was read in batches, each with only so many files, which are in memory until they are sent."""
    batch: list[Found] = []
    files = 0
    for one in found:
        batch.append(one)
        files += isinstance(one, WithFile)
        if len(batch) == BATCH or files == MOST_FILES:
            yield batch
            batch, files = [], 0
    if batch:
        yield batch

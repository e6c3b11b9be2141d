"""Taking in what was read, a batch at a time: each is one transaction, and what came of it is added to the report.

A dry run does the same in one transaction, which is taken back at its end.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.records import OUTCOMES, Answer, runs, title_of
from core.records.importing.found import Fault, Found, LeftOut, Record, WithFile
from core.records.importing.sending import send
from core.records.kinds import kinds_at

BATCH, MOST_FILES = 500, 10
FAILED = "The file could not be taken in to its end."


class NotStored(Exception):
    """A batch could not be stored; the text says where in the file it began, and what is in the portal nevertheless."""


@dataclass
class Report:
    """What became of a file so far: how many of each kind had each outcome, which were refused and why (the first ones), and how much was left out."""

    most_told: int
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    told: list[Fault] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def refused(self) -> int:
        """How many were refused, or could not be read."""
        return self._how_many(runs.REFUSED)

    @property
    def whole(self) -> int:
        """How many there were, without what was left out."""
        return sum(map(self._how_many, OUTCOMES))

    def add(self, kinds: Iterable[str], answers: list[Answer], faults: list[Fault]) -> None:
        """Add what became of a batch."""
        known = frozenset(kinds)
        self.counts = runs.add_up(self.counts, known, answers, len(faults))
        refused = [runs.as_told(answer, known) for answer in answers if answer.outcome == runs.REFUSED]
        told = [*faults, *(Fault(f"{title_of(one.kind)} {one.external_id}", one.reason) for one in refused)]
        self.told = [*self.told, *told][: self.most_told]

    def _how_many(self, outcome: str) -> int:
        return sum(of_kind.get(outcome, 0) for of_kind in self.counts.values())


class Taking:
    """A file on its way into a practice, as one run; it commits by itself."""

    def __init__(self, registry: Any, session: Session, practice_id: UUID, run: runs.Run, dry_run: bool, most_told: int):
        self._session, self._run, self._dry_run = session, run, dry_run
        self._kinds, self._files = kinds_at(registry, practice_id), registry.files.within(practice_id)
        self._seen = 0
        self.report = Report(most_told)

    def take(self, found: Iterable[Found]) -> Iterator[Report]:
        """Take in all that was read; gives the report as it stands after each batch. Raises NotStored."""
        for batch in batches(found):
            self._take(batch)
            yield self.report
        self._end()

    def _take(self, batch: list[Found]) -> None:
        faults = [one for one in batch if isinstance(one, Fault)]
        try:
            answers = self._write(batch, len(faults))
        except Exception as error:
            self._fail()
            before = "What stands before it is in the portal." if self._seen and not self._dry_run else "Nothing was changed."
            raise NotStored(f"Number {self._seen + 1:,} and those behind it could not be stored ({type(error).__name__}). {before}") from error
        self._seen += len(batch)
        self.report.add(self._kinds, answers, faults)
        self.report.left_out.update(one.what for one in batch if isinstance(one, LeftOut))

    def _write(self, batch: list[Found], unreadable: int) -> list[Answer]:
        records = [record for one in batch if not isinstance(one, Fault | LeftOut) and (record := self._record(one))]
        if self._dry_run:
            return runs.try_out(self._session, self._kinds, records, self._run.is_second)
        answers = runs.take_in(self._session, self._run, self._kinds, records, datetime.now(UTC), unreadable)
        self._session.commit()
        return answers

    def _record(self, found: Record | WithFile) -> Record | None:
        """The record as it goes in. A dry run stores no file, and is silent on the records that have one."""
        if not isinstance(found, WithFile):
            return found
        if self._dry_run:
            return None
        sent = send(self._session, self._files, self._kinds, found, datetime.now(UTC))
        return found.record | ({"file": sent} if sent else {})

    def _end(self) -> None:
        if self._dry_run:
            self._session.rollback()
        else:
            runs.end(self._session, self._run, self._kinds, datetime.now(UTC))
            self._session.commit()

    def _fail(self) -> None:
        self._session.rollback()
        if not self._dry_run:
            runs.fail(self._session, self._run, FAILED, datetime.now(UTC))
            self._session.commit()


def batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    """What was read in batches, each with only so many files, which are in memory until they are sent."""
    batch: list[Found] = []
    for one in found:
        batch.append(one)
        if len(batch) == BATCH or sum(isinstance(each, WithFile) for each in batch) == MOST_FILES:
            yield batch
            batch = []
    if batch:
        yield batch

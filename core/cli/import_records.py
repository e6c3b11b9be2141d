"""`cuspid import records`: a file of a practice's system, by the door through which all records come."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import click

from core.cli.practice import AtPractice, at_practice
from core.local import Problem
from core.records import OUTCOMES, Answer, runs, title_of
from core.records.kinds import kinds_at

BATCH = 500
LONGEST_LINE = 1_000_000
MOST_TOLD = 20
FAILED = "The file could not be taken in to its end."


class Line(NamedTuple):
    """A line of the file, and how many bytes it has; without a record when it is none."""

    number: int
    size: int
    record: dict | None


@click.command("records")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--practice", "slug", required=True, help="The practice whose records they are, such as sunrise.")
@click.option("--source", default="file", show_default=True, help="What the office reads as their source.")
@click.option("--other-system", is_flag=True, help="They are of another system than the practice's: people who are here already are found by what is said of them.")
@click.option("--dry-run", is_flag=True, help="Say what would become of them, and change nothing.")
def import_records(file: Path, slug: str, source: str, other_system: bool, dry_run: bool) -> None:
    """Take in records of a practice's system.

    FILE has one record on each line, as JSON: its kind, its external_id, and its fields. What a record names, such as its patient, is in the
    portal already or stands further up. Each five hundred are one transaction; a refused record leaves the others as they are, and the office reads
    under Records in which it was and why. Taking the same file in again changes nothing. Ends with 1 when any was refused.
    """
    with at_practice(slug) as at, file.open("rb") as handle:
        taking, found = Taking(at, source, dry_run, other_system), read_lines(handle)
        with click.progressbar(length=file.stat().st_size, label=printable(file.name), file=sys.stderr) as bar:
            while lines := list(islice(found, BATCH)):
                taking.take(lines)
                bar.update(sum(line.size for line in lines))
        taking.end()
    for words in taking.report():
        click.echo(words)
    click.get_current_context().exit(1 if taking.refused else 0)


class Taking:
    """A file on its way in. A dry run is one transaction, which is taken back at its end."""

    def __init__(self, at: AtPractice, source: str, dry_run: bool, is_second: bool = False):
        try:
            self._run = runs.begin(source, at.now, is_second=is_second)
        except runs.WrongSource as wrong:
            raise Problem(str(wrong)) from None
        self._at, self._kinds, self._dry_run = at, kinds_at(at.registry, at.id), dry_run
        self._counts: dict[str, dict[str, int]] = {}
        self._told: list[str] = []

    @property
    def refused(self) -> int:
        """How many were refused so far."""
        return self._how_many(runs.REFUSED)

    def take(self, lines: list[Line]) -> None:
        """Take in a batch of lines, and note what became of it."""
        faults = [f"Line {line.number:,} is no record: it must be one object in JSON, in UTF-8." for line in lines if line.record is None]
        records = [line.record for line in lines if line.record is not None]
        self.take_records(records, faults, f"Lines {lines[0].number:,} to {lines[-1].number:,}", f"line {lines[0].number:,}")

    def take_records(self, records: list[dict], faults: list[str], words: str, begin: str) -> None:
        """Take in a batch; `faults` say what else stood there. `words` and `begin` say which part of the file it was, and where that begins."""
        try:
            answers = self._write(records, len(faults))
        except Exception as error:
            self._fail()
            before = f"What stands before {begin} is in the portal." if self._counts and not self._dry_run else "Nothing was changed."
            raise Problem(f"{words} could not be stored ({type(error).__name__}). {before}") from error
        self._counts = runs.add_up(self._counts, self._kinds, answers, len(faults))
        refused = (runs.as_told(answer, self._kinds) for answer in answers if answer.outcome == runs.REFUSED)
        told = [printable(fault) for fault in faults]
        told += [f"{title_of(one.kind)} {printable(one.external_id)}: {printable(one.reason)}" for one in refused]
        self._told = [*self._told, *told][:MOST_TOLD]

    def end(self) -> None:
        """The file is at its end."""
        if self._dry_run:
            self._at.session.rollback()
        else:
            runs.end(self._at.session, self._run, self._kinds, datetime.now(UTC))
            self._at.session.commit()

    def report(self) -> Iterator[str]:
        """What became of the records, kind for kind, and which were refused."""
        for kind, of_kind in sorted(self._counts.items()):
            yield f"{title_of(kind)}: " + ", ".join(f"{of_kind[outcome]:,} {words}" for outcome, words in OUTCOMES.items() if outcome in of_kind)
        yield from self._told
        if self.refused > len(self._told):
            yield f"… and {self.refused - len(self._told):,} more."
        whole = sum(map(self._how_many, OUTCOMES))
        end = "would be in the portal; nothing was changed." if self._dry_run else "are in the portal."
        yield f"{whole - self.refused:,} of {whole:,} records {end}"

    def _how_many(self, outcome: str) -> int:
        return sum(of_kind.get(outcome, 0) for of_kind in self._counts.values())

    def _write(self, batch: list[dict], unreadable: int) -> list[Answer]:
        if self._dry_run:
            return runs.try_out(self._at.session, self._kinds, batch, self._run.is_second)
        answers = runs.take_in(self._at.session, self._run, self._kinds, batch, datetime.now(UTC), unreadable)
        self._at.session.commit()
        return answers

    def _fail(self) -> None:
        self._at.session.rollback()
        if not self._dry_run:
            runs.fail(self._at.session, self._run, FAILED, datetime.now(UTC))
            self._at.session.commit()


def read_lines(handle: BinaryIO) -> Iterator[Line]:
    """The lines of a file that hold anything, however long they are: none fills the memory."""
    number = 0
    while start := handle.readline(LONGEST_LINE):
        number, size = number + 1, len(start)
        is_whole = start.endswith(b"\n") or size < LONGEST_LINE
        rest = start
        while not rest.endswith(b"\n") and (rest := handle.readline(LONGEST_LINE)):
            size, is_whole = size + len(rest), False
        if start.strip():
            yield Line(number, size, _record(start) if is_whole else None)


def _record(line: bytes) -> dict | None:
    try:
        found = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")


def printable(words: str) -> str:
    """What a sender wrote, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "�" for letter in words)


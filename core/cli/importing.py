"""Importing a file at the command line: what reads it, and what is said of it."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import click

from core.cli.practice import AtPractice
from core.local import Problem
from core.records import OUTCOMES, runs, title_of
from core.records.importing.counted import Counted
from core.records.importing.found import Found
from core.records.importing.readers import Chosen, Reader, readers_at
from core.records.importing.taking import NotStored, Report, Taking

MOST_TOLD = 20
other_system = click.option("--other-system", is_flag=True, help="They are of another system than the practice's: people who are here already are found by what is said of them.")


def reader_at(at: AtPractice, name: str) -> Reader:
    """What reads such files here. Raises Problem where the plugin that does is off."""
    reader = readers_at(at.registry, at.id).get(name)
    if reader is None:
        raise Problem("Such files are switched off for this practice, on its page of tabs.")
    return reader


def chosen_at(at: AtPractice, source: str, is_second: bool, choice: str = "", mapping: bytes | None = None) -> Chosen:
    """What was said with a file; its times are by the practice's clock."""
    return Chosen(source, at.registry.tenants.current(at.id).time_zone, choice, mapping, is_second=is_second)


@dataclass
class Files:
    """Files that are open, and how far reading them has come."""

    handles: list[BinaryIO]
    _counted: list[Counted]
    _bar: Any

    def show(self) -> None:
        """Draw how far it is by now."""
        self._bar.update(sum(one.so_far for one in self._counted) - self._bar.pos)


@contextmanager
def opened(reader: Reader, *paths: Path) -> Iterator[Files]:
    """Open files for a reader, under a bar."""
    with ExitStack() as stack:
        counted = [stack.enter_context(Counted(path)) for path in paths]
        length = reader.times_read * sum(path.stat().st_size for path in paths)
        label = printable(paths[0].name) if len(paths) == 1 else f"{len(paths):,} files"
        bar = stack.enter_context(click.progressbar(length=length, label=label, file=sys.stderr))
        yield Files([stack.enter_context(io.BufferedReader(one)) for one in counted], counted, bar)
        bar.update(length - bar.pos)


def take_in(at: AtPractice, source: str, dry_run: bool, found: Iterable[Found], after_each: Callable[[], None], is_second: bool = False) -> Report:
    """Take in what was read in files, a batch at a time, and what became of it. `is_second`: of another system than the practice's. Raises Problem."""
    try:
        taking = Taking(at.registry, at.session, at.id, runs.begin(source, at.now, is_second=is_second), dry_run, MOST_TOLD)
        for _ in taking.take(found):
            after_each()
    except runs.WrongSource as wrong:
        raise Problem(str(wrong)) from None
    except NotStored as failure:
        raise Problem(str(failure)) from failure
    return taking.report


def tell(report: Report, dry_run: bool) -> None:
    """Say what became of the records, and end with 1 when any was refused."""
    for words in _said(report, dry_run):
        click.echo(words)
    click.get_current_context().exit(1 if report.refused else 0)


def printable(words: str) -> str:
    """What a sender wrote, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "�" for letter in words)


def _said(report: Report, dry_run: bool) -> Iterator[str]:
    """What became of the records, kind for kind, which were refused, and what was left out."""
    for kind, of_kind in sorted(report.counts.items()):
        yield f"{title_of(kind)}: " + ", ".join(f"{of_kind[outcome]:,} {words}" for outcome, words in OUTCOMES.items() if outcome in of_kind)
    yield from (printable(f"{one.place}: {one.reason}") for one in report.told)
    if report.refused > len(report.told):
        yield f"… and {report.refused - len(report.told):,} more."
    end = "would be in the portal; nothing was changed." if dry_run else "are in the portal."
    yield f"{report.whole - report.refused:,} of {report.whole:,} records {end}"
    yield from (f"Left out: {count:,} × {printable(what)}" for what, count in report.left_out.most_common())

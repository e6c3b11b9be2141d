"""What both tasks of an import have in common: its row, its file, and what reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BufferedReader
from itertools import islice
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.records import refusals
from core.records.importing.counted import Counted
from core.records.importing.found import Found
from core.records.importing.keeping import copied
from core.records.importing.readers import Chosen, Reader, WrongChoice, readers_at
from core.records.importing.taking import Report
from core.records.models import RecordsImport
from core.tasks import Work

MOST_TOLD = 100
"""So many refused records and faults are kept of a file."""
OFF = "Such files are switched off for this practice, on the page of tabs."


@dataclass
class Reading:
    """A file that is being read, and how far it has come."""

    found: Iterator[Found]
    _counted: Counted
    _most: int

    @property
    def bytes_read(self) -> int:
        """How much was read of all that will be."""
        return min(self._counted.so_far, self._most)


@contextmanager
def reading(work: Work, one: RecordsImport, session: Session, position: int = 0) -> Iterator[Reading]:
    """What is in a file, from a position on, as it goes in by this session. Raises WrongChoice where what reads it is off, or cannot do with what was chosen."""
    reader = readers_at(work.registry, one.practice_id).get(one.reader)
    if reader is None:
        raise WrongChoice(OFF)
    with copied(work.registry.files.within(one.practice_id), one) as counted, BufferedReader(cast(Any, counted)) as handle:
        said = replace(chosen(work.tenant.time_zone, one), position=position if reader.passes_over else 0)
        found = reader.settle(session, reader.read(handle, said))
        yield Reading(iter(found) if reader.passes_over else islice(found, position, None), counted, length(reader, one))


def chosen(zone: Any, one: RecordsImport) -> Chosen:
    """What was said with the file."""
    return Chosen(one.source, zone, one.choice, one.mapping.encode() or None, is_second=one.is_second)


def length(reader: Reader, one: RecordsImport) -> int:
    """How much will be read of a file altogether, in bytes."""
    return reader.times_read * one.size


def held(work: Work, import_id: UUID, state: str, position: int | None = None) -> RecordsImport | None:
    """The import, held until the transaction ends; None when it is in another state by now, or further than that."""
    where = [RecordsImport.practice_id == work.tenant.practice_id, RecordsImport.id == import_id, RecordsImport.state == state]
    where += [] if position is None else [RecordsImport.position == position]
    return work.db.scalars(select(RecordsImport).where(*where).with_for_update().execution_options(populate_existing=True)).one_or_none()


def tell(one: RecordsImport, report: Report, bytes_read: int) -> None:
    """Write down how far it is."""
    one.report, one.heard_at, one.bytes_read = report.to_keep(), datetime.now(UTC), max(one.bytes_read, bytes_read)


def end(work: Work, one: RecordsImport, state: str, failure: str = "") -> None:
    """The work is over."""
    now = datetime.now(UTC)
    one.state, one.failure, one.ended_at, one.heard_at = state, refusals.plain(failure, refusals.LONGEST_REASON), now, now
    audit.record(work.db, one.practice_id, f"office.import.{state}", now, account_id=one.asked_by_id, target_id=one.id)

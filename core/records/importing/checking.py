"""The dry run of a file that may be larger than any transaction should be: what comes first is tried and taken back, of the rest the fields are checked."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from core.db import PortalSession, SessionFactory, bind_tenant
from core.records import Answer, runs
from core.records.checking import Refused, checked
from core.records.importing.found import Found, Record, WithFile
from core.records.importing.taking import Report, Writing, places_of
from core.records.kinds import kinds_at
from core.records.models import RecordsImport
from core.records.writing import Taken

MOST_TRIED, MOST_SECONDS = 20_000, 4
"""What is tried holds rows, for which nobody else waits longer than five seconds."""


class Check:
    """A dry run under way; what it finds is added to the report."""

    def __init__(self, registry: Any, one: RecordsImport, report: Report):
        self._registry, self._import, self._report = registry, one, report
        self._kinds = kinds_at(registry, one.practice_id)
        self._session: PortalSession | None = None
        self._tried, self._until = 0, 0.0

    @contextmanager
    def trying(self) -> Iterator[PortalSession]:
        """The session in which is tried what is looked at within; all of it is taken back at the end at the latest."""
        with SessionFactory(bind=self._registry.engine) as session:
            bind_tenant(session, self._import.practice_id)
            self._session = session
            run = runs.begin(self._import.source, datetime.now(UTC), is_second=self._import.is_second)
            self._writing = Writing(self._registry, session, self._import.practice_id, run, True, self._report)
            yield session

    def look_at(self, batch: list[Found]) -> None:
        """Try a batch, if there is room for more, else check its fields."""
        self._until = self._until or time.monotonic() + MOST_SECONDS
        if self._session and (self._tried >= MOST_TRIED or time.monotonic() > self._until):
            self._session.rollback()
            self._session = None
        if self._session:
            self._writing.write(batch)
            self._tried += len(batch)
        else:
            records = [each for one in batch for each in ((*one.before, one.record) if isinstance(one, WithFile) else (one,)) if isinstance(each, dict)]
            self._report.add(self._kinds, batch, list(self._refused(records)), places_of(batch))

    def _refused(self, records: Iterable[Record]) -> Iterator[Answer]:
        """Those whose fields are wrong; the others are counted."""
        for place, record in enumerate(records):
            name, external_id = str(record.get("kind", "")), str(record.get("external_id", ""))
            try:
                checked(self._kinds, name, record, Taken(place, external_id))
            except Refused as refusal:
                yield Answer(name, external_id, "refused", str(refusal), refusal.where)
            else:
                self._report.looked_at[name] += 1

"""Checking a file and taking it in, behind the request: a stretch at a time, each of as many batches as there is time for.

Each batch is committed with the position behind it, under the row of the import. So a worker that is killed, or a task that is done twice, doubles
nothing: whoever goes on reads the file anew, passes over what was taken in, and stops where somebody else has come further.
"""

import time
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import OperationalError

from core.files import FilesUnavailable
from core.records import runs
from core.records.importing.checking import Check
from core.records.importing.readers import WrongChoice
from core.records.importing.taking import FAILED, Report, Writing, batches, not_stored
from core.records.importing.work import MOST_TOLD, Reading, end, held, reading, tell
from core.records.models import RecordsImport
from core.tasks import Work, enqueue, portal_task

log = structlog.get_logger("tasks")
CHECK, TAKE = "records.check_import", "records.take_import"
STRETCH = 30
"""Seconds after which a task makes room for others."""
MOST_CHECKED = 75
"""Seconds that a dry run reads."""
PASSING = (SoftTimeLimitExceeded, OperationalError, FilesUnavailable)
"""Faults that may be gone when it is tried again."""


@portal_task(CHECK)
def check_import(work: Work, import_id: str) -> None:
    """The dry run of a file: all of it is read, its first records are tried, and the report is kept."""
    one = held(work, UUID(import_id), "checking")
    if one is None:
        return
    work.commit_so_far()
    until, report = time.monotonic() + MOST_CHECKED, Report(MOST_TOLD)
    check = Check(work.registry, one, report)
    try:
        with check.trying() as session, reading(work, one, session) as file:
            for batch in batches(file.found):
                check.look_at(batch)
                if (one := held(work, UUID(import_id), "checking")) is None:
                    return
                tell(one, report, file.bytes_read)
                if time.monotonic() > until:
                    one.report = {**one.report, "is_cut": True}
                    break
                work.commit_so_far()
    except PASSING:
        raise
    except Exception as error:
        _failed(work, import_id, "checking", error)
        return
    if one := held(work, UUID(import_id), "checking"):
        end(work, one, "checked")


@portal_task(TAKE)
def take_import(work: Work, import_id: str) -> None:
    """Take in what is in a file, as long as there is time; then ask for the rest."""
    one = held(work, UUID(import_id), "taking")
    if one is None:
        return
    work.commit_so_far()
    stretch = _Stretch(work, one)
    try:
        with reading(work, one, work.db, one.position) as file:
            is_whole = stretch.take(file)
    except PASSING:
        raise
    except Exception as error:
        if _failed(work, import_id, "taking", error, stretch.position):
            stretch.writing.fail(FAILED)
        return
    if is_whole and (one := held(work, one.id, "taking", stretch.position)):
        stretch.writing.end()
        end(work, one, "done")


class _Stretch:
    """Batches of a file, taken in from a position on."""

    def __init__(self, work: Work, one: RecordsImport):
        self._work, self._id, self._until = work, one.id, time.monotonic() + STRETCH
        self.position = one.position
        self.writing = Writing(work.registry, work.db, one.practice_id, _run(one), False, Report.of(MOST_TOLD, one.report))

    def take(self, file: Reading) -> bool:
        """Whether all was taken in; else somebody has stopped it or come further, or the rest was asked for."""
        for batch in batches(file.found):
            one = held(self._work, self._id, "taking", self.position)
            if one is None:
                return False
            self.writing.write(batch)
            one.position = self.position + len(batch)
            tell(one, self.writing.report, file.bytes_read)
            if time.monotonic() > self._until:
                enqueue(self._work.db, TAKE, import_id=str(self._id))
                return False
            self._work.commit_so_far()
            self.position = one.position
        return True


def _run(one: RecordsImport) -> runs.Run:
    return runs.Run(one.run_id or one.id, one.source, one.began_at or one.asked_at, is_second=one.is_second)


def _failed(work: Work, import_id: str, state: str, error: Exception, seen: int = 0) -> RecordsImport | None:
    """It cannot be done, and trying again is of no use."""
    if not isinstance(error, WrongChoice):
        log.exception("import_failed", practice=str(work.tenant.practice_id))
    work.db.rollback()
    one = held(work, UUID(import_id), state)
    if one:
        end(work, one, "failed", str(error) if isinstance(error, WrongChoice) else not_stored(seen, error, state == "checking"))
    return one

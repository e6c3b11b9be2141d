"""The files that the office takes in, in the store: where they lie, and how long."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.clearing import BATCH
from core.files import Files, PracticeFiles
from core.files.interface import CHUNK
from core.files.transaction import delete_after
from core.records.importing.counted import Counted
from core.records.models import RecordsImport
from core.records.refusals import KEPT

DAYS = 7
"""So long a file is kept after it was sent."""
TOLD_FOR = KEPT
"""So long it is kept which records were refused; the numbers stay."""
PLUGIN = "records"
AT_WORK = ("checking", "taking")


def key_of(files: PracticeFiles, one: RecordsImport) -> str:
    """Where the file lies."""
    return files.new_key(PLUGIN, one.id)


@contextmanager
def copied(files: PracticeFiles, one: RecordsImport) -> Iterator[Counted]:
    """A copy of the file on this machine, which counts what is read of it. Raises NoSuchFile, FilesUnavailable."""
    with tempfile.TemporaryDirectory(prefix="cuspid-import-") as folder:
        copy = Path(folder) / "file"
        with files.open(key_of(files, one)) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK)
        with Counted(copy) as counted:
            yield counted


def erase(session: Session, files: PracticeFiles, one: RecordsImport, now: datetime) -> None:
    """Erase the file with the commit. Of one whose columns nobody has matched they are forgotten, too: they may be somebody's row."""
    delete_after(session, files, key_of(files, one))
    one.erased_at = now
    if one.state == "matching":
        one.headings = []


def clear_away(session: Session, store: Files, practice_id: UUID, now: datetime) -> None:
    """Erase the files whose time is over, and forget which records were refused long ago. Commits."""
    files = store.within(practice_id)
    mine = select(RecordsImport).where(RecordsImport.practice_id == practice_id).order_by(RecordsImport.id).limit(BATCH).with_for_update(skip_locked=True)
    for one in session.scalars(mine.where(RecordsImport.erased_at.is_(None), RecordsImport.until <= now, RecordsImport.state.not_in(AT_WORK))):
        erase(session, files, one, now)
    for one in session.scalars(mine.where(RecordsImport.asked_at <= now - TOLD_FOR, RecordsImport.report["told"] != [], RecordsImport.state.not_in(AT_WORK))):
        one.report = {**one.report, "told": []}
    session.commit()

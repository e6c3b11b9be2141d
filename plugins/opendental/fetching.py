"""Fetching files: Open Dental writes one to the drop when it is asked, there it is fetched, goes into its record by the door for uploads, and is taken away.

A row says how far each file is (`WantedFile`). Whoever dies goes on from there: what may lie in the drop is looked for before it is asked for once more, and
what is in its record is taken away only after that is committed. Asked twice, Open Dental writes the same file over the first one.
"""

import hashlib
import re
import secrets
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.records import Answer, RecordKind, runs, uploaded
from core.safety import UnsafeFile
from core.safety.signatures import HEAD_BYTES, by_start, kind_of
from core.web.formats import file_size
from plugins.opendental.models import Connection, WantedFile
from plugins.opendental.pulling import Office, run_of
from plugins.opendental.wanting import Whose, left_behind, next_file
from plugins.opendental.wire import Away, Fault, NotAllowed, NotThere, PracticeSystem, Refused, SlowDown
from plugins.opendental.wire.drop import Drop, DropAway, Login, TooMuch

ON_ITS_WAY = timedelta(seconds=90)
"""So long Open Dental may still be writing after whoever asked has died."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
MOST_ATTEMPTS = 5
LATER = timedelta(days=1)
"""So long a file waits whose record is not taken in yet."""
NO_FILE = "Open Dental has no file for it."
NEVER_CAME = "Open Dental says that it has written the file, but it does not arrive."
CANNOT_WRITE = "Open Dental cannot write files to {host}. See that the office’s server may reach it on port {port} (SFTP); it is tried again by itself."
NO_RIGHT = "The office’s key lacks the permission for documents, so no files come. In Open Dental, under Setup, Advanced Setup, API, see what the key may do."
NOT_ARRIVED = "Open Dental says that it has written files, but they do not arrive. Whoever runs this portal must look; it is tried again by itself."
_OF_THE_DROP = re.compile(r"sftp|connect|host|login|password|denied|authenticat|permission|directory", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """One file as it was when its turn came. `is_new`: it was not asked for yet."""

    id: UUID
    kind: str
    document: str
    stamp: str
    name: str
    is_new: bool


def fetch_next(office: Office, system: PracticeSystem, drop: Drop, now: datetime, whose: Whose) -> bool:
    """Fetch the next file; False where none is due. Raises Fault when Open Dental is away."""
    with office.transaction() as session:
        if (_connection(session, office.practice_id).files_next_at or now) > now:
            return False
    try:
        if _clear(office, drop):
            return True
        wanted = _begin(office, now, whose)
        if wanted is None:
            return False
        if wanted.is_new and not _ask(office, system, drop, wanted, now):
            return True
        _collect(office, drop, wanted, now)
        _clear(office, drop)
    except DropAway as away:
        with office.transaction() as session:
            _pause_all(session, office.practice_id, str(away), now)
    return True


def _begin(office: Office, now: datetime, whose: Whose) -> Wanted | None:
    """Take the next file in hand; what dies from now on is looked for in the drop first."""
    with office.transaction() as session:
        file = next_file(session, office.practice_id, office.kinds, whose, now)
        if file is None:
            return None
        is_new = file.state == "waiting"
        if is_new:
            file.state, file.name = "asked", file.name or f"{secrets.token_hex(16)}.{_ending(file)}"
        file.next_at = now + ON_ITS_WAY
        return Wanted(file.id, file.kind, file.document, file.stamp, file.name, is_new)


def _ask(office: Office, system: PracticeSystem, drop: Drop, wanted: Wanted, now: datetime) -> bool:
    """Have Open Dental write the file; False where it will not, or not now. Raises Fault when nothing at all goes."""
    login = drop.told
    told = {"DocNum": int(wanted.document), "SftpAddress": drop.address_of(wanted.name), "SftpUsername": login.user, "SftpPassword": login.password}
    try:
        system.add("documents/DownloadSftp", told)
    except Fault as fault:
        with office.transaction() as session:
            file = _of(session, office.practice_id, wanted)
            if file:
                _note_fault(session, office, file, fault, login, now)
        if isinstance(fault, Away | SlowDown) or (isinstance(fault, NotAllowed) and str(fault) != NotAllowed.without_permission):
            raise
        return False
    return True


def _note_fault(session: Session, office: Office, file: WantedFile, fault: Fault, login: Login, now: datetime) -> None:
    if fault.may_be_done:
        return  # it may be written yet
    file.state, file.next_at = "waiting", None
    if isinstance(fault, NotThere):
        _refuse(session, office, file, NO_FILE, now)
    elif isinstance(fault, Refused) and not _OF_THE_DROP.search(fault.said):
        _try_later(session, office, file, f"{fault} {fault.said}".strip()[:500], now)
    elif isinstance(fault, Refused):
        _pause_all(session, file.practice_id, CANNOT_WRITE.format(host=login.host, port=login.port), now)
    elif not isinstance(fault, Away | SlowDown):
        _pause_all(session, file.practice_id, NO_RIGHT if isinstance(fault, NotAllowed) else str(fault), now)


def _collect(office: Office, drop: Drop, wanted: Wanted, now: datetime) -> None:
    """Fetch what lies in the drop, and give it to its record. Raises DropAway."""
    kind = office.kinds[wanted.kind]
    most = kind.file.most_bytes if kind.file else 0
    with tempfile.TemporaryFile() as copy:
        try:
            size, reason = drop.fetch(wanted.name, copy, most), ""
        except TooMuch:
            size, reason = 0, f"The file has more than {file_size(most)}."
        with office.transaction() as session:
            file = _of(session, office.practice_id, wanted)
            if file is None:
                return  # it has changed over there meanwhile, and is asked for anew
            if size is None:
                _try_later(session, office, file, NEVER_CAME, now)
                if wanted.is_new:
                    _pause_all(session, office.practice_id, NOT_ARRIVED, now)
                return
            connection = _connection(session, office.practice_id)
            connection.files_problem, connection.files_attempts, connection.files_next_at = "", 0, None
            _take(session, office, connection, kind, file, copy, size, reason, now)


def _take(session: Session, office: Office, connection: Connection, kind: RecordKind, file: WantedFile, copy: BinaryIO, size: int, reason: str, now: datetime) -> None:
    """Give the file to its record, or say why not."""
    run = run_of(connection, office)
    record: dict[str, Any] = dict(file.record)
    if not reason:
        try:
            record["file"] = _uploaded(session, office, kind, copy, size, now)
        except (UnsafeFile, uploaded.WrongUpload) as wrong:
            reason = str(wrong)
    if reason:
        _refuse(session, office, file, reason, now)
        return
    [answer] = runs.take_in(session, run, office.kinds, [record], now)
    if answer.outcome != "refused":
        _settle(file, "done", now)
    elif answer.reason.startswith("file: "):
        _settle(file, "refused", now, answer.reason.removeprefix("file: "))
    else:
        # What it belongs to is not here yet.
        file.state, file.next_at = "waiting", now + LATER


def _uploaded(session: Session, office: Office, kind: RecordKind, copy: BinaryIO, size: int, now: datetime) -> str:
    """The id of the upload that holds the file. Raises UnsafeFile, WrongUpload."""
    if kind.store is None:
        raise TypeError(f"the kind {kind.name!r} has no files")
    copy.seek(0)
    head = copy.read(HEAD_BYTES)
    found = by_start(head) or kind_of(head, "")
    copy.seek(0)
    files = kind.store.within(office.practice_id)
    sha256 = hashlib.file_digest(copy, "sha256").hexdigest()  # type: ignore[arg-type]
    announced = uploaded.Announced(kind.name, size, found.content_type, sha256)
    begun = uploaded.begin(session, files, office.kinds, announced, now)
    copy.seek(0)
    uploaded.receive(session, files, begun.id, copy, now)
    return str(begun.id)


def _clear(office: Office, drop: Drop) -> bool:
    """Take away what was dealt with; False where nothing is left. Raises DropAway."""
    with office.transaction() as session:
        file = left_behind(session, office.practice_id)
        if file is None:
            return False
        file_id, name = file.id, file.name
    drop.remove(name)
    with office.transaction() as session:
        mine = (WantedFile.practice_id == office.practice_id, WantedFile.id == file_id, WantedFile.name == name, WantedFile.state.in_(("done", "refused")))
        file = session.scalar(select(WantedFile).where(*mine).with_for_update())
        if file:
            file.name = ""
    return True


def _refuse(session: Session, office: Office, file: WantedFile, reason: str, now: datetime) -> None:
    """The file is not taken: its record stands on the page of records with the reason."""
    run = run_of(_connection(session, office.practice_id), office)
    runs.note_refused(session, run, office.kinds, [Answer(file.kind, file.external_id, "refused", f"file: {reason}")], now)
    _settle(file, "refused", now, reason)


def _try_later(session: Session, office: Office, file: WantedFile, problem: str, now: datetime) -> None:
    """Ask for it once more after a while, but not for ever."""
    file.attempts += 1
    file.state, file.next_at = "waiting", now + FIRST_PAUSE * 2**file.attempts
    if file.attempts >= MOST_ATTEMPTS:
        _refuse(session, office, file, problem, now)


def _pause_all(session: Session, practice_id: UUID, problem: str, now: datetime) -> None:
    """No file goes now, so none is asked for, each time for longer."""
    connection = _connection(session, practice_id)
    connection.files_problem, connection.files_attempts = problem, connection.files_attempts + 1
    connection.files_next_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(connection.files_attempts - 1, 10))


def _settle(file: WantedFile, state: str, now: datetime, problem: str = "") -> None:
    file.state, file.problem, file.ended_at, file.next_at = state, problem[:500], now, None
    if state == "done":
        file.record = {}


def _of(session: Session, practice_id: UUID, wanted: Wanted) -> WantedFile | None:
    """The row, as long as it is about the same file."""
    mine = (WantedFile.practice_id == practice_id, WantedFile.id == wanted.id, WantedFile.stamp == wanted.stamp, WantedFile.state == "asked")
    return session.scalar(select(WantedFile).where(*mine).with_for_update())


def _connection(session: Session, practice_id: UUID) -> Connection:
    return session.scalars(select(Connection).where(Connection.practice_id == practice_id)).one()


def _ending(file: WantedFile) -> str:
    """The ending of the file's name, by which Open Dental may tell what it is."""
    named = PurePosixPath(str(file.record.get("file_name", ""))).suffix.lower().lstrip(".")
    return named if re.fullmatch("[a-z0-9]{1,5}", named) else "pdf" if file.kind == "statement" else "jpg"

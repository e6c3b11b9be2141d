"""What the office does with a file of records: send it, say which column is what, have it checked, take it in, stop, throw it away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.db import uuid7
from core.files import PracticeFiles
from core.files.disposition import safe_name
from core.files.transaction import put_with
from core.records import runs
from core.records.importing.keeping import AT_WORK, DAYS, copied, erase, key_of
from core.records.importing.readers import Columns, Matching, Reader, WrongChoice
from core.records.importing.tasks import CHECK, TAKE
from core.records.importing.work import chosen
from core.records.models import RecordsImport
from core.safety.signatures import HEAD_BYTES, SVG, by_start
from core.tasks import enqueue
from core.web.formats import file_size

MOST_BYTES = 200 * 1024 * 1024
SHOWN = 20
BUSY = "Another file is being worked on. Wait until it is done, or stop it."
SILENT = timedelta(minutes=10)
"""Work of which nothing was heard for so long has broken off: it is done anew by itself, or when somebody asks for it."""


class WrongFile(ValueError):
    """A file that is not taken; the text says what to do."""


class CannotNow(Exception):
    """It cannot be done now; the text says why."""


@dataclass(frozen=True)
class Sent:
    """What was sent with a file: its name, its bytes, and what was said of it. `mapping` is the text of a mapping file."""

    name: str
    file: BinaryIO
    choice: str
    source: str
    is_second: bool
    mapping: bytes = b""


@dataclass(frozen=True)
class By:
    """Who does it, and when."""

    account_id: UUID | None
    now: datetime


def begin(session: Session, files: PracticeFiles, reader: Reader, sent: Sent, zone: Any, by: By) -> RecordsImport:
    """Keep a file that was sent, and have it checked; first its columns are matched where nobody has said what they are. Raises WrongFile, WrongChoice, WrongSource, CannotNow."""
    run = runs.begin(sent.source, by.now)  # whether the source can be called so
    one = RecordsImport(
        id=uuid7(), practice_id=files.practice_id, reader=reader.name, choice=sent.choice, source=run.source, is_second=sent.is_second, mapping=_text(sent.mapping), name=safe_name(sent.name),
        size=_size(reader, sent), asked_by_id=by.account_id, asked_at=by.now, until=by.now + timedelta(days=DAYS), state="matching", headings=[], columns={}, report={},
    )  # fmt: skip
    if reader.matching and sent.choice and not sent.mapping:
        columns = reader.matching.columns(sent.file, chosen(zone, one))
        one.headings = list(columns.headings)
        one.columns = dict(_matched_before(session, one, columns))
    else:
        reader.read(BytesIO(), chosen(zone, one))
    sent.file.seek(0)
    session.add(one)
    put_with(session, files, key_of(files, one), sent.file, "application/octet-stream")
    session.flush()
    audit.record(session, one.practice_id, "office.import.send", by.now, account_id=by.account_id, target_id=one.id)
    if not one.headings:
        check(session, one, by)
    return one


def columns_of(files: PracticeFiles, matching: Matching, one: RecordsImport, zone: Any) -> Columns:
    """The columns of a file that was kept. Raises WrongChoice."""
    with copied(files, one) as handle:
        return matching.columns(handle, chosen(zone, one))


def match(session: Session, matching: Matching, one: RecordsImport, fields: Mapping[str, str], zone: Any, by: By) -> None:
    """Which field each heading is, as somebody has said; then the file is checked. Raises WrongChoice, CannotNow."""
    one.mapping, one.columns = _text(matching.mapping(chosen(zone, one), fields)), dict(fields)
    check(session, one, by)


def match_anew(one: RecordsImport) -> None:
    """Say once more which column is what."""
    if one.state in ("checked", "stopped", "failed") and one.headings and one.run_id is None:
        one.state, one.mapping, one.failure = "matching", "", ""


def check(session: Session, one: RecordsImport, by: By) -> None:
    """Have the file checked, from its beginning. Raises CannotNow."""
    one.report, one.bytes_read, one.position, one.run_id = {}, 0, 0, None
    _set_to_work(session, one, "checking", by)
    enqueue(session, CHECK, import_id=str(one.id))


def take(session: Session, one: RecordsImport, by: By) -> None:
    """Have what is in the file taken in, from where it was stopped if it was. Raises CannotNow."""
    if one.run_id is None:
        one.report, one.bytes_read, one.position = {}, 0, 0
    one.run_id = uuid7()
    _set_to_work(session, one, "taking", by)
    audit.record(session, one.practice_id, "office.import.take", by.now, account_id=by.account_id, target_id=one.id)
    enqueue(session, TAKE, import_id=str(one.id))


def go_on(session: Session, one: RecordsImport) -> None:
    """Have the work that broke off done from where it stands."""
    enqueue(session, CHECK if one.state == "checking" else TAKE, import_id=str(one.id))


def stop(session: Session, one: RecordsImport, by: By) -> None:
    """Check or take in no more of it; what was taken in stays."""
    if one.state not in AT_WORK:
        return
    if one.state == "taking" and one.run_id and one.began_at:
        runs.fail(session, runs.Run(one.run_id, one.source, one.began_at), "The import was stopped.", by.now)
    one.state, one.ended_at = "stopped", by.now
    audit.record(session, one.practice_id, "office.import.stop", by.now, account_id=by.account_id, target_id=one.id)


def discard(session: Session, files: PracticeFiles, one: RecordsImport, by: By) -> None:
    """Throw the file away; what came of it stays known. Raises CannotNow while it is being worked on."""
    if one.state in AT_WORK:
        raise CannotNow("Stop the work on the file first.")
    if one.erased_at is None:
        erase(session, files, one, by.now)
        audit.record(session, one.practice_id, "office.import.discard", by.now, account_id=by.account_id, target_id=one.id)


def listed(session: Session, practice_id: UUID) -> list[RecordsImport]:
    """The latest imports."""
    query = select(RecordsImport).where(RecordsImport.practice_id == practice_id).order_by(RecordsImport.asked_at.desc(), RecordsImport.id.desc())
    return list(session.scalars(query.limit(SHOWN)))


def find(session: Session, practice_id: UUID, import_id: UUID, is_changed: bool = False) -> RecordsImport | None:
    """One import; held until the transaction ends where it `is_changed`."""
    return session.get(RecordsImport, (practice_id, import_id), with_for_update=is_changed or None, populate_existing=is_changed)


def is_broken(one: RecordsImport, now: datetime) -> bool:
    """Whether nothing was heard for long of work that should go on."""
    return one.state in AT_WORK and one.heard_at is not None and now - one.heard_at > SILENT


def _set_to_work(session: Session, one: RecordsImport, state: str, by: By) -> None:
    before = one.state
    try:
        with session.begin_nested():
            one.state, one.failure, one.began_at, one.heard_at, one.ended_at = state, "", by.now, by.now, None
            session.flush()
    except IntegrityError:
        one.state = before
        raise CannotNow(BUSY) from None


def _matched_before(session: Session, one: RecordsImport, columns: Columns) -> Mapping[str, str]:
    """What was said the last time of columns that are called so, else what is known of their names."""
    same = (RecordsImport.practice_id == one.practice_id, RecordsImport.reader == one.reader, RecordsImport.choice == one.choice, RecordsImport.headings == one.headings)
    query = select(RecordsImport.columns).where(*same, RecordsImport.began_at.is_not(None)).order_by(RecordsImport.asked_at.desc()).limit(1)
    return session.scalars(query).one_or_none() or columns.known


def _size(reader: Reader, sent: Sent) -> int:
    """The size of a file that is what it is said to be. Raises WrongFile."""
    size = sent.file.seek(0, 2)
    sent.file.seek(0)
    if not size:
        raise WrongFile("The file is empty. Choose the one that holds the records.")
    if size > MOST_BYTES:
        raise WrongFile(f"The file has {file_size(size)}; here are taken up to {file_size(MOST_BYTES)}. Divide it, or ask whoever runs the portal to take it in.")
    head = sent.file.read(HEAD_BYTES)
    sent.file.seek(0)
    found = by_start(head)
    is_other = found and found is not SVG and not set(found.endings) & set(reader.suffixes)
    if is_other or not sent.name.lower().endswith(reader.suffixes):
        *others, last = reader.suffixes
        raise WrongFile(f"A file of this sort ends with {', '.join(others)}{' or ' if others else ''}{last}. Choose another file, or say above that it is of another sort.")
    return size


def _text(mapping: bytes) -> str:
    try:
        return mapping.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError:
        raise WrongChoice("The mapping is no text in UTF-8.") from None

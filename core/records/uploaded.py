"""Files for records: announced, sent, checked against what was announced, and taken over by the record that names them.

An upload is of one practice and is used once. What is not used within a day is cleared away; what was used is remembered for thirty days, so that a
batch may be sent again.
"""

import re
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.clearing import BATCH
from core.db import uuid7
from core.files import Files, NoSuchFile, PracticeFiles
from core.files.interface import CHUNK, MOST_LINK_SECONDS, pour
from core.files.transaction import delete_after, put_with
from core.records import RecordKind
from core.records.models import RecordsUpload
from core.sql import among
from core.web.formats import file_size

OPEN_FOR, KEPT = timedelta(days=1), timedelta(days=30)
WAITING, RECEIVED, USED = "waiting", "received", "used"
PLUGIN = "records"
"""The room of the store in which uploads lie."""
_SHA256 = re.compile("[0-9a-f]{64}")


class WrongUpload(ValueError):
    """A file that cannot be announced, sent or used so; the text says why. `field` is the part of what was announced that is at fault."""

    def __init__(self, words: str, field: str = ""):
        super().__init__(words)
        self.field = field


class NoSuchUpload(LookupError):
    """There is no such upload in this practice, or its time is over."""


@dataclass(frozen=True)
class Announced:
    """A file as it is announced: for which kind of record, how many bytes, what it is, and its SHA-256 in hexadecimal."""

    kind: str
    size: int
    content_type: str
    sha256: str


@dataclass(frozen=True)
class Begun:
    """An upload. `address` is where the file is to be PUT with these headers; without one it is sent to the portal itself, unless it was `received` before."""

    id: UUID
    state: str
    expires_at: datetime
    address: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def begin(session: Session, files: PracticeFiles, kinds: Mapping[str, RecordKind], file: Announced, now: datetime) -> Begun:
    """Announce a file; the same file once more is the same upload until it is used. Raises WrongUpload."""
    _check(kinds, file)
    upload = _open_one(session, files.practice_id, file, now)
    if upload is None:
        upload = RecordsUpload(
            id=uuid7(), kind=file.kind, content_type=file.content_type, size=file.size, sha256=file.sha256, state=WAITING, begun_at=now, expires_at=now + OPEN_FOR
        )
        session.add(upload)
        session.flush()
    headers = {"Content-Type": file.content_type, "Content-Length": str(file.size)}
    return Begun(upload.id, upload.state, upload.expires_at, _address(files, upload), headers)


def receive(session: Session, files: PracticeFiles, upload_id: UUID, source: BinaryIO, now: datetime) -> None:
    """Take the bytes of an upload, where they come by the portal itself; sent again, they change nothing. Raises NoSuchUpload, WrongUpload."""
    upload = _find(session, files.practice_id, [upload_id], now).get(upload_id)
    if upload is None:
        raise NoSuchUpload
    with tempfile.TemporaryFile() as copy:
        check_bytes(source, copy, upload)
        if upload.state != WAITING:
            return
        copy.seek(0)
        put_with(session, files, key_of(files, upload.id), copy, upload.content_type)
    upload.state = RECEIVED
    session.flush()


def key_of(files: PracticeFiles, upload_id: UUID) -> str:
    """Where the file of an upload lies."""
    return files.new_key(PLUGIN, upload_id)


def named(session: Session, practice_id: UUID, ids: Collection[UUID], now: datetime) -> dict[UUID, RecordsUpload]:
    """The uploads with these ids, held until the transaction ends: nobody else uses them meanwhile."""
    return _find(session, practice_id, ids, now)


def copy_of(files: PracticeFiles, upload: RecordsUpload, path: Path) -> None:
    """Copy the file of an upload, which must be what was announced. Raises WrongUpload."""
    try:
        with files.open(key_of(files, upload.id)) as source, path.open("wb") as target:
            check_bytes(source, target, upload)
    except NoSuchFile:
        raise WrongUpload("Nothing was sent to this upload: PUT the file to its address first.") from None


def use(session: Session, files: PracticeFiles, upload: RecordsUpload, external_id: str, now: datetime) -> None:
    """A record has taken the file over: what was sent goes once the transaction is committed."""
    delete_after(session, files, key_of(files, upload.id), is_counted=upload.state == RECEIVED)
    upload.state, upload.used_by, upload.expires_at = USED, external_id, now + KEPT
    session.flush()


def clear_away(session: Session, store: Files, practice_id: UUID, now: datetime) -> None:
    """Forget the uploads whose time is over, with what was sent; what is left after a thousand waits for the next round. Commits."""
    files = store.within(practice_id)
    due = select(RecordsUpload).where(RecordsUpload.practice_id == practice_id, RecordsUpload.expires_at <= now)
    for upload in session.scalars(due.order_by(RecordsUpload.id).limit(BATCH).with_for_update(skip_locked=True)):
        delete_after(session, files, key_of(files, upload.id), is_counted=upload.state == RECEIVED)
        session.delete(upload)
    session.commit()


def check_bytes(source: BinaryIO, target: BinaryIO, upload: RecordsUpload) -> None:
    """Copy what was sent; it must have the announced size and digest. Raises WrongUpload."""
    size, sha256 = pour(_Limited(source, upload.size + 1), target)  # type: ignore[arg-type]
    if size != upload.size:
        more = f"more than {upload.size:,}" if size > upload.size else f"{size:,}"
        raise WrongUpload(f"The file has {more} bytes, but {upload.size:,} were announced: send the whole file, or announce it anew.", "size")
    if sha256 != upload.sha256:
        raise WrongUpload("The file has another SHA-256 than was announced: it was damaged on the way, or is another file. Send it again.", "sha256")


class _Limited:
    """A stream of which no more than so many bytes are read."""

    def __init__(self, source: BinaryIO, most: int):
        self._source, self._left = source, most

    def read(self, size: int = CHUNK) -> bytes:
        found = self._source.read(min(size, self._left))
        self._left -= len(found)
        return found


def _check(kinds: Mapping[str, RecordKind], file: Announced) -> None:
    of_kind = kinds[file.kind].file if file.kind in kinds else None
    if of_kind is None:
        known = ", ".join(sorted(name for name, kind in kinds.items() if kind.file))
        raise WrongUpload(f"Files go with records of the kinds {known}." if known else "No kind of record here has files.", "kind")
    if file.content_type not in of_kind.content_types:
        raise WrongUpload(f"The file of this kind is one of {', '.join(sorted(of_kind.content_types))}.", "content_type")
    if not 1 <= file.size <= of_kind.most_bytes:
        raise WrongUpload(f"The file has between 1 byte and {file_size(of_kind.most_bytes)}.", "size")
    if not _SHA256.fullmatch(file.sha256):
        raise WrongUpload("The SHA-256 of the file is 64 hexadecimal digits in small letters.", "sha256")


def _open_one(session: Session, practice_id: UUID, file: Announced, now: datetime) -> RecordsUpload | None:
    same = {"practice_id": practice_id, "kind": file.kind, "size": file.size, "content_type": file.content_type, "sha256": file.sha256}
    query = select(RecordsUpload).filter_by(**same).where(RecordsUpload.state != USED, RecordsUpload.expires_at > now + OPEN_FOR / 2)
    return session.scalars(query.order_by(RecordsUpload.id).limit(1)).one_or_none()


def _find(session: Session, practice_id: UUID, ids: Collection[UUID], now: datetime) -> dict[UUID, RecordsUpload]:
    mine = (RecordsUpload.practice_id == practice_id, among(RecordsUpload.id, ids), RecordsUpload.expires_at > now)
    query = select(RecordsUpload).where(*mine).order_by(RecordsUpload.id).with_for_update()
    return {upload.id: upload for upload in session.scalars(query.execution_options(populate_existing=True))}


def _address(files: PracticeFiles, upload: RecordsUpload) -> str:
    if not files.direct or upload.state != WAITING:
        return ""
    return files.signed_url(key_of(files, upload.id), "PUT", MOST_LINK_SECONDS, upload.content_type, size=upload.size)

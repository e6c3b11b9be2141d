"""Files that belong to rows: there if the rows are committed, gone if they are not; and counted."""

from collections.abc import Iterable
from contextlib import suppress
from typing import BinaryIO

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from core.db import PortalSession
from core.files.interface import Files, FilesUnavailable, NoSuchFile, StoredFile
from core.files.storage import count_bytes

log = structlog.get_logger("files")
_NEW, _OLD = "new_files", "old_files"


def put_with(session: Session, files: Files, key: str, stream: BinaryIO, content_type: str) -> StoredFile:
    """Store a file in the running transaction: when it ends in any other way than a commit, the file goes again.

    It is stored at once, so use a key that no row names yet. A process that dies in between leaves a file that nothing names.
    """
    if not session.in_transaction():
        session.begin()
    # Noted before it is stored: a store that answers too late may have it all the same.
    session.info.setdefault(_NEW, []).append((files, key))
    stored = files.put(key, stream, content_type)
    count_bytes(session, stored.size)
    return stored


def delete_with(session: Session, files: Files, key: str) -> None:
    """Remove a file and count it no more. It goes at once; asked for again, after a transaction that was undone, there is nothing left to do."""
    try:
        size = files.stat(key).size
    except NoSuchFile:
        return
    files.delete(key)
    count_bytes(session, -size)


def delete_after(session: Session, files: Files, key: str, is_counted: bool = True) -> None:
    """Remove a file as soon as the running transaction is committed, and not at all when it is undone. `is_counted` says whether its bytes were."""
    session.info.setdefault(_OLD, []).append((files, key))
    if not is_counted:
        return
    with suppress(NoSuchFile):
        count_bytes(session, -files.stat(key).size)


@event.listens_for(PortalSession, "after_commit")
def _keep(session: Session) -> None:
    if session.in_nested_transaction():
        return  # what is around it may still be undone
    session.info.pop(_NEW, None)
    _delete(session.info.pop(_OLD, ()))


@event.listens_for(PortalSession, "after_transaction_end")
def _remove(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is not None:
        return
    session.info.pop(_OLD, None)
    _delete(session.info.pop(_NEW, ()))


def _delete(these: Iterable[tuple[Files, str]]) -> None:
    for files, key in these:
        try:
            files.delete(key)
        except FilesUnavailable as error:
            log.warning("file_left_behind", error=type(error).__name__)

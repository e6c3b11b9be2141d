"""Files that belong to rows: there if the rows are committed, gone if they are not; and counted."""

from typing import BinaryIO

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from core.db import PortalSession
from core.files.interface import Files, FilesUnavailable, NoSuchFile, StoredFile
from core.files.storage import count_bytes

log = structlog.get_logger("files")
_NEW = "new_files"


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


@event.listens_for(PortalSession, "after_commit")
def _keep(session: Session) -> None:
    session.info.pop(_NEW, None)


@event.listens_for(PortalSession, "after_transaction_end")
def _remove(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is not None:
        return
    for files, key in session.info.pop(_NEW, ()):
        try:
            files.delete(key)
        except FilesUnavailable as error:
            log.warning("file_left_behind", error=type(error).__name__)

"""The files of the records of a batch: each is checked and stored before its record is written, and the same file twice is stored once."""

import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.files.transaction import delete_after, delete_with
from core.records import RecordKind, uploaded
from core.records.models import RecordsUpload
from core.records.writing import Row, Taken, named_rows
from core.safety import UnsafeFile
from core.safety.signatures import HEAD_BYTES, by_start

MOST_FILES = 50
"""So many files of one batch are read: each costs up to seconds."""
UNKNOWN = "There is no such upload here, or its time is over: begin a new one."


class Filing:
    """The files of one kind in one batch."""

    def __init__(self, session: Session, practice_id: UUID, kind: RecordKind):
        if kind.file is None or kind.store is None:
            raise TypeError(f"the kind {kind.name!r} has no files")
        self._session, self._kind, self._file = session, kind, kind.file
        self._files, self._now = kind.store.within(practice_id), datetime.now(UTC)
        self._current: dict[str, Mapping[str, Any]] = {}
        self._stored: list[tuple[Taken, list[str], list[str]]] = []
        self._used: list[tuple[Taken, RecordsUpload]] = []

    def take(self, going: list[Taken], values_of: Callable[[Taken], Row | None]) -> list[Taken]:
        """Store the files that these records name; returns those that may go on. `values_of` has no answer for a record that is refused anyway."""
        named = {one.place: upload for one in going if (upload := one.values.pop("file", None))}
        if not named and not self._file.is_needed:
            return going
        uploads = uploaded.named(self._session, self._files.practice_id, set(named.values()), self._now) if named else {}
        self._look_up({one.external_id for one in going})
        for one in going:
            if one.place not in named:
                if self._file.is_needed and one.external_id not in self._current:
                    one.refuse("file: is missing; a new record of this kind comes with its file.")
                continue
            try:
                if (values := values_of(one)) is not None:
                    one.values |= self._take(one, uploads.get(named[one.place]), values)
            except (UnsafeFile, uploaded.WrongUpload) as wrong:
                one.refuse(f"file: {wrong}")
        return [one for one in going if not one.reason]

    def end(self) -> None:
        """After the records are written: what was stored for a refused one goes at once, what was replaced and what was sent with the commit."""
        for one, new, old in self._stored:
            is_refused = one.outcome == "refused"
            for key in new if is_refused else old:
                (delete_with if is_refused else delete_after)(self._session, self._files, key)
        for one, upload in self._used:
            if one.outcome != "refused":
                uploaded.use(self._session, self._files, upload, one.external_id, self._now)

    def keys_of(self, names: set[str]) -> dict[str, list[str]]:
        """The files of the records with these external ids."""
        self._look_up(names)
        return {name: self._keys(row) for name, row in self._current.items()}

    def let_go(self, keys: list[str]) -> None:
        """The record that these files belong to is taken out: they go with the commit."""
        for key in keys:
            delete_after(self._session, self._files, key)

    def _look_up(self, names: set[str]) -> None:
        rows = named_rows(self._kind, self._files.practice_id, names, self._file.digest, *self._file.keys)
        self._current = {row["external_id"]: dict(row) for row in self._session.execute(rows).mappings()}

    def _take(self, one: Taken, upload: RecordsUpload | None, values: Row) -> Row:
        """The columns that the file fills: none when it is there already."""
        if upload is None or upload.kind != self._kind.name:
            raise uploaded.WrongUpload(UNKNOWN)
        current = self._current.get(one.external_id, {})
        # A picture that came with another chart is marked by more than its digest.
        is_there = (current.get(self._file.digest) or "").partition(":")[0] == upload.sha256
        if upload.state == uploaded.USED:
            if upload.used_by == one.external_id and is_there:
                return {}
            raise uploaded.WrongUpload("This upload was used already: begin a new one for the file.")
        if any(other is upload for _, other in self._used):
            raise uploaded.WrongUpload("Another record of this batch names the same upload: begin one for each file.")
        kept = {} if is_there else self._store(upload, values)
        self._used.append((one, upload))
        if kept:
            self._stored.append((one, self._keys(kept), self._keys(current)))
            self._current[one.external_id] = kept
        return kept

    def _store(self, upload: RecordsUpload, values: Row) -> Row:
        if len(self._stored) >= MOST_FILES:
            raise uploaded.WrongUpload(f"A batch brings at most {MOST_FILES} files: send this record in another one.")
        with tempfile.TemporaryDirectory(prefix="cuspid-upload-") as folder:
            path = Path(folder) / "file"
            uploaded.copy_of(self._files, upload, path)
            _check_type(path, upload.content_type)
            return self._file.keep(self._session, self._files, path, upload.content_type, values)

    def _keys(self, row: Mapping[str, Any]) -> list[str]:
        return [row[name] for name in self._file.keys if row.get(name)]


def _check_type(path: Path, content_type: str) -> None:
    with path.open("rb") as file:
        found = by_start(file.read(HEAD_BYTES))
    # A drawing and any other XML begin alike: whoever reads it says more.
    if found and found.content_type != content_type and found.content_type != "image/svg+xml":
        raise uploaded.WrongUpload(f"It was announced as {content_type}, but it is a {found.name}.")


def filed(session: Session, practice_id: UUID, kind: RecordKind) -> Filing | None:
    """What keeps the files of a kind, if it has any."""
    return Filing(session, practice_id, kind) if kind.file and kind.store else None



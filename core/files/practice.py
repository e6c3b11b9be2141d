"""A store, seen from one practice."""

from typing import BinaryIO
from uuid import UUID

from core.files.interface import Files, Link, StoredFile
from core.files.keys import WrongKey, practice_key, practice_of


class PracticeFiles(Files):
    """The files of one practice in a store that holds those of all: the key of another practice is refused."""

    def __init__(self, store: Files, practice_id: UUID):
        self._store, self.practice_id, self.direct = store, practice_id, store.direct

    def new_key(self, plugin: str, token: UUID) -> str:
        """A key of this practice for a file of this tab."""
        return practice_key(self.practice_id, plugin, token)

    def put(self, key: str, stream: BinaryIO, content_type: str) -> StoredFile:
        """Store a file of this practice."""
        return self._store.put(self._own(key), stream, content_type)

    def open(self, key: str) -> BinaryIO:
        """Open a file of this practice."""
        return self._store.open(self._own(key))

    def stat(self, key: str) -> StoredFile:
        """What is known of a file of this practice."""
        return self._store.stat(self._own(key))

    def delete(self, key: str) -> None:
        """Remove a file of this practice."""
        self._store.delete(self._own(key))

    def copy(self, source: str, target: str) -> StoredFile:
        """Copy a file within this practice."""
        return self._store.copy(self._own(source), self._own(target))

    def count(self, practice_id: UUID) -> int:
        """How many files there are of this practice."""
        return self._store.count(self._mine(practice_id))

    def size(self, practice_id: UUID) -> int:
        """How many bytes the files of this practice have together."""
        return self._store.size(self._mine(practice_id))

    def delete_all(self, practice_id: UUID) -> None:
        """Remove every file of this practice."""
        self._store.delete_all(self._mine(practice_id))

    def check(self) -> None:
        """Whether files can be kept at all; the file that is tried is no practice's."""
        self._store.check()

    def _link(self, link: Link) -> str:
        self._own(link.key)
        return self._store._link(link)

    def _own(self, key: str) -> str:
        self._mine(practice_of(key))
        return key

    def _mine(self, practice_id: UUID) -> UUID:
        if practice_id != self.practice_id:
            raise WrongKey("the file belongs to another practice")
        return practice_id

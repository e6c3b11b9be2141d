"""What every store of files can do, wherever it is."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID, uuid4

from core.files.keys import WrongKey, practice_key, practice_of

if TYPE_CHECKING:
    from core.files.practice import PracticeFiles

CHUNK = 256 * 1024
LINK_SECONDS = 60
"""A link lives long enough to be followed at once, not long enough to be passed on."""
MOST_LINK_SECONDS = 900


class NoSuchFile(Exception):
    """No file is stored under this key."""


class FilesUnavailable(Exception):
    """The store cannot be reached, or refuses us; trying again later may help."""


class WrongLink(Exception):
    """A link that was changed, has expired, or was asked for with details it cannot have; the text says which."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the store: its key, its size in bytes, its SHA-256 in hexadecimal, and its content type."""

    key: str
    size: int
    sha256: str
    content_type: str


class Files(ABC):
    """A store of files. Every method raises WrongKey for what is no key, and FilesUnavailable when the store is away."""

    direct: bool
    """Whether browsers can fetch from the store itself; else the portal hands the bytes on."""

    @abstractmethod
    def put(self, key: str, stream: BinaryIO, content_type: str) -> StoredFile:
        """Store what is left of the stream under the key, whole or not at all; what was there is replaced."""

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """The file, to be read from its beginning and closed by the caller. Raises NoSuchFile."""

    @abstractmethod
    def stat(self, key: str) -> StoredFile:
        """What is known of the file without reading it. Raises NoSuchFile."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove the file; it is no error when there is none."""

    @abstractmethod
    def copy(self, source: str, target: str) -> StoredFile:
        """Store the same bytes under another key of the same practice. Raises NoSuchFile, and WrongKey across practices."""

    @abstractmethod
    def count(self, practice_id: UUID) -> int:
        """How many files there are of a practice."""

    @abstractmethod
    def size(self, practice_id: UUID) -> int:
        """How many bytes the files of a practice have together."""

    @abstractmethod
    def delete_all(self, practice_id: UUID) -> None:
        """Remove every file of a practice; it may be broken off, and said again."""

    def check(self) -> None:
        """Store a file of nobody's, read it, remove it; for `cuspid doctor`. Raises FilesUnavailable with what is wrong."""
        key = practice_key(UUID(int=0), "doctor", uuid4())
        try:
            self.put(key, BytesIO(b"?"), "text/plain")
            self.open(key).close()
        except NoSuchFile:
            raise FilesUnavailable("what was stored cannot be read") from None
        finally:
            self.delete(key)

    @abstractmethod
    def _link(self, link: "Link") -> str:
        """The address for a link whose details were checked."""

    def signed_url(
        self,
        key: str,
        method: str = "GET",
        expires_seconds: int = LINK_SECONDS,
        content_type: str = "application/octet-stream",
        filename: str = "",
        size: int | None = None,
        inline: bool = False,
    ) -> str:
        """An address that allows one thing for a short time (1 to 900 seconds): GET reads the file, PUT stores it.

        Sign only after the row that holds the key was found. `filename` stands in the address, so it must not say anything
        about anyone. A PUT takes exactly `size` bytes of `content_type`. Raises WrongLink.
        """
        link = Link(key, method, expires_seconds, content_type, filename, size, inline)
        link.check()
        return self._link(link)

    def within(self, practice_id: UUID) -> "PracticeFiles":
        """The files of one practice: every other key is refused."""
        from core.files.practice import PracticeFiles

        return PracticeFiles(self, practice_id)


@dataclass(frozen=True, slots=True)
class Link:
    """What a signed address allows."""

    key: str
    method: str
    expires_seconds: int
    content_type: str
    filename: str
    size: int | None
    inline: bool

    def check(self) -> None:
        """Raise WrongKey or WrongLink for details that no link can have."""
        practice_of(self.key)
        if self.method not in {"GET", "PUT"}:
            raise WrongLink("a link reads (GET) or stores (PUT)")
        if not 1 <= self.expires_seconds <= MOST_LINK_SECONDS:
            raise WrongLink(f"a link lives for 1 to {MOST_LINK_SECONDS} seconds")
        if self.method == "PUT" and (self.size is None or self.size < 0):
            raise WrongLink("a link that stores says how many bytes it takes")


def pour(source: BinaryIO, target: BinaryIO) -> tuple[int, str]:
    """Copy a stream piece by piece; answer how many bytes there were and their SHA-256."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        target.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def same_practice(source: str, target: str) -> None:
    """Raise WrongKey unless both files belong to one practice."""
    if practice_of(source) != practice_of(target):
        raise WrongKey("a file is not copied from one practice to another")

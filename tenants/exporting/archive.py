"""A ZIP made in parts. Each part is a body (files) and a piece of the directory that says where in the whole they begin; the whole is all bodies,
all pieces of the directory, and an end.
"""

import hashlib
import io
import struct
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from core.files.interface import CHUNK
from tenants.exporting.names import different

# These are pressed together already.
_DENSE = (".jpg", ".jpeg", ".png", ".webp", ".pdf", ".zip", ".gif")
_MOST_ENTRIES, _MOST_BYTES = 0xFFFF, 0xFFFFFFFF
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_WHERE_64 = struct.Struct("<4sLQL")
_READABLE_BY_OWNER = 0o600 << 16


class _Behind(io.RawIOBase):
    """A file that counts as if so many bytes lay before it."""

    def __init__(self, file: BinaryIO, before: int):
        self._file, self._before = file, before

    def tell(self) -> int:
        return self._file.tell() + self._before

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset - self._before, whence) + self._before

    def write(self, data) -> int:
        return self._file.write(data)

    def seekable(self) -> bool:
        return True


class Part:
    """One part while it is made, in a file that has no name; every file in it bears the time at which the export was asked for."""

    def __init__(self, before: int, moment: datetime):
        self.file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  (it lives as long as the part)
        self._before, self._moment = before, moment.astimezone(UTC).timetuple()[:6]
        self._zip = ZipFile(cast(BinaryIO, _Behind(self.file, before)), "w")
        self._taken: set[str] = set()
        self.listing: list[str] = []

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self._zip.close()
        self.file.close()

    @property
    def size(self) -> int:
        """How large it is so far."""
        return self.file.tell()

    def add(self, path: str, source: BinaryIO) -> None:
        """Put a file in, piece by piece; a path that is taken gets a number."""
        entry = ZipInfo(different(path, self._taken), self._moment)
        entry.compress_type = ZIP_STORED if path.lower().endswith(_DENSE) else ZIP_DEFLATED
        entry.external_attr = _READABLE_BY_OWNER
        digest = hashlib.sha256()
        with self._zip.open(entry, "w") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
                digest.update(chunk)
        self.listing.append(f"{digest.hexdigest()}  {entry.filename}\n")

    def close(self) -> tuple[int, bytes]:
        """End the part: the size of its body, to which `file` is cut, and its piece of the directory."""
        body = self._zip.start_dir - self._before
        self._zip.close()
        self.file.seek(body)
        directory = _without_end(self.file.read())
        self.file.truncate(body)
        self.file.seek(0)
        return body, directory


def _without_end(directory: bytes) -> bytes:
    where = len(directory) - _END.size - _WHERE_64.size
    large = where >= 0 and directory[where : where + 4] == b"PK\6\7"
    return directory[: where - _END_64.size] if large else directory[: -_END.size]


def ending(entries: int, bodies: int, directory: int) -> bytes:
    """The end of a ZIP with so many files, so many bytes of bodies and of directory."""
    large = entries >= _MOST_ENTRIES or bodies >= _MOST_BYTES or directory >= _MOST_BYTES
    end = b""
    if large:
        end = _END_64.pack(b"PK\6\6", _END_64.size - 12, 45, 45, 0, 0, entries, entries, directory, bodies)
        end += _WHERE_64.pack(b"PK\6\7", 0, bodies + directory, 1)
    count = min(entries, _MOST_ENTRIES)
    return end + _END.pack(b"PK\5\6", 0, 0, count, count, min(directory, _MOST_BYTES), min(bodies, _MOST_BYTES), 0)


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """A file piece by piece; closed at the end."""
    with stream:
        while chunk := stream.read(CHUNK):
            yield chunk

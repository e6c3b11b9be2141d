"""Files in a folder of this machine: for the demo, for tests, and for an office that keeps them on a disk of its own."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO
from uuid import UUID

from core.files.interface import Files, FilesUnavailable, Link, NoSuchFile, StoredFile, pour, same_practice
from core.files.keys import practice_key, practice_of
from core.files.links import Signer


class LocalFiles(Files):
    """A folder `<practice>/<plugin>/<two digits>/<token>`, beside each file a small one that says what it is.

    Links are served by the portal at `/files/<token>` and signed with `secret`.
    """

    direct = False

    def __init__(self, folder: Path, secret: str):
        self._folder, self.signer = Path(folder), Signer(secret)

    def put(self, key: str, stream: BinaryIO, content_type: str) -> StoredFile:
        """Write beside, make sure that it is on the disk, then rename: a reader finds the old file or the new one, never half."""
        path = self._path(key)
        with _disk_faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            with _written_beside(path) as (target, rename):
                size, sha256 = pour(stream, target)
                stored = StoredFile(key, size, sha256, content_type)
                # What the file is comes first: once the file itself is there, it can be described.
                self._describe(path, stored)
                rename()
        return stored

    def open(self, key: str) -> BinaryIO:
        """The file itself."""
        with _missing_as_no_such_file(), _disk_faults():
            return self._path(key).open("rb")

    def stat(self, key: str) -> StoredFile:
        """Size from the disk, the rest as it was written down."""
        path = self._path(key)
        with _missing_as_no_such_file(), _disk_faults():
            size = path.stat().st_size
            about = json.loads(_about(path).read_bytes())
        return StoredFile(key, size, about["sha256"], about["content_type"])

    def delete(self, key: str) -> None:
        """Remove the file, then what describes it."""
        path = self._path(key)
        with _disk_faults():
            path.unlink(missing_ok=True)
            _about(path).unlink(missing_ok=True)

    def copy(self, source: str, target: str) -> StoredFile:
        """Read and write."""
        same_practice(source, target)
        content_type = self.stat(source).content_type
        with self.open(source) as stream:
            return self.put(target, stream, content_type)

    def count(self, practice_id: UUID) -> int:
        """Files, without what describes them."""
        return sum(1 for _ in self._sizes(practice_id))

    def size(self, practice_id: UUID) -> int:
        """What the disk says, without what describes the files."""
        return sum(self._sizes(practice_id))

    def delete_all(self, practice_id: UUID) -> None:
        """The whole folder, with what was left behind in it."""
        with _disk_faults(), suppress(FileNotFoundError):
            shutil.rmtree(self._all(practice_id))

    def _sizes(self, practice_id: UUID) -> Iterator[int]:
        for path in self._all(practice_id).rglob("*"):
            if path.suffix or path.name.startswith("."):
                continue
            with suppress(FileNotFoundError):  # removed in between
                about = path.stat()
                if S_ISREG(about.st_mode):
                    yield about.st_size

    def _all(self, practice_id: UUID) -> Path:
        return self._folder / str(practice_of(practice_key(practice_id, "all", practice_id)))

    def _link(self, link: Link) -> str:
        return f"/files/{self.signer.token(link)}"

    def _path(self, key: str) -> Path:
        practice_of(key)
        practice, plugin, token = key.split("/")
        # The last digits of an id are random ones; a folder of a million entries would be slow to list and to back up.
        return self._folder / practice / plugin / token[-2:] / token

    def _describe(self, path: Path, stored: StoredFile) -> None:
        with _written_beside(_about(path)) as (target, rename):
            target.write(json.dumps({"sha256": stored.sha256, "content_type": stored.content_type}).encode())
            rename()


def _about(path: Path) -> Path:
    return path.with_name(path.name + ".about")


@contextmanager
def _written_beside(path: Path):
    """A new file in the same folder, and what makes it `path`; without that call nothing is left behind."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as target:
            yield target, lambda: _rename(target, name, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _rename(target: BinaryIO, name: str, path: Path) -> None:
    target.flush()
    os.fsync(target.fileno())
    os.replace(name, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _missing_as_no_such_file():
    try:
        yield
    except FileNotFoundError:
        raise NoSuchFile("no file is stored under this key") from None


@contextmanager
def _disk_faults():
    """A disk that is full or was taken away is the store being away; a missing file is not."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise FilesUnavailable(f"the folder for files: {error.strerror}") from error

"""The files of a folder or of an archive (ZIP), one after another in the order of their paths; nothing is ever written under a name that stands there."""

import lzma
import os
import stat
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from core.safety import UnsafeFile
from core.safety.asking import CHUNK, copy_file
from core.safety.limits import MOST_BYTES
from core.safety.reasons import WORDS, too_big
from plugins.images.naming.rule import LONGEST_PATH

MOST_DIRECTORY = 64 * 1024 * 1024
"""So many bytes the list of an archive's files may have, which is in memory: some 500,000 files."""
MOST_RATIO, FREE_BYTES = 100, 200 * 1024 * 1024
"""Beyond so many bytes, what an archive holds may be so many times as large as itself: pictures hardly get smaller by being packed."""
_END, _END_BYTES, _LONGEST_COMMENT, _IN_64_BITS = b"PK\x05\x06", 22, 65_535, b"PK\x06\x06"
_LEFT_BEHIND = frozenset({"thumbs.db", "desktop.ini", "dicomdir", "ehthumbs.db"})
_ENCRYPTED, _UTF_8 = 0x1, 0x800


class WrongArchive(Exception):
    """An archive cannot be read, or not any further; the text says why."""


@dataclass(frozen=True)
class Place:
    """A file of a folder or archive. `day` is when it was written, where that is known; `copy` writes its bytes to a new file and raises UnsafeFile, or WrongArchive."""

    path: str
    size: int
    day: date | None
    copy: Callable[[Path], None]

    @property
    def noise(self) -> str:
        """What it is where nobody means it to be taken in."""
        parts = self.path.split("/")
        if "__MACOSX" in parts or parts[-1].lower() in _LEFT_BEHIND:
            return "File that a computer writes for itself"
        return "Hidden file" if any(part.startswith(".") for part in parts) else ""


def in_folder(folder: Path, zone: ZoneInfo) -> Iterator[Place]:
    """The files in a folder and below, under its own name. Links are told, not followed."""
    for above, folders, names in os.walk(folder):
        linked = [name for name in folders if Path(above, name).is_symlink()]
        folders[:] = sorted(set(folders) - set(linked))
        for name in sorted([*names, *linked]):
            file = Path(above, name)
            about = file.lstat()
            day = datetime.fromtimestamp(about.st_mtime, zone).date()
            yield Place(_plain(str(Path(folder.resolve().name.lstrip(".") or "images") / file.relative_to(folder))), about.st_size, day, partial(_copied, file))


def in_archive(handle: BinaryIO) -> Iterator[Place]:
    """The files of an archive. Raises WrongArchive."""
    size = _check_directory(handle)
    try:
        archive = ZipFile(handle)
    except (BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
        raise WrongArchive(_NO_ARCHIVE) from error
    budget = _Budget(FREE_BYTES + MOST_RATIO * size)
    with archive:
        for path, info in sorted(((_path_of(info), info) for info in archive.infolist() if not info.is_dir()), key=lambda one: one[0]):
            yield Place(_plain(path), info.file_size, _day_of(info), partial(_unpacked, archive, info, path, budget))


_NO_ARCHIVE = "It is no ZIP archive, or it is damaged. Send a ZIP of the folder."


@dataclass
class _Budget:
    left: int

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise WrongArchive(f"What is in it is more than {MOST_RATIO} times as large as the archive itself, as pictures are not; nothing more of it is read.")


def _check_directory(handle: BinaryIO) -> int:
    """The size of an archive, whose list of files is not too long to be read. Raises WrongArchive."""
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT - 4096))
    tail = handle.read()
    end, wide = tail.rfind(_END), tail.rfind(_IN_64_BITS)
    listed = int.from_bytes(tail[end + 12 : end + 16], "little") if end >= 0 else 0
    if wide >= 0:
        listed = max(0 if listed == 2**32 - 1 else listed, int.from_bytes(tail[wide + 40 : wide + 48], "little"))
    handle.seek(0)
    if end < 0 or listed > size:
        raise WrongArchive(_NO_ARCHIVE)
    if listed > MOST_DIRECTORY:
        raise WrongArchive("It holds more files than can be taken at once: make several archives of it.")
    return size


def _path_of(info: ZipInfo) -> str:
    """The path of a file. Many programs write it in UTF-8 without saying so."""
    name = info.filename
    if not info.flag_bits & _UTF_8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name.replace("\\", "/")


def _plain(path: str) -> str:
    """A path that can be kept as text; macOS takes letters apart from their marks."""
    return unicodedata.normalize("NFC", path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _day_of(info: ZipInfo) -> date | None:
    try:
        return date(*info.date_time[:3]) if info.date_time[0] > 1980 else None
    except ValueError:
        return None


def _copied(file: Path, target: Path) -> None:
    copy_file(file, target, MOST_BYTES)


def _unpacked(archive: ZipFile, info: ZipInfo, path: str, budget: _Budget, target: Path) -> None:
    _check(info, path)
    size = 0
    try:
        with archive.open(info) as source, target.open("xb") as copy:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                budget.spend(len(chunk))
                if size > MOST_BYTES:
                    raise too_big(None, MOST_BYTES)
                copy.write(chunk)
    except (BadZipFile, EOFError, zlib.error, lzma.LZMAError, ValueError, OSError, struct.error):
        raise UnsafeFile(WORDS["damaged"]) from None
    except NotImplementedError:
        raise UnsafeFile("It is packed in a way that is not read here; pack the folder as a usual ZIP.") from None


def _check(info: ZipInfo, path: str) -> None:
    """Raise UnsafeFile for what is no file to be taken out of an archive."""
    parts = path.split("/")
    if ".." in parts or path.startswith("/") or ":" in parts[0] or len(path) > LONGEST_PATH:
        raise UnsafeFile("Its path leads out of the archive, or is longer than paths are.")
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise UnsafeFile("It is a link or a device, not a file.")
    if info.flag_bits & _ENCRYPTED:
        raise UnsafeFile("It is locked with a password; make the archive without one.")
    if info.file_size > MOST_BYTES:
        raise too_big(info.file_size, MOST_BYTES)

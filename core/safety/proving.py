"""The parent's side for pictures and PDFs: a copy of our own, a child that reads it, and an answer of which every word is checked."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from core.safety import limits
from core.safety.asking import ask_child, copy_file
from core.safety.reasons import WORDS, UnsafeFile, too_many_pages, too_many_pixels
from core.safety.signatures import HEAD_BYTES, PDF, Kind, kind_of

_PARTS = ("clean", "display", "thumbnail")


@dataclass(frozen=True, slots=True)
class Proven:
    """A file that was read to its end. The three paths are good until the `with` block ends.

    `clean` is what is kept for download, `display` a JPEG of at most 2,000 pixels a side, `thumbnail` a WebP of at most 480;
    of a PDF these two show the first page. `sha256` is that of the file as it came. `taken_on` is the camera's date.
    """

    content_type: str
    ending: str
    sha256: str
    width: int | None
    height: int | None
    pages: int | None
    gray: bool
    taken_on: date | None
    clean: Path
    display: Path
    thumbnail: Path


@contextmanager
def prove(source: Path | BinaryIO, name: str) -> Iterator[Proven]:
    """Read a file that somebody sent under a name. Raises UnsafeFile with the reason; nothing is left behind in either case."""
    with tempfile.TemporaryDirectory(prefix="cuspid-file-") as folder:
        copy = Path(folder) / "source"
        _, sha256 = copy_file(source, copy, limits.MOST_BYTES)
        # Without a buffer: the child reads on from where this descriptor stands.
        with copy.open("rb", buffering=0) as file:
            kind = kind_of(file.read(HEAD_BYTES), name)
            file.seek(0)
            answer = _ask(file, kind, Path(folder))
        yield _believe(answer, kind, sha256, Path(folder))


def _ask(source: BinaryIO, kind: Kind, folder: Path) -> dict:
    with _opened(folder) as parts:
        numbers = [str(part.fileno()) for part in parts]
        return ask_child("core.safety.child", [kind.content_type, *numbers], source, folder, parts)


@contextmanager
def _opened(folder: Path):
    parts = [(folder / name).open("wb") for name in _PARTS]
    try:
        yield parts
    finally:
        for part in parts:
            part.close()


def _believe(answer: dict, kind: Kind, sha256: str, folder: Path) -> Proven:
    """Check every word of the answer: the child read hostile bytes, and may not be itself any more."""
    width, height, pages = (_count(answer.get(name)) for name in ("width", "height", "pages"))
    refusal = answer.get("refused")
    if refusal == "pixels" and width and height:
        raise too_many_pixels(width, height)
    if refusal == "pages" and pages:
        raise too_many_pages(pages)
    parts = {name: folder / name for name in _PARTS}
    complete = all(path.stat().st_size for path in parts.values()) and (pages if kind is PDF else width and height)
    if refusal is not None or not complete:
        raise UnsafeFile(WORDS.get(str(refusal), WORDS["damaged"]))
    return Proven(kind.content_type, kind.endings[0], sha256, width, height, pages, answer.get("gray") is True, _day(answer), **parts)


def _count(value) -> int | None:
    return value if type(value) is int and 0 < value < 2**32 else None


def _day(answer: dict) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(str(answer.get("taken_on")))
        return day if date(1980, 1, 1) <= day <= datetime.now(UTC).date() + timedelta(days=1) else None
    return None

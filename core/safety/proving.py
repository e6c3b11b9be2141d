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
from core.safety.reasons import IMAGES_TAKEN, TAKEN, WORDS, UnsafeFile, too_many_pages, too_many_pixels
from core.safety.signatures import DICOM, HEAD_BYTES, IMAGES, JPEG, KINDS, PDF, PNG, Kind, kind_of

_PARTS = ("clean", "display", "thumbnail")


@dataclass(frozen=True, slots=True)
class Said:
    """What the tags of a DICOM file say; empty where they do not. `uid` is the number of the picture all over the world, `side` is R, L or B."""

    uid: str = ""
    patient: str = ""
    last_name: str = ""
    first_name: str = ""
    born: date | None = None
    modality: str = ""
    title: str = ""
    side: str = ""
    teeth: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """A file that was read to its end. The three paths are good until the `with` block ends.

    `clean` is what is kept for download, `display` a JPEG of at most 2,000 pixels a side, `thumbnail` a WebP of at most 480;
    of a PDF these two show the first page. `sha256` is that of the file as it came. `taken_on` is the camera's date. Of a DICOM
    file its picture is kept, as PNG or JPEG, which is then the `content_type`; `said` is what its tags say.
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
    said: Said | None = None


@contextmanager
def prove(source: Path | BinaryIO, name: str, with_scans: bool = False) -> Iterator[Proven]:
    """Read a file that somebody sent under a name; `with_scans` takes DICOM files, too. Raises UnsafeFile with the reason; nothing is left behind in either case."""
    with tempfile.TemporaryDirectory(prefix="cuspid-file-") as folder:
        copy = Path(folder) / "source"
        _, sha256 = copy_file(source, copy, limits.MOST_BYTES)
        # Without a buffer: the child reads on from where this descriptor stands.
        with copy.open("rb", buffering=0) as file:
            kind = kind_of(file.read(HEAD_BYTES), name, *((tuple(IMAGES.values()), IMAGES_TAKEN) if with_scans else (tuple(KINDS.values()), TAKEN)))
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
    said = _said(answer.get("said")) if kind is DICOM else None
    if said:
        kind = JPEG if answer.get("content_type") == JPEG.content_type else PNG
    return Proven(kind.content_type, kind.endings[0], sha256, width, height, pages, answer.get("gray") is True, _day(answer.get("taken_on"), 1980), **parts, said=said)


def _said(found: object) -> Said:
    """What the tags say, each a short line of text."""
    told = {name: _line(words) for name, words in found.items()} if isinstance(found, dict) else {}
    return Said(born=_day(told.pop("born", ""), 1850), **{name: told[name] for name in Said.__slots__ if name in told})


def _line(words: object) -> str:
    return "".join(letter for letter in str(words) if letter.isprintable())[:200] if isinstance(words, str) else ""


def _count(value) -> int | None:
    return value if type(value) is int and 0 < value < 2**32 else None


def _day(written: object, first_year: int) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(str(written))
        return day if date(first_year, 1, 1) <= day <= datetime.now(UTC).date() + timedelta(days=1) else None
    return None

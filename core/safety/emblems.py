"""Logos and photos of an office, which every page shows to anybody: drawn anew and made small, drawings cleaned, each in a child process.

A logo becomes a PNG of at most 512 pixels a side (a JPEG where it came as one), or a clean SVG; with it come two square pictures for
browsers and telephones. A photo becomes a WebP of at most 1,400 pixels, one of a person a square of 320.
"""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.safety.asking import ask_child, copy_file
from core.safety.reasons import WORDS, UnsafeFile, too_big, too_many_pixels
from core.safety.signatures import HEAD_BYTES, JPEG, PNG, SVG, WEBP, Kind, kind_of

MOST_LOGO_BYTES = 5 * 1024 * 1024
MOST_DRAWING_BYTES = 256 * 1024
MOST_PHOTO_BYTES = 20 * 1024 * 1024
MOST_KEPT_BYTES = 512 * 1024
"""Of what is kept: it goes to everybody who opens a page."""
LOGO_TAKEN = "PNG, JPEG, WebP and SVG files can be taken"
PHOTO_TAKEN = "JPEG, PNG and WebP files can be taken"
_PARTS = ("body", "small", "large")


@dataclass(frozen=True, slots=True)
class Emblem:
    """A picture as it is kept. `small` (32 pixels) and `large` (180 pixels) are square PNGs made of a logo; a photo has none."""

    content_type: str
    body: bytes
    small: bytes = b""
    large: bytes = b""


def prove_logo(source: BinaryIO, name: str) -> Emblem:
    """Read a logo that somebody sent under a name. Raises UnsafeFile with the reason."""
    return _prove(source, name, "logo", MOST_LOGO_BYTES, (PNG, JPEG, WEBP, SVG), LOGO_TAKEN)


def prove_photo(source: BinaryIO, name: str) -> Emblem:
    """Read a photo that somebody sent under a name. Raises UnsafeFile with the reason."""
    return _prove(source, name, "photo", MOST_PHOTO_BYTES, (JPEG, PNG, WEBP), PHOTO_TAKEN)


def prove_portrait(source: BinaryIO, name: str) -> Emblem:
    """Read a photo of a person that somebody sent under a name; the middle of it is kept. Raises UnsafeFile with the reason."""
    return _prove(source, name, "portrait", MOST_PHOTO_BYTES, (JPEG, PNG, WEBP), PHOTO_TAKEN)


def _prove(source: BinaryIO, name: str, purpose: str, most: int, kinds: tuple[Kind, ...], taken: str) -> Emblem:
    with tempfile.TemporaryDirectory(prefix="cuspid-file-") as folder:
        copy = Path(folder) / "source"
        size, _ = copy_file(source, copy, most)
        # Without a buffer: the child reads on from where this descriptor stands.
        with copy.open("rb", buffering=0) as file:
            kind = kind_of(file.read(HEAD_BYTES), name, kinds, taken)
            if kind is SVG and size > MOST_DRAWING_BYTES:
                raise UnsafeFile(f"The drawing has more than {MOST_DRAWING_BYTES // 1024} KB; save it as PNG and send that.")
            file.seek(0)
            answer = _ask(file, kind, purpose, Path(folder))
        return _believe(answer, kind, purpose, Path(folder))


def _ask(source: BinaryIO, kind: Kind, purpose: str, folder: Path) -> dict:
    with ExitStack() as opened:
        parts = [opened.enter_context((folder / name).open("wb")) for name in _PARTS]
        numbers = [str(part.fileno()) for part in parts]
        return ask_child("core.safety.emblem_child", [kind.content_type, purpose, *numbers], source, folder, parts)


def _believe(answer: dict, kind: Kind, purpose: str, folder: Path) -> Emblem:
    """Check the answer and what was written: the child read hostile bytes, and may not be itself any more."""
    refusal, width, height = answer.get("refused"), answer.get("width"), answer.get("height")
    if refusal == "pixels" and type(width) is int and type(height) is int:
        raise too_many_pixels(width, height)
    parts = [_read(folder / name) for name in _PARTS]
    if refusal is not None or not parts[0] or (purpose == "logo" and not (parts[1].startswith(_STARTS[PNG]) and parts[2].startswith(_STARTS[PNG]))):
        raise UnsafeFile(WORDS.get(str(refusal), WORDS["damaged"]))
    made = {SVG: SVG, JPEG: JPEG}.get(kind, PNG) if purpose == "logo" else WEBP
    if not parts[0].startswith(_STARTS[made]):
        raise UnsafeFile(WORDS["damaged"])
    return Emblem(made.content_type, *parts)


_STARTS = {PNG: b"\x89PNG\r\n\x1a\n", JPEG: b"\xff\xd8\xff", WEBP: b"RIFF", SVG: b"<svg "}


def _read(path: Path) -> bytes:
    if path.stat().st_size > MOST_KEPT_BYTES:
        raise too_big(None, MOST_KEPT_BYTES)
    return path.read_bytes()

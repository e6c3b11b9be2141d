"""What a file is, by its first bytes. A list of what is taken, never of what is not; the rest is named where it is common."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath

from core.safety.reasons import TAKEN, UnsafeFile

HEAD_BYTES = 132
"""As many as `kind_of` needs."""


@dataclass(frozen=True)
class Kind:
    """A kind of file that is taken: what people call it, its content type, and the endings that its name may have."""

    name: str
    content_type: str
    endings: tuple[str, ...]


JPEG = Kind("JPEG picture", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"))
PNG = Kind("PNG picture", "image/png", (".png",))
WEBP = Kind("WebP picture", "image/webp", (".webp",))
PDF = Kind("PDF", "application/pdf", (".pdf",))
SVG = Kind("SVG drawing", "image/svg+xml", (".svg",))
DICOM = Kind("DICOM file", "application/dicom", (".dcm", ".dicom", ".dic", ""))
"""Many devices write it under names without an ending."""
KINDS = {kind.content_type: kind for kind in (JPEG, PNG, WEBP, PDF)}
IMAGES = {**KINDS, DICOM.content_type: DICOM}
"""What can be taken in as an image of a patient."""

_REFUSED = (
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)
_BEFORE_TEXT = b"\xef\xbb\xbf \t\r\n"
_TEXTS = ((b"%pdf-", "a PDF"), (b"<svg", "an SVG drawing"), (b"<!doctype html", "a web page"), (b"<html", "a web page"), (b"<?xml", "an XML file"))
_DICOM = "It is a DICOM file; export the picture as JPEG or PNG and send that."


def kind_of(head: bytes, name: str, kinds: Collection[Kind] = tuple(KINDS.values()), taken: str = TAKEN) -> Kind:
    """The kind of a file from its first bytes and its name. Raises UnsafeFile when it is not one of `kinds`, or the two disagree.

    `taken` says in words what can be taken.
    """
    kind = _known(head, kinds)
    if kind is None:
        raise UnsafeFile(_what_instead(head, taken))
    ending = PurePath(name).suffix.lower()
    if ending not in kind.endings:
        named = f"named {ending}" if ending else "named without an ending"
        raise UnsafeFile(f"It is {named}, but it is a {kind.name}; give it the ending {kind.endings[0]} if that is what it should be.")
    return kind


def _known(head: bytes, kinds: Collection[Kind]) -> Kind | None:
    kind = by_start(head)
    return kind if kind in kinds else None


def by_start(head: bytes) -> Kind | None:
    """The kind of a file from its first bytes alone, where they say so."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"%PDF-"):
        return PDF
    if head[128:132] == b"DICM":
        return DICOM
    # A drawing may begin with a declaration, a comment or spaces: that it is one, only its reader can say.
    return SVG if head.lstrip(_BEFORE_TEXT).startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg")) else None


def _what_instead(head: bytes, taken: str) -> str:
    if not head:
        return "It is empty."
    if head[128:132] == b"DICM":
        return _DICOM
    found = next((what for start, what in _REFUSED if head.startswith(start)), None)
    text = head.lstrip(_BEFORE_TEXT).lower()
    found = found or next((what for start, what in _TEXTS if text.startswith(start)), None)
    if head[4:8] == b"ftyp":
        found = "a HEIC picture or a film"
    return f"It is {found}; {taken}." if found else f"It is none of the files that are known here; {taken}."

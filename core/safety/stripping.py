"""Taking everything but the picture out of a picture file, without touching a pixel.

A JPEG file is a row of segments, a PNG file a row of chunks. Those that the picture is made of are copied, the rest is left
out, and so is all that follows the picture's end.
"""

import struct
import zlib
from collections.abc import Iterator

from core.safety.refusal import Refusal

_END, _SCAN = 0xD9, 0xDA
_APP0, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_PROFILE = b"ICC_PROFILE\0"

_PNG_START = b"\x89PNG\r\n\x1a\n"
# What pixels are made of, and how dark, how large and how transparent they are meant (PNG, third edition, section 11).
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"cICP"})


def strip_jpeg(data: bytes, keep_profile: bool, turn: int = 1) -> bytes:
    """The JPEG file with its compressed pixels as they are. `turn` (1 to 8) is which way up it is to be shown. Raises Refusal."""
    parts = [b"\xff\xd8", *([_orientation_segment(turn)] if turn in range(2, 9) else ())]
    parts += (part for marker, part in _jpeg_parts(data) if _is_picture(marker, part, keep_profile))
    return b"".join([*parts, b"\xff\xd9"])


def _is_picture(marker: int, part: bytes, keep_profile: bool) -> bool:
    if marker == _APP2:
        return keep_profile and part[4:].startswith(_PROFILE)
    # Adobe's segment says how colors are coded; without it some pictures turn green.
    if marker == _APP14:
        return part[4:9] == b"Adobe" and len(part) == 16
    return not (_APP0 <= marker <= _APP15 or marker == _COMMENT)


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment, a scan together with its compressed data, up to the first picture's end."""
    position = 2
    while True:
        position = _next_marker(data, position)
        marker = data[position + 1]
        if marker == _END:
            return
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        end = position + 2 + _length(data, position + 2)
        if marker == _SCAN:
            end = _scan_end(data, end)
        yield marker, data[position:end]
        position = end


def _next_marker(data: bytes, position: int) -> int:
    if data[position : position + 1] != b"\xff":
        raise Refusal("damaged")
    while data[position + 1 : position + 2] == b"\xff":
        position += 1
    if position + 1 >= len(data):
        raise Refusal("damaged")
    return position


def _length(data: bytes, position: int) -> int:
    length = int.from_bytes(data[position : position + 2], "big")
    if length < 2 or position + length > len(data):
        raise Refusal("damaged")
    return length


def _scan_end(data: bytes, position: int) -> int:
    """Where the compressed data ends: at the first marker that is neither a stuffed zero nor a restart."""
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            raise Refusal("damaged")
        following = data[position + 1]
        if following != 0 and following != 0xFF and following not in _WITHOUT_LENGTH:
            return position
        position += 1 if following == 0xFF else 2


def _orientation_segment(turn: int) -> bytes:
    body = b"Exif\0\0" + _orientation(turn)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _orientation(turn: int) -> bytes:
    """A TIFF directory (TIFF 6.0, section 2) with one entry: 0x0112, one short."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turn, 0, 0)


def strip_png(data: bytes, keep_profile: bool, turn: int = 1) -> bytes:
    """The PNG file with its compressed pixels as they are. Raises Refusal."""
    kept = _PNG_KEPT | ({b"iCCP"} if keep_profile else frozenset())
    parts = [_PNG_START]
    for name, body in _png_chunks(data):
        if name in kept:
            parts.append(_png_chunk(name, body))
        if name == b"IHDR" and turn in range(2, 9):
            parts.append(_png_chunk(b"eXIf", _orientation(turn)))
    return b"".join([*parts, _png_chunk(b"IEND", b"")])


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(_PNG_START)
    while True:
        length, name = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        if position + 12 + length > len(data):
            raise Refusal("damaged")
        if name == b"IEND":
            return
        yield name, data[position + 8 : position + 8 + length]
        position += 12 + length


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

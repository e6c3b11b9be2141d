"""The size of a WebP picture from its header: the decoder makes room for all of it as soon as it is opened."""

from core.safety.refusal import Refusal


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels (RFC 9649, sections 2.5 to 2.7). Raises Refusal."""
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise Refusal("damaged")
    if chunk == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if chunk == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise Refusal("damaged")

"""Time as big integers with a byte for each piece: 1 where something is so, 0 where not.

What holds for ninety days is asked of all of them at once. A byte, not a bit: a span is then written by copying bytes, which is most of the work.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

_RUNS = [b"\1" * length for length in range(289)]
"""Each run that fits a day."""


def mark(spans: Iterable[tuple[int, int]], *lines: bytearray) -> None:
    """Write 1 from one piece up to another for each span, as far as the lines go, which are all of one length."""
    last = len(lines[0])
    for span in spans:
        begin, end = span
        if begin < 0 or end > last:
            begin, end = max(begin, 0), min(end, last)
        if begin < end:
            run = _RUNS[end - begin] if end - begin < len(_RUNS) else b"\1" * (end - begin)
            for line in lines:
                line[begin:end] = run


def number(line: bytes | bytearray) -> int:
    """A line of bytes as the number to compute with."""
    return int.from_bytes(line, "little")


def between(begin: int, end: int) -> int:
    """The number that is 1 from one piece up to another."""
    return number(b"\0" * begin + b"\1" * (end - begin)) if begin < end else 0


def places(value: int, pieces: int) -> Iterator[int]:
    """Where a number is 1, in order."""
    line = value.to_bytes(pieces, "little")
    place = line.find(1)
    while place >= 0:
        yield place
        place = line.find(1, place + 1)


def runs(value: int, length: int) -> int:
    """Where a number is 1 for so many pieces in a row: the first of them."""
    have = 1
    while have < length:
        step = min(have, length - have)
        value &= value >> 8 * step
        have += step
    return value


def apart(value: int, pieces: int, length: int) -> int:
    """The first place, the next one that is at least so far from it, and so on."""
    line, kept = value.to_bytes(pieces, "little"), bytearray(pieces)
    place = line.find(1)
    while place >= 0:
        kept[place] = 1
        place = line.find(1, place + length)
    return number(kept)


def union(values: Iterable[int]) -> int:
    """Where any of the numbers is 1."""
    result = 0
    for value in values:
        result |= value
    return result


@lru_cache(maxsize=4096)
def own_runs(pattern: str) -> tuple[tuple[int, int], ...]:
    """The runs of `X` in a time pattern: where each begins, and how long it is. Without any, all of it is the provider's own time."""
    if "X" not in pattern:
        return ((0, len(pattern)),)
    found, place = [], 0
    for sign, run in groupby(pattern):
        length = len(list(run))
        if sign == "X":
            found.append((place, length))
        place += length
    return tuple(found)

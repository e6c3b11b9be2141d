"""Records as the portal itself writes them down: one on each line, as JSON."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from core.records.importing.found import Fault, Found, Record

LONGEST_LINE = 1_000_000
NO_RECORD = "It is no record: it must be one object in JSON, in UTF-8."


def read(handle: BinaryIO) -> Iterator[Found]:
    """The records of a file, whose lines may be empty, and however long: none fills the memory."""
    number = 0
    while start := handle.readline(LONGEST_LINE):
        number += 1
        is_whole = start.endswith(b"\n") or len(start) < LONGEST_LINE
        rest = start
        while not rest.endswith(b"\n") and (rest := handle.readline(LONGEST_LINE)):
            is_whole = False
        if start.strip():
            record = _record(start) if is_whole else None
            yield Fault(f"Line {number:,}", NO_RECORD) if record is None else record


def _record(line: bytes) -> Record | None:
    try:
        found = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")

"""The process that reads a care document, started by `core.safety.alone`; the document is its standard input.

It limits itself before it reads the first byte, gives up the rights of root, and prints what it found as one JSON object.
"""

import json
import sys
from typing import Any
from zoneinfo import ZoneInfo

from core.records.importing.found import Fault, Found, LeftOut
from core.safety.care_documents import MAX_BYTES
from core.safety.child import limit, step_down
from plugins.formats.ccda.document import read_document


def answer(data: bytes, source: str, zone: ZoneInfo) -> dict[str, Any]:
    """What is in the document, as plain values in their order."""
    try:
        return {"found": [_plain(one) for one in read_document(data, source, zone)]}
    except MemoryError:
        return {"refused": "shape"}


def _plain(found: Found) -> list[Any]:
    if isinstance(found, Fault):
        return ["fault", found.place, found.reason]
    return ["left", found.what] if isinstance(found, LeftOut) else ["record", found]


def main() -> None:
    """Limit, read, answer."""
    source, zone = sys.argv[3], ZoneInfo(sys.argv[4])
    limit()
    step_down()
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer.read(MAX_BYTES + 1), source, zone)))

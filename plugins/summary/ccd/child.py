"""The process that reads a document from outside first, started by `core.safety.alone`; the document is its standard input.

It limits itself before it reads the first byte, gives up the rights of root, and prints one line of JSON: what the document
says of itself, or the word for why it is refused. It also makes the page of it once, so that nothing is taken that cannot be shown.
"""

import json
import sys
from dataclasses import asdict

from core.safety.care_documents import MAX_BYTES, Refused
from core.safety.child import limit, step_down
from plugins.summary.ccd.read import read, sections


def answer(data: bytes) -> dict:
    """The head of the document as plain values, or the word for why it is refused."""
    try:
        reading = read(data)
        sections(data)
        return asdict(reading)
    except Refused as refusal:
        return {"refused": refusal.word}
    except MemoryError:
        return {"refused": "shape"}


def main() -> None:
    """Limit, read, answer."""
    limit()
    step_down()
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer.read(MAX_BYTES + 1)), default=str))

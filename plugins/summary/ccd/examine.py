"""The parent's side of reading a document from outside: our own copy, a child that reads it, and an answer that is checked."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from core.safety import UnsafeFile
from core.safety.asking import ask_child, copy_file
from core.safety.care_documents import MAX_BYTES, REASONS
from plugins.summary.ccd.read import Reading

_READING = TypeAdapter(Reading)
_READER = ["plugins.summary", "plugins.summary.ccd.child"]
_MOST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class Examined:
    """A document that was read to its end: what it says of itself, its bytes (good until the `with` block ends), size and SHA-256."""

    reading: Reading
    copy: Path
    size: int
    sha256: str


@contextmanager
def examine(source: Path | BinaryIO) -> Iterator[Examined]:
    """Read a document that somebody sent. Raises UnsafeFile with the reason; nothing is left behind in either case."""
    with tempfile.TemporaryDirectory(prefix="cuspid-document-") as folder:
        copy = Path(folder) / "source"
        size, sha256 = copy_file(source, copy, MAX_BYTES)
        with copy.open("rb") as file:
            answer = ask_child("core.safety.alone", _READER, file, Path(folder), most_answer=_MOST_ANSWER)
        yield Examined(_believe(answer), copy, size, sha256)


def _believe(answer: dict) -> Reading:
    refusal = answer.get("refused")
    if refusal is not None:
        raise UnsafeFile(REASONS.get(str(refusal), REASONS["damaged"]))
    try:
        return _READING.validate_python(answer)
    except ValidationError:
        raise UnsafeFile(REASONS["damaged"]) from None

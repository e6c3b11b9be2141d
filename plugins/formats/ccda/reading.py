"""The parent's side of reading a care document: our own copy, a child that reads it, and an answer that is checked."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from core.records.importing.found import Fault, Found, LeftOut, WithFile
from core.safety import UnsafeFile
from core.safety.asking import ask_child, copy_file
from core.safety.care_documents import MAX_BYTES, REASONS

DOCUMENT, XML = "care_document", "application/xml"
_READER = ["plugins.formats", "plugins.formats.ccda.child"]
_MOST_ANSWER = 32 * 1024 * 1024


def read(file: BinaryIO, source: str = "ccda", zone: ZoneInfo | None = None) -> Iterator[Found]:
    """The records of a document, with its faults and what was left out. The record of the document itself comes last, with the file."""
    file.seek(0)
    with tempfile.TemporaryDirectory(prefix="cuspid-care-") as folder:
        copy = Path(folder) / "source"
        try:
            copy_file(file, copy, MAX_BYTES)
            with copy.open("rb") as stream:
                asked = [*_READER, source, str(zone or "UTC")]
                answer = ask_child("core.safety.alone", asked, stream, Path(folder), most_answer=_MOST_ANSWER)
        except UnsafeFile as refusal:
            yield Fault("/", refusal.reason)
            return
        for one in map(_found, _believe(answer)):
            yield WithFile(one, XML, copy.read_bytes()) if isinstance(one, dict) and one["kind"] == DOCUMENT else one


def _believe(answer: dict[str, Any]) -> list[list[Any]]:
    found = answer.get("found")
    if isinstance(found, list) and all(isinstance(one, list) and len(one) > 1 for one in found):
        return found
    return [["fault", "/", REASONS.get(str(answer.get("refused")), REASONS["damaged"])]]


def _found(one: list[Any]) -> Found:
    if one[0] == "fault":
        return Fault(str(one[1]), str(one[2]))
    if one[0] == "left":
        return LeftOut(str(one[1]))
    return {str(name): value for name, value in one[1].items()}

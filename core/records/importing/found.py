"""What reading a file gives: records, faults with their place, and what was left out on purpose."""

from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
"""A record for the door: its kind, its external id, and its fields."""


@dataclass(frozen=True)
class Fault:
    """A part of a file that cannot be read; `place` leads to it, `reason` repeats nothing that stands there."""

    place: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """A part that is sound, but of which the portal keeps nothing: it is counted, by what it is."""

    what: str


@dataclass(frozen=True)
class WithFile:
    """A record of a kind that has a file, with the file: whoever takes it in sends the file first, and names it in the record. `place` is where it stood, if it is
    not known by that anyway. What is in `before` goes in before it, such as the folder in which it lies.
    """

    record: Record
    content_type: str
    data: bytes
    place: str = ""
    before: tuple[Record, ...] = ()


Found = Record | WithFile | Fault | LeftOut


class Unusable(Exception):
    """A part of what is being read cannot become a record. `pointer` leads to it from there, as in JSON pointers."""

    def __init__(self, pointer: str, reason: str):
        super().__init__(reason)
        self.pointer, self.reason = pointer, reason


class NotTaken(Exception):
    """The portal keeps nothing of this; the text says what it is."""


def deleted(kind: str, external_id: str) -> Record:
    """The record that takes another one out again."""
    return {"kind": kind, "external_id": external_id, "deleted": True}

"""The way back: what patients and the office do here, in one order, for whoever keeps the practice's charts.

A tab notes a change in the transaction of what was done. Readers, such as a practice's system or the connector to it, are handed out what waits for them and
acknowledge it; until then they are given it again. What records bring in is not noted: its source knows it.
"""

from core.records.changes.files import ChangeFile, NoChangeFile, file_of
from core.records.changes.kinds import ChangeKind, Details, MadeFile, NamedFile, Thing, thing
from core.records.changes.noting import note
from core.records.changes.reading import MOST, Change, NotHandedOut, acknowledge, acknowledged, begin, clear_away, forget, readers, waiting

__all__ = [
    "MOST", "Change", "ChangeFile", "ChangeKind", "Details", "MadeFile", "NamedFile", "NoChangeFile", "NotHandedOut", "Thing", "acknowledge", "acknowledged", "begin", "clear_away", "file_of", "forget",
    "note", "readers", "thing", "waiting",
]  # fmt: skip

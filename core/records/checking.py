"""Whether a record is one: its kind is known here, and its fields are those of the kind."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from core.records import Record, RecordKind
from core.records.writing import Taken

_WORDS = {"missing": "is missing", "extra_forbidden": "is no field of this kind of record"}
_FIELD = re.compile("[a-z][a-z0-9_]{0,39}")


class Refused(Exception):
    """One record cannot be taken in; the text says why, and `where` which of its fields is wrong."""

    def __init__(self, reason: str, where: str = ""):
        super().__init__(reason)
        self.where = where


def checked(kinds: Mapping[str, RecordKind], name: str, fields: Mapping[str, Any], taken: Taken) -> Taken:
    """The record with what it says. Raises Refused."""
    if name not in kinds:
        raise Refused(f"There is no kind of record called {name!r}.", "kind")
    is_deleted = fields.get("deleted") is True
    said = {field: value for field, value in fields.items() if field != "kind" and not (field == "deleted" and isinstance(value, bool))}
    try:
        record: Record = (Record if is_deleted else kinds[name].schema)(**said)
    except ValidationError as error:
        problems = [(".".join(map(_part, problem["loc"])), _WORDS.get(problem["type"], problem["msg"])) for problem in error.errors()]
        raise Refused("; ".join(f"{where}: {words}" for where, words in problems), problems[0][0]) from None
    taken.values, taken.is_deleted = record.model_dump(), is_deleted
    return taken


def _part(part: str | int) -> str:
    """A part of the way to a fault. What is no name of a field may be anything, also about a patient, and is not repeated."""
    return str(part) if isinstance(part, int) or _FIELD.fullmatch(part) else "…"

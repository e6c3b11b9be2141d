"""The one door for data in: typed records from a practice's system, checked and written in one transaction.

Part of the chart is declared here (clinic, provider, patient, relationship come from core and tenants), the rest by each tab
through `portal_record_kinds`. A record names others by the practice's own ids; a batch may be sent again, nothing doubles.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.files import Files, PracticeFiles
from core.tenant import touch

Outcome = Literal["created", "updated", "unchanged", "deleted", "refused"]
OUTCOMES: dict[Outcome, str] = {"created": "new", "updated": "changed", "unchanged": "as before", "deleted": "taken out", "refused": "refused"}
"""What became of records, as people read it."""
# A null character, and half of a pair of which the other half is missing.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Record(BaseModel):
    """The fields that every kind has; a kind's schema adds its own. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    external_id: str = Field(min_length=1, max_length=200)
    """The practice's own id of this record, the same each time that it is sent."""

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        if not can_be_stored(value):
            raise ValueError("holds a null character or half a character, which is no text")
        return value


class LinkedRecord(Record):
    """The fields of a kind of which some are made in the portal. `portal_id` says that this record is one of those, so that nothing is there twice."""

    portal_id: UUID | None = Field(None, description="The id of what was made in the portal and has this number in the practice's system now, as a change tells it.")


class RecordWithFile(Record):
    """The fields of a kind that has a file. `file` is the id of an upload (`POST /api/v1/uploads`); left out, the file that is there stays."""

    file: UUID | None = Field(None, description="The id of the upload that holds the file. Left out, the file that is there stays as it is.")


@dataclass(frozen=True)
class RecordFile:
    """How a kind keeps the file of a record. `content_types` and `most_bytes` say what may be sent.

    `keep(session, files, path, content_type, values)` checks the file, stores it and returns the columns to fill; `values` are those of the record. Raises UnsafeFile.
    `digest` is the column that then holds the SHA-256 of the file as it was sent, so that the same is not stored twice; `keys` are those that hold keys of files.
    Where it `is_needed`, no record is there without its file.
    """

    content_types: frozenset[str]
    most_bytes: int
    keep: Callable[[Session, PracticeFiles, Path, str, Mapping[str, Any]], dict[str, Any]]
    digest: str
    keys: tuple[str, ...]
    is_needed: bool = False


@dataclass(frozen=True)
class RecordKind:
    """A kind of record: its schema, the table it fills, and which of its fields name other records.

    `references` maps a field that holds an external id to the kind it names: {"patient": "patient"} fills `patient_id`.
    A field with a list of them fills the array that is named after the kind: {"operatories": "operatory"} fills `operatory_ids`.
    `after` is called once a batch, in its transaction, when a record of the kind was created or updated, also where several kinds have
    the same; `written` is called before, with the ids of those rows. Where the table has a column `own`, the columns that it names are left as they are.
    `recognize` looks whether those under numbers that are not known here are here already, gives them those numbers, and answers who waits
    for the office and is refused; it is told whether they come from another system than the practice's.
    `merge` makes one row of two where a record says `merged_into` (by the row that is kept, the other one and that external id), with the `plugins`; it
    answers why it cannot, or nothing.
    `became` knows the rows into which those with certain external ids were merged, for those that were; `followed` knows which of these merges the
    practice's system takes back by saying nothing of them any more, and `unmerge` does that; it answers on which rows that may tell.
    `named` is told that rows of a table were filled, and can ask which of them name rows of the kind by which external ids.
    When one is deleted in the practice's system, its row goes, with its `parts` (columns of other tables that name it; those rows go too), and
    where `let_go` names it, nothing is named any more. Whatever else in the portal still names it keeps it here, and so does `keeps`, a
    condition on rows, such as those that were made in the portal. `going` is told of rows before they go, `changing` of rows before they change;
    what they return is called afterwards.
    What `ages` soon misleads people when no more of it comes in, such as visits and balances: an office may be warned of that
    (core/records/freshness.py). A kind of `LinkedRecord` says what else is set when a row that was made here gets its number (`linked`). A kind with a `file` has a schema of `RecordWithFile`; `store` is where files lie, filled in where kinds are gathered.
    """

    name: str
    schema: type[Record]
    model: Any
    references: Mapping[str, str] = field(default_factory=dict)
    after: Callable[[Session], object] | None = None
    written: Callable[[Session, Collection[UUID]], object] | None = None
    became: Callable[[Session, UUID, Collection[str]], dict[str, UUID]] | None = None
    parts: Collection[InstrumentedAttribute] = ()
    let_go: Collection[InstrumentedAttribute] = ()
    keeps: ColumnElement[bool] | None = None
    going: Callable[[Session, Collection[UUID]], Callable[[], object] | None] | None = None
    changing: Callable[[Session, Collection[UUID]], Callable[[], object] | None] | None = None
    recognize: Callable[[Session, Mapping[str, Mapping[str, Any]], bool], dict[str, str]] | None = None
    merge: Callable[[Session, Any, UUID, UUID, str], str] | None = None
    followed: Callable[[Session, Collection[str]], Collection[str]] | None = None
    unmerge: Callable[[Session, Any, Mapping[str, Mapping[str, Any]]], Collection[UUID]] | None = None
    named: Callable[[Session, str, Callable[[], Mapping[UUID, Mapping[str, str]]]], object] | None = None
    plugins: Any = None
    ages: bool = False
    linked: Mapping[str, Any] | None = None
    file: RecordFile | None = None
    store: Files | None = None


@dataclass(frozen=True)
class Answer:
    """What became of one record, in the order of the batch; `reason` says why one was refused, without repeating its content, and `where` which of
    its fields was the first that is wrong, such as `lines.2.amount_cents`. `missing` is the kind and the number of what it names and is not there.
    """

    kind: str
    external_id: str
    outcome: Outcome
    reason: str = ""
    where: str = ""
    missing: tuple[str, str] = ("", "")


def kinds_of(*lists: Iterable[RecordKind]) -> dict[str, RecordKind]:
    """The kinds by name. Raises ValueError when two plugins declare the same one."""
    found: dict[str, RecordKind] = {}
    for kind in (kind for kinds in lists for kind in kinds):
        if kind.name in found:
            raise ValueError(f"the record kind {kind.name!r} is declared twice")
        found[kind.name] = kind
    return found


def show_at_once(session: Session) -> None:
    """For `after` of a kind that the tenant keeps in memory: every web process reads the practice anew on its next request."""
    touch(session, session.info["practice_id"])


def title_of(kind: str) -> str:
    """A kind of record in words."""
    return kind.replace("_", " ").capitalize() or "Unknown"


def can_be_stored(value: Any) -> bool:
    """Whether all text in a value, however deep, is text that a database can keep."""
    if isinstance(value, str):
        return not _NO_TEXT.search(value)
    return not any(_NO_TEXT.search(words) for words in _words_in(value))


def _words_in(value: Any) -> Iterator[str]:
    """All text in a value, however deep: without a call within a call, of which there may only be so many."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one

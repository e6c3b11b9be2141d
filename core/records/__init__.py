"""The one door for data in: typed records from a practice's system, checked and written in one transaction.

Part of the chart is declared here (clinic, provider, patient, relationship come from core and tenants), the rest by each tab
through `portal_record_kinds`. A record names others by the practice's own ids; a batch may be sent again, nothing doubles.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.db import uuid7
from core.tenant import touch

Outcome = Literal["created", "updated", "unchanged", "refused"]
OUTCOMES: dict[Outcome, str] = {"created": "new", "updated": "changed", "unchanged": "as before", "refused": "refused"}
"""What became of records, as people read it. The door takes nothing out: what is deleted in a practice's system stays."""
_WORDS = {"missing": "is missing", "extra_forbidden": "is no field of this kind of record"}
_FIELD = re.compile("[a-z][a-z0-9_]{0,39}")
# A null character, and half of a pair of which the other half is missing.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Record(BaseModel):
    """The fields that every kind has; a kind's schema adds its own. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    external_id: str = Field(min_length=1, max_length=200)

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        if any(_NO_TEXT.search(words) for words in _words_in(value)):
            raise ValueError("holds a null character or half a character, which is no text")
        return value


@dataclass(frozen=True)
class RecordKind:
    """A kind of record: its schema, the table it fills, and which of its fields name other records.

    `references` maps a field that holds an external id to the kind it names: {"patient": "patient"} fills `patient_id`.
    A field with a list of them fills the array that is named after the kind: {"operatories": "operatory"} fills `operatory_ids`.
    `after` is called once a batch, in its transaction, when a record of the kind was created or updated; so is `written`, with the ids
    of those rows. Where the table has a column `own`, the columns that it names are left as they are.
    `became` knows the row into which the one with an external id was merged, if it was.
    What `ages` soon misleads people when no more of it comes in, such as visits and balances: an office may be warned of that
    (core/records/freshness.py).
    """

    name: str
    schema: type[Record]
    model: Any
    references: Mapping[str, str] = field(default_factory=dict)
    after: Callable[[Session], object] | None = None
    written: Callable[[Session, Collection[UUID]], object] | None = None
    became: Callable[[Session, UUID, str], UUID | None] | None = None
    ages: bool = False


@dataclass(frozen=True)
class Answer:
    """What became of one record, in the order of the batch; `reason` says why one was refused, without repeating its content."""

    kind: str
    external_id: str
    outcome: Outcome
    reason: str = ""


class Refused(Exception):
    """One record cannot be taken in; the text says why."""


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


def take_in(session: Session, kinds: Mapping[str, RecordKind], batch: Iterable[Mapping[str, Any]]) -> list[Answer]:
    """Check and write a batch for the practice that is bound; a refused record leaves the others and itself whole.

    Whatever takes records in goes through `core.records.runs`, which keeps in the same transaction what came of it.
    """
    door = _Door(session, kinds)
    answers = [door.take(dict(record)) for record in batch]
    for name, ids in sorted(door.changed.items()):
        if written := kinds[name].written:
            written(session, ids)
        if after := kinds[name].after:
            after(session)
    session.flush()
    return answers


def title_of(kind: str) -> str:
    """A kind of record in words."""
    return kind.replace("_", " ").capitalize() or "Unknown"


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


def _place(part: str | int) -> str:
    """A part of the way to a fault. What is no name of a field may be anything, also about a patient, and is not repeated."""
    return str(part) if isinstance(part, int) or _FIELD.fullmatch(part) else "…"


class _Door:
    """One batch: what was looked up once is not looked up again."""

    def __init__(self, session: Session, kinds: Mapping[str, RecordKind]):
        self._session, self._kinds = session, kinds
        self._practice_id: UUID = session.info["practice_id"]
        self._ids: dict[tuple[str, str], UUID] = {}
        self.changed: dict[str, set[UUID]] = defaultdict(set)

    def take(self, record: dict[str, Any]) -> Answer:
        name, external_id = str(record.pop("kind", "")), str(record.get("external_id", ""))
        try:
            kind = self._kind(name)
            values = self._values(kind, self._check(kind, record))
            return Answer(name, external_id, self._write(kind, external_id, values))
        except Refused as refusal:
            return Answer(name, external_id, "refused", str(refusal))

    def _kind(self, name: str) -> RecordKind:
        if name not in self._kinds:
            raise Refused(f"There is no kind of record called {name!r}.")
        return self._kinds[name]

    def _check(self, kind: RecordKind, record: dict[str, Any]) -> Record:
        try:
            return kind.schema(**record)
        except ValidationError as error:
            problems = (f"{'.'.join(map(_place, problem['loc']))}: {_WORDS.get(problem['type'], problem['msg'])}" for problem in error.errors())
            raise Refused("; ".join(problems)) from None

    def _values(self, kind: RecordKind, record: Record) -> dict[str, Any]:
        values = record.model_dump()
        for name, target in kind.references.items():
            other = values.pop(name)
            if isinstance(other, list):
                values[f"{target}_ids"] = [self._id(target, one) for one in other]
            else:
                values[f"{name}_id"] = None if other is None else self._id(target, other)
        return values

    def _id(self, kind: str, external_id: str) -> UUID:
        key = (kind, external_id)
        if key not in self._ids:
            found = self._find(self._kinds[kind], external_id)
            if found is None:
                raise Refused(f"The {kind} that it names is not there yet.")
            self._ids[key] = found
        return self._ids[key]

    def _find(self, kind: RecordKind, external_id: str) -> UUID | None:
        row = self._rows(kind, external_id, "id")
        if kind.became is None:
            return self._session.scalar(row)
        # Held until the batch is written: whoever merges it into another meanwhile waits, and who has merged it has left word.
        return self._session.scalar(row.with_for_update(read=True, key_share=True)) or kind.became(self._session, self._practice_id, external_id)

    def _rows(self, kind: RecordKind, external_id: str, *columns: str):
        table = kind.model.__table__
        chosen = [table.c[name] for name in columns]
        return select(*chosen).where(table.c.practice_id == self._practice_id, table.c.external_id == external_id)

    def _write(self, kind: RecordKind, external_id: str, values: dict[str, Any]) -> Outcome:
        table = kind.model.__table__
        own = ("own",) if "own" in table.c else ()
        row = self._session.execute(self._rows(kind, external_id, "id", *own, *values)).mappings().one_or_none()
        if row is None and kind.became and kind.became(self._session, self._practice_id, external_id):
            # What the old chart says of the person counts no more: it might lead to somebody else's mailbox.
            return "unchanged"
        if row is None:
            new = {"practice_id": self._practice_id, "id": uuid7(), **values}
            self._session.execute(insert(kind.model), new)
            self._ids[(kind.name, external_id)] = new["id"]
            self.changed[kind.name].add(new["id"])
            return "created"
        # What the office has set on its own pages counts.
        values = {name: value for name, value in values.items() if not own or name not in row["own"]}
        if all(row[name] == value for name, value in values.items()):
            return "unchanged"
        self._session.execute(update(table).where(table.c.practice_id == self._practice_id, table.c.id == row["id"]).values(**values))
        self.changed[kind.name].add(row["id"])
        return "updated"

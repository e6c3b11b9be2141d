"""What somebody may book, by rules over plain values: recalls that are due come first, then the reasons that the office offers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

RECALL, TYPE = "recall", "type"
PLAIN_PATTERN = "X" * 6
"""The time of a visit for which the office has written down none: half an hour."""
SOON = timedelta(days=30)
"""So long ahead of its day a patient is asked to book a recall visit."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of recall or of appointment, as plain values; see the models. `min_age` and `max_age` are whole years, both included."""

    id: UUID
    words: str
    pattern: str = ""
    procedures: Sequence[Any] = ()
    min_age: int | None = None
    max_age: int | None = None
    joins_special: bool = False
    special: str = ""
    blockout_type_ids: frozenset[UUID] = frozenset()
    only_in_blockouts: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A recall of a patient; `is_scheduled` when there is a visit for it."""

    id: UUID
    kind: Kind
    due_on: date | None
    pattern: str = ""
    is_disabled: bool = False
    disabled_until: date | None = None
    is_scheduled: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that can be booked, on days from `first_day` to `last_day` (none: no end). `recall_ids` are the recalls that the visit is for."""

    what: str
    type_id: UUID
    words: str
    pattern: str
    procedures: tuple[Any, ...]
    first_day: date
    last_day: date | None = None
    due_on: date | None = None
    recall_ids: tuple[UUID, ...] = ()
    blockout_type_ids: frozenset[UUID] = frozenset()
    only_in_blockouts: bool = False

    @property
    def key(self) -> str:
        """How an address names it."""
        return f"{self.what}-{self.type_id}"

    @property
    def minutes(self) -> int:
        """How long the visit is."""
        return len(self.pattern) * 5

    @property
    def codes(self) -> tuple[str, ...]:
        """The numbers of its procedures, as far as they are known."""
        return codes_of(self.procedures)

    def is_asked_for(self, today: date) -> bool:
        """Whether the patient should book it now."""
        return self.due_on is not None and self.due_on <= today + SOON

    def is_for(self, day: date) -> bool:
        """Whether a visit on that day may be for it."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def codes_of(procedures: Iterable[Any]) -> tuple[str, ...]:
    """The numbers of procedures, as far as they are known."""
    return tuple(dict.fromkeys(one["code"] for one in procedures if one.get("code")))


def recalls_of(dues: Iterable[Due], born: date | None, today: date, only_from_due: bool) -> list[Reason]:
    """The recall visits that a patient may book, the longest due first. What joins special ones and is due with them is part of them."""
    open_ones = [due for due in dues if asks(due, today)]
    alone = sorted((due for due in open_ones if due.kind.words), key=_order)
    special = next((due for due in alone if due.kind.special and _span(due.kind, born, today)), None)
    joined = _joined(special, open_ones, today) if special else []
    found = [_reason(due, joined if due is special else [], born, today, only_from_due) for due in alone if due not in joined]
    return [reason for reason in found if reason]


def asks(due: Due, today: date) -> bool:
    """Whether a recall asks for a visit at all: it has a day, no visit yet, and is not (any more, or still) disabled."""
    is_off = due.is_disabled or (due.disabled_until is not None and today < due.disabled_until)
    return due.due_on is not None and not due.is_scheduled and not is_off


def reasons_of(kinds: Iterable[Kind], born: date | None, today: date) -> list[Reason]:
    """The types of appointment that somebody of this age may book now or later, as the office has ordered them."""
    offered = sorted((kind for kind in kinds if kind.words), key=lambda kind: (kind.position, kind.words))
    spans = ((kind, _span(kind, born, today)) for kind in offered)
    return [
        Reason(
            TYPE, kind.id, kind.words, kind.pattern or PLAIN_PATTERN, tuple(kind.procedures), *span,
            blockout_type_ids=kind.blockout_type_ids, only_in_blockouts=kind.only_in_blockouts,
        )
        for kind, span in spans if span
    ]  # fmt: skip


def birthday(born: date, age: int) -> date:
    """The day on which somebody becomes so old; who was born on February 29 has the birthday on March 1 in other years."""
    year = min(born.year + age, date.max.year)
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _order(due: Due) -> tuple:
    return due.due_on or date.max, due.kind.position, due.kind.words, due.id


def _joined(special: Due, open_ones: Iterable[Due], today: date) -> list[Due]:
    """What is done in the same visit: due by the day for which the special one is asked."""
    by = max(special.due_on or today, today)
    joins = (due for due in open_ones if due.kind.joins_special and due is not special)
    return sorted((due for due in joins if due.due_on and due.due_on <= by), key=_order)


def _reason(due: Due, joined: Sequence[Due], born: date | None, today: date, only_from_due: bool) -> Reason | None:
    span = _span(due.kind, born, max(due.due_on or today, today) if only_from_due else today)
    if span is None:
        return None
    parts = [due, *joined]
    return Reason(
        RECALL, due.kind.id, due.kind.words, "".join(part.pattern or part.kind.pattern for part in parts) or PLAIN_PATTERN,
        tuple(_procedures(parts)), *span, due.due_on, tuple(part.id for part in parts), due.kind.blockout_type_ids, due.kind.only_in_blockouts,
    )  # fmt: skip


def _procedures(parts: Iterable[Due]) -> Iterator[Any]:
    for part in parts:
        yield from part.kind.procedures


def _span(kind: Kind, born: date | None, today: date) -> tuple[date, date | None] | None:
    """The days from today on at which somebody has the age for it; None when there are none, or nobody knows the age."""
    if kind.min_age is None and kind.max_age is None:
        return today, None
    if born is None:
        return None
    first = max(today, birthday(born, kind.min_age)) if kind.min_age is not None else today
    last = birthday(born, kind.max_age + 1) - timedelta(days=1) if kind.max_age is not None else None
    return None if last is not None and last < first else (first, last)

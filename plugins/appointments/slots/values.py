"""What the search for open times is asked with, and what it answers. Ids are whatever can be a key of a dictionary.

Time is counted in pieces of five minutes. Hours that begin or end within a piece count without it; blockouts and visits with the whole of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

Id = Any
PIECE = 5
"""Minutes of one piece of time, and of one sign of a time pattern."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Operatory(NamedTuple):
    """A chair of a clinic; `position` counts from the left. What may be booked in it: recalls, and these types of appointment."""

    id: Id
    position: int = 0
    provider_id: Id | None = None
    hygienist_id: Id | None = None
    is_hygiene: bool = False
    clinic_id: Id | None = None
    takes_recalls: bool = False
    appointment_type_ids: Collection[Id] = ()

    @property
    def own_provider_id(self) -> Id | None:
        """Whose operatory it is: the hygienist's where it is for hygiene."""
        return self.hygienist_id if self.is_hygiene and self.hygienist_id is not None else self.provider_id


class Hours(NamedTuple):
    """When a provider works on one day, in minutes from midnight by the clinic's clock; in these operatories, or wherever it is their own."""

    day: date
    starts: int
    ends: int
    provider_id: Id
    operatory_ids: Collection[Id] = ()


class Blockout(NamedTuple):
    """Time of one day that is kept for something, in minutes from midnight by the clinic's clock; in these operatories, or in all."""

    day: date
    starts: int
    ends: int
    type_id: Id
    operatory_ids: Collection[Id] = ()


class Rule(NamedTuple):
    """An appointment rule: procedures, by the range of their codes with both ends, during which their provider sees nobody else."""

    first_code: str
    last_code: str
    name: str = ""

    def covers(self, codes: Collection[str]) -> bool:
        """Whether a visit with these procedures is one of the rule."""
        return any(self.first_code <= code <= self.last_code for code in codes)


@dataclass(frozen=True)
class Beside:
    """The rules of a practice, and the procedures of each visit of a provider at some time."""

    rules: tuple[Rule, ...] = ()
    visits: tuple[tuple[str, ...], ...] = ()

    def forbids(self, codes: Collection[str]) -> str | None:
        """The name of a rule by which a visit with these procedures cannot be there, too."""
        together = [code for visit in self.visits for code in visit] + list(codes) if self.visits else []
        return next((rule.name for rule in self.rules if rule.covers(together)), None)


class Taken(NamedTuple):
    """A visit that is in the book. `begins` counts minutes from `EPOCH`; its provider is busy during the `X` of its pattern, or all along.

    It lasts as long as it says or as its pattern is, whichever is longer. `codes` are of its procedures.
    """

    operatory_id: Id | None
    provider_id: Id | None
    begins: int
    minutes: int
    pattern: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """The visit for which a time is looked for. It is a recall visit, or of a type, or else it may be in any operatory that patients book.

    It begins neither before `earliest` nor before the day `first_on` (the due date, an age), nor after the day `last_on`.
    `provider_ids` are those who may do it, None for everybody. `own_visits` are the patient's: when they begin, in minutes from `EPOCH`, and how
    many minutes they last.
    `only_in_blockouts`: nowhere but over blockouts of its types. `back_to_back`: begin times that are one length of the visit apart.
    `codes` are of its procedures.
    """

    pattern: str
    earliest: datetime
    last_on: date
    is_recall: bool = False
    appointment_type_id: Id | None = None
    provider_ids: frozenset[Id] | None = None
    blockout_type_ids: frozenset[Id] = frozenset()
    only_in_blockouts: bool = False
    first_on: date | None = None
    own_visits: tuple[tuple[int, int], ...] = ()
    back_to_back: bool = False
    codes: tuple[str, ...] = ()

    @property
    def minutes(self) -> int:
        """How long the visit lasts."""
        return len(self.pattern) * PIECE

    def fits(self, operatory: Operatory) -> bool:
        """Whether patients may book such a visit in the operatory."""
        if self.appointment_type_id is not None:
            return self.appointment_type_id in operatory.appointment_type_ids
        return operatory.takes_recalls or (not self.is_recall and bool(operatory.appointment_type_ids))


class Slot(NamedTuple):
    """An open time, in UTC: where, and whose time it takes."""

    starts_at: datetime
    operatory_id: Id
    provider_id: Id


def minute_of(moment: datetime) -> int:
    """The minute that a moment is in, counted from `EPOCH`."""
    return (moment - EPOCH) // timedelta(minutes=1)


def moment_of(minute: int) -> datetime:
    """The moment at which a minute counted from `EPOCH` begins."""
    return EPOCH + timedelta(minutes=minute)

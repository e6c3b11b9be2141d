"""The book of a clinic: all that decides when a visit can be, for some days; and the same as lines, worked out once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from plugins.appointments.slots.clock import WHOLE_DAY, Clock
from plugins.appointments.slots.lines import mark, number, own_runs, union
from plugins.appointments.slots.values import PIECE, Blockout, Hours, Id, Operatory, Rule, Taken

Lines = dict[Id, int]


@dataclass(frozen=True)
class Book:
    """The days from `first` to `last` by the clock of `zone`, in which visits begin every `increment` minutes (5, 10 or 15) from midnight.

    Visits in operatories of the clinic are offered only; `taken` are all that keep those operatories or their providers busy, wherever they are.
    `closed` are days off. Visits are booked over `open_blockout_types` freely. With `prevents_double_booking` nothing overlaps any visit of
    the same operatory or provider; without it, a provider's own time (`X`) is kept free of other own time only, and the `rules` count.

    A rule lets two visits of one provider overlap only where neither has a procedure of it. Elsewhere in the field a rule is what keeps own time
    apart; here that is always so, since the database holds it. What is left for a rule to forbid is the rest: a visit with a procedure of a rule is
    alone with its provider for its whole length, other time (`/`) and all, both where it is booked and where others are booked beside it.
    """

    zone: ZoneInfo
    first: date
    last: date
    increment: int = 10
    clinic_id: Id | None = None
    operatories: Sequence[Operatory] = ()
    hours: Sequence[Hours] = ()
    blockouts: Sequence[Blockout] = ()
    taken: Sequence[Taken] = ()
    closed: Collection[date] = ()
    open_blockout_types: frozenset[Id] = frozenset()
    prevents_double_booking: bool = True
    rules: Sequence[Rule] = ()

    @cached_property
    def clock(self) -> Clock:
        """Where each local time of these days is."""
        return Clock(self.zone, self.first, self.last)

    @cached_property
    def from_the_left(self) -> list[Operatory]:
        """The clinic's operatories, leftmost first."""
        return sorted((chair for chair in self.operatories if chair.clinic_id == self.clinic_id), key=lambda chair: chair.position)

    @cached_property
    def all_time(self) -> int:
        """1 for every piece."""
        return number(b"\1" * self.clock.pieces)

    @cached_property
    def grid(self) -> int:
        """Where visits may begin."""
        return number(self.clock.grid(self.increment))

    @cached_property
    def days_off(self) -> int:
        """The time of the closed days."""
        line = self._line()
        for day in self.closed:
            mark(self.clock.spans(day, 0, WHOLE_DAY), line)
        return number(line)

    @cached_property
    def _hours_lines(self) -> tuple[dict[Id, Lines], Lines]:
        tied: dict[Id, dict[Id, bytearray]] = defaultdict(lambda: defaultdict(self._line))
        free: dict[Id, bytearray] = defaultdict(self._line)
        for day, starts, ends, provider_id, operatory_ids in self.hours:
            lines = [tied[operatory_id][provider_id] for operatory_id in operatory_ids] if operatory_ids else [free[provider_id]]
            mark(self.clock.spans(day, -(-starts // PIECE), ends // PIECE), *lines)
        return {operatory_id: _numbers(lines) for operatory_id, lines in tied.items()}, _numbers(free)

    def hours_in(self, operatory: Operatory) -> Lines:
        """When which provider works in an operatory, in the order in which they are asked.

        Whoever's hours name the operatory has it. At other times it is its own provider's, by hours that name no operatory.
        """
        tied, free = self._hours_lines
        named, own = tied.get(operatory.id, {}), operatory.own_provider_id
        if own not in named and own not in free:
            return named
        others = union(line for provider_id, line in named.items() if provider_id != own)
        unnamed = free.get(own, 0)
        return {own: named.get(own, 0) | unnamed ^ (unnamed & others)} | {key: line for key, line in named.items() if key != own}

    @cached_property
    def _blockout_lines(self) -> dict[Id | None, Lines]:
        lines: dict[Id | None, dict[Id, bytearray]] = defaultdict(lambda: defaultdict(self._line))
        for day, starts, ends, type_id, operatory_ids in self.blockouts:
            mark(self.clock.spans(day, starts // PIECE, -(-ends // PIECE)), *(lines[operatory_id][type_id] for operatory_id in operatory_ids or (None,)))
        return {operatory_id: _numbers(of_types) for operatory_id, of_types in lines.items()}

    def blockouts_in(self, operatory: Operatory, type_ids: Collection[Id], but: bool = False) -> int:
        """The blockouts of an operatory that are of these types; with `but`, those of all other types."""
        everywhere, here = (self._blockout_lines.get(key, {}) for key in (None, operatory.id))
        return union(line for lines in (everywhere, here) for type_id, line in lines.items() if (type_id in type_ids) != but)

    @cached_property
    def _taken_lines(self) -> tuple[Lines, Lines]:
        chairs: dict[Id | None, bytearray] = defaultdict(self._line)
        providers: dict[Id | None, bytearray] = defaultdict(self._line)
        # Visits of one operatory and provider often come together: looking up the lines of each costs as much as writing on them.
        for (operatory_id, provider_id), visits in groupby(self.taken, itemgetter(0, 1)):
            self._mark_visits(list(visits), chairs[operatory_id], providers[provider_id])
        return _numbers(chairs), _numbers(providers)

    def is_alone(self, codes: tuple[str, ...]) -> bool:
        """Whether a rule keeps a visit with these procedures apart from all others of its provider."""
        known = self._alone
        if codes not in known:
            known[codes] = any(rule.covers(codes) for rule in self.rules)
        return known[codes]

    @cached_property
    def _alone(self) -> dict[tuple[str, ...], bool]:
        return {(): False}

    @cached_property
    def _alone_lines(self) -> Lines:
        return self._lines_of_providers(visit for visit in self.taken if self.is_alone(visit.codes)) if self.rules else {}

    @cached_property
    def _busy_lines(self) -> Lines:
        return self._lines_of_providers(self.taken)

    def _lines_of_providers(self, visits: Iterable[Taken]) -> Lines:
        """When a provider is busy with these visits, for the whole of their length."""
        lines: dict[Id | None, bytearray] = defaultdict(self._line)
        for provider_id, theirs in groupby(visits, itemgetter(1)):
            mark(self._whole(list(theirs)), lines[provider_id])
        return _numbers(lines)

    def _mark_visits(self, visits: list[Taken], chair: bytearray, provider: bytearray) -> None:
        if self.prevents_double_booking:
            mark(self._whole(visits), chair, provider)
        else:
            mark(self._whole(visits), chair)
            mark(self._own_time(visits), provider)

    def _whole(self, visits: list[Taken]) -> Iterator[tuple[int, int]]:
        since = self.clock.begins
        for _, _, begins, minutes, pattern, _ in visits:
            yield (begins - since) // PIECE, -((since - begins - max(minutes, len(pattern) * PIECE)) // PIECE)

    def _own_time(self, visits: list[Taken]) -> Iterator[tuple[int, int]]:
        for visit in visits:
            if "X" not in visit.pattern:
                yield from self._whole([visit])
                continue
            begin, late = divmod(visit.begins - self.clock.begins, PIECE)
            for place, length in own_runs(visit.pattern):
                yield begin + place, begin + place + length + (late > 0)

    def taken_in(self, operatory: Operatory) -> int:
        """When there is a visit in an operatory."""
        return self._taken_lines[0].get(operatory.id, 0)

    def taken_of(self, provider_id: Id) -> int:
        """When a provider is busy with visits: the whole of them where double booking is prevented, else the own time."""
        return self._taken_lines[1].get(provider_id, 0)

    def kept_from(self, provider_id: Id, codes: tuple[str, ...]) -> int:
        """When a visit with these procedures cannot be at all, because a rule keeps it, or the visit that is there, alone with the provider."""
        return (self._busy_lines if self.is_alone(codes) else self._alone_lines).get(provider_id, 0)

    def _line(self) -> bytearray:
        return bytearray(self.clock.pieces)


def _numbers(lines: dict) -> Lines:
    return {key: number(line) for key, line in lines.items()}

"""The search for open times."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from heapq import nsmallest

from plugins.appointments.slots.book import Book
from plugins.appointments.slots.lines import apart, between, mark, number, own_runs, places, runs
from plugins.appointments.slots.values import PIECE, Id, Operatory, Slot, Wanted, minute_of

_MOMENT = timedelta(microseconds=1)


def openings(book: Book, wanted: Wanted) -> list[Slot]:
    """Every open time, in order; where several operatories have one at the same time, that of the leftmost."""
    found: list[tuple[int, Id, Id]] = []
    seen = 0
    for operatory, provider_id, starts in _starts(book, wanted):
        new = (starts | seen) ^ seen
        seen |= starts
        found += [(piece, operatory.id, provider_id) for piece in places(new, book.clock.pieces)]
    found.sort(key=lambda slot: slot[0])
    return [Slot(book.clock.moment(piece), operatory_id, provider_id) for piece, operatory_id, provider_id in found]


def slot_at(book: Book, wanted: Wanted, starts_at: datetime, provider_id: Id | None = None) -> Slot | None:
    """The open time that begins at a moment, with one provider or whoever is first; None when there is none.

    Every step counts, also where times are offered one length of the visit apart: what was offered stays open while others book beside it.
    """
    piece, off = divmod(starts_at - book.clock.moment(0), timedelta(minutes=PIECE))
    if off or not 0 <= piece < book.clock.pieces:
        return None
    for operatory, one, starts in _starts(book, replace(wanted, back_to_back=False)):
        if provider_id in (None, one) and starts >> 8 * piece & 1:
            return Slot(starts_at, operatory.id, one)
    return None


def days_of(book: Book, slots: list[Slot]) -> dict[date, list[Slot]]:
    """Open times by their day at the clinic."""
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        days.setdefault(slot.starts_at.astimezone(book.zone).date(), []).append(slot)
    return days


def nearest(slots: list[Slot], moment: datetime, most: int = 3) -> list[Slot]:
    """The few open times that are closest to a moment, in order."""
    return sorted(nsmallest(most, slots, key=lambda slot: abs(slot.starts_at - moment)))


def _starts(book: Book, wanted: Wanted) -> Iterator[tuple[Operatory, Id, int]]:
    """For each operatory from the left, and each provider there: where the visit can begin."""
    never = book.days_off | _own_time(book, wanted)
    window = between(*_window(book, wanted))
    for operatory in book.from_the_left:
        if not wanted.fits(operatory):
            continue
        free = _free(book, wanted, operatory, never)
        for provider_id, hours in book.hours_in(operatory).items():
            if wanted.provider_ids is None or provider_id in wanted.provider_ids:
                starts = _fitting(book, wanted, free & hours, provider_id) & book.grid
                yield operatory, provider_id, window & (apart(starts, book.clock.pieces, len(wanted.pattern)) if wanted.back_to_back else starts)


def _free(book: Book, wanted: Wanted, operatory: Operatory, never: int) -> int:
    """The time of an operatory that nothing else takes."""
    blocked = book.blockouts_in(operatory, book.open_blockout_types | wanted.blockout_type_ids, but=True)
    free = book.all_time ^ (never | book.taken_in(operatory) | blocked)
    return free & book.blockouts_in(operatory, wanted.blockout_type_ids) if wanted.only_in_blockouts else free


def _fitting(book: Book, wanted: Wanted, free: int, provider_id: Id) -> int:
    """Where the whole visit is in free time of the operatory, and what it needs of its provider is in idle time of theirs."""
    idle, length = book.all_time ^ book.taken_of(provider_id), len(wanted.pattern)
    if book.prevents_double_booking:
        return runs(free & idle, length)
    starts = runs(free & (book.all_time ^ book.kept_from(provider_id, wanted.codes)), length)
    for place, length in own_runs(wanted.pattern):
        starts &= runs(idle, length) >> 8 * place
    return starts


def _own_time(book: Book, wanted: Wanted) -> int:
    line, since = bytearray(book.clock.pieces), book.clock.begins
    mark((((begins - since) // PIECE, -((since - begins - minutes) // PIECE)) for begins, minutes in wanted.own_visits), line)
    return number(line)


def _window(book: Book, wanted: Wanted) -> tuple[int, int]:
    """The pieces in which the visit may begin: by the earliest moment and the days."""
    begin = book.clock.piece_from(minute_of(wanted.earliest - _MOMENT) + 1)
    first = book.clock.first_piece(wanted.first_on) if wanted.first_on else 0
    return max(begin, first, 0), book.clock.first_piece(wanted.last_on + timedelta(days=1))

"""Local days as a row of pieces of real time, five minutes each: right on days on which the clock is changed, too.

Whatever the clinic's clock says twice belongs to hours and blockouts twice, and what it skips is not there: an instant is within nine to twelve
when the clock then shows a time from nine to twelve.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from plugins.appointments.slots.values import PIECE, minute_of, moment_of

DAY = timedelta(days=1)
_MINUTES_OF_DAY = 1440
WHOLE_DAY = _MINUTES_OF_DAY // PIECE


class Stretch(NamedTuple):
    """A part of one local day without a change of the clock: pieces from `low` up to `high`; `midnight` is where its midnight is or would be."""

    midnight: int
    low: int
    high: int


class Clock:
    """The pieces of real time from the first to the last day of a zone: piece 0 begins at `begins`, a minute counted from 1970."""

    def __init__(self, zone: ZoneInfo, first: date, last: date) -> None:
        self.first, self.last = first, last
        self.begins = _midnight(first, zone)
        self.pieces = (_midnight(last + DAY, zone) - self.begins) // PIECE
        self._even = list(_even_spans(zone, self.begins, self.pieces))
        self.days: dict[date, list[Stretch]] = {}
        for low, high, offset in self._even:
            self._add_days(low, high, offset)

    def _add_days(self, low: int, high: int, offset: int) -> None:
        since = date(1970, 1, 1)
        local = self.begins + offset
        for number in range((local + low * PIECE) // _MINUTES_OF_DAY, (local + high * PIECE - 1) // _MINUTES_OF_DAY + 1):
            midnight = (number * _MINUTES_OF_DAY - local) // PIECE
            stretch = Stretch(midnight, max(low, midnight), min(high, midnight + WHOLE_DAY))
            self.days.setdefault(since + timedelta(days=number), []).append(stretch)

    def spans(self, day: date, first: int, end: int) -> list[tuple[int, int]]:
        """Where the pieces of a day are, counted from its midnight; one that ends before it begins is none."""
        return [(max(low, midnight + first), min(high, midnight + end)) for midnight, low, high in self.days.get(day, ())]

    def first_piece(self, day: date) -> int:
        """Where a day begins; days outside of the row begin at its ends."""
        while day <= self.last:
            if day < self.first:
                return 0
            if stretches := self.days.get(day):
                return stretches[0].low
            day += DAY
        return self.pieces

    def piece_from(self, minute: int) -> int:
        """The first piece that begins at a minute or after it."""
        return -((self.begins - minute) // PIECE)

    def moment(self, piece: int) -> datetime:
        """When a piece begins."""
        return moment_of(self.begins + piece * PIECE)

    def grid(self, increment: int) -> bytearray:
        """A 1 for each piece at which visits may begin: whole steps from midnight by the clinic's clock."""
        line, step = bytearray(self.pieces), increment // PIECE
        for low, high, offset in self._even:
            first = low + -((self.begins + offset) // PIECE + low) % step
            line[first:high:step] = b"\1" * len(range(first, high, step))
        return line


def _midnight(day: date, zone: ZoneInfo) -> int:
    return minute_of(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))


def _offset(zone: ZoneInfo, minute: int) -> int:
    offset = moment_of(minute).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // timedelta(minutes=1)


def _even_spans(zone: ZoneInfo, begins: int, pieces: int) -> Iterator[tuple[int, int, int]]:
    """Spans of pieces in which the clock is not changed, each with its offset from UTC in minutes."""
    low, offset = 0, _offset(zone, begins)
    for near in range(0, pieces, WHOLE_DAY):
        far = min(near + WHOLE_DAY, pieces - 1)
        if _offset(zone, begins + far * PIECE) == offset:
            continue
        for piece in range(near, far + 1):
            if (changed := _offset(zone, begins + piece * PIECE)) != offset:
                yield low, piece, offset
                low, offset = piece, changed
    yield low, pieces, offset

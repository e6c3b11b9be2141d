"""How a day of the book is laid out: a column for each operatory, a row for each five minutes, and what stands where. Plain values in, plain values out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from plugins.appointments.models import Operatory, ScheduleBlock
from plugins.appointments.services.book import BookedVisit
from plugins.appointments.services.clock import clock_words, span_brief
from plugins.appointments.services.warnings import is_theirs

ROW, HOUR = 5, 60
"""Minutes of a row, and of an hour."""
MOST_COLUMNS = 60
OPENS, CLOSES = 8 * HOUR, 17 * HOUR
"""What is drawn of a day at least."""


@dataclass(frozen=True)
class Column:
    """An operatory (None for visits that have none): where it begins, and how many visits stand beside each other in it at most."""

    operatory: Operatory | None
    at: int
    lanes: int = 1


@dataclass(frozen=True)
class Area:
    """Something that takes room: from which row and column, how many of each, its words, and the rest of what is said of it."""

    at: int
    rows: int
    column: int
    columns: int
    words: str
    times: str = ""
    note: str = ""


@dataclass(frozen=True)
class Placed:
    """A visit and where it stands; its times in words, and its operatory's name."""

    visit: BookedVisit
    at: int
    rows: int
    column: int
    times: str
    room: str


@dataclass(frozen=True)
class Day:
    """A day of the book."""

    columns: list[Column]
    hours: list[tuple[int, str]]
    open: list[Area]
    kept: list[Area]
    visits: list[Placed]
    called_off: list[BookedVisit]
    begins: int
    rows: int


def lay_out(day: date, zone: ZoneInfo, rooms: Sequence[Operatory], blocks: Iterable[ScheduleBlock], visits: Sequence[BookedVisit], names: dict[UUID, str]) -> Day:
    """Lay a day out; `names` are those of providers and of blockout types. Visits beyond the day, or called off, take no room."""
    held = [block for block in blocks if block.held_on == day]
    there = [visit for visit in visits if visit.status != "broken" and visit.starts_at.astimezone(zone).date() == day]
    spans = {visit.id: _minutes(visit, zone) for visit in there}
    columns, lanes = _columns(rooms[:MOST_COLUMNS], there, spans)
    begins, ends = _bounds([(block.starts, block.ends) for block in held] + list(spans.values()))
    of_room: dict[UUID | None, Column] = {column.operatory.id: column for column in columns if column.operatory}
    areas = [area for block in held for area in _areas(block, of_room, begins, names)]
    placed = [_placed(visit, spans[visit.id], of_room.get(visit.operatory_id) or columns[-1], lanes[visit.id], begins) for visit in there]
    hours = [((minutes - begins) // ROW, clock_words(minutes)) for minutes in range(begins, ends, HOUR)]
    return Day(
        columns, hours, [area for kept, area in areas if not kept], [area for kept, area in areas if kept], placed,
        [visit for visit in visits if visit.status == "broken" and visit.starts_at.astimezone(zone).date() == day], begins, (ends - begins) // ROW,
    )  # fmt: skip


def _minutes(visit: BookedVisit, zone: ZoneInfo) -> tuple[int, int]:
    """From when to when by the clinic's clock, in minutes of its day; what goes on after midnight ends with the day."""
    local = visit.starts_at.astimezone(zone)
    starts = local.hour * HOUR + local.minute
    return starts, min(starts + visit.minutes, 24 * HOUR)


def _bounds(spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """What is drawn: whole hours, around everything that there is."""
    first = min((starts for starts, _ in spans), default=OPENS)
    last = max((ends for _, ends in spans), default=CLOSES)
    return first // HOUR * HOUR, -(-last // HOUR) * HOUR


def _columns(rooms: Sequence[Operatory], visits: Iterable[BookedVisit], spans: dict[UUID, tuple[int, int]]) -> tuple[list[Column], dict[UUID, int]]:
    """The columns from left to right, and beside how many others each visit stands in its own."""
    known = {room.id for room in rooms}
    by_room: dict[UUID | None, list[BookedVisit]] = {}
    for visit in visits:
        by_room.setdefault(visit.operatory_id if visit.operatory_id in known else None, []).append(visit)
    columns: list[Column] = []
    lanes: dict[UUID, int] = {}
    at = 0
    for room in [*rooms, *([None] if None in by_room or not rooms else [])]:
        own = _lanes(by_room.get(room.id if room else None, ()), spans)
        columns.append(Column(room, at, max(own.values(), default=0) + 1))
        lanes |= own
        at += columns[-1].lanes
    return columns, lanes


def _lanes(visits: Iterable[BookedVisit], spans: dict[UUID, tuple[int, int]]) -> dict[UUID, int]:
    """The first lane that is free for each, in the order of their beginnings."""
    ends: list[int] = []
    lanes = {}
    for visit in visits:
        starts, stops = spans[visit.id]
        lane = next((number for number, end in enumerate(ends) if end <= starts), len(ends))
        ends[lane : lane + 1] = [stops]
        lanes[visit.id] = lane
    return lanes


def _areas(block: ScheduleBlock, columns: dict[UUID | None, Column], begins: int, names: dict[UUID, str]) -> Iterator[tuple[bool, Area]]:
    """Whether it is kept for something, and the room that a block takes: one area for columns that stand side by side."""
    is_kept = block.provider_id is None
    key = block.blockout_type_id or block.provider_id
    area = Area((block.starts - begins) // ROW, (block.ends - block.starts) // ROW or 1, 0, 0, names.get(key, "") if key else "", span_brief(block.starts, block.ends), block.note)
    beside: list[Area] = []
    for column in columns.values():
        if _counts_in(block, column.operatory):
            last = beside[-1] if beside else None
            if last and last.column + last.columns == column.at:
                beside[-1] = replace(last, columns=last.columns + column.lanes)
            else:
                beside.append(replace(area, column=column.at, columns=column.lanes))
    return ((is_kept, one) for one in beside)


def _counts_in(block: ScheduleBlock, room: Operatory | None) -> bool:
    if room is None:
        return False
    if block.operatory_ids:
        return room.id in block.operatory_ids
    return block.provider_id is None or is_theirs(room, block.provider_id)


def _placed(visit: BookedVisit, span: tuple[int, int], column: Column, lane: int, begins: int) -> Placed:
    starts, ends = span
    rows = max(1, -(-ends // ROW) - starts // ROW)
    return Placed(visit, (starts - begins) // ROW, rows, column.at + lane, span_brief(*span), column.operatory.name if column.operatory else "No operatory")

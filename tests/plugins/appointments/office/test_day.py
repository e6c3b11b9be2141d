"""How a day of the book is laid out."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.appointments.models import Operatory, ScheduleBlock
from plugins.appointments.office.day import lay_out
from plugins.appointments.services.book import BookedVisit
from plugins.appointments.services.clock import moment_at

DAY, ZONE = date(2027, 1, 11), ZoneInfo("America/New_York")
DENTIST, LUNCH = uuid4(), uuid4()


def _room(name: str, **fields) -> Operatory:
    return Operatory(id=uuid4(), name=name, is_hygiene=False, **fields)


def _visit(starts: int, minutes: int, room=None, status="scheduled") -> BookedVisit:
    about = (status, "unconfirmed", "", "Exam", room.id if room else None, DENTIST, None, "office", False, False, None)
    return BookedVisit(uuid4(), "Noor Haddad", moment_at(DAY, starts, ZONE), minutes, *about)


def _block(starts: int, ends: int, **fields) -> ScheduleBlock:
    return ScheduleBlock(held_on=DAY, starts=starts, ends=ends, note="", **({"operatory_ids": []} | fields))


ROOMS = [_room("One", provider_id=DENTIST), _room("Two", provider_id=DENTIST), _room("Three", hygienist_id=uuid4())]


def test_hours_open_the_rooms_of_their_provider_and_blockouts_are_one_area_where_rooms_stand_side_by_side():
    blocks = [_block(480, 1020, provider_id=DENTIST), _block(720, 780, blockout_type_id=LUNCH), _block(600, 660, blockout_type_id=LUNCH, operatory_ids=[ROOMS[0].id, ROOMS[2].id])]
    day = lay_out(DAY, ZONE, ROOMS, blocks, [], {LUNCH: "Lunch", DENTIST: "Dr. Osei"})
    assert [(area.at, area.rows, area.column, area.columns) for area in day.open] == [(0, 108, 0, 2)]
    assert [(area.words, area.at, area.column, area.columns) for area in day.kept] == [("Lunch", 48, 0, 3), ("Lunch", 24, 0, 1), ("Lunch", 24, 2, 1)]


def test_a_visit_without_an_operatory_has_a_column_of_its_own_and_one_that_is_called_off_takes_no_room():
    day = lay_out(DAY, ZONE, ROOMS, [], [_visit(540, 30), _visit(540, 30, ROOMS[0], "broken")], {})
    assert [column.operatory and column.operatory.name for column in day.columns] == ["One", "Two", "Three", None]
    assert [(placed.column, placed.room) for placed in day.visits] == [(3, "No operatory")]
    assert len(day.called_off) == 1


def test_what_goes_on_after_midnight_or_is_of_another_day_stays_within_the_day():
    late = _visit(1430, 60, ROOMS[0])
    other = late._replace(id=uuid4(), starts_at=datetime(2027, 1, 13, 15, tzinfo=UTC))
    day = lay_out(DAY, ZONE, ROOMS, [], [late, other], {})
    assert [placed.at + placed.rows for placed in day.visits] == [day.rows]


@given(st.lists(st.tuples(st.integers(0, 280), st.integers(1, 24), st.integers(0, 2)), max_size=12))
@settings(max_examples=60)
def test_no_two_visits_are_drawn_upon_each_other_and_all_within_the_sheet(drawn):
    visits = sorted((_visit(starts * 5, length * 5, ROOMS[room]) for starts, length, room in drawn), key=lambda visit: visit.starts_at)
    day = lay_out(DAY, ZONE, ROOMS, [], visits, {})
    width = day.columns[-1].at + day.columns[-1].lanes
    taken = set()
    for placed in day.visits:
        cells = {(placed.column, row) for row in range(placed.at, placed.at + placed.rows)}
        assert not cells & taken
        assert 0 <= placed.column < width
        assert placed.at >= 0
        assert placed.at + placed.rows <= day.rows
        taken |= cells
    assert len(day.visits) == len(visits)
    assert timedelta(minutes=day.begins) % timedelta(hours=1) == timedelta()

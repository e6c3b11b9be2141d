"""Open times: the search gives what the rules say, and what must be true of any such search."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.appointments.slots import (
    Blockout,
    Book,
    Hours,
    Operatory,
    Rule,
    Slot,
    Taken,
    Wanted,
    days_of,
    minute_of,
    nearest,
    openings,
    slot_at,
    why_not,
)
from tests.plugins.appointments.slots import reference
from tests.plugins.appointments.slots.practices import books, wishes

PRACTICES = int(os.environ.get("CUSPID_TEST_PRACTICES", "300"))
"""How many practices are made up: a few hundred in every run, as many thousands as one likes by hand."""
DENVER = ZoneInfo("America/Denver")
MONDAY, TUESDAY = date(2027, 3, 1), date(2027, 3, 2)
CHAIR = Operatory("left", 0, "dentist", takes_recalls=True)
MORNING = Hours(MONDAY, 540, 600, "dentist")
BOOK = Book(DENVER, MONDAY, MONDAY, 10, None, [CHAIR], [MORNING])
WANTED = Wanted("/XX/", datetime(2027, 1, 1, tzinfo=UTC), date(2028, 1, 1), is_recall=True)


@settings(max_examples=PRACTICES)
@given(st.data())
def test_the_search_gives_what_the_rules_say_word_for_word(data):
    book = data.draw(books())
    wanted = data.draw(wishes(book))
    assert openings(book, wanted) == reference.openings(book, wanted)


@settings(max_examples=max(PRACTICES // 4, 40))
@given(st.data())
def test_what_holds_for_every_search(data):
    book = data.draw(books())
    wanted = data.draw(wishes(book))
    found = openings(book, wanted)
    every_step = openings(book, replace(wanted, back_to_back=False))
    assert [slot_at(book, wanted, slot.starts_at) for slot in every_step] == every_step
    assert {slot.starts_at for slot in found} <= moments(book, wanted)
    assert all((day in days_of(book, found)) == (why_not(book, wanted, day) is None) for day in days_from(book))
    # Without an X all of a pattern is the provider's own time: one more would make the rest other time.
    longer = wanted.pattern + ("X" if "X" in wanted.pattern else "/")
    assert moments(book, replace(wanted, pattern=longer)) <= moments(book, wanted)
    if found:
        slot = data.draw(st.sampled_from(found))
        assert nearest(found, slot.starts_at, 1) == [slot]
        again = slot_at(book, wanted, slot.starts_at, slot.provider_id)
        assert again
        assert again.provider_id == slot.provider_id
        booked = replace(book, taken=[*book.taken, visit_in(slot, wanted)])
        assert slot not in openings(booked, wanted)
        assert moments(booked, wanted) <= moments(book, wanted)


def days_from(book: Book) -> list[date]:
    return [book.first + timedelta(days=number) for number in range((book.last - book.first).days + 1)]


def moments(book: Book, wanted: Wanted) -> set[datetime]:
    return {slot.starts_at for slot in openings(book, replace(wanted, back_to_back=False))}


def visit_in(slot: Slot, wanted: Wanted) -> Taken:
    return Taken(slot.operatory_id, slot.provider_id, minute_of(slot.starts_at), wanted.minutes, wanted.pattern, wanted.codes)


def shown(book: Book, wanted: Wanted = WANTED) -> list[str]:
    return [f"{slot.starts_at.astimezone(book.zone):%H:%M}" for slot in openings(book, wanted)]


def at(clock: str, day: date = MONDAY) -> int:
    hour, minute = map(int, clock.split(":"))
    return minute_of(datetime(day.year, day.month, day.day, hour, minute, tzinfo=DENVER).astimezone(UTC))


def test_visits_begin_at_every_step_while_there_is_room_or_one_length_apart():
    assert shown(BOOK) == ["09:00", "09:10", "09:20", "09:30", "09:40"]
    assert shown(replace(BOOK, increment=15)) == ["09:00", "09:15", "09:30"]
    assert shown(BOOK, replace(WANTED, back_to_back=True)) == ["09:00", "09:20", "09:40"]


def test_nobody_is_offered_time_without_hours_in_an_operatory_that_is_closed_to_such_visits_or_of_another_clinic():
    assert openings(replace(BOOK, hours=[]), WANTED) == []
    assert openings(BOOK, replace(WANTED, is_recall=False, appointment_type_id="exam")) == []
    assert openings(replace(BOOK, clinic_id="lakeside"), WANTED) == []


def test_hours_that_name_no_operatory_open_each_that_is_the_providers_own_and_the_leftmost_is_taken():
    right, hygiene = CHAIR._replace(id="right", position=1), Operatory("hygiene", 2, "dentist", "hygienist", True, takes_recalls=True)
    book = replace(BOOK, operatories=[hygiene, right, CHAIR], hours=[MORNING, Hours(MONDAY, 540, 620, "hygienist")])
    found = openings(book, WANTED)
    assert [slot.operatory_id for slot in found] == ["left"] * 5 + ["hygiene"] * 2
    busy = replace(book, taken=[Taken("left", None, at("09:00"), 60)])
    assert {slot[1:] for slot in openings(busy, WANTED)} == {("right", "dentist"), ("hygiene", "hygienist")}


def test_whoever_is_named_for_an_operatory_has_it():
    book = replace(BOOK, hours=[MORNING, Hours(MONDAY, 560, 600, "stand-in", ["left"])])
    assert [slot.provider_id for slot in openings(book, WANTED)] == ["dentist", "stand-in", "stand-in", "stand-in"]
    assert shown(book, replace(WANTED, provider_ids=frozenset({"dentist"}))) == ["09:00"]


def test_blockouts_keep_time_for_what_may_be_booked_over_them():
    book = replace(BOOK, blockouts=[Blockout(MONDAY, 560, 580, "urgent", ["left"]), Blockout(MONDAY, 590, 600, "meeting")])
    assert shown(book) == ["09:00"]
    urgent = replace(WANTED, blockout_type_ids=frozenset({"urgent"}))
    assert shown(book, urgent) == ["09:00", "09:10", "09:20", "09:30"]
    assert shown(book, replace(urgent, only_in_blockouts=True)) == ["09:20"]
    assert shown(replace(book, open_blockout_types=frozenset({"urgent", "meeting"}))) == shown(BOOK)


def test_other_time_of_a_visit_may_overlap_that_of_another_one_in_another_operatory_unless_double_booking_is_prevented():
    right = CHAIR._replace(id="right", position=1)
    book = replace(BOOK, operatories=[CHAIR, right], taken=[Taken("left", "dentist", at("09:00"), 60, "XX////XX////")])
    assert shown(book) == []
    freely = replace(book, prevents_double_booking=False)
    assert shown(freely) == ["09:10", "09:40"]
    assert shown(freely, replace(WANTED, pattern="XX")) == ["09:10", "09:20", "09:40", "09:50"]
    assert {slot.operatory_id for slot in openings(freely, WANTED)} == {"right"}


def test_a_visit_with_a_procedure_of_a_rule_is_alone_with_its_provider_whichever_of_two_visits_has_it():
    crown, exam = ("D0220", "D2740"), ("D0140",)
    book = replace(BOOK, operatories=[CHAIR, CHAIR._replace(id="right", position=1)], prevents_double_booking=False, rules=[Rule("D2700", "D2799")])
    for there, wanted, open_times in ((exam, exam, ["09:10", "09:40"]), (crown, exam, []), (exam, crown, []), (crown, crown, [])):
        busy = replace(book, taken=[Taken("left", "dentist", at("09:00"), 60, "XX////XX////", there)])
        assert shown(busy, replace(WANTED, codes=wanted)) == open_times
        assert shown(replace(busy, rules=[]), replace(WANTED, codes=wanted)) == ["09:10", "09:40"]
    somebody_else = replace(book, taken=[Taken("right", "hygienist", at("09:00"), 60, "", crown)])
    assert shown(somebody_else, replace(WANTED, codes=crown)) == shown(BOOK)


def test_a_patient_is_not_at_two_places():
    assert shown(BOOK, replace(WANTED, own_visits=((at("09:15"), 5),))) == ["09:20", "09:30", "09:40"]


def test_a_visit_may_run_through_a_change_of_the_clock_and_lasts_as_long_as_ever():
    spring, autumn = date(2027, 3, 14), date(2027, 11, 7)
    hour = replace(WANTED, pattern="X" * 12)
    book = replace(BOOK, first=spring, last=spring, increment=15, hours=[Hours(spring, 60, 240, "dentist")])
    assert shown(book, hour) == ["01:00", "01:15", "01:30", "01:45", "03:00"]
    book = replace(BOOK, first=autumn, last=autumn, increment=15, hours=[Hours(autumn, 60, 120, "dentist")])
    assert shown(book, hour) == ["01:00", "01:15", "01:30", "01:45", "01:00"]
    assert [slot.starts_at.hour for slot in openings(book, hour)] == [7, 7, 7, 7, 8]
    assert shown(replace(book, first=spring, last=spring, hours=[Hours(spring, 120, 180, "dentist")]), WANTED) == []


def test_hours_and_visits_that_are_not_on_whole_five_minutes_leave_the_time_between_alone():
    book = replace(BOOK, increment=5, hours=[MORNING._replace(starts=538, ends=584)], taken=[Taken("left", None, at("09:07"), 6)])
    assert shown(book) == ["09:15", "09:20"]
    elsewhere = replace(book, taken=[Taken(None, "dentist", at("09:07"), 15, "/X/")], prevents_double_booking=False)
    assert shown(elsewhere, replace(WANTED, pattern="X")) == ["09:00", "09:05", "09:20", "09:25", "09:30", "09:35"]
    a_moment_later = datetime(2027, 3, 1, 16, 15, 0, 1, tzinfo=UTC)
    assert shown(book, replace(WANTED, earliest=a_moment_later)) == ["09:20"]


@pytest.mark.parametrize("reason, book, wanted", [
    (None, {}, {}),
    ("closed", {"closed": {MONDAY}}, {}),
    ("too_soon", {}, {"earliest": datetime(2027, 3, 3, tzinfo=UTC)}),
    ("too_soon", {}, {"earliest": datetime(2027, 3, 1, 20, tzinfo=UTC)}),
    ("too_late", {}, {"last_on": date(2027, 2, 28)}),
    ("not_yet", {}, {"first_on": TUESDAY}),
    ("no_operatory", {"operatories": [CHAIR._replace(takes_recalls=False)]}, {}),
    ("no_hours", {"hours": []}, {}),
    ("no_provider", {}, {"provider_ids": frozenset({"hygienist"})}),
    ("blockouts", {"blockouts": [Blockout(MONDAY, 0, 1440, "lunch")]}, {}),
    ("blockouts", {}, {"only_in_blockouts": True}),
    ("taken", {"taken": [Taken("left", None, at("09:00"), 60)]}, {}),
    ("own_visit", {}, {"own_visits": ((at("09:00"), 60),)}),
])  # fmt: skip
def test_the_office_is_told_which_rule_leaves_nothing_of_a_day(reason, book, wanted):
    assert why_not(replace(BOOK, **book), replace(WANTED, **wanted), MONDAY) == reason


def test_a_time_that_is_not_offered_is_not_open():
    nine = datetime(2027, 3, 1, 16, tzinfo=UTC)
    assert slot_at(BOOK, WANTED, nine) == Slot(nine, "left", "dentist")
    assert slot_at(BOOK, WANTED, nine, "hygienist") is None
    for wrong in (timedelta(minutes=5), timedelta(seconds=1), timedelta(hours=1), timedelta(days=400), timedelta(days=-400)):
        assert slot_at(BOOK, WANTED, nine + wrong) is None


def test_the_nearest_times_are_in_order():
    found = openings(BOOK, WANTED)
    assert nearest(found, datetime(2027, 3, 1, 16, 25, tzinfo=UTC)) == found[1:4]
    assert nearest(found, datetime(2027, 3, 2, tzinfo=UTC)) == found[-3:]
    assert nearest([], datetime(2027, 3, 2, tzinfo=UTC)) == []

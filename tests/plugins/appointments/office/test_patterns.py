"""Time patterns, clocks and lines as the office types them: plain functions."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.appointments.office.kinds import WrongLine, forms_of, procedures_of, shown
from plugins.appointments.office.patterns import NoPattern, parts_of, pattern_of, typed_parts
from plugins.appointments.services.clock import NoSuchTime, check_clock, moment_at, span_brief

NEW_YORK = ZoneInfo("America/New_York")


@given(st.text("X/", max_size=60).filter(lambda pattern: not pattern or "X" in pattern))
@settings(max_examples=60)
def test_a_pattern_comes_back_from_the_parts_that_the_form_shows(pattern):
    assert pattern_of(parts_of(pattern)) == pattern


@pytest.mark.parametrize(
    "minutes, words",
    [("7", "in steps of five, such as 5"), ("ten", "as a number"), ("-5", "as a number"), ("1" * 30, "as a number"), ("9000", "12 hours")],
)
def test_minutes_that_are_no_part_are_refused_with_what_to_type(minutes, words):
    with pytest.raises(NoPattern, match=words):
        pattern_of(typed_parts([minutes], ["X"]))


def test_a_visit_needs_some_of_the_providers_own_time():
    with pytest.raises(NoPattern, match="own time"):
        pattern_of([("20", "/")])


def test_procedures_and_forms_are_read_from_lines_and_shown_as_such():
    text = "D1110 Cleaning\nTalk about X-rays"
    found = procedures_of(text)
    assert found == [{"code": "D1110", "words": "Cleaning"}, {"code": "", "words": "Talk about X-rays"}]
    assert shown("procedures", found) == text
    assert forms_of("Health history https://example.com/form") == [{"title": "Health history", "address": "https://example.com/form"}]
    for wrong in ("Health history", "https://example.com/form", "History javascript:alert(1)"):
        with pytest.raises(WrongLine):
            forms_of(wrong)
    with pytest.raises(WrongLine, match="in plain words"):
        procedures_of("D1110")


@pytest.mark.parametrize(
    "day, minutes, words",
    [(date(2027, 3, 14), 150, "go forward and leave out 2:30 AM"), (date(2026, 11, 1), 90, "go back and 1:30 AM comes twice")],
)
def test_a_time_that_the_clock_leaves_out_or_shows_twice_has_its_own_answer(day, minutes, words):
    with pytest.raises(NoSuchTime, match=words):
        check_clock([day], [(minutes, 600)], NEW_YORK)
    check_clock([day], [(0, 480), (480, 1440)], NEW_YORK)


def test_times_are_the_clinics_own_on_both_sides_of_a_change():
    assert [moment_at(day, 540, NEW_YORK).hour for day in (date(2027, 3, 13), date(2027, 3, 14))] == [14, 13]
    assert span_brief(560, 610) == "9:20 – 10:10 AM"
    assert span_brief(680, 730) == "11:20 AM – 12:10 PM"

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.opendental.mapping.reading import Unreadable, cents, day, flag, moment, number, one_of, procedure_words, reference, words

DENVER = "America/Denver"


@pytest.mark.parametrize(
    "said, found",
    [("2026-11-29", date(2026, 11, 29)), ("2026-11-29 08:15:00", date(2026, 11, 29)), ("0001-01-01", None), ("0001-01-01 00:00:00", None), ("", None),
     (None, None), ("soon", None), ("0000-00-00", None), (20261129, date(2026, 11, 29))],
)  # fmt: skip
def test_a_day_of_the_year_1_is_none(said, found):
    assert day({"Day": said}, "Day") == found


@pytest.mark.parametrize("said, found", [("true", True), ("True", True), (1, True), ("1", True), (True, True), ("false", False), (0, False), ("", False), (None, False)])
def test_yes_and_no_come_as_text_or_number(said, found):
    assert flag({"Flag": said}, "Flag") is found


@pytest.mark.parametrize("said, found", [(12.5, 1250), ("45.50", 4550), (-1, -100), ("", 0), (None, 0), ("NaN", 0), ("Infinity", 0), ("a", 0), (1e30, 100_000_000_00), (0.1 + 0.2, 30)])
def test_amounts_become_cents(said, found):
    assert cents({"Amount": said}, "Amount") == found


@pytest.mark.parametrize("said, found", [(12, "12"), ("12", "12"), (0, None), ("0", None), ("", None), (None, None), ("-3", None), ("²", None)])
def test_zero_is_no_reference(said, found):
    assert reference({"Num": said}, "Num") == found


def test_a_row_without_its_number_is_unreadable_and_nothing_of_it_is_repeated():
    with pytest.raises(Unreadable) as caught:
        number({"PatNum": 0, "LName": "Ode"}, "PatNum")
    assert "Ode" not in str(caught.value)


@pytest.mark.parametrize(
    "said, offset",
    [("2026-07-01 08:00:00", "2026-07-01T08:00:00-06:00"), ("2026-12-01 08:00:00", "2026-12-01T08:00:00-07:00"),
     # The hour that the clock skips in spring, and the one that it shows twice in autumn.
     ("2026-03-08 02:30:00", "2026-03-08T03:30:00-06:00"), ("2026-11-01 01:30:00", "2026-11-01T01:30:00-06:00"), ("2026-11-01T01:30", "2026-11-01T01:30:00-06:00")],
)  # fmt: skip
def test_times_without_a_zone_are_by_the_clock_of_the_clinic(said, offset):
    found = moment({"At": said}, "At", DENVER)
    assert found is not None
    assert found.isoformat() == offset


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(microsecond=0)), st.sampled_from([DENVER, "Europe/Lisbon", "Pacific/Apia", "UTC"]))
def test_every_time_that_the_clock_shows_stays_what_it_is(at, zone):
    found = moment({"At": at.strftime("%Y-%m-%d %H:%M:%S")}, "At", zone)
    assert found is not None
    shown = at.replace(tzinfo=ZoneInfo(zone))
    skipped = shown.utcoffset() != shown.replace(fold=1).utcoffset() and shown.utcoffset() < shown.replace(fold=1).utcoffset()
    assert skipped or found.replace(tzinfo=None, fold=0) == at


@pytest.mark.parametrize("said, found", [("Complete", "Complete"), ("complete", "Complete"), (2, "Complete"), ("2", "Complete"), (99, ""), ("¹", ""), ("Lost", ""), (None, "")])
def test_kinds_come_as_words_or_as_the_number_of_the_database(said, found):
    assert one_of({"Status": said}, "Status", ("None", "Scheduled", "Complete")) == found


@given(st.text(max_size=300))
def test_text_can_always_be_stored(said):
    found = words({"Note": said}, "Note", 50)
    assert len(found) <= 50
    assert "\0" not in found
    found.encode()


@pytest.mark.parametrize(
    "code, layman, found",
    [("D1110", "Cleaning", "Cleaning"), ("D1110", "", "Cleaning the teeth of an adult"), ("N4118", "", "Dental treatment"), ("", "", "Dental treatment")],
)  # fmt: skip
def test_procedures_are_told_in_the_offices_plain_words_or_ours(code, layman, found):
    assert procedure_words(code, layman) == found

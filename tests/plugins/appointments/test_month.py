"""Open times on a page: every one is on the leaf of its day by the clinic's clock, and found again by what stands in the address."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.appointments.month import (
    first_of,
    month_of,
    name_of_zone,
    parts_of,
    read_day,
    read_month,
    read_stamp,
    stamp,
)

DENVER = ZoneInfo("America/Denver")
TODAY = date(2026, 11, 23)
moments = st.datetimes(datetime(2026, 10, 20), datetime(2026, 12, 10)).map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC))


@given(st.lists(moments, max_size=30, unique=True))
@settings(max_examples=80)
def test_every_open_time_of_a_month_is_counted_on_one_day_and_stands_in_one_part_of_it(found):
    november = date(2026, 11, 1)
    month = month_of(november, found, DENVER, None, date(2026, 10, 20), date(2027, 11, 1))
    days = [day for week in month.weeks for day in week if day]
    assert [day.number for day in days] == list(range(1, 31))
    assert all(len(week) == 7 for week in month.weeks)
    mine = [moment for moment in found if first_of(moment.astimezone(DENVER).date()) == november]
    assert sum(day.times for day in days) == len(mine)
    shown = [time.value for day in days for part in parts_of(date.fromisoformat(day.value), found, DENVER) for time in part.times]
    assert sorted(shown) == sorted(stamp(moment) for moment in mine)


def test_one_goes_on_from_the_month_of_today_to_the_last_that_can_be_booked():
    this = month_of(date(2026, 11, 1), [], DENVER, None, TODAY, date(2026, 12, 15))
    assert (this.before, this.after) == ("", "2026-12")
    last = month_of(date(2026, 12, 1), [], DENVER, None, TODAY, date(2026, 12, 15))
    assert (last.before, last.after) == ("2026-11", "")


def test_a_day_is_told_with_its_times():
    nine = datetime(2026, 12, 7, 16, 20, tzinfo=UTC)
    month = month_of(date(2026, 12, 1), [nine], DENVER, date(2026, 12, 7), TODAY, TODAY)
    [day] = [day for week in month.weeks for day in week if day and day.times]
    assert (day.name, day.is_chosen) == ("Monday, December 7, 1 open time", True)
    [part] = parts_of(date(2026, 12, 7), [nine, nine + timedelta(days=1)], DENVER)
    assert (part.title, [time.words for time in part.times]) == ("Morning", ["9:20 AM"])


def test_both_times_of_the_hour_that_comes_twice_are_told_apart():
    first = datetime(2026, 11, 1, 7, 30, tzinfo=UTC)  # half past one in Denver, and again an hour later
    [part] = parts_of(date(2026, 11, 1), [first, first + timedelta(hours=1)], DENVER)
    assert [time.words for time in part.times] == ["1:30 AM", "1:30 AM"]
    assert len({time.value for time in part.times}) == 2


@given(moments)
@settings(max_examples=30)
def test_a_time_comes_back_from_an_address_as_it_was(moment):
    assert read_stamp(stamp(moment)) == moment


def test_what_is_no_time_or_day_is_none():
    for text in ("", "x", "20261301T1200Z", "20261201T1200", " 20261201T1200Z", "2026-12-07", "\0", "٢٠٢٦", "2026120١T1200Z"):
        assert read_stamp(text) is None, text
    assert [read_day(text) for text in ("2026-02-30", "20261207", "2026-W49-1", "")] == [None] * 4
    assert [read_month(text) for text in ("2026-13", "2026", "0000-01")] == [None] * 3
    assert read_month("2026-12") == date(2026, 12, 1)


def test_zones_have_the_names_that_people_use():
    assert name_of_zone(DENVER) == "Mountain Time"

"""By when the law wants a good-faith estimate, in the business days of the clinic."""

from datetime import date, time, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tenant import Closing, OpeningHours
from plugins.account.services.business_days import after, ahead, due_on_request, due_on_schedule, earliest_due, open_days

MONDAY = date(2026, 11, 30)
WEEKDAYS = open_days(None)


def _clinic(weekdays, *closings):
    hours = tuple(OpeningHours(day, time(8) if day in weekdays else None, time(17) if day in weekdays else None) for day in range(7))
    return SimpleNamespace(hours=hours, closings=closings)


@pytest.mark.parametrize(
    ("scheduled", "visit", "due"),
    [
        (0, 2, None),  # two business days ahead: there is no time for one
        (0, 3, 1),  # three ahead: the next business day
        (4, 9, 7),  # on Friday for the next Wednesday: Monday
        (0, 11, 1),  # nine ahead
        (0, 14, 3),  # ten ahead: three business days
        (3, 18, 8),  # on Thursday for two weeks later: Tuesday
    ],
)
def test_a_visit_that_is_scheduled_wants_its_estimate_within_one_or_three_business_days(scheduled, visit, due):
    found = due_on_schedule(MONDAY + timedelta(days=scheduled), MONDAY + timedelta(days=visit), WEEKDAYS)
    assert found == (None if due is None else MONDAY + timedelta(days=due))


def test_whoever_asks_waits_three_days_on_which_the_clinic_is_open():
    assert due_on_request(MONDAY + timedelta(days=3), WEEKDAYS) == MONDAY + timedelta(days=8)
    holiday = Closing(MONDAY + timedelta(days=7), MONDAY + timedelta(days=8), "Holiday")
    assert due_on_request(MONDAY + timedelta(days=3), open_days(_clinic({0, 1, 2, 3, 4}, holiday))) == MONDAY + timedelta(days=10)
    assert due_on_request(MONDAY, open_days(_clinic({5}))) == MONDAY + timedelta(days=19)


def test_a_visit_sooner_hurries_the_answer_unless_its_day_is_over():
    today = MONDAY + timedelta(days=2)
    assert earliest_due(today, [], WEEKDAYS) == MONDAY + timedelta(days=7)
    assert earliest_due(today, [(today, today + timedelta(days=5))], WEEKDAYS) == MONDAY + timedelta(days=3)
    assert earliest_due(today, [(MONDAY - timedelta(days=30), today + timedelta(days=5))], WEEKDAYS) == MONDAY + timedelta(days=7)


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 60), st.sets(st.integers(0, 6), min_size=1), st.integers(0, 20), st.integers(0, 9))
def test_what_is_due_lies_on_an_open_day_before_the_visit_and_never_before_it_was_scheduled(day, lead, weekdays, closed_in, closed_for):
    closing = Closing(day + timedelta(days=closed_in), day + timedelta(days=closed_in + closed_for))
    is_open, visit = open_days(_clinic(weekdays, closing)), day + timedelta(days=lead)
    due = due_on_schedule(day, visit, is_open)
    assert (due is None) == (ahead(day, visit, is_open) < 3)
    if due:
        assert is_open(due)
        assert day < due <= visit
        assert ahead(day, due, is_open) in (1, 3)
    assert ahead(day, after(day, 3, is_open), is_open) == 3


def test_a_clinic_that_never_opens_again_does_not_keep_anybody_waiting_for_ever():
    closed = _clinic({0}, Closing(MONDAY, MONDAY + timedelta(days=5000)))
    assert due_on_request(MONDAY, open_days(closed)) < MONDAY + timedelta(days=500)

"""From when and until when patients may book."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from plugins.appointments.slots import earliest, last_day

DENVER = ZoneInfo("America/Denver")
SATURDAY_EVENING = datetime(2027, 3, 14, 4, tzinfo=UTC)  # nine o'clock on the 13th in Denver, where clocks are changed in that night


@pytest.mark.parametrize("days, hours, moment", [
    (0, 0, datetime(2027, 3, 14, 4, tzinfo=UTC)),
    (0, 2, datetime(2027, 3, 14, 6, tzinfo=UTC)),
    (1, 2, datetime(2027, 3, 14, 7, tzinfo=UTC)),
    (2, 2, datetime(2027, 3, 15, 6, tzinfo=UTC)),
    (1, 12, datetime(2027, 3, 14, 16, tzinfo=UTC)),
])  # fmt: skip
def test_both_the_hours_and_the_days_ahead_count_by_the_clinics_clock(days, hours, moment):
    assert earliest(SATURDAY_EVENING, DENVER, days, hours) == moment


@pytest.mark.parametrize("now, months, day", [
    (SATURDAY_EVENING, 12, date(2028, 3, 13)),
    (datetime(2027, 8, 31, 18, tzinfo=UTC), 6, date(2028, 2, 29)),
    (datetime(2027, 12, 31, 18, tzinfo=UTC), 1, date(2028, 1, 31)),
])  # fmt: skip
def test_the_last_day_is_so_many_months_ahead_or_the_end_of_a_shorter_month(now, months, day):
    assert last_day(now, DENVER, months) == day

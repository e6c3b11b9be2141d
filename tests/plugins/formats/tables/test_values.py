"""What stands in cells: days, moments, amounts, yes and no, as people and systems write them."""

from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.formats.tables import values


@pytest.mark.parametrize(("words", "expected"), [
    ("2026-01-31", "2026-01-31"), ("1/31/2026", "2026-01-31"), ("01-31-2026", "2026-01-31"), ("31.01.2026", "2026-01-31"), ("20260131", "2026-01-31"),
    ("Jan 31, 2026", "2026-01-31"), ("1/31/2026 00:00:00", "2026-01-31"), ("2026-01-31T00:00:00", "2026-01-31"), ("0001-01-01", None), ("01/02/1950", "1950-01-02"),
])  # fmt: skip
def test_days(words, expected):
    assert values.day(words) == expected


def test_how_days_are_written_may_be_said():
    assert values.day("02/01/1950", ["%d/%m/%Y"]) == "1950-01-02"


@pytest.mark.parametrize(("words", "expected"), [
    ("2026-01-31 09:30", datetime(2026, 1, 31, 9, 30)), ("1/31/2026 9:30 AM", datetime(2026, 1, 31, 9, 30)), ("1/31/2026 1:05 pm", datetime(2026, 1, 31, 13, 5)), ("2026-01-31T09:30:00", datetime(2026, 1, 31, 9, 30)),
])  # fmt: skip
def test_moments(words, expected):
    assert values.moment(words) == expected


@pytest.mark.parametrize(("words", "expected"), [("1,234.50", 123450), ("$12", 1200), ("(12.00)", -1200), ("12.5-", -1250), ("-0.05", -5), ("$ 1,000,000.01", 100000001), ("0", 0)])
def test_amounts(words, expected):
    assert values.cents(words) == expected


@pytest.mark.parametrize("words", ["", "1.234,50", "12.345", "twelve", "1,23", "--1", "NaN", "1e9", "٣"])
def test_what_is_no_amount_is_refused(words):
    with pytest.raises(values.NoValue):
        values.cents(words)


@given(st.integers(-(10**11), 10**11))
def test_every_amount_that_is_written_is_read_to_the_cent(amount):
    written = f"{abs(amount) // 100:,}.{abs(amount) % 100:02}"
    assert values.cents(f"({written})" if amount < 0 else written) == amount


@given(st.text(max_size=30))
def test_any_text_is_a_value_or_none(words):
    for read in (values.day, values.moment, values.cents, values.yes_no, values.whole, values.number):
        with suppress(values.NoValue):
            read(words)

"""Times as HL7 writes them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.summary.ccd.times import as_date, in_words


@pytest.mark.parametrize(
    "value, words, day",
    [
        ("2013", "2013", None),
        ("201308", "August 2013", None),
        ("20130815", "August 15, 2013", date(2013, 8, 15)),
        ("201308151030", "August 15, 2013 at 10:30 AM", date(2013, 8, 15)),
        ("20130815103000-0500", "August 15, 2013 at 10:30 AM", date(2013, 8, 15)),
        ("20130815000500.123+0000", "August 15, 2013 at 12:05 AM", date(2013, 8, 15)),
        ("2013081522-0500", "August 15, 2013", date(2013, 8, 15)),
        ("20131332", "", None),
        ("20130815995900", "", date(2013, 8, 15)),
        ("00000000", "", None),
        ("yesterday", "", None),
        ("", "", None),
    ],
)
def test_precision_is_kept_and_midnight_is_not_invented(value, words, day):
    assert in_words(value) == words
    assert as_date(value) == day


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{0,17}(\.[0-9]+)?([+-][0-9]{4})?", fullmatch=True))
def test_nothing_makes_them_stumble(value):
    assert isinstance(in_words(value), str)
    as_date(value)

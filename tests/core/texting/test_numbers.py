"""Telephone numbers: however they are written one number, and nothing guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.texting import whole_number


@pytest.mark.parametrize("phone", ["303-555-0142", "(303) 555-0142", "303.555.0142", "1 303 555 0142", "+1 (303) 555‑0142", "303/555 0142", " 3035550142 "])
def test_however_it_is_written_it_is_one_number(phone):
    assert whole_number(phone) == "+13035550142"


@pytest.mark.parametrize("phone", [
    "", "555-0142", "303-555-0142 x12", "303-555-0142 / 303-555-0143", "+44 20 7946 0958", "+44 303 555 0142", "011 303 555 0142", "2 303 555 0142",
    "103-555-0142", "303-155-0142", "911-555-0142", "303-911-0142", "900-555-0142", "392-555-0142", "٣٠٣-555-0142", "303-555-0142\n+", "mother: 303-555-0142",
])  # fmt: skip
def test_what_a_text_message_cannot_go_to_is_none(phone):
    assert whole_number(phone) == ""


@given(st.text(alphabet="0123456789+-(). x", max_size=20) | st.text(max_size=30))
def test_whatever_stands_in_a_chart_is_a_whole_number_or_none_and_a_number_stays_itself(phone):
    number = whole_number(phone)
    assert number == "" or (len(number) == 12 and number[:2] == "+1" and number[2:].isascii() and number[2:].isdigit())
    assert whole_number(number) == number
    assert "".join(sign for sign in phone if sign in "0123456789")[-10:] == number[2:] or not number

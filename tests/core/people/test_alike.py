"""Whether two spellings mean the same."""

import pytest

from core.people.alike import digits, letters


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O’Brien-López", "obrien LOPEZ"),
        ("Łukasz Sørensen", "lukasz sorensen"),
        ("  Mary  Ann ", "Maryann"),
        ("ZOE\u0301", "Zo\u00e9"),
        ("Strauß", "STRAUSS"),
        ("D\u200bana\u202e", "dana"),
    ],
)
def test_case_accents_spaces_and_marks_do_not_part_names(one, other):
    assert letters(one) == letters(other)


@pytest.mark.parametrize(("one", "other"), [("Ann", "Anna"), ("Lee", "Li"), ("Анна", "Инна"), ("J", "JJ")])
def test_other_letters_do(one, other):
    assert letters(one) != letters(other)


@pytest.mark.parametrize("phone", ["303-555-0142", "(303) 555 0142", "+1 303.555.0142", "13035550142"])
def test_a_phone_is_its_digits_with_or_without_a_country_code(phone):
    assert digits(phone) == "3035550142"


@pytest.mark.parametrize("phone", ["", "12-34-56", "no phone", "１２３４５６７８"])
def test_what_has_too_few_digits_is_no_phone(phone):
    assert digits(phone) == ""

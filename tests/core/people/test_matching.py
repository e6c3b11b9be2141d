"""Whether two are one person: sure only where nothing speaks against it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from core.people.matching import DOUBTFUL, NONE, SURE, Person, compare

JOHN = Person("John", "Vale", date(1980, 3, 4), "", "M", "john@example.test", "303-555-0114")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, SURE),
        ({"first_name": "JOHN", "last_name": "Válé", "phone": "+1 (303) 555-0114", "email": " John@Example.test"}, SURE),
        ({"email": ""}, SURE),
        ({"phone": "", "email": ""}, DOUBTFUL),
        ({"phone": "303-555-0199"}, DOUBTFUL),
        ({"birthdate": None}, DOUBTFUL),
        ({"birthdate": date(1980, 4, 3)}, DOUBTFUL),
        ({"birthdate": date(1981, 3, 4)}, DOUBTFUL),
        ({"first_name": "Jhon"}, DOUBTFUL),
        ({"first_name": "Jack"}, DOUBTFUL),
        ({"last_name": "Vale-Okafor"}, DOUBTFUL),
        ({"last_name": "Okafor"}, DOUBTFUL),
        ({"first_name": "Vale", "last_name": "John"}, DOUBTFUL),
        ({"last_name": "Vale Jr."}, DOUBTFUL),
        ({"sex": "F"}, DOUBTFUL),
        ({"birthdate": date(2010, 3, 4)}, NONE),
        ({"first_name": "Peter"}, NONE),
        ({"birthdate": None, "phone": "", "email": ""}, NONE),
        ({"first_name": "Peter", "last_name": "Okafor"}, NONE),
    ],
)
def test_who_is_the_same_who_may_be_and_who_is_not(changes, verdict):
    assert compare(JOHN, replace(JOHN, **changes)).verdict == verdict
    assert compare(replace(JOHN, **changes), JOHN).verdict == verdict


def test_father_and_son_are_two_also_where_both_have_one_birthday():
    assert compare(replace(JOHN, last_name="Vale Sr"), replace(JOHN, last_name="Vale Jr")).verdict == NONE
    assert compare(replace(JOHN, first_name="John Sr."), replace(JOHN, first_name="John Jr.")).verdict == NONE


def test_a_twin_of_another_sex_with_a_name_that_is_a_letter_off_is_somebody_else():
    assert compare(replace(JOHN, first_name="Mario"), replace(JOHN, first_name="Maria", sex="F")).verdict == NONE


names = st.sampled_from(["John", "Jon", "Ana", "Anna", "María", "Mario", "Maria", "Lu", "Vale", "O’Brien", "Vale Jr", "Vale Sr.", ""])
people = st.builds(
    Person, names, names, st.none() | st.dates(date(1930, 1, 1), date(2026, 1, 1)) | st.sampled_from([date(1980, 3, 4), date(1980, 4, 3)]), names, st.sampled_from("FMU"),
    st.sampled_from(["", "a@example.test", "b@example.test"]), st.sampled_from(["", "303-555-0114", "5550114", "303-555-0199"]),
)  # fmt: skip


@examples(max_examples=200, deadline=None)
@given(one=people, other=people)
def test_which_of_the_two_comes_first_makes_no_difference_and_nobody_is_sure_with_a_difference(one, other):
    match = compare(one, other)
    assert (match.verdict, dict(match.how)) == (compare(other, one).verdict, dict(compare(other, one).how))
    if match.verdict == SURE:
        assert one.birthdate == other.birthdate is not None
        assert "different" not in match.how.values()


@examples(max_examples=100, deadline=None)
@given(person=people, years=st.integers(13, 60))
def test_a_parent_and_a_child_with_one_name_one_phone_and_one_mailbox_are_two(person, years):
    born = person.birthdate or date(1980, 3, 4)
    child = replace(person, birthdate=born + timedelta(days=round(365.25 * years)))
    assert compare(replace(person, birthdate=born), child).verdict == NONE


@examples(max_examples=100, deadline=None)
@given(person=people, other=names.filter(bool))
def test_twins_with_all_else_in_common_are_never_sure(person, other):
    twin = replace(person, first_name=other, preferred_name="")
    if other != person.first_name and "Jr" not in other and "Sr" not in other:
        is_same_name = compare(replace(person, preferred_name=""), twin).how["first name"] == "same"
        assert is_same_name or compare(replace(person, preferred_name=""), twin).verdict != SURE

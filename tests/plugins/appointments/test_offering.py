"""What somebody may book: which recalls, with what in the same visit, on which days, and for which reasons."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from core.people.ages import years
from plugins.appointments.offering import PLAIN_PATTERN, Due, Kind, asks, birthday, reasons_of, recalls_of

TODAY = date(2026, 11, 23)
CLEANING = Kind(UUID(int=1), "Check-up and cleaning", "/XXXX/", [{"code": "D1110"}], special="prophy")
CHILD = Kind(UUID(int=2), "Check-up for a child", "XXXX", [{"code": "D1120"}], max_age=11, special="child_prophy")
PICTURES = Kind(UUID(int=3), "", "XX", [{"code": "D0274"}], joins_special=True)
NIGHT_GUARD = Kind(UUID(int=4), "Look at the night guard")
BORN = date(1985, 4, 12)


def due(kind: Kind, days: int = -10, number: int = 0, **fields) -> Due:
    return Due(UUID(int=100 + number), kind, TODAY + timedelta(days=days), **fields)


def words(dues, born=BORN, only_from_due=True) -> list[str]:
    return [reason.words for reason in recalls_of(dues, born, TODAY, only_from_due)]


def test_the_longest_due_comes_first_and_one_without_words_for_patients_not_at_all():
    assert words([due(NIGHT_GUARD, 20), due(CLEANING, -10, 1), due(replace(CLEANING, words=""), -90, 2)]) == [CLEANING.words, NIGHT_GUARD.words]


def test_what_has_a_visit_no_day_or_is_disabled_is_not_offered():
    assert words([due(CLEANING, is_scheduled=True)]) == []
    assert words([replace(due(CLEANING), due_on=None)]) == []
    assert words([due(CLEANING, is_disabled=True)]) == []
    assert words([due(CLEANING, disabled_until=TODAY + timedelta(days=1))]) == []
    assert words([due(CLEANING, disabled_until=TODAY)]) == [CLEANING.words]


def test_what_is_due_with_a_special_one_is_done_in_the_same_visit():
    [reason] = recalls_of([due(CLEANING), due(PICTURES, -1, 1)], BORN, TODAY, True)
    assert (reason.pattern, reason.minutes) == ("/XXXX/XX", 40)
    assert [procedure["code"] for procedure in reason.procedures] == ["D1110", "D0274"]
    assert len(reason.recall_ids) == 2


def test_what_is_due_later_than_the_special_one_is_not():
    [reason] = recalls_of([due(CLEANING), due(PICTURES, 5, 1)], BORN, TODAY, True)
    assert (reason.pattern, reason.recall_ids) == ("/XXXX/", (UUID(int=100),))


def test_what_joins_and_has_words_is_offered_alone_when_nothing_special_is_due():
    pictures = replace(PICTURES, words="X-rays")
    assert words([due(pictures)]) == ["X-rays"]
    assert words([due(CLEANING), due(pictures, -1, 1)]) == [CLEANING.words]


def test_the_patient_s_own_pattern_counts_before_the_type_s_and_without_any_it_is_half_an_hour():
    assert recalls_of([due(CLEANING, pattern="XX")], BORN, TODAY, True)[0].pattern == "XX"
    assert recalls_of([due(NIGHT_GUARD)], BORN, TODAY, True)[0].pattern == PLAIN_PATTERN


def test_the_age_that_counts_is_that_on_the_day_of_the_visit():
    born = date(2014, 12, 24)  # twelve in a month
    [reason] = recalls_of([due(CHILD)], born, TODAY, True)
    assert reason.last_day == date(2026, 12, 23)
    assert not reason.is_for(date(2026, 12, 24))
    assert words([due(CHILD)], date(2014, 11, 23)) == []
    assert words([due(CHILD)], None) == [], "nobody knows the age"


@given(st.integers(-400, 400), st.booleans())
@settings(max_examples=50)
def test_a_recall_is_booked_before_its_day_only_where_the_office_lets_it(days, only_from_due):
    [reason] = recalls_of([due(CLEANING, days)], BORN, TODAY, only_from_due)
    assert reason.first_day == (max(TODAY, TODAY + timedelta(days=days)) if only_from_due else TODAY)
    assert reason.is_asked_for(TODAY) == (days <= 30)


@given(st.dates(date(1920, 1, 1), TODAY), st.integers(0, 99) | st.none(), st.integers(0, 99) | st.none(), st.integers(0, 800))
@settings(max_examples=150)
def test_a_reason_is_for_a_day_exactly_when_the_age_on_it_is_within_the_limits(born, least, most, ahead):
    day = TODAY + timedelta(days=ahead)
    kind = Kind(UUID(int=9), "Talk", min_age=least, max_age=most)
    offered = any(reason.is_for(day) for reason in reasons_of([kind], born, TODAY))
    assert offered == ((least is None or years(born, day) >= least) and (most is None or years(born, day) <= most))


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 120))
@settings(max_examples=100)
def test_a_birthday_is_the_first_day_of_an_age(born, age):
    day = birthday(born, age)
    assert years(born, day) == age
    assert age == 0 or years(born, day - timedelta(days=1)) == age - 1


@given(
    st.lists(
        st.tuples(st.sampled_from([CLEANING, CHILD, PICTURES, NIGHT_GUARD]), st.integers(-300, 300), st.booleans(), st.booleans()), max_size=6
    ),
    st.dates(date(2005, 1, 1), TODAY),
)
@settings(max_examples=150)
def test_no_recall_is_offered_twice_and_only_those_that_ask(rows, born):
    dues = [due(kind, days, number, is_disabled=off, is_scheduled=has) for number, (kind, days, off, has) in enumerate(rows)]
    found = recalls_of(dues, born, TODAY, True)
    offered = [id_ for reason in found for id_ in reason.recall_ids]
    assert len(offered) == len(set(offered))
    assert set(offered) <= {one.id for one in dues if asks(one, TODAY)}
    assert [reason.due_on for reason in found] == sorted(reason.due_on for reason in found)
    assert all(set(reason.pattern) <= set("X/") and reason.pattern for reason in found)

"""Recall notices: whom, how often, how many at a time; by examples, and over years with a controlled clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.appointments.notices.recall_due import Called, Pace, RecallBook, RecallSent, recalls_due
from plugins.appointments.notices.values import EMAIL, RECALL, TEXT, Clock, Person, Rule

DUE = date(2026, 6, 15)
RULE = Rule(UUID(int=1), RECALL, order=(EMAIL, TEXT))
MOTHER = Person(UUID(int=10), "Ana", "ana@example.test", "+13035550142", language="es")
CHILD = Person(UUID(int=11), "Mia", birthdate=date(2016, 1, 1), guarantor_id=MOTHER.id)


class Practice:
    """A practice whose patients do not react."""

    def __init__(self, *people: Person, pace: Pace | None = None, rule: Rule = RULE, **clock):
        self.people = {one.id: one for one in people}
        self.called = [Called(UUID(int=100 + place), one.id, None, DUE) for place, one in enumerate(people)]
        self.pace, self.rule, self.clock, self.sent = pace or Pace(), rule, Clock(ZoneInfo("America/New_York"), **clock), []

    def look(self, now: datetime) -> list:
        book = RecallBook([self.rule], self.called, self.people, {None: self.clock}, self.sent, self.pace)
        messages = recalls_due(book, now)
        for one in messages:
            self.sent += [RecallSent(item.recall.id, item.recall.due_on, item.number, now, None, one.channel, one.items[0].recall.id) for item in one.items]
        return messages


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)


def days_of(practice: Practice, days: int = 1500) -> list[int]:
    """On which days, counted from the due date, something went out."""
    start = DUE - timedelta(days=100)
    return [offset - 100 for offset in range(days) if practice.look(noon(start + timedelta(days=offset)))]


def test_the_first_goes_out_ahead_and_the_others_at_their_intervals():
    assert days_of(Practice(MOTHER)) == [-30, 60, 242]
    assert days_of(Practice(MOTHER, pace=Pace(past=2000))) == [-30, 60, 242, 424]
    assert days_of(Practice(MOTHER, pace=Pace(past=2000, later=None))) == [-30, 60]
    assert days_of(Practice(MOTHER, pace=Pace(past=2000, most=0))) == [-30]
    assert days_of(Practice(MOTHER, rule=replace(RULE, is_on=False))) == []


@settings(max_examples=12)
@given(st.integers(0, 60), st.integers(0, 700), st.integers(1, 200), st.integers(0, 300), st.integers(0, 4))
def test_over_years_the_numbers_rise_the_waits_are_kept_and_the_window_is_not_left(future, past, first, later, most):
    practice = Practice(MOTHER, pace=Pace(past, future, first, later or None, most))
    days = days_of(practice, 900)
    waits = [after - before for before, after in pairwise(days)]
    assert days[:1] == [-future]
    assert all(-future <= day <= past for day in days)
    assert waits == [first if place == 0 else later for place in range(len(waits))]
    assert len(days) <= 1 + most
    assert [one.number for one in practice.sent] == list(range(1, len(days) + 1))


def test_a_family_is_told_in_one_message_to_the_guarantor_also_when_only_the_child_is_due():
    both, only = Practice(MOTHER, CHILD), Practice(MOTHER, CHILD)
    [message] = both.look(noon(DUE))
    assert (message.recipient_id, message.language, len(message.items)) == (MOTHER.id, "es", 2)
    only.called = only.called[1:]
    [message] = only.look(noon(DUE))
    assert (message.recipient_id, len(message.items)) == (MOTHER.id, 1)
    apart = Practice(MOTHER, CHILD, pace=Pace(families=False))
    assert [len(one.items) for one in apart.look(noon(DUE))] == [1, 1]
    hidden = Practice(replace(CHILD, is_confidential=True), MOTHER)
    assert [len(one.items) for one in hidden.look(noon(DUE))] == [1]


def test_texts_go_out_a_few_at_a_time():
    people = [Person(UUID(int=20 + number), number=f"+1303555010{number}") for number in range(5)]
    practice, now = Practice(*people), noon(DUE)
    assert [len(practice.look(now + timedelta(minutes=minutes))) for minutes in (0, 5, 11, 15, 22, 40)] == [2, 0, 2, 0, 1, 0]


@pytest.mark.parametrize(("who", "number"), [({"email": ""}, 1), ({"email": "", "may_text": False}, 0), ({"off": frozenset({(RECALL, EMAIL), (RECALL, TEXT)})}, 0)])
def test_who_cannot_be_reached_or_does_not_want_it_gets_none(who, number):
    assert len(Practice(replace(MOTHER, **who)).look(noon(DUE))) == number


def test_nothing_goes_out_outside_the_hours():
    practice = Practice(MOTHER, opens=480, closes=1080)
    assert not practice.look(datetime(2026, 6, 15, 11, 59, tzinfo=UTC))
    assert practice.look(datetime(2026, 6, 15, 12, 0, tzinfo=UTC))

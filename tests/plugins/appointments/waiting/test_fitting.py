"""Whom an opening suits, in which order they are asked and when: against a slow model that looks at every minute and every pair."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.appointments.slots import Beside, Rule
from plugins.appointments.waiting.fitting import (
    RECALL,
    SCHEDULED,
    UNSCHEDULED,
    Free,
    Pace,
    Waiter,
    fits,
    in_order,
    step,
    times,
    turns,
)

NOW = datetime(2026, 10, 28, 14, tzinfo=UTC)
ZONE = ZoneInfo("America/Denver")
ONE, TWO = UUID(int=1), UUID(int=2)
IDS = st.sampled_from([ONE, TWO])
MINUTE = timedelta(minutes=1)
MOMENTS = st.integers(-600, 9000).map(lambda minutes: NOW + minutes * MINUTE)


def some(strategy):
    return st.none() | strategy


@st.composite
def openings(draw):
    return Free(draw(MOMENTS), draw(st.sampled_from([20, 40, 60])), ZONE, draw(some(IDS)), draw(IDS), draw(st.frozensets(IDS)), draw(some(st.builds(UUID, int=st.integers(1, 4)))))


@st.composite
def waiters(draw, number):
    kind = draw(st.sampled_from([UNSCHEDULED, SCHEDULED, RECALL]))
    earliest = draw(st.sampled_from([0, 480, 720]))
    begins = draw(st.lists(MOMENTS, max_size=1))
    return Waiter(
        UUID(int=number), UUID(int=draw(st.integers(1, 4))), kind, draw(st.sampled_from([20, 40, 60])), draw(st.frozensets(IDS)),
        NOW - draw(st.integers(1, 5)) * timedelta(days=1), draw(st.frozensets(IDS)), draw(some(IDS)), draw(st.frozensets(st.integers(0, 6), min_size=4)),
        earliest, draw(st.sampled_from([720, 1020, 1440])) if earliest < 720 else 1440, draw(st.sampled_from([0, 120, 2880])), draw(st.booleans()),
        draw(some(st.integers(0, 40))) and NOW - draw(st.integers(0, 40)) * timedelta(days=1), draw(MOMENTS) if kind == SCHEDULED else None,
        draw(some(st.just(date(2010, 10, 30)))), draw(st.sampled_from([(None, None), (16, None), (None, 15), (0, 200)])),
        draw(some(st.just(date(2026, 10, 30)))) if kind == RECALL else None, [(begin, begin + 30 * MINUTE) for begin in begins],
    )  # fmt: skip


def slow_fits(free, waiter, now, pace):
    """The same, one rule after another, minute by minute where it is about time."""
    local = free.starts_at.astimezone(ZONE)
    mine = {free.starts_at + minute * MINUTE for minute in range(waiter.minutes)}
    others = {begin + minute * MINUTE for begin, end in waiter.busy for minute in range(int((end - begin) / MINUTE))}
    wrong = [
        free.patient_id == waiter.patient_id,
        waiter.minutes > free.minutes,
        free.operatory_id not in waiter.operatories,
        len(waiter.clinic_ids) > 0 and free.clinic_id not in waiter.clinic_ids,
        waiter.provider_id is not None and waiter.provider_id not in free.providers,
        (free.starts_at - now) / MINUTE < max(20, pace.notice, waiter.notice),
        waiter.visit_at is not None and waiter.visit_at <= free.starts_at,
        local.weekday() not in waiter.days,
        not waiter.earliest <= local.hour * 60 + local.minute < waiter.latest,
        bool(mine & others),
        waiter.due_on is not None and local.date() < waiter.due_on,
    ]
    if waiter.birthdate:
        age = sum(1 for year in range(1, 120) if date(waiter.birthdate.year + year, waiter.birthdate.month, waiter.birthdate.day) <= local.date())
        lowest, highest = waiter.ages
        wrong.append(lowest is not None and age < lowest)
        wrong.append(highest is not None and age > highest)
    return not any(wrong)


def comes_before(one, other):
    """Whether one is asked before the other, said as a person would."""
    if one.is_priority != other.is_priority:
        return one.is_priority
    lately = [waiter.asked_at if waiter.asked_at and waiter.asked_at > NOW - timedelta(days=14) else None for waiter in (one, other)]
    if (lately[0] is None) != (lately[1] is None):
        return lately[0] is None
    if lately[0] != lately[1]:
        return lately[0] < lately[1]
    if one.kind != other.kind:
        return one.kind < other.kind
    if one.visit_at != other.visit_at:
        return one.visit_at > other.visit_at
    return (one.made_at, one.entry_id) < (other.made_at, other.entry_id)


PEOPLE = st.integers(0, 6).flatmap(lambda most: st.tuples(*[waiters(number) for number in range(1, most + 1)]))


@settings(max_examples=150, deadline=None)
@given(openings(), PEOPLE, st.sampled_from([Pace(), Pace(2, 20), Pace(3, 600)]))
def test_who_is_asked_and_in_which_order_is_as_the_slow_model_says(free, people, pace):
    assert [fits(free, waiter, NOW, pace) for waiter in people] == [slow_fits(free, waiter, NOW, pace) for waiter in people]
    order = in_order(people, NOW)
    assert all(comes_before(one, other) for place, one in enumerate(order) for other in order[place + 1 :])
    asked = turns(free, people, NOW, pace)
    assert len({waiter.patient_id for waiter in asked}) == len(asked)
    wanted = [waiter for waiter in order if slow_fits(free, waiter, NOW, pace)]
    assert asked == [waiter for place, waiter in enumerate(wanted) if waiter.patient_id not in {other.patient_id for other in wanted[:place]}]


def waiter(number, kind=SCHEDULED, **fields):
    return Waiter(UUID(int=number), UUID(int=number), kind, 20, frozenset({ONE}), NOW, **fields)


def test_nobody_is_asked_whom_an_appointment_rule_keeps_from_being_there_beside_somebody_else():
    free = Free(NOW + 300 * MINUTE, 60, ZONE, ONE, ONE, frozenset({ONE}))
    exam = Waiter(ONE, ONE, UNSCHEDULED, 20, frozenset({ONE}), NOW, codes=("D0140",))
    crown = replace(exam, codes=("D2740",))
    rule = Rule("D2700", "D2799", "Crowns")
    asked = [fits(replace(free, beside=Beside((rule,), there)), waiter, NOW, Pace()) for there in ((), (("D0140",),), (("D2750",),)) for waiter in (exam, crown)]
    assert asked == [True, True, True, False, False, False]


def test_without_anybody_asked_before_the_order_is_the_fields():
    near, far = waiter(1, visit_at=NOW + timedelta(days=20)), waiter(2, visit_at=NOW + timedelta(days=90))
    recall, planned, urgent = waiter(3, RECALL), waiter(4, UNSCHEDULED), waiter(5, RECALL, is_priority=True)
    assert in_order([near, recall, far, planned, urgent], NOW) == [urgent, planned, far, near, recall]


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9, unique=True))
def test_in_as_many_rounds_as_people_everybody_is_asked_first_once(numbers):
    people = {number: waiter(number, visit_at=NOW + timedelta(days=number)) for number in numbers}
    first = []
    for turn in range(len(people)):
        now = NOW + turn * timedelta(minutes=30)
        asked = in_order(people.values(), now)[0].entry_id.int
        first.append(asked)
        people[asked] = waiter(asked, visit_at=NOW + timedelta(days=asked), asked_at=now)
    assert sorted(first) == sorted(numbers)


@pytest.mark.parametrize("minutes,pause", [(30, 1), (119, 1), (120, 2), (719, 2), (720, 4), (2879, 4), (2880, 8), (20000, 8)])
def test_turns_come_the_slower_the_more_time_there_is(minutes, pause):
    assert step(minutes * MINUTE) == pause * MINUTE


@given(st.integers(1, 400), st.integers(1, 3))
def test_the_times_of_the_turns_are_as_one_gets_by_waiting_for_them(minutes, at_once):
    pace, now, expected = Pace(at_once, 20), NOW, []
    starts_at, due = NOW + minutes * MINUTE, NOW
    while now < starts_at:
        if now == due and starts_at - now >= 20 * MINUTE:
            expected += [now] * at_once
            to_go = (starts_at - now) / MINUTE
            due = now + (1 if to_go < 120 else 2 if to_go < 720 else 4) * MINUTE
        now += MINUTE
    assert list(times(starts_at, NOW, pace)) == expected

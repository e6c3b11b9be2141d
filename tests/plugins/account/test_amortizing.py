"""The schedules of payment plans: cents add up, nothing is below zero, months end right."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plugins.account.services.amortizing import Deal, NoSchedule, received, schedule

TODAY = date(2026, 11, 28)
deals = st.builds(
    Deal,
    total_cents=st.integers(1, 3_000_000),
    down_payment_cents=st.integers(0, 100_000),
    interest_basis_points=st.integers(0, 3_000),
    frequency=st.sampled_from(["weekly", "every_two_weeks", "monthly", "quarterly"]),
    first_due_on=st.dates(date(2026, 11, 28), date(2032, 12, 31)),
    payments=st.integers(1, 60),
    amount_cents=st.none() | st.integers(1, 200_000),
)
IN_A_YEAR = {"weekly": 52, "every_two_weeks": 26, "monthly": 12, "quarterly": 4}


@settings(max_examples=150)
@given(deals)
def test_the_parts_are_the_sum_and_the_interest_and_the_last_takes_what_rounding_left(deal):
    try:
        parts = schedule(deal, TODAY)
    except NoSchedule:
        assume(False)
    later = [part for part in parts if part.number]
    assert sum(part.amount_cents for part in parts) == deal.total_cents + sum(part.interest_cents for part in parts)
    assert all(part.amount_cents > 0 and 0 <= part.interest_cents <= part.amount_cents for part in parts)
    assert [part.number for part in later] == list(range(1, len(later) + 1))
    assert [part.amount_cents for part in parts if not part.number] == ([deal.down_payment_cents] if deal.down_payment_cents else [])
    days = [part.due_on for part in later]
    assert days == sorted(set(days))
    assert days[0] == deal.first_due_on
    assert len({part.amount_cents for part in later[:-1]}) <= 1
    if deal.amount_cents is None:
        assert len(later) == deal.payments
        # Less than a cent of each payment and half a cent of each interest are left to the last one, and grow with the interest until then.
        growth = 1 + Fraction(deal.interest_basis_points, 10_000 * IN_A_YEAR[deal.frequency])
        assert later[-1].amount_cents - later[0].amount_cents <= sum(Fraction(3, 2) * growth**place for place in range(len(later)))
    else:
        assert later[-1].amount_cents <= deal.amount_cents
    if not deal.interest_basis_points:
        assert sum(part.interest_cents for part in parts) == 0


def _days(first: date, frequency, payments: int) -> list[date]:
    return [part.due_on for part in schedule(Deal(100_000, 0, 0, frequency, first, payments), TODAY)]


def test_months_end_right_and_come_back_to_the_day_that_was_agreed():
    assert _days(date(2027, 1, 31), "monthly", 4) == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]
    assert _days(date(2027, 11, 30), "quarterly", 3) == [date(2027, 11, 30), date(2028, 2, 29), date(2028, 5, 30)]
    assert _days(date(2026, 12, 31), "every_two_weeks", 2) == [date(2026, 12, 31), date(2027, 1, 14)]


def test_a_known_loan_comes_out_as_anybody_computes_it():
    parts = schedule(Deal(120_000, 0, 1_200, "monthly", date(2027, 1, 1), 12), TODAY)
    assert parts[0].amount_cents == 10_661  # $1,200 at 12 percent over a year: $106.62 a month, rounded down
    assert parts[0].interest_cents == 1_200
    assert sum(part.interest_cents for part in parts) == pytest.approx(7_942, abs=5)


@pytest.mark.parametrize(
    ("deal", "words"),
    [
        (Deal(10_000, 10_000, 0, "monthly", TODAY, 6), "leaves nothing"),
        (Deal(10_000, 0, 3_000, "monthly", TODAY, None, 250), "never pay it off"),
        (Deal(3_000_000, 0, 0, "monthly", TODAY, None, 5_000), "more than 240 payments"),
        (Deal(10_000, 0, 0, "monthly", TODAY, 0), "between 1 and 240"),
        (Deal(300, 0, 0, "monthly", TODAY, 9), "too small"),
    ],
)
def test_what_is_no_plan_is_said(deal, words):
    with pytest.raises(NoSchedule, match=words):
        schedule(deal, TODAY)


@settings(max_examples=80)
@given(st.lists(st.integers(1, 900).flatmap(lambda amount: st.tuples(st.just(amount), st.integers(0, amount))), max_size=6), st.integers(0, 4_000))
def test_what_comes_in_pays_the_earliest_part_first_and_never_more_than_it(parts, cents):
    after = received(parts, cents)
    assert all(before <= now <= amount for (amount, before), now in zip(parts, after, strict=True))
    open_before = sum(amount - before for amount, before in parts)
    assert sum(after) - sum(before for _, before in parts) == min(cents, open_before)
    open_at = [number for number, ((amount, _), now) in enumerate(zip(parts, after, strict=True)) if now < amount]
    assert all(after[number] == parts[number][1] for number in open_at[1:])

"""The schedule of a payment plan, pure: what is due when, and how much of it is interest. Cents add up; the last payment takes what rounding left."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from typing import Literal

Frequency = Literal["weekly", "every_two_weeks", "monthly", "quarterly"]
FREQUENCIES: dict[str, str] = {"weekly": "every week", "every_two_weeks": "every two weeks", "monthly": "every month", "quarterly": "every three months"}
"""How often, in words."""
_IN_A_YEAR = {"weekly": 52, "every_two_weeks": 26, "monthly": 12, "quarterly": 4}
_DAYS, _MONTHS = {"weekly": 7, "every_two_weeks": 14}, {"monthly": 1, "quarterly": 3}
MOST_PAYMENTS = 240
SMALLEST_CENTS = 100


class NoSchedule(ValueError):
    """There is no such plan; the text says why."""


@dataclass(frozen=True, slots=True)
class Deal:
    """What is agreed on. Either the number of payments is given or the amount of each. `interest_basis_points` is yearly: 650 is 6.50 percent."""

    total_cents: int
    down_payment_cents: int
    interest_basis_points: int
    frequency: Frequency
    first_due_on: date
    payments: int | None = None
    amount_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One payment. Number 0 is the down payment."""

    number: int
    due_on: date
    amount_cents: int
    interest_cents: int = 0


def schedule(deal: Deal, today: date) -> list[Part]:
    """Every payment of a plan; the down payment, if there is one, is due today. Raises NoSchedule."""
    owed = deal.total_cents - deal.down_payment_cents
    if deal.down_payment_cents < 0 or owed < SMALLEST_CENTS:
        raise NoSchedule("The down payment leaves nothing to be paid in parts.")
    rate = Fraction(deal.interest_basis_points, 10_000 * _IN_A_YEAR[deal.frequency])
    amount = deal.amount_cents or _level(owed, rate, deal.payments or 0)
    if amount < SMALLEST_CENTS or amount <= round(owed * rate):
        raise NoSchedule("The payments are too small: they would never pay it off.")
    parts = [Part(0, today, deal.down_payment_cents)] if deal.down_payment_cents else []
    return [*parts, *_amortized(owed, rate, amount, deal.payments if deal.amount_cents is None else None, due_days(deal.first_due_on, deal.frequency))]


def _level(owed: int, rate: Fraction, payments: int) -> int:
    """The payment that pays it off in so many parts, rounded down: the last one is a little more."""
    if not 1 <= payments <= MOST_PAYMENTS:
        raise NoSchedule(f"Choose between 1 and {MOST_PAYMENTS} payments.")
    if not rate:
        return owed // payments
    grown = (1 + rate) ** payments
    return int(owed * rate * grown / (grown - 1))


def _amortized(owed: int, rate: Fraction, amount: int, payments: int | None, days: Iterator[date]) -> Iterator[Part]:
    for number in count(1):
        interest = round(owed * rate)
        is_last = number == payments if payments else amount >= owed + interest
        paid = owed + interest if is_last else min(amount, owed + interest)
        yield Part(number, next(days), paid, interest)
        owed -= paid - interest
        if is_last or not owed:
            return
        if number >= MOST_PAYMENTS:
            raise NoSchedule(f"That would be more than {MOST_PAYMENTS} payments. Make each of them larger.")


def due_days(first: date, frequency: Frequency) -> Iterator[date]:
    """When payments are due. Of a plan that begins on the 31st the payment of a shorter month is due on its last day, and the next one on the 31st again."""
    step: Callable[[int], date]
    if frequency in _DAYS:
        step = lambda number: first + timedelta(days=_DAYS[frequency] * number)  # noqa: E731
    else:
        step = lambda number: _months_later(first, _MONTHS[frequency] * number)  # noqa: E731
    return (step(number) for number in count())


def _months_later(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def received(parts: list[tuple[int, int]], cents: int) -> list[int]:
    """What has been paid of each part, (amount, paid) by their order, after so much more came: the earliest open part first. What is left over stays out."""
    paid = []
    for amount, before in parts:
        more = min(max(0, cents), amount - before)
        cents -= more
        paid.append(before + more)
    return paid

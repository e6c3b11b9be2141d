"""A ledger that adds up: charges of a visit, what insurance and the office take off, what the patient pays, and statements of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tenants.demo.fees import Done, Insurance

CLAIM_DAYS = 17
"""How long insurance takes to pay."""
BILL_DAYS = 24
"""How long someone takes who pays by mail."""
DUE_DAYS = 25


@dataclass(frozen=True)
class Line:
    """One line of a ledger. A line with a day that is still to come is what is expected, and not yet in the books."""

    day: date
    sort: str
    words: str
    cents: int
    provider: str | None = None
    visit: str | None = None
    visited_on: date | None = None


@dataclass(frozen=True)
class Seen:
    """A visit as the books see it; `pays` is how the patient pays the own part: card, check, or nothing yet ("")."""

    visit: str
    day: date
    provider: str
    done: tuple[Done, ...]
    pays: str


def lines_of(seen: Seen, insurance: Insurance | None) -> list[Line]:
    """What one visit brings into the books, over the weeks that follow."""
    charges = [_line(seen, seen.day, "charge", done.words, done.fee.cents, seen.provider) for done in seen.done]
    settled = _insured(seen, insurance) if insurance else []
    rest = sum(line.cents for line in charges + settled)
    return [line for line in [*charges, *settled, *_paid(seen, rest)] if line.cents]


def _line(seen: Seen, day: date, sort: str, words: str, cents: int, provider: str | None = None) -> Line:
    return Line(day, sort, words, cents, provider, seen.visit, seen.day)


def _insured(seen: Seen, insurance: Insurance) -> list[Line]:
    day = seen.day + timedelta(days=CLAIM_DAYS)
    paid = sum(insurance.share(done.fee) for done in seen.done)
    off = sum(insurance.discount_on(done.fee) for done in seen.done)
    return [
        _line(seen, day, "insurance_payment", f"{insurance.name} paid", -paid),
        _line(seen, day, "adjustment", "Discount for members of this insurance", -off),
    ]


def _paid(seen: Seen, rest: int) -> list[Line]:
    if not seen.pays or rest <= 0:
        return []
    if seen.pays == "check":
        return [_line(seen, seen.day + timedelta(days=BILL_DAYS), "payment", "Check, thank you", -rest)]
    return [_line(seen, seen.day, "payment", "Card at the front desk, thank you", -rest)]


def balance(lines: Iterable[Line], day: date) -> int:
    """What was owed at the end of a day, in cents."""
    return sum(line.cents for line in lines if line.day <= day)


def pending(lines: Iterable[Line], day: date) -> int:
    """What insurance and discounts were still expected to take off at the end of a day, in cents."""
    awaited = {"insurance_payment", "adjustment"}
    return -sum(line.cents for line in lines if line.sort in awaited and line.visited_on and line.visited_on <= day < line.day)


def statement(lines: list[Line], sent_on: date, since: date, number: str, names: Mapping[str, str], note: str = "") -> dict:
    """The fields of a statement of what happened after `since`, up to the day on which it was sent."""
    shown = sorted((line for line in lines if since < line.day <= sent_on), key=lambda line: line.day)
    return {
        "number": number,
        "sent_on": sent_on,
        "due_on": sent_on + timedelta(days=DUE_DAYS),
        "balance_cents": balance(lines, sent_on),
        "insurance_pending_cents": pending(lines, sent_on),
        "note": note,
        "lines": [
            {"entered_on": line.day, "description": line.words, "provider": names.get(line.provider or "", ""), "amount_cents": line.cents}
            for line in shown
        ],
    }

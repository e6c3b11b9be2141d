"""A ledger that adds up: charges of a visit, what insurance and the office take off, what the patient pays, and statements and claims of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tenants.demo.fees import GROUPS, Done, Insurance

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
    code: str = ""
    tooth: str = ""


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
    charges = [_charge(seen, done) for done in seen.done]
    settled = _insured(seen, insurance) if insurance else []
    rest = sum(line.cents for line in charges + settled)
    return [line for line in [*charges, *settled, *_paid(seen, rest)] if line.cents]


def _charge(seen: Seen, done: Done) -> Line:
    return Line(seen.day, "charge", done.words, done.fee.cents, seen.provider, seen.visit, seen.day, done.fee.code, done.tooth)


def _line(seen: Seen, day: date, sort: str, words: str, cents: int) -> Line:
    return Line(day, sort, words, cents, None, seen.visit, seen.day)


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


def claim(seen: Seen, insurance: Insurance, today: date) -> dict:
    """The fields of what was asked of insurance for a visit; it waits until insurance has paid."""
    answered_on = seen.day + timedelta(days=CLAIM_DAYS)
    paid = sum(insurance.share(done.fee) for done in seen.done)
    is_answered = answered_on <= today
    return {
        "visit": seen.visit,
        "carrier": insurance.name,
        "state": "received" if is_answered else "sent",
        "sent_on": seen.day,
        "received_on": answered_on if is_answered else None,
        "billed_cents": sum(done.fee.cents for done in seen.done),
        "estimated_cents": paid,
        "write_off_cents": sum(insurance.discount_on(done.fee) for done in seen.done),
        "paid_cents": paid if is_answered else 0,
    }


def coverage(lines: Iterable[Line], insurance: Insurance, today: date) -> dict:
    """The fields of a coverage, with what insurance has paid this year."""
    used = -sum(line.cents for line in lines if line.sort == "insurance_payment" and line.day.year == today.year and line.day <= today)
    return {
        "carrier": insurance.name,
        "plan_name": insurance.plan,
        "group_number": insurance.group,
        "benefit_year_ends_on": date(today.year, 12, 31),
        "annual_maximum_cents": insurance.most_cents,
        "used_cents": min(used, insurance.most_cents),
        "deductible_cents": insurance.first_cents,
        "deductible_met_cents": insurance.first_cents if used else 0,
        "percentages": [{"kind": GROUPS[group], "percent": percent} for group, percent in insurance.pays.items()],
        "as_of": today,
    }


def statement(lines: list[Line], sent_on: date, since: date, number: str, names: Mapping[str, str], note: str = "") -> dict:
    """The fields of a statement of what happened after `since`, up to the day on which it was sent."""
    shown = sorted((line for line in lines if since < line.day <= sent_on), key=lambda line: line.day)
    return {
        "number": number,
        "first_on": since + timedelta(days=1),
        "sent_on": sent_on,
        "due_on": sent_on + timedelta(days=DUE_DAYS),
        "balance_cents": balance(lines, sent_on),
        "insurance_pending_cents": pending(lines, sent_on),
        "note": note,
        "lines": [_printed(line, names) for line in shown],
    }


def family_statement(members: Mapping[str, list[Line]], sent_on: date, since: date, number: str, names: Mapping[str, str]) -> dict:
    """The fields of one statement for a family: lines of each member, by name."""
    all_lines = [line for lines in members.values() for line in lines]
    shown = [(name, line) for name, lines in members.items() for line in lines if since < line.day <= sent_on]
    lines = [_printed(line, names) | {"patient": name} for name, line in sorted(shown, key=lambda one: one[1].day)]
    return statement(all_lines, sent_on, since, number, names) | {"scope": "family", "lines": lines}


def _printed(line: Line, names: Mapping[str, str]) -> dict:
    return {"entered_on": line.day, "description": line.words, "provider": names.get(line.provider or "", ""), "amount_cents": line.cents}

"""Why a patient sees no open time on a day: for the office, which asks what a patient would see."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from plugins.appointments.slots.book import Book
from plugins.appointments.slots.search import openings
from plugins.appointments.slots.values import Taken, Wanted, minute_of

Reason = Literal["closed", "too_soon", "too_late", "not_yet", "no_operatory", "no_hours", "no_provider", "blockouts", "taken", "own_visit"]
_ABOUT = 4 * 1440
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def why_not(book: Book, wanted: Wanted, day: date) -> Reason | None:
    """The first rule that leaves nothing of a day; None when there are open times. Hours on it that are too short for the visit are none."""
    return _of_date(book, wanted, day) or next((reason for reason, some, asked in _steps(book, wanted, day) if not openings(some, asked)), None)


def _of_date(book: Book, wanted: Wanted, day: date) -> Reason | None:
    """What can be said without looking at the book's hours."""
    rules: dict[Reason, bool] = {
        "closed": day in book.closed,
        "too_soon": day < wanted.earliest.astimezone(book.zone).date(),
        "too_late": day > wanted.last_on,
        "not_yet": wanted.first_on is not None and day < wanted.first_on,
        "no_operatory": not any(wanted.fits(operatory) for operatory in book.from_the_left),
    }
    return next((reason for reason, holds in rules.items() if holds), None)


def _steps(book: Book, wanted: Wanted, day: date) -> Iterator[tuple[Reason, Book, Wanted]]:
    """The search of one day, with one more rule at each step."""
    # The day after is looked at, too: a visit may last beyond midnight.
    days = (day, day + timedelta(days=1))
    kept, visits = [block for block in book.blockouts if block.day in days], _about(book, day)
    hours = replace(book, first=day, last=days[1], hours=[block for block in book.hours if block.day in days], blockouts=(), taken=())
    anybody = replace(wanted, earliest=_EVER, last_on=day, first_on=None, provider_ids=None, only_in_blockouts=False, own_visits=())
    chosen = replace(anybody, provider_ids=wanted.provider_ids)
    blocked = replace(hours, blockouts=kept)
    within = replace(chosen, only_in_blockouts=wanted.only_in_blockouts)
    taken = replace(blocked, taken=visits)
    alone = replace(within, own_visits=wanted.own_visits)
    yield "no_hours", hours, anybody
    yield "no_provider", hours, chosen
    yield "blockouts", blocked, within
    yield "taken", taken, within
    yield "own_visit", taken, alone
    yield "too_soon", taken, replace(alone, earliest=wanted.earliest)


def _about(book: Book, day: date) -> list[Taken]:
    """The visits about a day, whatever its clock."""
    noon = minute_of(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    return [visit for visit in book.taken if abs(visit.begins - noon) < _ABOUT]

"""How long the search for open times takes, beside nested loops that do the same word for word; and how that grows with a practice."""

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from plugins.appointments.slots import Blockout, Book, Hours, Operatory, Rule, Taken, Wanted, minute_of, moment_of, openings, slot_at
from tests.plugins.appointments.slots import reference

MOST_MILLISECONDS = 20
TIMES = 15
FIRST = date(2027, 2, 1)
"""Its ninety days have the night in which the clocks go forward."""
ZONE = ZoneInfo("America/Denver")
WANTED = Wanted("/XXXXXXXX/", datetime(2027, 1, 1, tzinfo=UTC), date(2029, 1, 1), is_recall=True)
CODES = (("D1110", "D0120"), ("D0140",), ("D2391",), ("D2740",), ())
"""The procedures of visits."""
PLAIN = {"operatories": 20, "providers": 15, "days": 90}
GROWTH = {"operatories": (5, 10, 20, 40, 80), "providers": (5, 15, 30, 60), "days": (7, 30, 90, 180, 365)}


def run(say=print) -> bool:
    """Measure; returns whether the plain practice is quick enough."""
    book = practice(**PLAIN)
    took = milliseconds(lambda: openings(replace(book), WANTED))
    freely = milliseconds(lambda: openings(replace(book, prevents_double_booking=False), WANTED))
    say(f"{_words(**PLAIN)}, every 10 minutes; {len(book.hours):,} hours, {len(book.blockouts):,} blockouts, {len(book.taken):,} visits")
    say(f"everything, from plain values     {took:9.1f} ms processor time for {len(openings(book, WANTED)):,} open times")
    say(f"… own time of providers only      {freely:9.1f} ms")
    ruled = replace(book, prevents_double_booking=False, rules=[Rule("D2700", "D2799"), Rule("D6000", "D6199")])
    say(f"… and two appointment rules       {milliseconds(lambda: openings(replace(ruled), WANTED)):9.1f} ms")
    say(f"another visit in the same book    {milliseconds(lambda: openings(book, replace(WANTED, pattern='X' * 6))):9.1f} ms")
    say(f"one time looked at again          {milliseconds(lambda: slot_at(book, WANTED, moment_of(_nine(10)))):9.2f} ms")
    _compare(say)
    for name, numbers in GROWTH.items():
        for number in numbers:
            bigger = practice(**PLAIN | {name: number})
            say(f"{number:5} {name:12}{milliseconds(lambda bigger=bigger: openings(replace(bigger), WANTED)):9.1f} ms, {len(bigger.taken):6,} visits")
    say(f"The plain practice takes {took:.1f} ms; it may take {MOST_MILLISECONDS}")
    return took < MOST_MILLISECONDS


def _compare(say) -> None:
    """Nested loops cost as much for each day, so a few days tell."""
    week = practice(**PLAIN | {"days": 3})
    begun = time.process_time()
    slow = reference.openings(week, WANTED)
    loops = 1000 * (time.process_time() - begun)
    quick = milliseconds(lambda: openings(replace(week), WANTED))
    same = "the same times" if slow == openings(week, WANTED) else "OTHER TIMES"
    say(f"nested loops for 3 days           {loops:9.1f} ms, {loops / quick:,.0f} times the search ({quick:.2f} ms); {same}")


def practice(operatories: int, providers: int, days: int) -> Book:
    """A practice that works on six days a week with an hour for lunch, half of its time booked; the same in each run."""
    chance = random.Random(7)
    chairs = [Operatory(f"o{number}", number, f"p{number % providers}", takes_recalls=True) for number in range(operatories)]
    hours: list[Hours] = []
    blockouts: list[Blockout] = []
    taken: list[Taken] = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        if day.weekday() < 6:
            hours += _hours(day, chairs, providers)
            blockouts += [Blockout(day, 720, 780, "lunch"), *(Blockout(day, 600, 660, "urgent", (chair.id,)) for chair in chairs[::4])]
            taken += [visit for chair in chairs for visit in _visits(chance, chair, _nine(number) - 60)]
    return Book(ZONE, FIRST, FIRST + timedelta(days=days - 1), 10, None, chairs, hours, blockouts, taken)


def _hours(day: date, chairs: list[Operatory], providers: int) -> list[Hours]:
    """Half of the providers work in operatories that are named."""
    own = {number: tuple(chair.id for chair in chairs[number::providers]) for number in range(min(providers, len(chairs)))}
    return [
        Hours(day, starts, ends, f"p{number}", ids if number % 2 else ()) for number, ids in own.items() for starts, ends in ((480, 720), (780, 1020))
    ]


def _visits(chance: random.Random, chair: Operatory, opens: int) -> list[Taken]:
    begins = [opens + minutes for minutes in range(chance.choice((0, 10, 20)), 490, 50)]
    begins = [minute for minute in begins if chance.random() < 0.5]
    return [Taken(chair.id, chair.provider_id, minute, 50, WANTED.pattern, CODES[minute // 10 % len(CODES)]) for minute in begins]


def _nine(number: int) -> int:
    day = FIRST + timedelta(days=number)
    return minute_of(datetime(day.year, day.month, day.day, 9, tzinfo=ZONE).astimezone(UTC))


def milliseconds(work: Callable[[], object]) -> float:
    """The median of the processor time: others on the machine do not count."""
    spent = []
    for _ in range(TIMES):
        begun = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - begun))
    return statistics.median(spent)


def _words(operatories: int, providers: int, days: int) -> str:
    return f"{operatories} operatories, {providers} providers, {days} days"

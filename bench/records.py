"""How quickly records come in through the one door: kind for kind, from two practices at once as two web processes take them in, and how it grows with
what is there already.
"""

import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import psycopg

from core import config
from core.app import configure
from core.local.postgres import DATABASE
from core.records import runs
from core.records.kinds import kinds_for
from core.testing import fresh_database, make_office, with_database

BATCH = 1_000
FEW, ROUNDS = 10, 25
SLOWEST, MOST_GROWTH = 3_000, 1.2
"""Small records a second that the slowest kind has to come in at, and how much longer a batch may take among a million than among a thousand, which are some thousands in the end."""
DAY = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 17, tzinfo=UTC)


def patient(number: int) -> dict:
    """A member of a family of four."""
    return {
        "external_id": f"P{number}", "clinic": "C1", "provider": "D1", "guarantor": f"P{number // 4 * 4}", "first_name": f"Robin{number % 997}",
        "last_name": f"Ash{number % 4999}", "birthdate": str(DAY - timedelta(days=number % 30_000 + 400)), "sex": "F", "phone": f"303555{number % 10_000:04}",
        "email": f"robin{number}@example.test", "address_1": f"{number % 900} Elm Street", "city": "Denver", "state": "CO", "postal_code": "80203",
    }  # fmt: skip


def _of(number: int) -> str:
    return f"P{number % BATCH}"


SMALL: dict[str, Callable[[int], dict]] = {
    "patient": patient,
    "relationship": lambda number: {"patient": _of(number), "related": _of(number + 1 + number // BATCH), "relation": "sibling"},
    "recall": lambda number: {"patient": _of(number), "recall_type": f"T{number // BATCH}", "due_on": str(DAY + timedelta(days=number % 400))},
    "schedule": lambda number: {"provider": "D1", "clinic": "C1", "held_on": str(DAY + timedelta(days=number % 5000)), "starts": 480 + number // 5000 % 100, "ends": 1020, "operatories": ["O1"]},
    "appointment": lambda number: {
        "patient": _of(number), "provider": "D1", "clinic": "C1", "starts_at": str(NOON - timedelta(hours=number)), "minutes": 50, "status": "complete",
        "reason": "Check-up and cleaning", "procedures": [{"code": "D1110", "words": "Cleaning"}],
    },
    "ledger_entry": lambda number: {
        "patient": _of(number), "provider": "D1", "clinic": "C1", "entry_type": "charge", "entered_on": str(DAY), "description": "Filling", "amount_cents": 18_000 + number % 900,
        "visit": f"V{number // 3}", "code": "D2392", "tooth": "14",
    },
    "claim": lambda number: {"patient": _of(number), "visit": f"V{number}", "carrier": "Summit Dental", "state": "sent", "sent_on": str(DAY), "billed_cents": 18_000, "estimated_cents": 9_000},
    "statement": lambda number: {
        "patient": _of(number), "number": f"S{number}", "sent_on": str(DAY), "due_on": str(DAY + timedelta(days=30)), "balance_cents": 9_000,
        "lines": [{"entered_on": str(DAY), "description": "Filling", "amount_cents": 9_000}],
    },
    "treatment_plan": lambda number: {"patient": _of(number), "heading": "Crown", "saved_on": str(DAY)},
    "planned_procedure": lambda number: {"plan": f"treatment_plan{number % BATCH}", "code": "D2740", "description": "Crown", "fee_cents": 120_000, "primary_estimate_cents": 60_000},
    "message": lambda number: {"patient": _of(number), "provider": "D1", "subject": "Your visit", "body": "Please rinse with salt water.", "sent_at": str(NOON)},
    "problem": lambda number: {"patient": _of(number), "name": "Gingivitis"},
    "medication": lambda number: {"patient": _of(number), "name": "Amoxicillin"},
    "allergy": lambda number: {"patient": _of(number), "substance": "Penicillin"},
}  # fmt: skip
"""A small record of each kind that comes in great numbers, by its number; those of other kinds stand under the first thousand patients."""
BASE = [
    {"kind": "operatory", "external_id": "O1", "name": "Chair 1"},
    *({"kind": "recall_type", "external_id": f"T{number}", "name": f"Cleaning {number}"} for number in range(FEW)),
]


class Sender:
    """Sends batches of a new practice as its system does: from their text to the commit. `database` is where it stands."""

    def __init__(self, database: str = DATABASE):
        address = with_database(os.environ["CUSPID_DATABASE_URL"], database)
        registry = configure(config.load(environ=os.environ | {"CUSPID_DATABASE_URL": address})).make_wsgi_app().registry
        self._office, self._kinds = make_office(registry), kinds_for(registry, frozenset(registry.plugins.plugins))
        self.send(BASE, "created")

    def send(self, batch: list[dict], expected: str) -> float:
        """Send a batch, of which every record comes to the same; returns the seconds it took."""
        words = [json.dumps(record) for record in batch]
        began = time.perf_counter()
        with self._office.session() as session:
            now = datetime.now(UTC)
            answers = runs.take_in(session, runs.begin("bench", now), self._kinds, map(json.loads, words), now)
            session.commit()
        spent = time.perf_counter() - began
        wrong = [answer for answer in answers if answer.outcome != expected]
        if wrong:
            raise AssertionError(f"{len(wrong)} records are {wrong[0]} and not {expected}")
        return spent


def records(kind: str, start: int, number: int = BATCH) -> list[dict]:
    """So many records of a kind."""
    return [{"kind": kind, "external_id": f"{kind}{one}"} | SMALL[kind](one) for one in range(start, start + number)]


def run(environment: dict[str, str], logs: Path, number: int, say=print) -> bool:
    """Measure each kind, then fill up with ledger entries and patients; returns whether all is quick enough and grows no more than it may."""
    os.environ.update(environment | {"CUSPID_TEST_TEMPLATE": DATABASE})
    with fresh_database("few") as place:
        say(f"{'records a second':20}{'new':>10}{'again':>10}")
        with _Two() as two:
            speeds = [_kind(two, kind, say) for kind in SMALL]
        many, few = Sender(), Sender(place)
        for sender in (many, few):
            sender.send(records("patient", 0), "created")
        grown = [_growth(many, few, kind, number, say) for kind in ("ledger_entry", "patient")]
    say(f"The slowest kind: {min(speeds):,.0f} records a second")
    return min(speeds) >= SLOWEST and max(grown) <= MOST_GROWTH


class _Two:
    """Two senders, each in a process of its own; what they are asked they begin in the same moment."""

    def __enter__(self) -> "_Two":
        processes = get_context("fork")
        self._pool = ProcessPoolExecutor(2, processes, _begin, (processes.Barrier(2),))
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def send(self, kind: str, outcome: str) -> float:
        """Send batches of a kind twice at once; returns how many records came in a second."""
        times = [asked.result() for asked in [self._pool.submit(_send, kind, outcome) for _ in range(2)]]
        return 2 * FEW * BATCH / (max(ended for _, ended in times) - min(began for began, _ in times))


def _begin(together) -> None:
    global _sender, _together
    _sender, _together = Sender(), together


def _send(kind: str, outcome: str) -> tuple[float, float]:
    batches = [records(kind, at * BATCH) for at in range(FEW)]
    _together.wait()
    began = time.time()
    for batch in batches:
        _sender.send(batch, outcome)
    return began, time.time()


def _kind(two: _Two, kind: str, say) -> float:
    new, again = two.send(kind, "created"), two.send(kind, "unchanged")
    say(f"{kind:20}{new:10,.0f}{again:10,.0f}")
    return min(new, again)


def _growth(many: Sender, few: Sender, kind: str, number: int, say) -> float:
    """How many times longer a batch takes, new or sent again, where so many are than where a few are: by turns, for a machine is not equally quick all the time."""
    there = BATCH if kind == "patient" else 0
    began, at_start = time.perf_counter(), memory()
    for at in range(there, number, BATCH):
        many.send(records(kind, at), "created")
    spent = time.perf_counter() - began
    tidy()
    batches = [records(kind, 100_000_000 + at * BATCH) for at in range(ROUNDS)]
    new, again = (statistics.median(many.send(batch, outcome) / few.send(batch, outcome) for batch in batches) for outcome in ("created", "unchanged"))
    say(f"{number:,} of {kind} by one sender, {(number - there) / spent:,.0f} a second, memory {at_start} to {memory()} MB; a batch then takes {new:.2f} times as long, sent again {again:.2f}")
    began = time.perf_counter()
    for at in range(0, number, BATCH):
        many.send(records(kind, at), "unchanged")
    say(f"The same again, all unchanged: {number / (time.perf_counter() - began):,.0f} a second, memory {memory()} MB")
    return max(new, again)


def tidy() -> None:
    """As PostgreSQL does by itself within a minute or so of many new rows."""
    with psycopg.connect(os.environ["CUSPID_MIGRATE_URL"], autocommit=True) as connection:
        connection.execute("vacuum analyze")


def memory() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

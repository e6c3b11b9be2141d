"""How quickly records come in through the one door: kind for kind, and how that grows with what is there already."""

import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg

from core import config
from core.app import configure
from core.records import runs
from core.records.kinds import kinds_for
from core.testing import Office, make_office

BATCH = 1_000
FEW, ROUNDS = 10, 7
SLOWEST, MOST_GROWTH = 3_000, 1.2
"""Small records a second that the slowest kind may take, and how much longer a batch may take among a million than among a thousand."""
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
    {"kind": "provider", "external_id": "D1", "first_name": "Mina", "last_name": "Okafor"},
    {"kind": "operatory", "external_id": "O1", "name": "Chair 1"},
    *({"kind": "recall_type", "external_id": f"T{number}", "name": f"Cleaning {number}"} for number in range(FEW)),
]


class Sender:
    """Sends batches as a practice's system does: from its text to the commit."""

    def __init__(self, registry, office: Office):
        self._office, self._kinds = office, kinds_for(registry, frozenset(registry.plugins.plugins))

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
    os.environ.update(environment)
    registry = configure(config.load()).make_wsgi_app().registry
    office = make_office(registry)
    sender = Sender(registry, office)
    sender.send(BASE[1:], "created")
    say(f"{'records a second':20}{'new':>10}{'again':>10}")
    speeds = [_kind(sender, kind, say) for kind in SMALL]
    grown = [_growth(sender, environment, kind, number, say) for kind in ("ledger_entry", "patient")]
    say(f"The slowest kind: {min(speeds):,.0f} records a second")
    return min(speeds) >= SLOWEST and max(grown) <= MOST_GROWTH


def _kind(sender: Sender, kind: str, say) -> float:
    batches = [records(kind, at * BATCH) for at in range(FEW)]
    new, again = (BATCH * FEW / sum(sender.send(batch, outcome) for batch in batches) for outcome in ("created", "unchanged"))
    say(f"{kind:20}{new:10,.0f}{again:10,.0f}")
    return min(new, again)


def _growth(sender: Sender, environment: dict[str, str], kind: str, number: int, say) -> float:
    """How many times longer a batch takes, new or sent again, when so many are there."""
    tidy(environment)
    before = _median(sender, kind, 100_000_000)
    began, at_start = time.perf_counter(), memory()
    for at in range(FEW * BATCH, number, BATCH):
        sender.send(records(kind, at), "created")
    spent = time.perf_counter() - began
    tidy(environment)
    after = _median(sender, kind, 200_000_000)
    ratios = [late / early for late, early in zip(after, before, strict=True)]
    say(f"{number:,} of {kind} in {spent:.0f} s ({number / spent:,.0f} a second), memory {at_start} to {memory()} MB; a batch then takes {ratios[0]:.2f} times as long, sent again {ratios[1]:.2f}")
    began = time.perf_counter()
    for at in range(0, number, BATCH):
        sender.send(records(kind, at), "unchanged")
    say(f"The same again, all unchanged: {number / (time.perf_counter() - began):,.0f} a second, memory {memory()} MB")
    return max(ratios)


def _median(sender: Sender, kind: str, start: int) -> tuple[float, float]:
    batches = [records(kind, start + at * BATCH) for at in range(ROUNDS)]
    new, again = (statistics.median(sender.send(batch, outcome) for batch in batches) for outcome in ("created", "unchanged"))
    return new, again


def tidy(environment: dict[str, str]) -> None:
    """As PostgreSQL does by itself within a minute or so of many new rows."""
    with psycopg.connect(environment["CUSPID_MIGRATE_URL"], autocommit=True) as connection:
        connection.execute("vacuum analyze")


def memory() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

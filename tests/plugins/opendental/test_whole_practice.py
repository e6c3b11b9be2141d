"""A made-up practice, with all that is odd in real ones, comes in whole over the wire: nothing is refused, and the books come to the same here and there."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from core.people.models import Patient
from core.records.models import RecordsRefusal, RecordsRun
from plugins.opendental.pulling import step
from plugins.opendental.stand_in.money import ledger
from plugins.opendental.stand_in.seeding import seed

PEOPLE = 120
BALANCES = text(
    "select patient.external_id, sum(amount_cents) from account_entry join patient on patient.practice_id = account_entry.practice_id and patient.id = patient_id"
    " where account_entry.practice_id = :practice group by 1 having sum(amount_cents) <> 0"
)


@pytest.fixture
def life(wire):
    """So many people at the stand-in."""
    seed(wire.office, PEOPLE)
    return wire.office


def pull(office, client, now=None):
    while step(office, client, now or datetime.now(UTC)):
        pass


def balances(db, practice) -> dict[str, int]:
    """What each patient owes here, in cents."""
    db.rollback()
    return {number: int(cents) for number, cents in db.execute(BALANCES, {"practice": practice.id})}


def balances_there(life) -> dict[str, int]:
    """What each patient owes there, without those whose charts are not in the portal."""
    found = {}
    for row in life.store.all("patient", "PatStatus <> 3"):
        cents = round(sum(100 * (line["Charge"] - line["Credit"]) for line in ledger(life, [row["PatNum"]])))
        if cents:
            found[str(row["PatNum"])] = cents
    return found


def test_everybody_comes_with_their_life_nothing_is_refused_and_later_only_what_changed_comes(life, office, wire, db, practice):
    pull(office, wire.client())
    assert db.execute(select(RecordsRefusal.kind, RecordsRefusal.reason).where(RecordsRefusal.practice_id == practice.id)).all() == []
    there = len(life.store.all("patient", "PatStatus <> 3"))
    assert db.scalar(select(func.count()).where(Patient.practice_id == practice.id, Patient.external_id.is_not(None))) == there
    assert balances(db, practice) == balances_there(life)
    moved = next(row for row in life.store.all("appointment", "AptStatus = 1"))
    life.store.update("appointment", moved["AptNum"], Note="moved", AptDateTime="2031-01-06 09:00:00")
    pull(office, wire.client(), datetime.now(UTC) + timedelta(days=2))
    *_, last = db.scalars(select(RecordsRun).where(RecordsRun.practice_id == practice.id).order_by(RecordsRun.started_at))
    changed = {kind: outcomes for kind, outcomes in last.counts.items() if outcomes.keys() != {"unchanged"}}
    assert changed == {"appointment": {"updated": 1}}


def test_a_load_with_lost_answers_waits_and_a_slow_server_ends_in_the_same(life, office, wire, db, practice):
    life.quirks.throttle, life.quirks.slow_above, life.quirks.lose_answers = "429", 60, 2
    pull(office, wire.client())
    assert wire.slept
    assert balances(db, practice) == balances_there(life)

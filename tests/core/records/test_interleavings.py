"""Systems that die at any statement, send again, and send beside each other: in the end there is what was last taken in whole, and nothing else."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from core.people.models import Patient, Relationship
from core.records import runs
from core.records.kinds import kinds_for
from core.records.models import RecordsOrigin, RecordsRun
from core.testing import make_office

NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = "ABCDEF"


class Killed(Exception):
    """The process of a system ended here."""


@pytest.fixture(scope="module")
def kinds(registry):
    return kinds_for(registry, frozenset(registry.plugins.plugins))


def patient(name: str, version: int) -> dict:
    return {"kind": "patient", "external_id": name, "first_name": f"V{version}", "last_name": "Ode", "guarantor": NAMES[0] if name != NAMES[0] else None}


def send(office, kinds, batch: list[dict], dies_at: int | None = None) -> list[str] | None:
    """Send a batch; returns what became of each record. Whoever dies at a statement says nothing, and the database takes back what was begun."""
    with office.session() as session:
        left = dies_at

        def die(*_) -> None:
            nonlocal left
            if left is not None:
                left -= 1
                if left < 0:
                    raise Killed

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", die)
        try:
            answers = runs.take_in(session, runs.begin("nightly", NOW), kinds, [dict(record) for record in batch], NOW)
            session.commit()
        except Killed:
            session.rollback()
            return None
        finally:
            event.remove(connection, "before_cursor_execute", die)
        return [answer.outcome for answer in answers]


def state(office) -> dict[str, str]:
    with office.session() as session:
        return dict(session.execute(select(Patient.external_id, Patient.first_name).where(Patient.practice_id == office.id, Patient.external_id.is_not(None))).all())


BATCH = st.tuples(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True), st.integers(1, 3), st.sets(st.sampled_from(NAMES[1:]), max_size=2), st.none() | st.integers(0, 40), st.booleans())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BATCH, max_size=6))
def test_whoever_dies_at_any_statement_and_sends_again_ends_where_a_model_does(registry, kinds, steps):
    office = make_office(registry)
    model: dict[str, str] = {}
    unsent: list[list[dict]] = []

    def taken(batch: list[dict]) -> None:
        for record in batch:
            if record.get("deleted"):
                model.pop(record["external_id"], None)
            else:
                model[record["external_id"]] = record["first_name"]

    for names, version, deleted, dies_at, is_lost in steps:
        batch = [patient(name, version) for name in {NAMES[0], *names} - deleted] + [{"kind": "patient", "external_id": name, "deleted": True} for name in sorted(deleted)]
        if send(office, kinds, batch, dies_at) is None:
            unsent.append(batch)
        else:
            taken(batch)
            if is_lost:  # the answer, so it is sent once more
                assert set(send(office, kinds, batch) or ()) == {"unchanged"}
        assert state(office) == model
    for batch in unsent:
        send(office, kinds, batch)
        taken(batch)
    assert state(office) == model
    with office.session() as session:
        there = select(RecordsOrigin.external_id).where(RecordsOrigin.practice_id == office.id, RecordsOrigin.gone_at.is_(None))
        assert set(session.scalars(there)) == set(model)


def test_systems_that_send_the_same_beside_each_other_make_everything_once(registry, kinds):
    office = make_office(registry)
    batch = [patient(name, 1) for name in NAMES] + [
        {"kind": "relationship", "external_id": f"R{name}", "patient": NAMES[0], "related": name, "relation": "sibling"} for name in NAMES[1:]
    ]
    outcomes: list[list[str] | None] = []

    def system(turn: int) -> None:
        outcomes.append(send(office, kinds, batch if turn % 2 else batch[::-1]))

    threads = [threading.Thread(target=system, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    counted = [one for found in outcomes for one in found or ()]
    assert set(counted) <= {"created", "unchanged"}, "two at once never refuse each other's records"
    assert counted.count("created") == len(batch)
    with office.session() as session:
        assert session.scalar(select(func.count()).select_from(Patient).where(Patient.practice_id == office.id, Patient.external_id.is_not(None))) == len(NAMES)
        assert session.scalar(select(func.count()).select_from(Relationship).where(Relationship.practice_id == office.id)) == len(NAMES) - 1
        assert session.scalar(select(func.count()).select_from(RecordsRun).where(RecordsRun.practice_id == office.id)) == 6

"""From when on records are too old: the plain function and the statements agree."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from core.plugins.waiting import EVER
from core.records import freshness
from core.records.freshness import Arrival
from core.records.models import RecordsArrival, RecordsState

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("found", "hours", "when"),
    [
        ([], 24, None),
        ([("a", "patient", 5, False)], 0, None),
        ([("a", "patient", 5, False), ("a", "clinic", 9, False)], 24, 24 - 5),
        # What ages counts by itself, whatever else came since.
        ([("a", "appointment", 30, True), ("a", "patient", 1, False)], 24, 24 - 30),
        ([("a", "appointment", 30, True), ("a", "ledger_entry", 3, True)], 24, 24 - 30),
        # From whichever source it came.
        ([("a", "appointment", 30, True), ("b", "appointment", 2, True)], 24, 24 - 2),
    ],
)
def test_records_are_too_old_when_the_oldest_of_what_ages_is(found, hours, when):
    arrivals = [Arrival(source, kind, NOW - ago * HOUR, ages) for source, kind, ago, ages in found]
    assert freshness.stale_at(arrivals, hours) == (None if when is None else NOW + when * HOUR)


def test_at_the_very_hour_it_is_too_old_and_never_where_nobody_watches():
    assert freshness.is_stale(NOW - 3 * HOUR, 3, NOW)
    assert not freshness.is_stale(NOW - 3 * HOUR + timedelta(seconds=1), 3, NOW)
    assert not freshness.is_stale(NOW - 3 * HOUR, 0, NOW)
    assert not freshness.is_stale(None, 3, NOW)


KINDS = {"appointment": True, "ledger_entry": True, "patient": False}
FOUND = st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from(sorted(KINDS))), st.integers(0, 60), max_size=5)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FOUND, st.sampled_from([0, 1, 24]), st.integers(0, 60))
def test_the_statements_and_the_function_agree(db, practice, found, hours, told):
    arrivals = [Arrival(source, kind, NOW - ago * HOUR, KINDS[kind]) for (source, kind), ago in found.items()]
    practice_id = {"practice_id": practice.id}
    db.add_all(RecordsArrival(**one._asdict()) for one in arrivals)
    db.flush()
    value = "jsonb_build_object('value', cast(:hours as int))"
    setting = f"insert into office_setting (practice_id, id, name, value) values (:practice_id, gen_random_uuid(), :name, {value})"
    db.execute(text(setting), practice_id | {"name": freshness.HOURS, "hours": hours})
    freshness.refresh_state(db, practice.id, NOW)
    state = db.execute(select(RecordsState.came_at, RecordsState.stale_at).where(RecordsState.practice_id == practice.id)).one()
    stale_at = freshness.stale_at(arrivals, hours)
    assert state == (max((one.came_at for one in arrivals), default=None), stale_at)
    for since in (EVER, NOW - told * HOUR):
        number = db.execute(freshness.STALE, practice_id | {"since": since, "now": NOW}).scalar_one()
        assert number == int(stale_at is not None and since < stale_at <= NOW)
    db.rollback()

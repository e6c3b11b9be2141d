"""What is kept of records that came in: counts as a model has them, what was refused and why, when each kind last came; and for how long."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

import core
from core.people.models import Patient
from core.records import freshness, refusals, runs
from core.records.kinds import kinds_for
from core.records.models import RecordsArrival, RecordsRefusal, RecordsRun, RecordsState
from core.testing import make_office

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ann(external_id: str = "P1", **fields) -> dict:
    return {"kind": "patient", "external_id": external_id, "first_name": "Ann", "last_name": "Ode"} | fields


@pytest.fixture
def kinds(registry):
    return kinds_for(registry, frozenset(registry.plugins.plugins))


@pytest.fixture
def send(db, kinds):
    """`send(records, at, source)`: a run with one batch."""
    return lambda batch, at=NOW, source="nightly": runs.receive(db, kinds, batch, source, at)


def listed(db, practice) -> dict[tuple[str, str], RecordsRefusal]:
    db.expire_all()
    return {(row.kind, row.external_id): row for row in db.scalars(select(RecordsRefusal).where(RecordsRefusal.practice_id == practice.id))}


def test_a_run_says_what_became_of_its_records_and_its_reasons_repeat_nothing_of_their_content(db, practice, send, migrate_url):
    send([ann("P1"), ann("P2", birthdate="a secret day"), ann("P3", guarantor="nobody"), {"kind": "dragon of Ann Ode", "external_id": "D"}])
    [run] = runs.newest(db, practice.id, 9)
    assert run.counts == {"patient": {"created": 1, "refused": 2}, "": {"refused": 1}}
    assert (run.source, run.started_at, run.ended_at, run.failure) == ("nightly", NOW, NOW, "")
    found = listed(db, practice)
    assert found["patient", "P3"].reason == "guarantor: the patient that it names is not there yet."
    assert "birthdate" in found["patient", "P2"].reason
    assert found["", "D"].reason == refusals.UNKNOWN_KIND
    assert not [row for row in found.values() if re.search("secret|dragon|Ode", f"{row.kind} {row.external_id} {row.reason}")]


def test_a_field_that_is_no_name_is_not_repeated(send):
    [answer] = send([ann(**{"Caries of tooth 3": 1})])
    assert answer.outcome == "refused"
    assert "Caries" not in answer.reason


def test_what_is_refused_again_is_one_line_and_gone_once_it_is_taken_in_from_wherever(db, practice, send):
    send([ann("P3", guarantor="P9"), ann("P4", sex="X")])
    send([ann("P3", guarantor="P9")], NOW + HOUR)
    row = listed(db, practice)["patient", "P3"]
    assert (row.times, row.first_at, row.last_at) == (2, NOW, NOW + HOUR)
    send([ann("P9"), ann("P3", guarantor="P9")], NOW + 2 * HOUR, "other")
    assert set(listed(db, practice)) == {("patient", "P4")}


def test_a_batch_that_fails_leaves_neither_records_nor_counts_and_the_run_says_why(db, practice, kinds):
    run = runs.begin("nightly", NOW)
    runs.take_in(db, run, kinds, [ann("P1")], NOW)
    db.commit()
    runs.take_in(db, run, kinds, [ann("P2")], NOW + HOUR)
    db.rollback()
    runs.fail(db, run, "The sender hung up.\0", NOW + HOUR)
    db.commit()
    [kept] = runs.newest(db, practice.id, 9)
    assert (kept.counts, kept.failure, kept.ended_at) == ({"patient": {"created": 1}}, "The sender hung up.�", NOW + HOUR)
    assert db.scalars(select(Patient.external_id).where(Patient.practice_id == practice.id)).all() == ["P1"]
    assert freshness.came_at(db, practice.id, "patient") == NOW, "what was rolled back has not come"


def test_a_kind_is_as_fresh_as_what_came_of_it_or_is_known_to_be_unchanged(db, practice, send, kinds):
    send([ann()])
    send([ann(sex="X")], NOW + HOUR)
    assert freshness.came_at(db, practice.id, "patient") == NOW, "what is refused has not come"
    run = runs.begin("other", NOW + 2 * HOUR)
    runs.end(db, run, kinds, NOW + 2 * HOUR, unchanged=["patient", "dragon"])
    assert freshness.came_at(db, practice.id, "patient") == NOW + 2 * HOUR
    send([ann()], NOW - HOUR)
    assert freshness.came_at(db, practice.id, "patient") == NOW + 2 * HOUR
    assert {(one.source, one.kind) for one in freshness.arrivals(db, practice.id)} == {("nightly", "patient"), ("other", "patient")}


def test_the_list_of_refused_records_has_an_end_and_the_counts_have_none(db, practice, send, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_REFUSED", 3)
    send([ann(f"P{number}", sex="X") for number in range(5)])
    send([ann("P9", sex="X")], NOW + HOUR)
    assert len(listed(db, practice)) == 3
    assert ("patient", "P9") in listed(db, practice)
    assert [run.counts["patient"]["refused"] for run in runs.newest(db, practice.id, 9)] == [1, 5]


def test_after_thirty_days_runs_and_refusals_are_gone_and_the_last_coming_is_still_known(db, practice, send):
    send([ann(), ann("P2", sex="X")])
    runs.clear_away(db, practice.id, NOW + timedelta(days=29))
    assert len(listed(db, practice)) == len(runs.newest(db, practice.id, 9)) == 1
    runs.clear_away(db, practice.id, NOW + timedelta(days=30))
    assert listed(db, practice) == {}
    assert runs.newest(db, practice.id, 9) == []
    assert freshness.came_at(db, practice.id, "patient") == NOW


@pytest.mark.parametrize("name", ["", "Ann Ode", "1st", "a" * 41, "ab\n"])
def test_a_source_has_a_plain_name(send, name):
    with pytest.raises(runs.WrongSource):
        send([], source=name)


def test_nobody_takes_records_in_past_the_runs():
    root = Path(core.__file__).parents[1]
    paths = (path for folder in ("core", "tenants", "plugins") for path in (root / folder).rglob("*.py"))
    callers = {path.relative_to(root).as_posix() for path in paths if re.search(r"\bdoor\.take_in\(|from core\.records\.door import", path.read_text())}
    assert callers <= {"core/records/runs.py", "core/records/snapshots.py", "core/testing/offices.py", "core/cli/take_in.py"}


IDS = st.sampled_from(["A", "B", "C"])
RECORDS = st.builds(
    lambda external_id, name, guarantor, sex, kind: {"kind": kind, "external_id": external_id, "first_name": name, "last_name": "Ode", "guarantor": guarantor, "sex": sex},
    IDS, st.sampled_from(["Ann", "Eva"]), st.none() | IDS, st.sampled_from("FFX"), st.sampled_from(["patient"] * 5 + ["dragon"]),
)  # fmt: skip


def outcomes(batch: list[dict], there: dict[str, tuple]) -> list[str]:
    """What becomes of the records of a batch, worked out once more: those that name nobody who is there or comes along fall out, one after the other."""
    good = [number for number, record in enumerate(batch) if record["kind"] == "patient" and record["sex"] != "X"]
    while lost := [one for one in good if (named := batch[one]["guarantor"]) and named not in there and named not in {batch[other]["external_id"] for other in good}]:
        good = [one for one in good if one not in lost]
    return [outcome(record, there) if number in good else "refused" for number, record in enumerate(batch)]


def outcome(record: dict, there: dict[str, tuple]) -> str:
    """What becomes of a record that is taken in."""
    new, before = (record["first_name"], record["guarantor"], record["sex"]), there.get(record["external_id"])
    there[record["external_id"]] = new
    return "created" if before is None else "unchanged" if before == new else "updated"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["one", "two"]), st.lists(RECORDS, max_size=6), st.booleans()), max_size=5))
def test_whatever_comes_in_and_is_rolled_back_the_counts_are_those_of_a_model(registry, kinds, sent):
    office = make_office(registry)
    there: dict[str, tuple] = {}
    counts: list[dict] = []
    open_: set[tuple[str, str, str]] = set()
    with office.session() as session:
        for number, (source, batch, is_kept) in enumerate(sent):
            at = NOW + number * HOUR
            runs.receive(session, kinds, [dict(record) for record in batch], source, at)
            if not is_kept:
                session.rollback()
                continue
            session.commit()
            became = list(zip(batch, outcomes(batch, there), strict=True))
            tally = Counter((record["kind"] if record["kind"] == "patient" else "", what) for record, what in became)
            counts.insert(0, {kind: {what: tally[kind, what] for of, what in tally if of == kind} for kind, _ in tally})
            for key, what in {(record["kind"], record["external_id"]): what for record, what in became}.items():
                kind = key[0] if key[0] == "patient" else ""
                open_ = {one for one in open_ if one[1:] != (kind, key[1])} if what != "refused" else open_ | {(source, kind, key[1])}
        rows = session.scalars(select(RecordsRefusal).where(RecordsRefusal.practice_id == office.id))
        assert [run.counts for run in runs.newest(session, office.id, 9)] == counts
        assert {(row.source, row.kind, row.external_id) for row in rows} == open_
        arrived = session.scalar(select(func.count()).select_from(RecordsArrival).where(RecordsArrival.practice_id == office.id, RecordsArrival.kind == "patient"))
        assert bool(arrived) == bool(there)


def test_what_stands_outside_the_wall_is_moments_and_a_number(db, practice, send):
    send([ann(), ann("P2", sex="X")])
    assert {column.name for column in RecordsState.__table__.c} == {"id", "practice_id", "came_at", "stale_at", "refused"}
    state = db.scalars(select(RecordsState).where(RecordsState.practice_id == practice.id)).one()
    assert (state.came_at, state.stale_at, state.refused) == (NOW, None, 1)
    runs.clear_away(db, practice.id, NOW + timedelta(days=1))
    db.expire_all()
    assert db.scalar(select(RecordsState.refused).where(RecordsState.practice_id == practice.id)) == 0


def test_the_other_practice_sees_nothing_of_it(db, practice, send, other_make):
    send([ann(), ann("P2", sex="X")])
    db.commit()
    with other_make._office.session() as session:
        for model in (RecordsRun, RecordsArrival, RecordsRefusal):
            assert session.scalar(select(func.count()).select_from(model).where(text("true"))) == 0

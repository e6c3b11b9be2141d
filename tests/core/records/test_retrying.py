"""Refused records that are tried once more: as they were sent, by the same door, and never in place of what is newer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.people.models import Patient, PatientNumber
from core.records import freshness, refusals, retrying, runs
from core.records.kinds import kinds_for
from core.records.models import RecordsRefusal
from core.testing import make_office
from tests.core.records.test_runs import RECORDS, ann, outcomes

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOST = ann("P3", guarantor="P9", birthdate="1984-05-17")


@pytest.fixture
def kinds(registry):
    return kinds_for(registry, frozenset(registry.plugins.plugins))


@pytest.fixture
def send(db, kinds):
    """`send(records, source)`: a run with one batch, committed."""

    def receive(batch: list[dict], source: str = "nightly", at: datetime = NOW, is_second: bool = False) -> None:
        run = runs.begin(source, at, is_second=is_second)
        runs.take_in(db, run, kinds, batch, at)
        runs.end(db, run, kinds, at)
        db.commit()

    return receive


@pytest.fixture
def again(db, kinds):
    """`again()`: all that was refused is tried once more; what became of it."""

    def retry(ids=None) -> list[tuple[str, str]]:
        answers = retrying.try_again(db, kinds, ids, NOW + HOUR)
        db.commit()
        return [(answer.external_id, answer.outcome) for answer in answers]

    return retry


def listed(db) -> dict[str, RecordsRefusal]:
    db.expire_all()
    return {row.external_id: row for row in db.scalars(select(RecordsRefusal).where(RecordsRefusal.practice_id == db.info["practice_id"]))}


def charts(db) -> dict[str, str]:
    db.expire_all()
    return {row.external_id: row.first_name for row in db.scalars(select(Patient).where(Patient.practice_id == db.info["practice_id"]))}


def test_once_what_it_named_is_there_a_refused_record_is_taken_in_as_it_was_sent_by_a_run_of_its_source(db, practice, send, again):
    send([LOST, ann("P4", sex="X")])
    assert again() == [("P3", "refused"), ("P4", "refused")]
    assert {name: row.times for name, row in listed(db).items()} == {"P3": 1, "P4": 1}, "each was sent once"
    send([ann("P9")], source="other")
    assert again() == [("P3", "created"), ("P4", "refused")]
    assert set(listed(db)) == {"P4"}
    chart = db.scalars(select(Patient).where(Patient.practice_id == practice.id, Patient.external_id == "P3")).one()
    assert (chart.first_name, str(chart.birthdate)) == ("Ann", "1984-05-17")
    newest = runs.newest(db, practice.id, 1)[0]
    assert (newest.source, newest.counts, newest.ended_at) == ("nightly", {"patient": {"created": 1, "refused": 1}}, NOW + HOUR)


def test_nothing_is_fresher_for_being_tried_again(db, practice, send, again):
    send([LOST])
    send([ann("P9")])
    again()
    assert freshness.came_at(db, practice.id, "patient") == NOW


def test_one_alone_can_be_tried(db, send, again):
    send([LOST, LOST | {"external_id": "P5"}])
    send([ann("P9")])
    assert again([listed(db)["P5"].id]) == [("P5", "created")]
    assert set(listed(db)) == {"P3"}


def test_what_came_from_another_system_is_tried_as_such(db, practice, send, again):
    about = {"birthdate": "1984-05-17", "phone": "303-555-0114"}
    send([ann("P1", **about)])
    send([ann("OAK-7", guarantor="OAK-9", **about)], source="oak", is_second=True)
    send([ann("OAK-9", first_name="Gwen")], source="oak", is_second=True)
    assert again() == [("OAK-7", "unchanged")]
    assert set(charts(db)) == {"P1", "OAK-9"}
    assert db.scalars(select(PatientNumber.external_id).where(PatientNumber.practice_id == practice.id, PatientNumber.state == "same")).all() == ["OAK-7"]


def test_a_kind_that_nobody_knew_is_known_once_its_tab_is_on(db, practice, send, kinds, again):
    runs.receive(db, {name: kind for name, kind in kinds.items() if name != "clinic"}, [{"kind": "clinic", "external_id": "C77", "name": "North", "time_zone": "America/Denver"}], "nightly", NOW)
    db.commit()
    assert listed(db)["C77"].reason == refusals.UNKNOWN_KIND
    assert again() == [("C77", "created")]
    assert listed(db) == {}


def test_what_is_deleted_and_kept_can_be_deleted_again(db, send, again):
    send([ann("P9"), ann("P3", guarantor="P9")])
    send([{"kind": "patient", "external_id": "P9", "deleted": True}])
    if "P9" in listed(db):
        send([{"kind": "patient", "external_id": "P3", "deleted": True}])
        assert again() == [("P9", "deleted")]
    assert "P9" not in charts(db)


@pytest.mark.parametrize("fields", [{"notes": "x" * refusals.MOST_CONTENT}, {"first_name": "\0"}, {"first_name": "\ud800"}, {"first_name": float("nan")}], ids=["long", "null", "half", "nan"])
def test_what_cannot_be_kept_is_listed_and_passed_over(db, send, again, fields):
    send([ann("P3", **fields)])
    assert listed(db)["P3"].content is None
    assert again() == []
    assert set(listed(db)) == {"P3"}


@pytest.mark.parametrize(("newer", "left"), [(ann("P3", first_name="Eva"), {}), (ann("P3", first_name="Eva", sex="X"), {"P3": 2})], ids=["taken in", "refused"])
def test_a_newer_state_that_comes_while_the_older_is_tried_counts(db, send, again, make, kinds, monkeypatch, newer, left):
    send([LOST])
    send([ann("P9")])
    real, raced = runs.take_in, []

    def overtaken(session, run, *args, **more):
        if session is db and not raced:
            raced.append(True)
            with make._office.session() as other:
                runs.receive(other, kinds, [newer], "nightly", NOW)
                other.commit()
        return real(session, run, *args, **more)

    monkeypatch.setattr(runs, "take_in", overtaken)
    assert again() == []
    assert charts(db).get("P3") == (None if left else "Eva")
    assert {name: row.times for name, row in listed(db).items()} == left
    assert len(runs.newest(db, db.info["practice_id"], 9)) == 3, "what was taken back left no run"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.none() | st.lists(RECORDS, min_size=1, max_size=4, unique_by=lambda record: record["external_id"]), max_size=8))
def test_however_often_all_is_tried_the_portal_holds_what_a_model_holds(registry, kinds, steps):
    office = make_office(registry)
    there: dict[str, tuple] = {}
    open_: dict[tuple[str, str], dict] = {}
    with office.session() as session:
        for number, batch in enumerate(steps):
            at = NOW + number * HOUR
            tried = list(open_.values()) if batch is None else batch
            if batch is None:
                retrying.try_again(session, kinds, None, at)
            else:
                runs.receive(session, kinds, [dict(record) for record in batch], "nightly", at)
            session.commit()
            for record, what in zip(tried, outcomes(tried, there), strict=True):
                key = (record["kind"], record["external_id"])
                open_.pop(key, None)
                if what == "refused":
                    open_[key] = record
        assert {row.external_id: row.first_name for row in session.scalars(select(Patient).where(Patient.practice_id == office.id))} == {name: one[0] for name, one in there.items()}
        rows = session.scalars(select(RecordsRefusal).where(RecordsRefusal.practice_id == office.id))
        assert {(row.content["kind"], row.external_id) for row in rows} == set(open_)

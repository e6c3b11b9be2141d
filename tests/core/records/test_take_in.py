"""The door for data in: what is created, updated, refused; and that a batch may be sent again."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import records
from core.people.models import Patient
from core.records.kinds import kinds_for


@pytest.fixture
def door(db, registry):
    """`door(batch)`: take a batch in; returns (outcome, reason) for each record."""
    kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
    return lambda batch: [(answer.outcome, answer.reason) for answer in records.take_in(db, kinds, batch)]


def _patient(external_id: str = "P1", **fields) -> dict:
    return {"kind": "patient", "external_id": external_id, "first_name": "Ada", "last_name": "Reyes"} | fields


def test_a_batch_that_is_sent_again_changes_nothing(door, db):
    batch = [_patient("P1"), _patient("P2", guarantor="P1", birthdate="1990-02-28")]
    assert [outcome for outcome, _ in door(batch)] == ["created", "created"]
    assert [outcome for outcome, _ in door(batch)] == ["unchanged", "unchanged"]
    assert [outcome for outcome, _ in door([_patient("P1", first_name="Eva")])] == ["updated"]
    assert db.scalar(select(func.count()).select_from(Patient)) == 2


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"kind": "dragon", "external_id": "D"}, "no kind of record"),
        (_patient(birthdate="tomorrow"), "birthdate"),
        (_patient(shoe_size=44), "shoe_size"),
        (_patient(guarantor="nobody"), "not there yet"),
        (_patient(external_id=""), "external_id"),
        (_patient(first_name="A\0"), "null character"),
        (_patient(first_name="A\ud800"), "half a character"),
        (_patient(external_id="P\udfff"), "half a character"),
        ({"kind": "clinic", "external_id": "C", "name": "North", "time_zone": "UTC", "hours": {"0": ["08:00", "1\0"]}}, "null character"),
        ({"kind": "patient"}, "external_id"),
    ],
)
def test_a_record_that_cannot_be_taken_is_refused_with_a_reason_and_costs_only_itself(door, record, words):
    answers = door([record, _patient("P9")])
    assert answers[0][0] == "refused"
    assert words in answers[0][1]
    assert answers[1][0] == "created"


def test_a_reason_does_not_repeat_the_record(door):
    [(_, reason)] = door([_patient(birthdate="secret-word")])
    assert "secret-word" not in reason


def test_a_record_of_another_practice_cannot_be_named(door, other_make):
    other_make.patient(external_id="THEIRS")
    assert door([_patient("P1", guarantor="THEIRS")])[0][0] == "refused"


def test_the_kind_is_told_once_a_batch_and_what_was_written(db, registry):
    told, written = [], []
    kinds = kinds_for(registry, frozenset())
    kinds["patient"] = records.RecordKind(
        "patient", kinds["patient"].schema, Patient, kinds["patient"].references, told.append, lambda _, ids: written.append(ids)
    )
    records.take_in(db, kinds, [_patient("P1"), _patient("P2")])
    records.take_in(db, kinds, [_patient("P1"), _patient("P2")])
    records.take_in(db, kinds, [_patient("P1"), _patient("P2", first_name="New")])
    assert told == [db, db]
    ids = {patient.external_id: patient.id for patient in db.scalars(select(Patient).where(Patient.practice_id == db.info["practice_id"]))}
    assert written == [set(ids.values()), {ids["P2"]}]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["kind", "external_id", "first_name", "birthdate", "sex", "clinic", "x"]), st.none() | st.text(max_size=20) | st.integers()))
def test_whatever_comes_in_is_answered(door, record):
    [(outcome, reason)] = door([{"kind": "patient", **record}])
    assert outcome in {"created", "updated", "unchanged"} or reason

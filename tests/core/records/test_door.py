"""The door for data in: what is created, updated, refused; and that a batch may be sent again."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import records
from core.people.models import Patient
from core.records.door import take_in
from core.records.kinds import kinds_for
from core.testing import make_office


@pytest.fixture
def door(db, registry):
    """`door(batch)`: take a batch in; returns (outcome, reason) for each record."""
    kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
    return lambda batch: [(answer.outcome, answer.reason) for answer in take_in(db, kinds, batch)]


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


BATCH = [
    _patient("P1", guarantor="P2", provider="D9"),
    _patient("P2", guarantor="P2", responsible_party="P3"),
    _patient("P3"),
    _patient("P4", guarantor="P5"),
    _patient("P5", guarantor="P6"),
    {"kind": "relationship", "external_id": "R1", "patient": "P1", "related": "P3", "relation": "mother"},
    {"kind": "relationship", "external_id": "R2", "patient": "P1", "related": "P4", "relation": "mother"},
    {"kind": "provider", "external_id": "D9", "first_name": "Mina", "last_name": "Okafor"},
    {"kind": "recall", "external_id": "C1", "patient": "P1", "recall_type": "T1", "appointment": "A1"},
    {"kind": "recall_type", "external_id": "T1", "name": "Cleaning"},
    {"kind": "appointment", "external_id": "A1", "patient": "P1", "starts_at": "2026-11-27T15:00:00Z", "minutes": 30},
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(st.permutations(BATCH))
def test_the_order_inside_a_batch_does_not_matter_and_what_nobody_brings_is_named(registry, batch):
    lost = {"P4": "guarantor: the patient that it names is not there yet.", "P5": "guarantor: the patient that it names is not there yet.", "R2": "related: the patient that it names is not there yet."}
    with make_office(registry).session() as session:
        for outcome in ("created", "unchanged"):
            answers = take_in(session, kinds_for(registry, frozenset(registry.plugins.plugins)), batch)
            assert [one.external_id for one in answers] == [one["external_id"] for one in batch]
            assert {one.external_id: one.reason for one in answers if one.outcome == "refused"} == lost
            assert {one.outcome for one in answers if one.external_id not in lost} == {outcome}
        whole = session.execute(select(Patient.external_id, Patient.guarantor_id, Patient.responsible_party_id).where(Patient.practice_id == session.info["practice_id"])).all()
        ids = dict(session.execute(select(Patient.external_id, Patient.id).where(Patient.practice_id == session.info["practice_id"])).all())
        assert sorted(whole) == [("P1", ids["P2"], None), ("P2", ids["P2"], ids["P3"]), ("P3", None, None)]


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
    take_in(db, kinds, [_patient("P1"), _patient("P2")])
    take_in(db, kinds, [_patient("P1"), _patient("P2")])
    take_in(db, kinds, [_patient("P1"), _patient("P2", first_name="New")])
    assert told == [db, db]
    ids = {patient.external_id: patient.id for patient in db.scalars(select(Patient).where(Patient.practice_id == db.info["practice_id"]))}
    assert written == [set(ids.values()), {ids["P2"]}]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["kind", "external_id", "first_name", "birthdate", "sex", "clinic", "x"]), st.none() | st.text(max_size=20) | st.integers()))
def test_whatever_comes_in_is_answered(door, record):
    [(outcome, reason)] = door([{"kind": "patient", **record}])
    assert outcome in {"created", "updated", "unchanged"} or reason

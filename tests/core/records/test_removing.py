"""What is deleted in the practice's system: it goes with what is part of it, stays where something of the portal stands on it, and costs nobody else anything."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from core.db import uuid7
from core.people.models import Grant, Patient, Relationship
from core.records import door, origins, runs
from core.records.kinds import kinds_for
from core.records.models import RecordsOrigin
from core.records.snapshots import TooManyGone
from core.testing import make_office
from plugins.appointments.models import Appointment, Hold, Opening
from plugins.plan.models import PlannedProcedure
from plugins.webmail.models import Message

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
ANN = {"kind": "patient", "external_id": "P1", "first_name": "Ann", "last_name": "Ode"}
EVA = {"kind": "patient", "external_id": "P2", "first_name": "Eva", "last_name": "Ode"}
VISIT = {"kind": "appointment", "external_id": "V1", "patient": "P1", "starts_at": str(NOW + 24 * HOUR), "minutes": 30}


@pytest.fixture
def kinds(registry):
    return kinds_for(registry, frozenset(registry.plugins.plugins))


@pytest.fixture
def send(db, kinds):
    """`send(*records)`: take a batch in; returns what became of each."""
    return lambda *batch: [answer.outcome for answer in door.take_in(db, kinds, batch)]


def gone(kind: str, external_id: str, **fields) -> dict:
    return {"kind": kind, "external_id": external_id, "deleted": True} | fields


def number_of(db, model) -> int:
    return db.scalar(select(func.count()).select_from(model).where(model.practice_id == db.info["practice_id"]))


def test_what_is_deleted_is_gone_and_deleting_it_again_changes_nothing(db, send):
    assert send(ANN, EVA) == ["created", "created"]
    assert send(gone("patient", "P1")) == ["deleted"]
    assert send(gone("patient", "P1"), gone("patient", "P7")) == ["unchanged", "unchanged"]
    assert db.scalars(select(Patient.external_id).where(Patient.practice_id == db.info["practice_id"], Patient.external_id.is_not(None))).all() == ["P2"]
    assert send(ANN) == ["created"]


@pytest.mark.parametrize("order", [1, -1])
def test_in_one_batch_parts_and_wholes_go_in_any_order(db, send, order):
    plan = {"kind": "treatment_plan", "external_id": "T1", "patient": "P1", "heading": "Crown", "saved_on": "2026-01-05"}
    assert send(ANN, plan, {"kind": "planned_procedure", "external_id": "L1", "plan": "T1", "description": "Crown", "fee_cents": 1}) == ["created"] * 3
    assert send(*[gone("patient", "P1"), gone("treatment_plan", "T1")][::order]) == ["deleted", "deleted"]
    assert number_of(db, PlannedProcedure) == 0


def test_what_something_still_stands_on_stays_and_the_others_go(db, kinds, send):
    send(ANN, EVA, VISIT, *({**EVA, "external_id": f"X{number}"} for number in range(5)))
    answers = door.take_in(db, kinds, [gone("patient", "P1"), gone("patient", "P2"), *(gone("patient", f"X{number}") for number in range(5))])
    assert [answer.outcome for answer in answers] == ["refused", *["deleted"] * 6]
    assert "still stands on it" in answers[0].reason
    assert number_of(db, Appointment) == 1


def test_of_a_record_that_is_there_and_deleted_in_one_batch_what_stands_further_down_counts(db, send):
    assert send(ANN, gone("patient", "P1")) == ["unchanged", "unchanged"]
    assert send(gone("patient", "P1"), ANN) == ["unchanged", "created"]
    assert send({**ANN, "first_name": "Eva"}, gone("patient", "P1")) == ["unchanged", "deleted"]


@pytest.mark.parametrize(("record", "words"), [(gone("patient", "P1", first_name="Ann"), "first_name"), (gone("patient", ""), "external_id"), (gone("dragon", "D"), "kind"), (gone("patient", "A\0"), "null")])
def test_a_deletion_that_cannot_be_right_is_refused(db, kinds, send, record, words):
    send(ANN)
    [answer] = door.take_in(db, kinds, [record])
    assert answer.outcome == "refused"
    assert words in answer.reason
    assert send(ANN) == ["unchanged"]


def test_the_time_of_a_visit_that_is_deleted_is_open_again(db, send):
    chair = {"kind": "operatory", "external_id": "O1", "name": "Chair 1"}
    assert send(ANN, chair, {**VISIT, "operatory": "O1"}) == ["created"] * 3
    assert number_of(db, Hold) == 1
    assert send(gone("appointment", "V1")) == ["deleted"]
    assert (number_of(db, Appointment), number_of(db, Hold)) == (0, 0)
    assert db.scalars(select(Opening.appointment_id).where(Opening.practice_id == db.info["practice_id"])).all() in ([], [None])


def test_nobody_sees_more_by_a_relationship_that_is_no_more(db, make, send, practice):
    mother, child = make.patient(), make.patient(birthdate="2020-01-05")
    account = make.account(mother)
    relation = {"kind": "relationship", "external_id": "R1", "patient": child.external_id, "related": mother.external_id, "relation": "mother", "is_guardian": True}
    send(relation)
    lasting = select(Grant).where(Grant.practice_id == practice.id, Grant.account_id == account.id, Grant.patient_id == child.id, Grant.until.is_(None) | (Grant.until > func.now()))
    assert db.scalars(lasting).all()
    assert send(gone("relationship", "R1")) == ["deleted"]
    db.expire_all()
    assert db.scalars(lasting.where(Grant.since <= func.now(), Grant.until.is_(None) | (Grant.until > datetime.now(UTC)))).all() == []
    assert number_of(db, Relationship) == 0


def test_what_was_written_in_the_portal_cannot_be_deleted_from_outside(db, kinds, make, practice):
    patient = make.patient()
    message_id = uuid7()
    message = Message(id=message_id, thread_id=message_id, external_id="M1", patient_id=patient.id, direction="to_office", source="portal", subject="Hello", body="…", sent_at=NOW)
    db.add(message)
    db.flush()
    [answer] = door.take_in(db, kinds, [gone("message", "M1")])
    assert (answer.outcome, answer.reason) == ("refused", "It was made in the portal, and stays there.")


def test_a_record_of_another_practice_cannot_be_deleted(db, send, other_make):
    other_make.patient(external_id="THEIRS")
    assert send(gone("patient", "THEIRS")) == ["unchanged"]
    with other_make._office.session() as session:
        assert session.scalar(select(func.count()).select_from(Patient).where(Patient.external_id == "THEIRS")) == 1


def snapshot(session, kinds, at, *batches, source="nightly", of=("patient",), **options) -> runs.Run:
    """A run that brings all of some kinds, in several batches."""
    run = runs.begin(source, at, of)
    for batch in batches:
        runs.take_in(session, runs.going(session, run.id) if batch is not batches[0] else run, kinds, batch, at)
    runs.end(session, run, kinds, at, **options)
    return run


def there(session) -> set[str]:
    return set(session.scalars(select(Patient.external_id).where(Patient.practice_id == session.info["practice_id"], Patient.external_id.is_not(None))))


def test_what_a_source_does_not_bring_again_with_all_it_has_is_taken_out_and_counted(db, kinds, practice):
    runs.receive(db, kinds, [ANN, EVA, VISIT], "nightly", NOW)
    runs.receive(db, kinds, [{**ANN, "external_id": "P8"}], "another", NOW)
    snapshot(db, kinds, NOW + HOUR, [ANN], [{**ANN, "external_id": "P3"}])
    assert there(db) == {"P1", "P3", "P8"}, "what another source brought stays"
    assert runs.newest(db, practice.id, 1)[0].counts == {"patient": {"unchanged": 1, "created": 1, "deleted": 1}}
    found = {name: origins.origin_of(db, practice.id, "patient", name) for name in ("P1", "P2", "P3", "P8")}
    assert [(one.source, one.came_at, one.gone_at) for one in found.values()] == [
        ("nightly", NOW, None), ("nightly", NOW + HOUR, NOW + HOUR), ("nightly", NOW + HOUR, None), ("another", NOW, None),
    ]  # fmt: skip
    assert number_of(db, Appointment) == 1, "of other kinds nothing was said"


def test_what_came_in_anew_meanwhile_and_what_was_refused_is_not_taken_out(db, kinds):
    runs.receive(db, kinds, [ANN, EVA], "nightly", NOW)
    run = runs.begin("nightly", NOW + HOUR, ["patient"])
    runs.take_in(db, run, kinds, [{**ANN, "sex": "X"}, {**ANN, "external_id": "\0"}], NOW + HOUR)
    runs.receive(db, kinds, [{**ANN, "external_id": "P9"}], "nightly", NOW + 2 * HOUR)
    runs.end(db, run, kinds, NOW + 3 * HOUR)
    assert there(db) == {"P1", "P9"}


def test_where_suspiciously_much_would_go_nothing_does_until_somebody_says_so(db, kinds, practice):
    everybody = [{**ANN, "external_id": f"P{number}"} for number in range(60)]
    runs.receive(db, kinds, everybody, "nightly", NOW)
    run = runs.begin("nightly", NOW + HOUR, ["patient"])
    runs.take_in(db, run, kinds, everybody[:3], NOW + HOUR)
    with pytest.raises(TooManyGone, match=r"Patient \(57 of 60\)"):
        runs.end(db, run, kinds, NOW + HOUR)
    assert len(there(db)) == 60
    runs.end(db, runs.going(db, run.id), kinds, NOW + HOUR, all_may_go=True)
    assert len(there(db)) == 3
    with pytest.raises(runs.UnknownRun):
        runs.going(db, run.id)


STEPS = st.lists(
    st.tuples(st.sampled_from(["one", "two"]), st.booleans(), st.lists(st.sampled_from("ABCDE"), unique=True, max_size=5), st.sets(st.sampled_from("ABCDE"), max_size=2), st.booleans()),
    max_size=6,
)  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_is_sent_deleted_sent_whole_and_rolled_back_there_is_what_a_model_has(registry, kinds, steps):
    office = make_office(registry)
    model: dict[str, str] = {}
    with office.session() as session:
        for number, (source, is_whole, names, deleted, is_kept) in enumerate(steps):
            at = NOW + number * HOUR
            batch = [{**ANN, "external_id": name, "first_name": f"N{number % 3}"} for name in names] + [gone("patient", name) for name in sorted(deleted)]
            run = runs.begin(source, at, ["patient"] if is_whole else [])
            runs.take_in(session, run, kinds, batch, at)
            runs.end(session, run, kinds, at)
            if not is_kept:
                session.rollback()
                continue
            session.commit()
            before = dict(model)
            model |= {name: source for name in names if name not in deleted and (name not in before or _changed(session, name, at))}
            kept = [name for name, whose in model.items() if name not in deleted and not (is_whole and whose == source and name not in names)]
            model = {name: model[name] for name in kept}
        assert there(session) == set(model)
        known = session.execute(select(RecordsOrigin.external_id, RecordsOrigin.source).where(RecordsOrigin.practice_id == office.id, RecordsOrigin.gone_at.is_(None)))
        assert dict(known.all()) == model
        assert session.scalar(text("select count(*) from records_origin where gone_at is not null and external_id = any(:names)"), {"names": list(model)}) == 0


def _changed(session, name: str, at: datetime) -> bool:
    """Whether what came then changed the record, by what its row says."""
    return session.scalar(select(RecordsOrigin.came_at).where(RecordsOrigin.practice_id == session.info["practice_id"], RecordsOrigin.external_id == name)) == at

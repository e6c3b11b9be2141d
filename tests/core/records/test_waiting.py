"""What was refused is tried again by itself, once what was missing has come or the office has decided; and it goes with its patient."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.people import deciding
from core.people.models import Patient, PatientNumber
from core.records import retrying, runs
from core.records.kinds import kinds_for
from core.records.models import RecordsRefusal
from tests.core.records.test_runs import ann

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
LATEX = {"kind": "allergy", "external_id": "A1", "patient": "P3", "substance": "Latex"}


@pytest.fixture
def kinds(registry):
    return kinds_for(registry, frozenset(registry.plugins.plugins))


@pytest.fixture
def send(db, kinds):
    """`send(*records)`: a run with one batch, committed; what became of each."""

    def act(*batch: dict, at=NOW, source="nightly", is_second=False, snapshot=()) -> list[str]:
        run = runs.begin(source, at, snapshot, is_second=is_second)
        answers = runs.take_in(db, run, kinds, batch, at)
        runs.end(db, run, kinds, at, all_may_go=True)
        db.commit()
        return [answer.outcome for answer in answers]

    return act


@pytest.fixture
def lines(db, practice):
    """`lines()`: what is on the list, by number."""

    def read() -> dict[str, RecordsRefusal]:
        db.expire_all()
        return {line.external_id: line for line in db.scalars(select(RecordsRefusal).where(RecordsRefusal.practice_id == practice.id))}

    return read


@pytest.fixture
def patients(db, practice):
    """`patients()`: the first names, by number."""
    return lambda: dict(db.execute(select(Patient.external_id, Patient.first_name).where(Patient.practice_id == practice.id)).all())


def waiting_in(lines) -> set[str]:
    return {number for number, line in lines().items() if line.again_at}


def test_what_waited_for_something_is_tried_once_it_has_come_with_what_waited_for_that_and_nothing_else(send, patients, lines, work_off):
    send(ann("P3", guarantor="P2"), ann("P2", guarantor="P1"), LATEX, ann("P9", sex="X"), ann("P8", guarantor="P7"))
    send(ann("P5"))
    assert waiting_in(lines) == set()
    send(ann("P1"))
    assert waiting_in(lines) == {"P2"}
    for _ in range(3):
        work_off()
    assert set(patients()) == {"P1", "P2", "P3", "P5"}
    assert set(lines()) == {"P8", "P9"}


def test_what_comes_anew_before_it_is_tried_counts(send, patients, lines, work_off):
    send(ann("P3", first_name="Old", guarantor="P1"))
    send(ann("P1"))
    send(ann("P3", first_name="New", guarantor="P1"))
    work_off()
    assert patients()["P3"] == "New"
    send(ann("P4", first_name="Old", guarantor="P2"))
    send(ann("P2"))
    send(ann("P4", first_name="New", sex="X"))
    work_off()
    assert "P4" not in patients()
    assert set(lines()) == {"P4"}


def test_a_person_who_waited_for_the_office_comes_in_when_it_has_decided(db, practice, send, patients, lines, work_off):
    send(ann("P1", birthdate="1984-05-17", phone="303-555-0114"))
    assert send(ann("L1", birthdate="1984-05-17", phone="303-555-0115"), {**LATEX, "patient": "L1"}, source="lab", is_second=True) == ["refused", "refused"]
    question = db.scalars(select(PatientNumber).where(PatientNumber.practice_id == practice.id, PatientNumber.state == "waits")).one()
    deciding.different(db, practice.id, question.id, NOW, None)
    db.commit()
    for _ in range(2):
        work_off()
    assert lines() == {}
    assert set(patients()) == {"P1", "L1"}


def test_being_tried_is_not_being_sent(db, send, lines, kinds):
    send(ann("P9", sex="X"), at=NOW - HOUR)
    retrying.try_again(db, kinds, None, NOW)
    db.commit()
    line = lines()["P9"]
    assert (line.times, line.last_at) == (1, NOW - HOUR)


def test_of_one_record_from_two_sources_what_came_last_counts(db, send, patients, lines, kinds):
    send(ann("P3", first_name="New", guarantor="P1"), source="a", at=NOW)
    send(ann("P3", first_name="Old", guarantor="P1"), source="b", at=NOW - HOUR)
    ids = [line.id for line in db.scalars(select(RecordsRefusal).where(RecordsRefusal.source == "b"))]
    send(ann("P1"), source="c")
    assert retrying.try_again(db, kinds, ids, NOW) == []
    retrying.try_again(db, kinds, None, NOW)
    db.commit()
    assert patients()["P3"] == "New"
    assert lines() == {}


def test_many_files_follow_behind_the_request_and_an_upload_that_is_gone_is_told(db, send, lines, kinds, work_off, monkeypatch):
    monkeypatch.setattr(retrying, "MOST_FILES", 2)
    send(ann("P3"), *({"kind": "care_document", "external_id": f"D{number}", "patient": "P3", "file": str(uuid4())} for number in range(5)))
    assert len(retrying.try_again(db, kinds, None, NOW)) == 2
    db.commit()
    assert len(waiting_in(lines)) == 3
    for _ in range(2):
        work_off()
    assert waiting_in(lines) == set()
    assert {line.reason for line in lines().values()} == {"file: There is no such upload here, or its time is over: begin a new one."}


def test_what_it_said_goes_with_its_patient(send, lines):
    send(ann("P1"), ann("P2", guarantor="P1", sex="X"), {**LATEX, "patient": "P1", "substance": 5}, {**LATEX, "external_id": "A2", "patient": "P9"})
    assert send({"kind": "patient", "external_id": "P1", "deleted": True}, at=NOW + HOUR) == ["deleted"]
    assert {number: bool(line.content) for number, line in lines().items()} == {"P2": False, "A1": False, "A2": True}


def test_what_a_run_of_all_there_is_does_not_bring_again_is_off_the_list(send, lines):
    send(ann("P2", sex="X"), {**LATEX, "patient": "P9"}, at=NOW - HOUR)
    send(ann("P2", sex="X"), at=NOW - HOUR, source="other")
    send(ann("P5"), ann("P6", sex="X"), snapshot=["patient"])
    assert {(line.source, number) for number, line in lines().items()} == {("other", "P2"), ("nightly", "A1"), ("nightly", "P6")}


def test_nothing_waits_and_nothing_is_asked_for_where_nothing_was_refused(send, lines, statements):
    send(ann("P1"))
    with statements() as seen:
        send(ann("P2", guarantor="P1"))
    assert not [one for one in seen if "outbox" in one or "again_at" in one]


def test_the_other_practice_is_not_concerned(send, lines, kinds, other_make, work_off):
    send(ann("P3", guarantor="P1"))
    with other_make._office.session() as session:
        runs.receive(session, kinds, [ann("P1")], "nightly", NOW)
        assert retrying.try_again(session, kinds, [line.id for line in lines().values()], NOW) == []
        session.commit()
    work_off()
    assert waiting_in(lines) == set()
    assert set(lines()) == {"P3"}

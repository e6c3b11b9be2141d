"""`cuspid import records`: a file takes the same door as everything else; what cannot be read is told by its line, and harms nothing."""

import json
import re

import pytest
from sqlalchemy import select

from core.cli import import_records
from core.people.models import Patient
from core.records import freshness, runs
from core.records.importing import taking
from core.records.models import RecordsRefusal

ANN = {"kind": "patient", "external_id": "P1", "first_name": "Ann", "last_name": "Zelenka"}
EVA = {**ANN, "external_id": "P2", "first_name": "Eva", "guarantor": "P1"}
LOST = {**ANN, "external_id": "P3", "guarantor": "P404"}


@pytest.fixture
def run(command_line, practice, tmp_path):
    """`run(line, …, dry_run=False)`: a file of these lines is taken in; a record is written as JSON."""
    def command(*lines: dict | bytes, options: tuple[str, ...] = (), slug: str = practice.slug):
        file = tmp_path / "records.jsonl"
        file.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
        return command_line(import_records.import_records, str(file), "--practice", slug, *options)

    return command


def charts(db, practice) -> set[str]:
    db.rollback()
    return set(db.scalars(select(Patient.external_id).where(Patient.practice_id == practice.id)))


def test_a_file_is_taken_in_the_office_reads_so_and_a_second_time_changes_nothing(run, db, practice, monkeypatch):
    monkeypatch.setattr(taking, "BATCH", 2)
    answer = run(ANN, EVA, LOST, options=("--source", "opendental"))
    assert answer.exit_code == 1, answer.output
    assert answer.stdout == "Patient: 2 new, 1 refused\nPatient P3: guarantor: the patient that it names is not there yet.\n2 of 3 records are in the portal.\n"
    assert charts(db, practice) == {"P1", "P2"}
    [kept] = runs.newest(db, practice.id, 9)
    assert (kept.source, kept.counts, runs.state_of(kept, kept.heard_at)) == ("opendental", {"patient": {"created": 2, "refused": 1}}, "done")
    assert freshness.came_at(db, practice.id, "patient")
    assert db.scalars(select(RecordsRefusal.external_id).where(RecordsRefusal.practice_id == practice.id)).all() == ["P3"]
    again = run(ANN, EVA)
    assert (again.exit_code, again.stdout) == (0, "Patient: 2 as before\n2 of 2 records are in the portal.\n")


def test_a_dry_run_says_the_same_and_leaves_nothing(run, db, practice, monkeypatch):
    monkeypatch.setattr(taking, "BATCH", 1)
    answer = run(ANN, EVA, LOST, options=("--dry-run",))
    assert answer.stdout == "Patient: 2 new, 1 refused\nPatient P3: guarantor: the patient that it names is not there yet.\n2 of 3 records would be in the portal; nothing was changed.\n"
    assert charts(db, practice) == set()
    assert runs.newest(db, practice.id, 9) == freshness.arrivals(db, practice.id) == []


def test_people_of_another_system_are_found_by_what_is_said_of_them(run, db, practice):
    about = {"birthdate": "1984-05-17", "phone": "303-555-0114"}
    run(ANN | about)
    answer = run(ANN | about | {"external_id": "OAK-7"}, EVA | {"guarantor": "OAK-7"}, options=("--other-system",))
    assert answer.stdout == "Patient: 1 new, 1 as before\n2 of 2 records are in the portal.\n"
    assert charts(db, practice) == {"P1", "P2"}


NO_RECORDS = [
    b"{", b"[]", b"7", b'"patient"', b"null", b"\xff\xfe{}", b'{"kind": NaN}', b"{}{}", b"[" * 100_000, b"\0", b'{"amount": ' + b"9" * 5_000 + b"}",
    b'{"kind": "patient", "last_name": "' + b"x" * 1_000_001 + b'"}',
]  # fmt: skip


def test_lines_that_are_no_records_are_told_by_their_numbers_and_the_others_are_taken_in(run, db, practice):
    answer = run(ANN, *NO_RECORDS, b"", EVA)
    assert (answer.exit_code, charts(db, practice)) == (1, {"P1", "P2"}), answer.output
    assert re.findall(r"Line (\d+): It is no record", answer.stdout) == [str(2 + number) for number in range(len(NO_RECORDS))]
    assert "2 of 14 records are in the portal." in answer.stdout


def test_nothing_of_what_is_in_a_record_and_nothing_that_a_terminal_obeys_is_printed(run):
    answer = run({**ANN, "external_id": "P\x1b[2J", "sex": "Caries"}, {**ANN, "kind": "Zelenka\x1b"}, {**ANN, "birthdate": "\ud800", "external_id": "\ud800"})
    assert answer.exit_code == 1
    assert "Patient P�[2J: sex: " in answer.stdout
    assert "Unknown P1: There is no such kind of record, or its tab is off." in answer.stdout
    assert not [word for word in ("\x1b", "Caries", "Zelenka") if word in answer.output]


def test_many_refusals_are_told_in_part_and_counted_whole(run):
    answer = run(*({**LOST, "external_id": f"P{number}"} for number in range(25)))
    assert answer.stdout.count("not there yet") == 20
    assert "… and 5 more.\n0 of 25 records are in the portal." in answer.stdout


def test_a_batch_that_fails_leaves_those_before_it_and_the_office_reads_that_the_run_failed(run, db, practice, monkeypatch):
    monkeypatch.setattr(taking, "BATCH", 1)
    whole = runs.take_in

    def fail_second(session, run, kinds, batch, *rest):
        if batch[0]["external_id"] == "P2":
            raise LookupError("Zelenka")
        return whole(session, run, kinds, batch, *rest)

    monkeypatch.setattr(runs, "take_in", fail_second)
    answer = run(ANN, EVA)
    assert str(answer.exception) == "Number 2 and those behind it could not be stored (LookupError). What stands before it is in the portal."
    assert charts(db, practice) == {"P1"}
    assert runs.newest(db, practice.id, 9)[0].failure == taking.FAILED


@pytest.mark.parametrize(("options", "slug", "words"), [(("--source", "Open Dental"), None, "small letters"), ((), "nobody-here", "no practice")])
def test_what_cannot_be_is_said_in_a_sentence(run, practice, options, slug, words):
    answer = run(ANN, options=options, slug=slug or practice.slug)
    assert answer.exit_code == 1
    assert words in f"{answer.output} {answer.exception}"

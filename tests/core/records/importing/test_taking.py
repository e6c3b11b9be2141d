"""The engine of imports: batches, what is told of them, and what stays when one fails; and records as lines."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image
from sqlalchemy import select

from core.people.models import Patient
from core.records import runs
from core.records.importing import lines, taking
from core.records.importing.found import Fault, LeftOut, WithFile
from core.records.importing.taking import NotStored, Taking, batches

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
ANN = {"kind": "patient", "external_id": "P1", "first_name": "Ann", "last_name": "Zelenka"}
EVA = {**ANN, "external_id": "P2", "first_name": "Eva"}
LOST = {**ANN, "external_id": "P3", "guarantor": "P404"}
WET, LEFT = Fault("Page 2", "It is wet."), LeftOut("Photograph")


def png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(written, "PNG")
    return written.getvalue()


def image(number: str, data: bytes, content_type: str = "image/png") -> WithFile:
    record = {"kind": "image", "external_id": number, "patient": "P1", "folder": "F1", "taken_on": "2026-03-04", "type": "photo"}
    return WithFile(record, content_type, data)


@pytest.fixture
def take(registry, db, practice):
    """`take(found, …, dry_run=False)`: all of it is taken in; each report as it stood, how many there were."""
    def begin(*found, dry_run=False, most_told=9):
        going = Taking(registry, db, practice.id, runs.begin("cards", NOW), dry_run, most_told)
        return going, [report.whole for report in going.take(found)]

    return begin


def charts(db, practice) -> set[str]:
    db.rollback()
    return set(db.scalars(select(Patient.external_id).where(Patient.practice_id == practice.id)))


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_report_grows_with_each_batch_and_a_dry_run_tells_the_same(take, db, practice, monkeypatch, dry_run):
    monkeypatch.setattr(taking, "BATCH", 2)
    going, steps = take(ANN, WET, LEFT, EVA, LOST, dry_run=dry_run)
    report = going.report
    assert steps == [2, 3, 4]
    assert (report.counts, report.refused, dict(report.left_out)) == ({"patient": {"created": 2, "refused": 1}, "": {"refused": 1}}, 2, {"Photograph": 1})
    assert report.told == [WET, Fault("Patient P3", "guarantor: the patient that it names is not there yet.")]
    assert charts(db, practice) == (set() if dry_run else {"P1", "P2"})
    assert [run.counts for run in runs.newest(db, practice.id, 9)] == ([] if dry_run else [report.counts])


def test_only_so_much_is_told_and_all_is_counted(take):
    going, _ = take(*[WET] * 5, most_told=3)
    assert (going.report.told, going.report.refused) == ([WET] * 3, 5)


def test_whoever_breaks_off_goes_on_by_beginning_anew(take, registry, db, practice, monkeypatch):
    monkeypatch.setattr(taking, "BATCH", 1)
    next(Taking(registry, db, practice.id, runs.begin("cards", NOW), False, 9).take([ANN, EVA]))
    assert charts(db, practice) == {"P1"}
    going, _ = take(ANN, EVA)
    assert going.report.counts == {"patient": {"unchanged": 1, "created": 1}}
    assert charts(db, practice) == {"P1", "P2"}


def test_a_batch_that_cannot_be_stored_is_told_by_where_it_begins_and_those_before_it_stay(take, db, practice, monkeypatch):
    monkeypatch.setattr(taking, "BATCH", 2)
    whole = runs.take_in
    monkeypatch.setattr(runs, "take_in", lambda session, run, kinds, batch, *rest: whole(session, run, kinds, batch, *rest) if ANN in batch else 1 // 0)
    with pytest.raises(NotStored, match=r"^Number 3 and those behind it could not be stored \(ZeroDivisionError\). What stands before it is in the portal.$"):
        take(LEFT, ANN, EVA)
    assert charts(db, practice) == {"P1"}
    assert runs.newest(db, practice.id, 9)[0].failure == taking.FAILED
    with pytest.raises(NotStored, match=r"Nothing was changed\.$"):
        take(EVA)


def test_a_dry_run_checks_files_as_they_will_be_checked_and_keeps_none(take, registry, practice):
    found = [ANN, {"kind": "image_folder", "external_id": "F1", "name": "X-rays"}, image("I1", png()), image("I2", b"no picture"), image("I3", png(), "text/html")]
    tried, _ = take(*found, dry_run=True)
    assert tried.report.counts["image"] == {"created": 1, "refused": 1}
    assert [(one.place, one.reason[:6]) for one in tried.report.told] == [("Image I3", "file: "), ("Image I2", "file: ")]
    assert registry.files.count(practice.id) == 0
    taken, _ = take(*found)
    assert taken.report.counts == tried.report.counts


def test_a_batch_holds_only_so_many_files():
    scan = WithFile({"kind": "image", "external_id": "I1"}, "image/png", b"")
    assert [len(batch) for batch in batches([ANN, *[scan] * 12, EVA])] == [11, 3]


def test_lines_give_records_and_faults_with_their_number():
    assert list(lines.read(io.BytesIO(b'\xef\xbb\xbf{"kind": "patient"}\n\n[]\n{"kind"'))) == [{"kind": "patient"}, Fault("Line 3", lines.NO_RECORD), Fault("Line 4", lines.NO_RECORD)]

"""Files that the office takes in: checked, taken in a stretch at a time, stopped, and in the end the same whatever came between."""

import io
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from core import outbox, tasks
from core.people.models import Patient
from core.records import refusals, runs
from core.records.importing import checking, imports, keeping, taking
from core.records.importing import tasks as import_tasks
from core.records.importing.readers import WrongChoice, readers_at
from core.records.models import RecordsImport
from core.testing import make_office


def patient(number: int, **more) -> dict:
    return {"kind": "patient", "external_id": f"P{number}", "first_name": "Ann", "last_name": f"Zelenka {number}"} | more


def charts(db, practice) -> int:
    db.rollback()
    return db.scalar(select(func.count()).select_from(Patient).where(Patient.practice_id == practice.id))


LOST, WRONG = patient(3, guarantor="P404"), patient(4, birthdate="soon")
FILE = [patient(1), patient(2), LOST, [], WRONG]


def test_a_file_is_checked_first_and_changes_nothing_until_it_is_taken_in(send, worked_off, take, db, practice, registry):
    one = worked_off(send(FILE))
    assert (one.state, one.failure, one.run_id, charts(db, practice)) == ("checked", "", None, 0)
    assert one.report["counts"] == {"patient": {"created": 2, "refused": 2}, "": {"refused": 1}}
    assert [place for place, _ in one.report["told"]] == ["Line 4", "Patient P3", "Patient P4"]
    assert (one.bytes_read, runs.newest(db, practice.id, 9)) == (one.size, [])
    taken = worked_off(take(one))
    assert (taken.state, charts(db, practice), taken.position) == ("done", 2, 5)
    assert taken.report["counts"] == one.report["counts"]
    [run] = runs.newest(db, practice.id, 9)
    assert (run.id, run.counts, run.failure) == (taken.run_id, taken.report["counts"], "")
    assert run.ended_at
    assert {one.row.external_id for one in refusals.listed(db, practice.id, 1, 9)[0]} == {"P3", "P4"}


def test_more_than_can_be_tried_is_read_to_its_end_and_its_fields_are_checked(send, worked_off, monkeypatch):
    monkeypatch.setattr(checking, "MOST_TRIED", 2)
    monkeypatch.setattr(taking, "BATCH", 2)
    report = worked_off(send([*FILE, {"kind": "shoe", "external_id": "S1"}])).report
    assert report["counts"] == {"patient": {"created": 2, "refused": 1}, "": {"refused": 2}}
    assert report["looked_at"] == {"patient": 1}  # that nobody has the number of P3's guarantor is only seen when it is tried
    assert [place for place, _ in report["told"]] == ["Line 4", "Patient P4", "Unknown S1"]


def test_a_dry_run_that_takes_too_long_says_that_it_has_not_seen_all(send, worked_off, monkeypatch):
    monkeypatch.setattr(import_tasks, "MOST_CHECKED", -1)
    monkeypatch.setattr(taking, "BATCH", 2)
    one = worked_off(send(FILE))
    assert (one.state, one.report["is_cut"], one.report["counts"]) == ("checked", True, {"patient": {"created": 2}})


def test_whoever_takes_longer_makes_room_for_others_and_goes_on(send, worked_off, take, db, practice, monkeypatch):
    monkeypatch.setattr(import_tasks, "STRETCH", -1)
    monkeypatch.setattr(taking, "BATCH", 2)
    one = worked_off(take(worked_off(send(FILE))))
    assert (one.state, one.position, charts(db, practice)) == ("done", 5, 2)
    assert one.report["counts"]["patient"] == {"created": 2, "refused": 2}
    done = select(func.count()).select_from(outbox.OutboxRow).where(outbox.OutboxRow.practice_id == practice.id, outbox.OutboxRow.task == import_tasks.TAKE)
    assert db.scalar(done) == 4


def test_what_is_stopped_stays_where_it_is_and_goes_on_from_there(send, worked_off, take, by, db, practice, monkeypatch):
    monkeypatch.setattr(taking, "BATCH", 1)
    one = take(worked_off(send([patient(number) for number in range(4)])))
    plain = tasks.Work.commit_so_far

    def stop_at_two(work):
        plain(work)
        with practice.session() as session:
            found = imports.find(session, practice.id, one.id, is_changed=True)
            if found.position == 2:
                imports.stop(session, found, by)
                session.commit()

    monkeypatch.setattr(tasks.Work, "commit_so_far", stop_at_two)
    stopped = worked_off(one)
    assert (stopped.state, stopped.position, charts(db, practice)) == ("stopped", 2, 2)
    assert runs.newest(db, practice.id, 1)[0].failure == "The import was stopped."
    monkeypatch.setattr(tasks.Work, "commit_so_far", plain)
    done = worked_off(take(stopped))
    assert (done.state, done.report["counts"], charts(db, practice)) == ("done", {"patient": {"created": 4}}, 4)


def test_what_cannot_be_stored_is_told_and_what_stands_before_it_stays(send, worked_off, take, db, practice, monkeypatch):
    monkeypatch.setattr(taking, "BATCH", 2)
    one = take(worked_off(send([patient(1), patient(2), patient(3)])))
    whole = runs.take_in
    monkeypatch.setattr(runs, "take_in", lambda session, run, kinds, batch, *rest: whole(session, run, kinds, batch, *rest) if len(batch) == 2 else 1 // 0)
    failed = worked_off(one)
    assert (failed.state, charts(db, practice)) == ("failed", 2)
    assert failed.failure == "Number 3 and those behind it could not be stored (ZeroDivisionError). What stands before it is in the portal."
    assert runs.newest(db, practice.id, 1)[0].failure == taking.FAILED
    monkeypatch.undo()
    assert (worked_off(take(failed)).state, charts(db, practice)) == ("done", 3)


def test_what_reads_it_may_be_switched_off_meanwhile(send, worked_off, take, registry, monkeypatch):
    one = take(worked_off(send(FILE)))
    monkeypatch.setattr("core.records.importing.work.readers_at", lambda *_: {})
    failed = worked_off(one)
    assert (failed.state, failed.failure) == ("failed", "Such files are switched off for this practice, on the page of tabs.")


def test_only_one_file_is_worked_on_at_a_time(send, by, db):
    first = send(FILE)
    with pytest.raises(imports.CannotNow):
        send(FILE)
    db.rollback()
    imports.stop(db, imports.find(db, first.practice_id, first.id, is_changed=True), by)
    db.commit()
    assert send(FILE).state == "checking"


@pytest.mark.parametrize(("data", "about", "why"), [
    (b"", {}, "The file is empty"), (b"{}", {"name": "scan.pdf"}, r"ends with \.jsonl or \.ndjson"), (b"%PDF-1.7", {}, "ends with"), (b"\x89PNG\r\n\x1a\n", {"name": "x.jsonl"}, "ends with"),
])  # fmt: skip
def test_a_file_that_cannot_be_one_is_not_kept(send, db, practice, registry, data, about, why):
    with pytest.raises(imports.WrongFile, match=why):
        send(data, **about)
    db.rollback()
    assert (imports.listed(db, practice.id), registry.files.count(practice.id)) == ([], 0)


def test_a_file_that_is_too_large_is_told_its_size(send, monkeypatch):
    monkeypatch.setattr(imports, "MOST_BYTES", 3)
    with pytest.raises(imports.WrongFile, match="Divide it"):
        send(FILE)


def test_a_file_goes_after_a_week_and_what_was_refused_after_a_month(send, worked_off, take, by, db, practice, registry, now_is):
    one = worked_off(take(worked_off(send(FILE))))
    for days, files, told in ((6, 1, 3), (8, 0, 3), (31, 0, 0)):
        keeping.clear_away(db, registry.files, practice.id, by.now + timedelta(days=days))
        one = now_is(one)
        assert (registry.files.count(practice.id), len(one.report["told"])) == (files, told)
    assert one.report["counts"]["patient"] == {"created": 2, "refused": 2}


def test_what_is_worked_on_is_neither_thrown_away_nor_cleared_away(send, by, db, practice, registry, now_is):
    one = send(FILE)
    with pytest.raises(imports.CannotNow):
        imports.discard(db, registry.files.within(practice.id), one, by)
    keeping.clear_away(db, registry.files, practice.id, by.now + timedelta(days=99))
    assert now_is(one).erased_at is None
    imports.stop(db, one, by)
    imports.discard(db, registry.files.within(practice.id), one, by)
    db.commit()
    assert registry.files.count(practice.id) == 0


class Killed(BaseException):
    """The worker ended here."""


def deliver(one, dies_at: int | None, monkeypatch) -> None:
    """A worker takes the tasks of an import, and ends at one of its commits: before it, or behind it."""
    left, plain = dies_at, tasks.Work.commit_so_far

    def commit(work):
        nonlocal left
        left = None if left is None else left - 1
        if left is not None and left < 0 and dies_at % 2:
            raise Killed
        plain(work)
        if left is not None and left < 0:
            raise Killed

    with practice_of(one).session() as session:
        session.execute(update(outbox.OutboxRow).where(outbox.OutboxRow.practice_id == one.practice_id).values(available_at=datetime(2026, 1, 1, tzinfo=UTC)))
        session.commit()
        rows = session.scalars(select(outbox.OutboxRow.id).where(outbox.OutboxRow.practice_id == one.practice_id, outbox.OutboxRow.done_at.is_(None))).all()
    with monkeypatch.context() as here:
        here.setattr(tasks.Work, "commit_so_far", commit)
        for row in rows:
            try:
                tasks.deliver(str(row))
            except Killed:
                continue


_offices: dict = {}


def practice_of(one):
    return _offices[one.practice_id]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 7), max_size=6), st.booleans())
def test_however_often_workers_are_killed_and_tasks_delivered_twice_it_ends_the_same(registry, monkeypatch, deaths, is_twice):
    office = make_office(registry)
    _offices[office.id] = office
    by, reader = imports.By(None, datetime.now(UTC)), readers_at(registry, office.id)["records"]
    lines = b"\n".join(b'{"kind": "patient", "external_id": "P%d", "first_name": "A", "last_name": "Ode"}' % number for number in range(6)) + b"\n[]\n"
    with monkeypatch.context() as here, office.session() as session:
        here.setattr(taking, "BATCH", 1)
        here.setattr(import_tasks, "STRETCH", 1000 if is_twice else -1)
        one = imports.begin(session, registry.files.within(office.id), reader, imports.Sent("a.jsonl", io.BytesIO(lines), "", "cards", False), ZoneInfo("UTC"), by)
        imports.stop(session, one, by)
        imports.take(session, one, by)
        if is_twice:
            imports.go_on(session, one)
        session.commit()
        for dies_at in [*deaths, *[None] * 12]:
            deliver(one, dies_at, monkeypatch)
        session.rollback()
        found = session.get(RecordsImport, (office.id, one.id), populate_existing=True)
        assert (found.state, found.position) == ("done", 7)
        assert found.report["counts"] == {"patient": {"created": 6}, "": {"refused": 1}}
        [run] = runs.newest(session, office.id, 9)
        assert run.counts == found.report["counts"]
        assert session.scalar(select(func.count()).select_from(Patient).where(Patient.practice_id == office.id)) == 6


def test_two_workers_at_once_double_nothing(send, worked_off, take, db, practice, monkeypatch):
    monkeypatch.setattr(taking, "BATCH", 1)
    one = take(worked_off(send([patient(number) for number in range(8)])))
    imports.go_on(db, one)
    db.commit()
    rows = db.scalars(select(outbox.OutboxRow.id).where(outbox.OutboxRow.practice_id == practice.id, outbox.OutboxRow.done_at.is_(None))).all()
    db.rollback()
    both = [threading.Thread(target=tasks.deliver, args=(str(row),)) for row in rows]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    done = worked_off(one)
    assert (len(rows), done.state, done.report["counts"]) == (2, "done", {"patient": {"created": 8}})


def test_columns_are_matched_by_hand_and_the_next_file_with_the_same_ones_is_read_alike(send, worked_off, registry, practice, by, db, now_is):
    matching, zone = readers_at(registry, practice.id)["table"].matching, registry.tenants.current(practice.id).time_zone
    rows = b"Chart,Surname,Given,Shoe\nP1,Zelenka,Ann,38\n"
    one = send(rows, reader="table", choice="people")
    assert (one.state, one.headings, one.columns) == ("matching", ["Chart", "Surname", "Given", "Shoe"], {"Chart": "external_id", "Surname": "last_name"})
    with pytest.raises(WrongChoice, match="Say which column is: First name"):
        imports.match(db, matching, one, {"Chart": "external_id", "Surname": "last_name"}, zone, by)
    said = {"Chart": "external_id", "Surname": "last_name", "Given": "first_name"}
    imports.match(db, matching, one, said, zone, by)
    db.commit()
    checked = worked_off(one)
    assert (checked.state, checked.report["counts"]) == ("checked", {"patient": {"created": 1}})
    imports.match_anew(checked)
    assert checked.state == "matching"
    db.rollback()
    assert send(rows.replace(b"P1", b"P2"), reader="table", choice="people").columns == said
    assert send(rows, reader="table", choice="ledger", name="b.csv").columns != said

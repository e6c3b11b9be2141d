"""Records over the network: what is answered to each, what is refused as a whole and where, and that nothing is ever half written."""

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.audit import AuditEvent
from core.people.models import Patient
from core.records.api import reading
from core.records.models import RecordsRun
from core.safety import testing
from plugins.images.models import Image
from tests.core.records.api.conftest import System

ANN = {"kind": "patient", "external_id": "P1", "first_name": "Ann", "last_name": "Ode"}
VISIT = {"kind": "appointment", "external_id": "V1", "patient": "P1", "starts_at": "2026-11-27T15:00:00Z", "minutes": 30}


def number_of(office, model=Patient) -> int:
    with office.session() as session:
        return session.scalar(select(func.count()).select_from(model).where(model.practice_id == office.id))


def lines(*records: dict) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


def test_a_batch_is_answered_record_by_record_and_sent_again_it_changes_nothing(system):
    batch = [VISIT, {**ANN, "external_id": "P2", "sex": "X"}, ANN]
    found = system.send(*batch)
    assert [(one["kind"], one["external_id"], one["outcome"]) for one in found["answers"]] == [("appointment", "V1", "created"), ("patient", "P2", "refused"), ("patient", "P1", "created")]
    refused = found["answers"][1]
    assert (refused["pointer"], "sex" in refused["reason"]) == ("/records/1/sex", True)
    assert [one["outcome"] for one in system.send(*batch)["answers"]] == ["unchanged", "refused", "unchanged"]
    assert [one["outcome"] for one in system.send({"kind": "appointment", "external_id": "V1", "deleted": True})["answers"]] == ["deleted"]
    with system.office.session() as session:
        run = session.scalars(select(RecordsRun).where(RecordsRun.practice_id == system.office.id).order_by(RecordsRun.id)).first()
        assert (str(run.id), run.source, run.counts["patient"], run.ended_at is None) == (found["run"], "nightly", {"created": 1, "refused": 1}, False)
        told = session.execute(select(AuditEvent.action, AuditEvent.target_id).where(AuditEvent.practice_id == system.office.id, AuditEvent.action == "api.records.send")).all()
        assert told == [("api.records.send", system.key.id)] * 3


@pytest.mark.parametrize("is_packed", [False, True])
def test_lines_of_json_may_be_packed(system, is_packed):
    body, headers = lines(ANN, VISIT) + b"\n\n", {}
    if is_packed:
        body, headers = gzip.compress(body), {"Content_Encoding": "gzip"}
    found = system.ask("POST", "records?source=nightly", body, "application/x-ndjson", 200, **headers).json
    assert [one["outcome"] for one in found["answers"]] == ["created", "created"]


BAD = {
    "no json": (b'{"records": [', 400, "line 1, column"),
    "not a number": (b'{"source": "a", "records": [{"kind": "patient", "x": NaN}]}', 400, ""),
    "one name twice": (b'{"source": "a", "records": [{"kind": "patient", "external_id": "1", "external_id": "2"}]}', 400, ""),
    "digits without end": (b'{"source": "a", "records": [{"x": ' + b"9" * 5000 + b"}]}", 400, ""),
    "nested": (b'{"source": "a", "records": ' + b"[" * 100_000, 400, ""),
    "no text": (b"\xff\xfe", 400, "byte 0"),
    "a list": (b"[]", 422, ""),
    "no records": (b'{"source": "a", "records": []}', 422, "/records"),
    "a number": (b'{"source": "a", "records": [1]}', 422, "/records/0"),
    "more": (b'{"source": "a", "records": [{}], "x/y": 1}', 422, "/x~1y"),
    "no source": (b'{"records": [{}]}', 422, "/source"),
    "odd source": (b'{"source": 7, "records": [{}]}', 422, "/source"),
    "odd run": (b'{"run": "7", "records": [{}]}', 422, "/run"),
    "unknown run": (b'{"run": "00000000-0000-0000-0000-000000000000", "records": [{}]}', 404, ""),
    "empty": (b"", 400, "line 1, column 1"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_batch_is_refused_with_its_place_and_nothing_is_kept(system, case):
    body, status, pointer = BAD[case]
    answer = system.ask("POST", "records", body, status=status)
    assert answer.content_type == "application/problem+json"
    assert (answer.json["status"], bool(answer.json["detail"])) == (status, True)
    assert answer.json.get("pointer", "").startswith(pointer)
    assert number_of(system.office, RecordsRun) == 0


def test_limits_are_told_before_anything_is_taken_in(system, monkeypatch):
    monkeypatch.setattr(reading, "MOST_RECORDS", 2)
    many = [{**ANN, "external_id": f"P{number}"} for number in range(3)]
    assert system.ask("POST", "records", {"source": "a", "records": many}, status=413).json["pointer"] == "/records/2"
    # What is beyond is not read at all, so that lines without end take no memory.
    assert system.ask("POST", "records?source=a", lines(*many[:2]) + b"\n\n{no", "application/x-ndjson", 413).json["pointer"] == "line 4"
    monkeypatch.setattr(reading, "MOST_BYTES", 20_000)
    bomb = gzip.compress(b" " * 10_000_000)
    assert len(bomb) < 20_000
    assert "MB" in system.ask("POST", "records", bomb, status=413, Content_Encoding="gzip").json["detail"]
    system.ask("POST", "records", b" " * 20_001, status=413)
    for body, packing, status in ((b"x", "gzip", 400), (gzip.compress(b"{}")[:-4], "gzip", 400), (b"{}", "br", 415)):
        system.ask("POST", "records", body, status=status, Content_Encoding=packing)
    system.ask("POST", "records", b"{}", "text/csv", 415)
    assert number_of(system.office) == 0


RECORD = st.dictionaries(st.sampled_from(["kind", "external_id", "first_name", "last_name", "sex", "deleted", "birthdate", "patient", "x"]), st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["patient", "relationship", "P1", "Ann", "2020-02-30", "\0", "\ud800"]) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2), max_leaves=3
), max_size=6)  # fmt: skip
BODY = st.binary(max_size=60) | st.builds(lambda records, source: json.dumps({"source": source, "records": records}).encode(), st.lists(RECORD, max_size=4), st.sampled_from(["a", "A", ""]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BODY, st.sampled_from(["application/json", "application/x-ndjson"]), st.booleans())
@example(b'{"source": "a", "records": [{"kind": ["patient"], "external_id": {"a": "\\ud800"}}]}', "application/json", False)
def test_whatever_is_sent_is_answered_and_never_by_a_failure(portal, practice, registry, body, content_type, is_packed):
    system = _system(portal, practice)
    headers = {"Content_Encoding": "gzip"} if is_packed else {}
    before = number_of(practice)
    answer = system.ask("POST", "records?source=nightly", gzip.compress(body) if is_packed else body, content_type, **headers)
    assert answer.status_int in (200, 400, 413, 415, 422)
    created = [one for one in answer.json["answers"] if one["outcome"] == "created"] if answer.status_int == 200 else []
    assert number_of(practice) - before <= len(created)


_SYSTEMS: dict = {}


def _system(portal, office) -> System:
    """The system of a practice; the examples of one test share it."""
    if office.id not in _SYSTEMS:
        _SYSTEMS[office.id] = System(portal, office)
    return _SYSTEMS[office.id]


def test_a_key_may_be_for_some_kinds_only(portal, practice):
    system = System(portal, practice, kinds=["patient"])
    found = system.send(VISIT, ANN)["answers"]
    assert [(one["outcome"], one.get("pointer", "")) for one in found] == [("refused", "/records/0/kind"), ("created", "")]
    system.ask("POST", "runs", {"source": "a", "snapshot": ["appointment"]}, status=422)
    reader = System(portal, practice, kinds=None)
    assert reader.send(ANN, status=403)["status"] == 403


def test_a_run_over_several_requests_brings_all_there_is_and_takes_out_the_rest(system):
    system.send(ANN, {**ANN, "external_id": "P2"})
    run = system.ask("POST", "runs", {"source": "nightly", "snapshot": ["patient"]}, status=201).json
    assert (run["state"], run["counts"]) == ("going", {})
    system.send(ANN, run=run["run"], source="")
    system.send({**ANN, "external_id": "P3"}, run=run["run"], source="")
    ended = system.ask("POST", f"runs/{run['run']}/end", {}, status=200).json
    assert (ended["state"], ended["counts"]) == ("done", {"patient": {"unchanged": 1, "created": 1, "deleted": 1}})
    assert system.ask("GET", f"runs/{run['run']}", status=200).json == ended
    system.ask("POST", f"runs/{run['run']}/end", {}, status=404)


def test_where_suspiciously_much_would_go_the_run_goes_on(system):
    system.send(*({**ANN, "external_id": f"P{number}"} for number in range(60)))
    run = system.ask("POST", "runs", {"source": "nightly", "snapshot": ["patient"]}, status=201).json["run"]
    assert "60 of 60" in system.ask("POST", f"runs/{run}/end", {}, status=409).json["detail"]
    assert system.ask("POST", f"runs/{run}/end", {"all_may_go": True}, status=200).json["counts"] == {"patient": {"deleted": 60}}


def test_a_file_is_announced_sent_and_named_by_its_record(system):
    bytes_ = b"%PDF-1.7 not really"
    file = {"kind": "dragon", "size": len(bytes_), "content_type": "application/pdf", "sha256": hashlib.sha256(bytes_).hexdigest()}
    assert system.ask("POST", "uploads", file, status=422).json["pointer"] == "/kind"
    begun = system.ask("POST", "uploads", file | {"kind": "image", "content_type": "image/png"}, status=201).json
    assert begun["state"] == "waiting"
    assert begun["address"].endswith(f"/api/v1/uploads/{begun['upload']}")
    path = f"uploads/{begun['upload']}"
    assert "damaged" in system.ask("PUT", path, bytes_[:-1] + b"?", "image/png", 422).json["detail"]
    system.ask("PUT", path, bytes_, "image/png", 204)
    system.ask("PUT", "uploads/00000000-0000-0000-0000-000000000000", bytes_, "image/png", 404)


def test_a_dicom_file_of_an_image_is_shown_and_one_that_names_somebody_else_is_refused(system, signed_in, practice):
    folder = {"kind": "image_folder", "external_id": "F1", "name": "X-rays", "shared": True}
    system.send({**ANN, "birthdate": "1984-06-12"}, folder)
    answers = []
    for number, about in enumerate(({"PatientName": "Ode^Ann", "PatientBirthDate": "19840612"}, {"PatientName": "Ode^Ann", "PatientBirthDate": "19840613"}, {"PixelData": None})):
        bytes_ = testing.scan(**about)
        file = {"kind": "image", "size": len(bytes_), "content_type": "application/dicom", "sha256": hashlib.sha256(bytes_).hexdigest()}
        upload = system.ask("POST", "uploads", file, status=201).json["upload"]
        system.ask("PUT", f"uploads/{upload}", bytes_, "application/dicom", 204)
        image = {"kind": "image", "external_id": f"I{number}", "patient": "P1", "folder": "F1", "taken_on": "2026-03-04", "type": "radiograph", "file": upload}
        answers += system.send(image)["answers"]
    assert [(answer["outcome"], answer.get("reason", "")) for answer in answers] == [
        ("created", ""),
        ("refused", "file: It is about somebody else than the patient who is named: the name or the birthdate in it differs from the chart."),
        ("refused", "file: It is a DICOM file without a picture, such as a report or a directory."),
    ]
    with practice.session() as session:
        patient, image = session.scalars(select(Patient)).one(), session.scalars(select(Image)).one()
        assert (image.content_type, image.width, image.height) == ("image/png", 640, 480)
        number = image.id
    assert signed_in(patient).get(f"/images/{number}/display", status=200).content_type == "image/jpeg"


def test_unknown_ended_revoked_and_foreign_keys_have_one_answer(portal, practice, system, other_system):
    foreign = System(portal, practice)
    foreign.words = other_system.words
    ended = System(portal, practice, ends_at=datetime.now(UTC) - timedelta(minutes=1))
    nobody = System(portal, practice)
    nobody.words = "cuspid_" + "a" * 12 + "_" + "A" * 43
    answers = []
    for one in (foreign, ended, nobody):
        answer = one.ask("POST", "records", {"source": "a", "records": [ANN]}, status=401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        answers.append({name: words for name, words in answer.json.items() if name != "reference"})
    assert answers[0] == answers[1] == answers[2]
    assert number_of(practice) == 0

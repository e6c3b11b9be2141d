"""The office's pages of imports: sent, checked, and taken in once somebody says so."""

import json

import pytest
from sqlalchemy import func, select
from webtest import Upload

from core.people.models import Patient
from core.records.importing import imports

PATH = "/office/imports"
LINES = b"\n".join(json.dumps({"kind": "patient", "external_id": f"P{number}", "first_name": "Ann", "last_name": "Zelenka"}).encode() for number in range(3)) + b"\n[]\n"
TABLE = b"Chart,Surname,Given,Shoe\nP1,Zelenka,<b>Ann</b>,38\n"


def send(app, data: bytes = LINES, name: str = "charts.jsonl", what: str = "records", status: int = 303, **fields):
    form = app.get(PATH).forms["send"]
    form["what"], form["source"], form["whose"] = what, fields.pop("source", "Old System"), "own"
    if name:
        form["file"] = Upload(name, data)
    for field, value in fields.items():
        form[field] = value
    answer = form.submit(status=status)
    return answer.follow() if status == 303 else answer


def charts(db, practice) -> int:
    db.rollback()
    return db.scalar(select(func.count()).select_from(Patient).where(Patient.practice_id == practice.id))


def test_a_file_is_sent_checked_looked_at_and_taken_in(office, work_off, db, practice, audited):
    app = office()
    page = send(app)
    assert "Being checked" in page
    assert page.headers["Refresh"] == "3"
    work_off()
    page = app.get(page.request.path)
    assert "What would come of it" in page
    assert "Line 4" in page
    assert "Refresh" not in page.headers
    assert charts(db, practice) == 0
    page = page.forms["take"].submit().follow()
    assert "Being taken in" in page
    work_off()
    page = app.get(page.request.path)
    assert "What came of it" in page
    assert charts(db, practice) == 3
    row = app.get(PATH).html.select_one("tbody tr").text
    assert "charts.jsonl" in row
    assert "from old-system" in row
    assert "1 refused" in row
    page.forms["discard"].submit().follow()
    assert "The file was erased" in app.get(page.request.path)
    for act in ("send", "checked", "take", "done", "discard"):
        [entry] = audited(f"office.import.{act}")
        assert entry.account_id


def test_columns_are_matched_with_examples_and_what_is_lacking_is_said(office, work_off, db, practice):
    app = office()
    page = send(app, TABLE, "people.csv", "table:people")
    form = page.forms["match"]
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page.text
    assert [form[f"column-{number}"].value for number in range(4)] == ["external_id", "last_name", "", ""]
    lacking = form.submit(status=422)
    assert "Say which column is: First name." in lacking
    form = lacking.forms["match"]
    form["column-2"] = "first_name"
    page = form.submit().follow()
    work_off()
    page = app.get(page.request.path)
    assert "Nothing would be refused" in page
    page = page.forms["match"].submit().follow()
    assert page.forms["match"]["column-2"].value == "first_name"
    assert send(app, TABLE, "people.csv", "table:people").forms["match"]["column-2"].value == "first_name"


@pytest.mark.parametrize(("about", "words"), [
    ({"name": ""}, "Choose the file."), ({"data": b""}, "The file is empty."), ({"data": b"%PDF-1.7", "name": "scan.pdf"}, "A file of this sort ends with .jsonl or .ndjson."),
    ({"what": ""}, "Say what the file is."), ({"what": "table:", "name": "a.csv"}, "Say what the rows are, or give a mapping file"), ({"source": "1"}, "begins with a letter"),
    ({"what": "table:people", "name": "a.csv", "data": b"A,A\n1,2\n"}, "Two columns are called"), ({"what": "table:", "name": "a.csv", "mapping": Upload("m.toml", b"\xff\xfe")}, "The mapping is no text"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(office, db, practice, registry, about, words):
    page = send(office(), status=422, **about)
    assert words in page.text
    assert page.forms["send"]["source"].value == about.get("source", "Old System")
    assert (imports.listed(db, practice.id), registry.files.count(practice.id)) == ([], 0)


def test_a_reader_that_is_not_here_is_none(office):
    app = office()
    token = app.get(PATH).forms["send"]["csrf_token"].value
    fields = {"csrf_token": token, "source": "old", "whose": "own"}
    for what in ("shoes", "table:shoes", "records:people", ":"):
        assert "Say what the file is." in app.post(PATH, fields | {"what": what}, upload_files=[("file", "a.csv", b"x")], status=422)


def test_one_line_without_an_end_is_told_and_costs_only_itself(office, work_off):
    app = office()
    page = send(app, b'{"kind": "' + b"x" * 3_000_000 + b"\n" + LINES)
    work_off()
    page = app.get(page.request.path)
    assert "Line 1" in page
    assert page.forms["take"]


def test_the_file_that_tells_how_a_table_is_read_comes_along(office, work_off):
    app = office()
    mapping = b'table = "people"\n[fields]\nexternal_id = "Chart"\nfirst_name = "Given"\nlast_name = "Surname"\n'
    page = send(app, TABLE, "people.csv", "table:", mapping=Upload("m.toml", mapping))
    work_off()
    assert "Nothing would be refused" in app.get(page.request.path)


def test_work_is_stopped_and_the_file_checked_again(office, work_off):
    app = office()
    page = send(app)
    assert "Another file is being worked on" in send(app, status=422)
    page = page.forms["stop"].submit().follow()
    assert "Nothing was changed." in page
    work_off()
    page = page.forms["check"].submit().follow()
    work_off()
    assert app.get(page.request.path).forms["take"]


def test_taking_in_asks_who_it_is(office, work_off, proof_is_old, db, practice):
    app = office()
    page = send(app)
    work_off()
    page = app.get(page.request.path)
    proof_is_old()
    assert "/prove" in page.forms["take"].submit().location
    work_off()
    assert charts(db, practice) == 0


def test_only_an_admin_of_the_whole_practice_takes_files_in(office, practice):
    for role in ("front_desk", "billing", "clinical", "read_only"):
        office(role).get(PATH, status=403)
    office(clinic_ids=(practice.clinic_id,)).get(PATH, status=404)


def test_another_practice_finds_no_import(office, other_signed_in, other_make):
    path = send(office()).request.path
    other = other_signed_in(account=other_make.staff())
    other.get(path, status=404)
    token = other.get(PATH).forms["send"]["csrf_token"].value
    for act in ("match", "again", "take", "stop", "discard"):
        other.post(f"{path}/{act}", {"csrf_token": token}, status=404)


def test_without_its_token_no_form_is_taken(office):
    app = office()
    path = send(app).request.path
    for act in ("match", "again", "take", "stop", "discard"):
        app.post(f"{path}/{act}", {}, status=419)

"""`cuspid import ccd`: what it says, what it takes, and how it ends."""

import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from core.local import Problem
from plugins.summary import commands
from plugins.summary.models import Document


@pytest.fixture
def ann(make):
    """The patient whom the documents are about."""
    return make.patient(first_name="Ann", last_name="Lee", birthdate="1980-08-01", postal_code="97006", external_id="P-77")


@pytest.fixture
def import_ccd(registry, practice, monkeypatch):
    """`import_ccd(*words)`: run the command for the practice."""
    monkeypatch.setattr(commands, "_registry", lambda: registry)
    return lambda *words: CliRunner().invoke(commands.import_ccd, ["--practice", practice.slug, *map(str, words)])


@pytest.fixture
def file_of(tmp_path):
    """`file_of(name, data)`: a file with this content."""

    def write(name: str, data: bytes):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def shown(db, practice) -> list[str]:
    """The status of every document that the practice has."""
    return sorted(db.scalars(select(Document.status).where(Document.practice_id == practice.id)))


def test_documents_are_taken_in_once(import_ccd, file_of, letter, ann, db, practice):
    file = file_of("visit.xml", letter())
    first, second = import_ccd(file), import_ccd(file, file)
    assert (first.exit_code, first.output) == (0, "visit.xml: taken in.\n")
    assert (second.exit_code, second.output) == (0, "visit.xml: already here.\n" * 2)
    assert shown(db, practice) == ["shown"]


def test_one_that_fits_nobody_is_set_aside_and_that_is_no_failure(import_ccd, file_of, letter, ann, db, practice):
    answer = import_ccd(file_of("visit.xml", letter(postal="1")))
    assert answer.exit_code == 0
    assert "set aside: no patient of this practice" in answer.output
    assert shown(db, practice) == ["quarantined"]


def test_a_refused_one_is_named_with_its_reason_and_the_others_are_taken(import_ccd, file_of, letter, ann, db, practice):
    hostile = file_of("hostile.xml", b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>')
    answer = import_ccd(hostile, file_of("visit.xml", letter()))
    assert answer.exit_code == 1
    assert "hostile.xml: refused. It declares a document type" in answer.output
    assert "visit.xml: taken in." in answer.output
    assert shown(db, practice) == ["shown"]


def test_the_operator_can_say_whose_it_is_but_not_against_the_chart(import_ccd, file_of, letter, ann, db, practice):
    file = file_of("visit.xml", letter(given="Bob", postal="1"))
    refused = import_ccd("--patient", "P-77", file)
    assert refused.exit_code == 1
    assert "refused. The given name in it differs from the chart" in refused.output
    assert shown(db, practice) == []
    assert import_ccd("--patient", "P-77", "--even-if-different", file).exit_code == 0
    assert shown(db, practice) == ["shown"]


def test_an_unknown_practice_or_patient_is_told_in_a_sentence(import_ccd, registry, file_of, letter):
    file = file_of("visit.xml", letter())
    answers = [import_ccd("--patient", "nobody", file), CliRunner().invoke(commands.import_ccd, ["--practice", "nowhere", str(file)])]
    assert [type(answer.exception) for answer in answers] == [Problem, Problem]
    assert "no patient with the number 'nobody'" in str(answers[0].exception)
    assert "no practice called 'nowhere'" in str(answers[1].exception)


def test_a_file_that_is_not_there_is_refused(import_ccd, tmp_path):
    answer = import_ccd(tmp_path / "missing.xml")
    assert answer.exit_code == 1
    assert "missing.xml: refused. It cannot be read" in answer.output


def test_the_installed_command_takes_a_document_in(portal_settings, file_of, letter, ann, db, practice):
    told = {f"CUSPID_{name.upper()}": str(value) for name, value in portal_settings.model_dump().items() if value is not None}
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "core.cli",
        "import",
        "ccd",
        "--practice",
        practice.slug,
        str(file_of("visit.xml", letter())),
    ]
    done = subprocess.run(command, env=os.environ | told, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "visit.xml: taken in.\n"), done.stderr
    assert shown(db, practice) == ["shown"]


def test_sample_documents_go_through_to_the_page(import_ccd, samples, make, signed_in):
    patient = make.patient(first_name="Jeremy", last_name="Bates", birthdate="1980-08-01", postal_code="97006")
    files = sorted((samples / "vendors").glob("*Bates*"))
    answer = import_ccd(*files)
    assert answer.exit_code == 0
    browser = signed_in(patient)
    found = set(re.findall(r'href="(/summary/documents/[^"]+)"', browser.get("/summary").text))
    assert len(found) == answer.output.count("taken in.") >= 5
    for path in found:
        assert "llerg" in browser.get(path + "/body").text

"""`cuspid import fhir` and `cuspid import care`: what they say, what they take, and what is seen of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from core.people.models import Patient
from plugins.formats.commands import import_care, import_fhir, import_table
from tenants import settings

SAMPLES = Path(__file__).parent / "samples"
CARE = SAMPLES / "care.xml"


@pytest.fixture
def robin(make):
    """The patient whom the sample document is about, under the practice's own number."""
    return make.patient(external_id="P-77")


def test_a_file_of_fhir_goes_in_once_and_what_is_wrong_or_left_out_is_told(command_line, practice, monkeypatch):
    words = str(SAMPLES / "bundle.json"), "--practice", practice.slug, "--source", "maple"
    monkeypatch.setattr("core.records.importing.taking.BATCH", 4)
    tried, first, second = command_line(import_fhir, *words, "--dry-run"), command_line(import_fhir, *words), command_line(import_fhir, *words)
    assert "/entry/9/resource/medicationReference: The medicine that it names is not in this file." in first.output
    assert "Patient: 3 new\n" in first.output
    assert "Left out: 1 × CarePlan\n" in first.output
    assert (tried.exit_code, first.exit_code, second.exit_code) == (1, 1, 1)
    assert "Patient: 3 new\n" in tried.output
    assert "nothing was changed" in tried.output
    assert " new" not in second.output
    assert "Patient: 3 as before\n" in second.output
    assert "Care document: 1 new" in first.output
    assert "Image: 1 new" in first.output
    assert "lies at an address" in first.output


def test_a_care_document_of_a_patient_is_seen_with_its_lists(command_line, practice, robin, signed_in):
    words = str(CARE), "--practice", practice.slug, "--patient", "P-77"
    tried, first, second = command_line(import_care, *words, "--dry-run"), command_line(import_care, *words), command_line(import_care, *words)
    assert tried.exit_code == 0, tried.output
    assert "Care document: 1 new\n" in tried.output
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert "Care document: 1 new\n" in first.output
    assert "Patient" not in first.output
    assert " new" not in second.output
    app = signed_in(robin)
    page = app.get("/summary")
    for said in ("Chronic periodontitis", "Penicillin G", "Amoxicillin 500 MG", "Summary of care", "City Clinic"):
        assert said in page.text
    [link] = set(page.lxml.xpath("//a[contains(@href, '/summary/documents/')]/@href[not(contains(., 'download'))]"))
    assert "Keep all teeth" in app.get(f"{link}/body").text


def test_people_of_another_system_are_found_among_the_charts_here(command_line, practice, make, db):
    about = {"birthdate": "1985-04-12", "phone": "555-0142", "email": "robin@example.test"}
    here = make.patient(external_id="P-77", first_name="Robin", last_name="Vale", **about)
    answer = command_line(import_fhir, str(SAMPLES / "bundle.json"), "--practice", practice.slug, "--source", "maple", "--other-system")
    assert "Patient: 2 new, 1 " in answer.output
    db.rollback()
    assert db.scalars(select(Patient.id).where(Patient.practice_id == practice.id, Patient.first_name == "Robin", Patient.last_name == "Vale")).all() == [here.id]


@pytest.mark.parametrize(
    ("chart", "differs"),
    [({"last_name": "Other"}, "family name in it differs"), ({"first_name": "Kim"}, "given name in it differs"), ({"birthdate": "1985-04-13"}, "birthdate in it differs"),
     ({"last_name": "Other", "birthdate": "1990-01-01"}, "birthdate and family name in it differ ")],
)  # fmt: skip
def test_nothing_of_a_document_about_somebody_else_is_taken_in(command_line, practice, make, db, chart, differs):
    make.patient(external_id="P-78", **chart)
    answer = command_line(import_care, str(CARE), "--practice", practice.slug, "--patient", "P-78")
    assert answer.exit_code == 1
    assert differs in answer.output
    assert " new" not in answer.output
    assert "0 of 1 records" in answer.output


def test_a_patient_who_is_called_otherwise_is_the_same(command_line, practice, make):
    make.patient(external_id="P-79", first_name="Robert", preferred_name="Róbin", last_name="VALE ")
    assert command_line(import_care, str(CARE), "--practice", practice.slug, "--patient", "P-79").exit_code == 0


def test_a_number_that_nobody_has_is_told(command_line, practice):
    answer = command_line(import_care, str(CARE), "--practice", practice.slug, "--patient", "P-404")
    assert "no patient with the number" in str(answer.exception or answer.output)


def test_a_file_that_is_no_care_document_says_where_it_stopped(command_line, practice, tmp_path):
    file = tmp_path / "letter.xml"
    file.write_bytes(b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x"><d/>')
    answer = command_line(import_care, str(file), "--practice", practice.slug)
    assert answer.exit_code == 1
    assert "letter.xml, line 1: It declares a document type" in answer.output


def test_where_it_is_switched_off_nothing_is_read(command_line, practice, db, registry):
    settings.switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "formats", False, "Alex", datetime.now(UTC))
    db.commit()
    answer = command_line(import_fhir, str(SAMPLES / "bundle.json"), "--practice", practice.slug)
    assert "switched off" in str(answer.exception or answer.output)


def test_a_table_goes_in_once_by_the_usual_columns_or_a_mapping(command_line, practice, tmp_path):
    people, other, mapping = tmp_path / "people.csv", tmp_path / "other.csv", tmp_path / "mapping.toml"
    people.write_text("PatNum,FName,LName,DOB\n1042,Robin,Ash,1/31/1984\n7,Ann,Ode,soon\n")
    other.write_text("No,Called,Family\n8,Eva,Ode\n")
    mapping.write_text('table = "people"\n[fields]\nexternal_id = "No"\nfirst_name = "Called"\nlast_name = "Family"\n')
    where = ("--practice", practice.slug)
    tried, first, second = (command_line(import_table, str(people), *where, "--of", "people", *dry) for dry in (("--dry-run",), (), ()))
    assert "Patient: 1 new\n" in tried.output
    assert "Line 3, DOB: What stands there is no day" in first.output
    assert "Patient: 1 as before\n" in second.output
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert "Patient: 1 new\n" in command_line(import_table, str(other), *where, "--mapping", str(mapping)).output
    mapping.write_text("table = 7")
    assert "table: " in str(command_line(import_table, str(other), *where, "--mapping", str(mapping)).exception)
    assert command_line(import_table, str(other), *where).exit_code == 2

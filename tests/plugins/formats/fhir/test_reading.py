"""A bundle of our own, with one of each resource, and what becomes of it."""

import io
import json
import re
from pathlib import Path

import pytest

from core.records.importing.found import Fault, LeftOut, WithFile
from plugins.formats.fhir.documents import AT_AN_ADDRESS
from plugins.formats.fhir.reading import read

BUNDLE = Path(__file__).parents[1] / "samples" / "bundle.json"


def found_in(*resources: dict) -> list:
    """What a bulk export with these resources gives."""
    return list(read(io.BytesIO("\n".join(map(json.dumps, resources)).encode()), "old"))


@pytest.fixture(scope="module")
def found() -> list:
    with BUNDLE.open("rb") as file:
        return list(read(file, "old"))


@pytest.fixture(scope="module")
def records(found) -> dict:
    """By kind and number, without what is the same in all."""
    return {(one["kind"], one["external_id"]): one for one in found if isinstance(one, dict)}


def fields(records: dict, kind: str, external_id: str) -> dict:
    record = dict(records[kind, external_id])
    assert (record.pop("kind"), record.pop("external_id")) == (kind, external_id)
    return record


def test_people_come_with_the_name_that_counts_their_number_and_whoever_pays(records):
    assert fields(records, "patient", "old:p1") == {
        "first_name": "Robin", "last_name": "Vale", "preferred_name": "Rob", "sex": "F", "birthdate": "1985-04-12", "phone": "555-0142",
        "email": "robin@example.test", "address_1": "9 Elm Road", "address_2": "Floor 2", "city": "Springfield", "state": "MA", "postal_code": "01104",
        "language": "en-US",
    }  # fmt: skip
    assert fields(records, "patient", "old:p2") == {"first_name": "Kim", "last_name": "Vale", "sex": "U", "guarantor": "old:p1"}


@pytest.mark.parametrize(
    ("said", "status"), [({}, None), ({"active": True}, None), ({"active": False}, "inactive"), ({"deceasedDateTime": "2020"}, "deceased"),
                         ({"active": False, "deceasedBoolean": True}, "deceased"), ({"deceasedBoolean": False}, None)],
)  # fmt: skip
def test_how_a_patient_stands_is_told(said, status):
    [record] = found_in({"resourceType": "Patient", "id": "1", "name": [{"family": "Vale"}], **said})
    assert record.get("status") == status


def test_only_a_guardian_is_one_and_a_person_who_is_a_patient_gets_no_second_chart(records):
    assert fields(records, "relationship", "old:rp1") == {"patient": "old:p2", "related": "old:p1", "relation": "mother", "is_guardian": True}
    assert fields(records, "relationship", "old:rp2") == {"patient": "old:p2", "related": "old:related.rp2", "relation": "grandmother", "is_guardian": False}
    assert fields(records, "patient", "old:related.rp2") == {"first_name": "Ada", "last_name": "Vale", "phone": "555-0199", "sex": "U", "status": "nonpatient"}
    assert ("patient", "old:related.rp1") not in records


def test_practitioners_come_along_with_visits_only(records, found):
    dentist = {"first_name": "Dana", "last_name": "Okafor", "title": "Dr.", "suffix": "DDS", "npi": "1234567893"}
    assert fields(records, "provider", "old:d1") == dentist
    assert ("provider", "old:d2") not in records
    assert LeftOut("Practitioner without visits") in found


def test_visits_come_from_appointments_and_from_encounters(records, found):
    assert fields(records, "appointment", "old:ap1") == {
        "patient": "old:p1", "starts_at": "2027-01-12T14:00:00+00:00", "minutes": 60, "provider": "old:d1", "status": "scheduled",
        "confirmation": "unconfirmed", "reason": "Check-up",
    }  # fmt: skip
    visit = fields(records, "appointment", "old:encounter.e1")
    assert (visit["minutes"], visit["status"], visit["reason"]) == (45, "complete", "Cleaning")
    assert LeftOut("Encounter at a hospital") in found


def test_what_was_entered_in_error_or_ruled_out_is_taken_out(records):
    gone = {key for key, record in records.items() if record.get("deleted")}
    assert gone == {("problem", "old:c2"), ("problem", "old:c3"), ("medication", "old:m3"), ("result", "old:r2"), ("appointment", "old:ap2"),
                    ("care_document", "old:d5"), ("image", "old:d5")}  # fmt: skip


def test_the_chart_keeps_dates_only_as_exactly_as_they_are_told(records):
    problem = fields(records, "problem", "old:c1")
    assert problem == {
        "patient": "old:p1", "name": "Chronic periodontitis", "status": "active", "snomed": "5689008", "icd10": "K05.32", "note": "Since 2015\nUnder control",
    }  # fmt: skip
    allergy = fields(records, "allergy", "old:a1")
    assert (allergy["category"], allergy["reaction"], allergy["rxnorm"], allergy["noted_on"]) == ("drug", "Hives, Swelling", "7980", "2011-03-04")
    assert fields(records, "immunization", "old:i2")["note"] == "Declined\nin spring"


def test_medicines_are_found_where_the_resource_says(records, found):
    assert fields(records, "medication", "old:m1") == {
        "patient": "old:p1", "name": "Amoxicillin 500 MG", "status": "active", "instructions": "One capsule every eight hours", "rxnorm": "308191",
        "started_on": "2024-02-03",
    }  # fmt: skip
    stopped = fields(records, "medication", "old:m2")
    assert (stopped["name"], stopped["status"], stopped["started_on"]) == ("Lisinopril 10 MG", "stopped", "2020-01-01")
    fault = next(one for one in found if isinstance(one, Fault))
    assert re.fullmatch("/entry/[0-9]+/resource/medicationReference", fault.place)


def test_vital_signs_of_one_moment_are_one_record_in_the_units_of_the_portal(records):
    assert fields(records, "vital_sign", "old:vitals.p1.20240301T143000") == {
        "patient": "old:p1", "taken_at": "2024-03-01T14:30:00+00:00", "systolic_mmhg": 128, "diastolic_mmhg": 82, "height_inches": 66.5,
        "temperature_fahrenheit": 98.6,
    }  # fmt: skip


def test_results_and_smoking(records):
    assert fields(records, "result", "old:r1") == {
        "patient": "old:p1", "name": "Hemoglobin A1c", "loinc": "4548-4", "value": "5.6", "unit": "%", "reference_range": "4.0 to 5.6", "flag": "normal",
        "taken_at": "2024-03-01T17:00:00+00:00",
    }  # fmt: skip
    assert fields(records, "smoking_status", "old:s1") == {"patient": "old:p1", "snomed": "266919005", "asked_on": "2024-03-01"}


def test_dental_work_keeps_its_tooth_and_who_did_it(records):
    assert fields(records, "procedure", "old:pr1") == {
        "patient": "old:p1", "description": "White filling", "status": "completed", "cdt": "D2330", "tooth": "7", "surface": "F", "provider": "Dana Okafor",
        "done_on": "2024-03-01",
    }  # fmt: skip
    planned = fields(records, "procedure", "old:planned.sr1")
    assert (planned["status"], planned["tooth"], planned["cdt"]) == ("planned", "14", "D2740")


def test_money_is_in_cents_and_an_answer_is_kept_as_its_claim(records, found):
    assert fields(records, "claim", "old:cl1") == {
        "patient": "old:p1", "carrier": "Aetna Dental", "sent_on": "2024-03-20", "state": "received", "received_on": "2024-03-22", "billed_cents": 21050,
        "paid_cents": 16000,
    }  # fmt: skip
    assert LeftOut("Claim of another insurance than dental") in found
    bill = fields(records, "statement", "old:inv1")
    assert (bill["number"], bill["balance_cents"], bill["sent_on"]) == ("2024-118", 5050, "2024-03-05")
    assert bill["lines"] == [{"entered_on": "2024-03-05", "description": "White filling", "amount_cents": 5050}]
    cover = fields(records, "insurance_coverage", "old:cov")
    assert (cover["carrier"], cover["plan_name"], cover["group_number"], cover["subscriber"]) == ("Aetna Dental", "PPO", "G-9", "Robin Jo Vale")


def test_documents_come_with_their_file_and_nothing_is_fetched(records, found):
    care, paper = (one for one in found if isinstance(one, WithFile))
    assert (care.record, care.content_type) == ({"kind": "care_document", "external_id": "old:d1", "patient": "old:p1"}, "application/xml")
    assert b"Letter from the hospital" in care.data
    assert paper.record == {
        "kind": "image", "external_id": "old:d2", "patient": "old:p1", "folder": "old:documents", "taken_on": "2024-03-02", "type": "document",
        "description": "Consent form",
    }  # fmt: skip
    assert (paper.content_type, paper.data[:4]) == ("image/png", b"\x89PNG")
    assert fields(records, "image_folder", "old:documents") == {"name": "Documents", "shared": True}
    assert [one.reason for one in found if isinstance(one, Fault)][1:] == [AT_AN_ADDRESS]
    assert LeftOut("DocumentReference to another sort of file") in found


def test_unknown_resources_are_counted_and_not_refused(found):
    assert LeftOut("CarePlan") in found


def test_a_bulk_export_says_the_same_line_by_line(records):
    resources = [entry["resource"] for entry in json.loads(BUNDLE.read_text())["entry"]]
    again = {(one["kind"], one["external_id"]): one for one in found_in(*resources) if isinstance(one, dict)}
    assert again == records


def test_a_reference_leads_also_to_a_patient_of_another_file():
    problem = {"resourceType": "Condition", "id": "c", "code": {"text": "Caries"}, "subject": {"reference": "https://old.example.test/fhir/Patient/77"}}
    [record, fault] = found_in(problem, problem | {"id": "d", "subject": {"reference": "urn:uuid:6f122869-a856-3d65-8db9-099bf4f5bbb8"}})
    assert record["patient"] == "old:77"
    assert fault == Fault("line 2/subject", "The patient whom it names is not in this file.")


def test_a_deletion_in_a_history_takes_the_record_out():
    entry = {"request": {"method": "DELETE", "url": "Condition/c9"}}
    bundle = {"resourceType": "Bundle", "type": "history", "entry": [entry]}
    assert found_in(bundle) == [{"kind": "problem", "external_id": "old:c9", "deleted": True}]


def test_a_file_of_two_systems_is_refused_as_a_whole():
    patient = {"resourceType": "Patient", "id": "1", "name": [{"family": "Vale"}]}
    entries = [{"fullUrl": f"https://{host}.example.test/Patient/1", "resource": patient} for host in "ab"]
    [fault] = found_in({"resourceType": "Bundle", "entry": entries})
    assert "two systems" in fault.reason


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"", "character 1", "not FHIR"),
        (b"[]", "character 1", "not FHIR"),
        (b"\xef\xbb\xbf<Patient xmlns='http://hl7.org/fhir'/>", "line 1", "This is XML"),
        ('{"resourceType": "Patient"}'.encode("utf-16"), "line 1", "UTF-8"),
        (b'{"resourceType": "Bundle",\n "entry": [{"resource": {"resourceType": "Pat', "character", "cut off"),
        (b'{"resourceType": "Bundle",\n "entry": [' + b"[" * 100_000, "character", "too deep"),
        (b'{"resourceType": "Bundle",\n "entry": [{"resource": 1}]}', "/entry/0/resource", "no resource"),
        (b'{"id": "1"}', "line 1/resourceType", "not FHIR"),
        (b'{"resourceType": "Patient",\n "id": "\xff"}', "character", "UTF-8"),
        (b'{"resourceType": "Condition", "subject": {"reference": "Patient/1"}}', "line 1/id", "no id"),
    ],
)
def test_what_cannot_be_read_is_a_fault_with_its_place(data, place, words):
    [fault] = read(io.BytesIO(data))
    assert isinstance(fault, Fault)
    assert fault.place.startswith(place)
    assert words in fault.reason


def test_a_bundle_is_read_in_pieces(monkeypatch):
    monkeypatch.setattr("plugins.formats.fhir.frames._CHUNK", 7)
    whole = json.dumps(json.loads(BUNDLE.read_text()), indent=1).encode()
    with BUNDLE.open("rb") as file:
        assert list(read(io.BytesIO(whole), "old")) == list(read(file, "old"))


def test_people_come_before_all_that_names_them(found):
    kinds = [one["kind"] for one in found if isinstance(one, dict)]
    people = ("provider", "patient", "relationship")
    assert sorted(kinds[: sum(map(kinds.count, people))]) == sorted(kind for kind in kinds if kind in people)
    assert [one["external_id"] for one in found if isinstance(one, dict) and one["kind"] == "patient"][-1] == "old:p2"

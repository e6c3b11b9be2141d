"""A care document of our own, and what becomes of it."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.records.importing.found import Fault, LeftOut, WithFile
from plugins.formats.ccda.document import read_document
from plugins.formats.ccda.reading import read

CARE = Path(__file__).parents[1] / "samples" / "care.xml"
ZONE = ZoneInfo("America/New_York")
LAUGHS = b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n<ClinicalDocument xmlns="urn:hl7-org:v3">&b;</ClinicalDocument>'


@pytest.fixture(scope="module")
def found() -> list:
    return list(read_document(CARE.read_bytes(), "ccda", ZONE))


@pytest.fixture(scope="module")
def records(found) -> dict[str, list[dict]]:
    """By kind, without what is the same in all."""
    gathered: dict[str, list[dict]] = {}
    for one in found:
        if isinstance(one, dict):
            own = {name: value for name, value in one.items() if name not in ("kind", "external_id", "patient")}
            gathered.setdefault(one["kind"], []).append(own)
    return gathered


def test_its_patient_has_the_senders_number_and_never_a_social_security_number(found):
    assert found[0] == {
        "kind": "patient", "external_id": "ccda:2.25.7:MR-1", "first_name": "Robin", "last_name": "Vale", "preferred_name": "Rob", "birthdate": "1985-04-12",
        "sex": "F", "address_1": "9 Elm Road", "city": "Springfield", "state": "MA", "postal_code": "01104", "phone": "555-0142", "email": "robin@example.test",
    }  # fmt: skip
    without = CARE.read_bytes().replace(b'<id root="2.25.7" extension="MR-1"/>', b"")
    numbers = {next(iter(read_document(data, "ccda", ZONE)))["external_id"] for data in (without, without.replace(b"DOC-1", b"DOC-2"))}
    assert len(numbers) == 1
    assert "111-22-3333" not in str(list(read_document(without, "ccda", ZONE)))


def test_who_has_died_is_known_as_such():
    data = CARE.read_bytes().replace(b"<birthTime", b'<s:deceasedInd xmlns:s="urn:hl7-org:sdtc" value="true"/><birthTime')
    assert next(iter(read_document(data, "ccda", ZONE)))["status"] == "deceased"


def test_the_lists_of_the_chart(records):
    assert records["problem"] == [
        {"name": "Chronic periodontitis", "status": "active", "snomed": "5689008", "icd10": "K05.32", "note": "Since 2015"},
        {"name": "Dry mouth", "status": "resolved", "started_on": "2020-01-02", "ended_on": "2020-03-10"},
    ]
    assert records["allergy"] == [
        {"substance": "Penicillin G", "category": "drug", "status": "active", "reaction": "Hives", "rxnorm": "7980", "noted_on": "2010-05-05"}
    ]
    words = "One capsule every eight hours"
    assert records["medication"] == [
        {"name": "Amoxicillin 500 MG", "status": "active", "rxnorm": "308191", "instructions": words, "started_on": "2024-02-03"},
        {"name": "Lisinopril", "status": "stopped", "instructions": words, "started_on": "2020-01-01", "ended_on": "2020-06-01"},
    ]
    assert records["immunization"] == [{"vaccine": "Influenza", "status": "given", "cvx": "140", "lot_number": "L-7", "given_on": "2023-10-02"}]
    assert records["smoking_status"] == [{"snomed": "266919005", "asked_on": "2024-03-02"}]


@pytest.mark.parametrize(
    ("written", "instead", "kind"),
    [(b'displayName="Penicillin G"', b'displayName="No known allergies"', "allergy"), (b"<name>Lisinopril<", b"<name>x<", ""),
     (b'code="308191" codeSystem="2.16.840.1.113883.6.88" displayName="Amoxicillin 500 MG"', b'nullFlavor="UNK" displayName="No current long-term medications"', "medication"),
     (b'code="5689008"', b'code="160245001"', "problem"), (b'code="7980"', b'code="716186003"', "allergy")],
)  # fmt: skip
def test_that_there_is_none_is_known_however_it_is_said(written, instead, kind):
    data = CARE.read_bytes()
    assert written in data
    found = read_document(data.replace(written, instead), "ccda", ZONE)
    none = [(one["kind"], one["patient"]) for one in found if isinstance(one, dict) and one.get("status") == "none_known"]
    assert none == ([(kind, "ccda:2.25.7:MR-1")] if kind else [])


def test_a_problem_as_such_is_none():
    data = CARE.read_bytes().replace(b'code="5689008"', b'code="55607006"')
    assert [one["name"] for one in read_document(data, "ccda", ZONE) if isinstance(one, dict) and one["kind"] == "problem"] == ["Dry mouth"]


def test_what_was_found_and_done(records):
    assert records["vital_sign"] == [{"taken_at": "2024-03-01T14:30:00+00:00", "systolic_mmhg": 128, "diastolic_mmhg": 82, "height_inches": 66.5}]
    assert records["result"] == [
        {"name": "Hemoglobin A1c", "loinc": "4548-4", "value": "5.6", "unit": "%", "reference_range": "4.0 to 5.6 %", "flag": "normal",
         "taken_at": "2024-03-01T17:00:00+00:00"}
    ]  # fmt: skip
    assert records["procedure"] == [
        {"description": "White filling", "status": "done_elsewhere", "cdt": "D2330", "tooth": "7", "surface": "F", "provider": "Dana Okafor", "done_on": "2024-03-01"},
        {"description": "Crown", "status": "planned", "cdt": "D2740", "done_on": "2027-01-10"},
    ]


def test_the_document_itself_comes_last_and_the_rest_of_it_is_counted(found):
    assert found[-1] == {"kind": "care_document", "external_id": "ccda:2.25.1:DOC-1:1", "patient": "ccda:2.25.7:MR-1"}
    assert {one.what for one in found if isinstance(one, LeftOut)} == {
        "Section “Goals”, seen in the document only", "An entry that does not say what it is",
    }  # fmt: skip


def test_another_document_that_says_the_same_gives_the_same_records():
    again = CARE.read_bytes().replace(b'extension="9"', b'extension="77"').replace(b"DOC-1", b"DOC-2")
    first, second = (list(read_document(data, "ccda", ZONE)) for data in (CARE.read_bytes(), again))
    assert first[:-1] == second[:-1]
    assert first[-1] != second[-1]


def test_a_process_of_its_own_says_the_same(found):
    with CARE.open("rb") as file:
        assert list(read(file, "ccda", ZONE)) == [*found[:-1], WithFile(found[-1], "application/xml", CARE.read_bytes())]


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"", "/", "empty"),
        (LAUGHS, "line 1", "document type"),
        (b"<a>" * 100_000, "line 1", "damaged"),
        (b'{"resourceType": "Patient"}', "line 1", "not an XML"),
        (b"<Patient xmlns='http://hl7.org/fhir'/>", "/", "not a care document"),
        (CARE.read_bytes()[:3000], "line 2", "cut off"),
        (CARE.read_bytes().replace(b"recordTarget", b"recordTargets"), "/ClinicalDocument/recordTarget", "no patient"),
        (CARE.read_bytes().replace(b"family>", b"familie>"), "/ClinicalDocument/recordTarget/patientRole/patient/name", "last name"),
    ],
)
def test_what_cannot_be_read_is_a_fault_with_its_place(data, place, words):
    [fault] = read_document(data, "ccda", ZONE)
    assert isinstance(fault, Fault)
    assert fault.place.startswith(place)
    assert words in fault.reason

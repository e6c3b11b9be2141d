"""Documents go in by the door and are seen under Summary: the samples from outside, and those that the portal writes itself."""

from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.people.models import Patient
from core.records.importing.found import Fault
from plugins.formats.ccda.document import read_document

ZONE = ZoneInfo("America/New_York")


def test_samples_from_outside_go_in_and_are_seen_under_summary(outside, taken_in, signed_in, db, practice):
    files = [path for path in sorted((outside / "ccda").rglob("*.xml")) if path.parent.name != "fragments"]
    assert len(files) > 30
    shown = []
    for path in files:
        found = list(read_document(path.read_bytes(), f"sample{len(shown)}", ZONE))
        records = [one for one in found if isinstance(one, dict) and one["kind"] != "care_document"]
        # The one that is no care document is an older format.
        assert bool(records) is (path.name != "CCR_Sample1.xml"), path
        assert [one for one in found if isinstance(one, Fault)] == [] or not records, path
        if records:
            assert taken_in(records).keys() == {"created"}, path
            shown.append(records)
    db.commit()
    for records in [shown[0], shown[-1], *(one for one in shown if {"result", "problem", "allergy"} <= {record["kind"] for record in one})][:4]:
        patient = db.scalars(select(Patient).where(Patient.practice_id == practice.id, Patient.external_id == records[0]["external_id"])).one()
        page = signed_in(patient).get("/summary").text
        for record in records:
            for word in (record.get("name"), record.get("substance"), record.get("vaccine")):
                assert not word or word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page


CHART = [
    {"kind": "allergy", "substance": "Penicillin", "category": "drug", "status": "active", "reaction": "Hives", "rxnorm": "7980", "noted_on": "2010-01-05"},
    {"kind": "allergy", "substance": "Latex", "category": "other", "status": "resolved"},
    {"kind": "medication", "name": "Lisinopril 10 mg", "status": "active", "rxnorm": "314076", "started_on": "2021-03-01"},
    {"kind": "medication", "name": "Ibuprofen 400 mg", "status": "stopped"},
    {"kind": "problem", "name": "Dental caries", "status": "resolved", "snomed": "80967001", "icd10": "K02.9", "started_on": "2025-02-10", "ended_on": "2025-03-10"},
    {"kind": "problem", "name": "Dry mouth", "status": "active"},
    {"kind": "immunization", "vaccine": "Influenza vaccine", "status": "given", "cvx": "141", "given_on": "2024-10-01"},
    {"kind": "result", "name": "Hemoglobin A1c", "loinc": "4548-4", "value": "5.6", "unit": "%", "flag": "normal", "reference_range": "4.0 to 5.6",
     "taken_at": "2025-03-10T14:00:00+00:00"},
    {"kind": "vital_sign", "taken_at": "2025-03-10T14:00:00+00:00", "systolic_mmhg": 128, "weight_pounds": 150.5},
    {"kind": "smoking_status", "snomed": "266919005", "asked_on": "2025-03-10"},
]  # fmt: skip
NONE = [{"kind": kind, "status": "none_known"} for kind in ("allergy", "medication", "problem")]


def _read_back(records, make, signed_in) -> list[dict]:
    """What the document says that the portal writes about a patient with these records."""
    patient = make.patient(address_1="9 Elm Road", city="Springfield", state="MA", postal_code="01104", sex="F")
    make.take_in([{"external_id": f"X{number}-{patient.id}", "patient": patient.external_id, **record} for number, record in enumerate(records)])
    written = signed_in(patient).get("/summary/download", status=200).body
    found = list(read_document(written, "cuspid", ZONE))
    assert not [one for one in found if isinstance(one, Fault)]
    own = [{name: value for name, value in one.items() if name not in ("external_id", "patient")} for one in found if isinstance(one, dict)]
    assert [one["kind"] for one in own[:1] + own[-1:]] == ["patient", "care_document"]
    return own[1:-1]


def test_what_the_portal_writes_is_read_back_as_it_was(make, signed_in):
    def order(record: dict) -> tuple:
        return record["kind"], str(sorted(record.items()))

    assert sorted(_read_back(CHART, make, signed_in), key=order) == sorted(CHART, key=order)
    assert sorted(_read_back(NONE, make, signed_in), key=order) == sorted(NONE, key=order)

"""What a practice system sends, and what becomes of it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core import records
from core.records import door
from core.records.kinds import kinds_for
from plugins.summary.models import Document
from plugins.summary.records import KINDS
from plugins.summary.services import chart, documents
from plugins.summary.services.page import page_of, readings

ZONE = ZoneInfo("America/New_York")


def test_everything_that_is_sent_comes_back_in_the_chart_newest_first(make, db, practice, statements, chart_of):
    patient = make.patient(first_name="Ann")
    chart_of(patient)
    with statements() as seen:
        held = chart.load(db, practice.id, patient.id, ZONE)
    assert len(seen) == 1
    assert (held.subject.first_name, held.clinician.name) == ("Ann", "Dana Okafor, DDS")
    assert [one.substance for one in held.allergies] == ["Penicillin", "Latex"]
    assert held.medications[0].started_on == date(2021, 3, 1)
    assert [one.description for one in held.done] == ["White filling", "Crown"]
    assert [one.description for one in held.planned] == ["Cleaning"]
    assert held.vital_signs[0].taken_at == datetime(2025, 3, 10, 14, 0, tzinfo=UTC)
    assert held.vital_signs[0].taken_at.utcoffset() == ZONE.utcoffset(datetime(2025, 3, 10))
    assert held.smoking[0].snomed == "266919005"


def test_entries_of_another_patient_are_not_in_the_chart(make, db, practice, chart_of):
    chart_of(make.patient())
    held = chart.load(db, practice.id, make.patient().id, ZONE)
    assert not page_of(held).shown


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "allergy", "substance": " "},
        {"kind": "medication", "name": ""},
        {"kind": "problem", "status": "gone", "name": "x"},
        {"kind": "smoking_status", "snomed": "1", "asked_on": "2025-01-01"},
        {"kind": "result", "name": "x", "value": "1", "taken_at": "2025-01-01T10:00:00"},
        {"kind": "vital_sign", "taken_at": "2025-01-01T10:00:00Z", "systolic_mmhg": 4000},
        {"kind": "procedure", "description": "x", "tooth": "1", "color": "blue"},
        {"kind": "immunization", "vaccine": "x", "patient": "nobody"},
    ],
)
def test_what_cannot_be_right_is_refused_with_a_reason(make, db, record):
    patient = make.patient()
    kinds = records.kinds_of(KINDS, _people())
    [answer] = door.take_in(db, kinds, [{"external_id": "X", "patient": patient.external_id} | record])
    assert answer.outcome == "refused"
    assert answer.reason


def _people():
    from core.people import records as people

    return people.KINDS


def test_none_known_needs_no_name(make, db, practice):
    patient = make.patient()
    asked = {"status": "none_known", "patient": patient.external_id}
    make.take_in(
        [{"kind": "allergy", "external_id": "A", "noted_on": "2025-03-10", **asked}, {"kind": "medication", "external_id": "M", **asked}]
    )
    page = page_of(chart.load(db, practice.id, patient.id, ZONE))
    assert [(part.title, len(part.entries), len(part.asked_none)) for part in page.shown] == [("Allergies", 0, 1), ("Medicines", 0, 1)]
    assert "conditions" in page.empty


def test_what_was_not_measured_is_left_out():
    from plugins.summary.ccd.content import VitalSigns

    moment = datetime(2025, 3, 10, tzinfo=UTC)
    full = VitalSigns(None, moment, 128, 82, 70, 14, 98, 98.6, 65.5, 150.25)
    half = VitalSigns(None, moment, 128, None, None, None, None, None, 20, None)
    none = VitalSigns(None, moment, None, None, None, None, None, None, None, None)
    found = readings([full, half, none])
    assert found[0].values == {
        "Blood pressure": "128/82 mmHg", "Pulse": "70 a minute", "Breathing": "14 a minute", "Oxygen": "98 %", "Temperature": "98.6 °F",
        "Height": "5 ft 5.5 in", "Weight": "150.25 lb",
    }  # fmt: skip
    assert found[1].values == {"Blood pressure": "128/– mmHg", "Height": "1 ft 8 in"}
    assert len(found) == 2


@pytest.fixture
def document(make, letter):
    """A record of a care document about its patient, with the document as an upload."""
    patient = make.patient(first_name="Ann", last_name="Lee", birthdate="1980-08-01")
    sent = {"kind": "care_document", "external_id": "C1", "patient": patient.external_id}
    return patient, lambda data=None, **fields: sent | {"file": make.upload("care_document", data or letter(), "application/xml")} | fields


def test_a_care_document_comes_with_a_record_and_is_read_in_the_summary(make, db, practice, document, signed_in):
    patient, record = document
    first = record()
    assert make.take_in([first])[0].outcome == "created"
    assert [answer.outcome for answer in make.take_in([first, record()])] == ["unchanged", "unchanged"]
    [listed] = documents.listed(db, practice.id, patient.id)
    assert (listed.title, listed.sender) == ("Visit note", "City Clinic")
    page = signed_in(patient).get("/summary")
    assert "Visit note" in page.text
    assert page.click("Visit note").status_int == 200


def test_a_newer_document_takes_the_place_of_the_older_one(make, db, practice, document, registry, letter):
    patient, record = document
    make.take_in([record()])
    assert make.take_in([record(letter().replace(b"Visit note", b"Later note"))])[0].outcome == "updated"
    assert [one.title for one in documents.listed(db, practice.id, patient.id)] == ["Later note"]
    assert registry.files.count(practice.id) == 1


def test_a_care_document_of_somebody_else_or_without_its_file_is_refused_and_nothing_is_kept(make, db, practice, registry, document):
    _, record = document
    other = make.patient(first_name="Bob", last_name="Lee", birthdate="1980-08-01")
    kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
    batch = [record(patient=other.external_id), record(b"<?xml version='1.0'?><note/>", external_id="C2"), record(external_id="C3") | {"file": None}]
    answers = door.take_in(db, kinds, batch)
    assert [answer.outcome for answer in answers] == ["refused"] * 3
    assert [answer.reason for answer in answers] == [
        "file: The given name in it differs from the chart of the patient who is named.",
        "file: It is XML, but not a care document (HL7 CDA).",
        "file: is missing; a new record of this kind comes with its file.",
    ]
    assert db.scalars(select(Document)).all() == []

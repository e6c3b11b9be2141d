"""Files go in by the door and are seen in the tabs: our own bundle, and the samples from outside."""

from pathlib import Path

from sqlalchemy import select

from core.people.models import Patient
from core.records.importing.found import Fault
from plugins.formats.fhir.reading import read

BUNDLE = Path(__file__).parents[1] / "samples" / "bundle.json"


def test_our_own_bundle_goes_in_whole_and_is_seen_in_the_tabs(taken_in, signed_in, db, practice):
    with BUNDLE.open("rb") as file:
        outcomes = taken_in([one for one in read(file, "old") if isinstance(one, dict) and not one.get("deleted")])
    assert outcomes.keys() == {"created"}
    db.commit()
    patient = db.scalars(select(Patient).where(Patient.practice_id == practice.id, Patient.external_id == "old:p1")).one()
    app = signed_in(patient)
    summary = app.get("/summary").text
    for word in ("Chronic periodontitis", "Since 2015", "Penicillin", "Amoxicillin 500 MG", "Hemoglobin A1c", "White filling", "Never smoked", "128/82"):
        assert word in summary
    assert "Aetna Dental" in app.get("/account/insurance").text
    assert "Check-up" in app.get("/appointments").text


def test_samples_from_outside_go_in_whole(outside, taken_in, db):
    files = sorted((outside / "fhir" / "synthea").glob("*.json"))
    assert files
    for path in files:
        with path.open("rb") as file:
            found = list(read(file, "synthea"))
        assert not [one for one in found if isinstance(one, Fault)]
        assert taken_in([one for one in found if isinstance(one, dict)]).keys() == {"created"}
    db.rollback()


def test_resources_in_xml_are_refused_with_what_to_do(outside):
    for path in (outside / "fhir" / "dental-ig").rglob("*.xml"):
        with path.open("rb") as file:
            [fault] = read(file)
        assert "This is XML" in fault.reason

"""The demo's document from outside."""

from datetime import UTC, datetime
from types import SimpleNamespace

from plugins.summary import demo
from plugins.summary.services import documents
from tenants.demo.sunrise import elena


def test_the_demo_has_a_document_from_outside_that_keeps_the_rules(registry, practice, db, make, validator):
    patient = make.patient(external_id=elena.NUMBER)
    demo.make(db, registry, practice.id, {elena.NUMBER: patient}, datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    db.commit()
    [document] = documents.listed(db, practice.id, patient.id)
    assert (document.sender, document.author) == ("Foothills Oral Surgery", "Dr. Priya Raman DMD")
    assert document.created.endswith("at 2:10 PM")
    _, key = documents.find(db, practice.id, patient.id, document.id)
    with registry.files.within(practice.id).open(key) as file:
        assert validator(file.read()) == []


def test_a_practice_without_these_patients_gets_none(registry, practice, db):
    demo.make(db, SimpleNamespace(files=registry.files), practice.id, {}, datetime(2026, 11, 23, 9, 0, tzinfo=UTC))

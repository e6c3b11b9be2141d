"""Changes over the network: in order, again until they are acknowledged, to the practice's own keys that may read them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.people import changes as people
from tests.core.records.api.conftest import System

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)


@pytest.fixture
def said(db, practice, make):
    """`said("es-MX")`: somebody chooses a language."""
    patient = make.patient()

    def put(*languages: str):
        for language in languages:
            people.note_of(db, people.LANGUAGE, practice.id, patient.id, NOW, people.LanguageDetails(language=language))
        db.commit()
        return patient

    return put


def languages(found) -> list[str]:
    return [one["data"]["language"] for one in found.json["changes"]]


def test_changes_come_in_order_and_again_until_they_are_acknowledged(system, said, db, practice):
    patient = said("es-MX", "fr-FR", "de-DE")
    found = system.ask("GET", "changes?limit=2", status=200)
    assert languages(found) == ["es-MX", "fr-FR"]
    first = found.json["changes"][0]
    assert first["patient"] == first["target"] == {"portal_id": str(patient.id), "external_id": patient.external_id}
    assert (first["kind"], first["target_kind"], first["at"]) == ("patient.language_changed", "patient", NOW.isoformat())
    assert system.ask("GET", "changes", status=200).json["changes"][:2] == found.json["changes"]
    assert languages(system.ask("GET", f"changes?after={found.json['changes'][1]['number']}")) == ["de-DE"]
    system.ask("POST", "changes/acknowledge", {"until": found.json["changes"][1]["number"]}, status=204)
    left = system.ask("GET", "changes")
    assert (languages(left), left.json["acknowledged"]) == (["de-DE"], 2)
    assert languages(system.ask("GET", "changes?after=0")) == ["es-MX", "fr-FR", "de-DE"]
    read = select(AuditEvent.target_id).where(AuditEvent.practice_id == practice.id, AuditEvent.action == "api.changes.read")
    assert set(db.scalars(read)) == {system.key.id}


def test_what_was_before_a_key_was_made_is_not_its_own_and_another_practices_is_never(portal, practice, said, other_system):
    said("es-MX")
    late = System(portal, practice)
    said("fr-FR")
    assert languages(late.ask("GET", "changes")) == ["fr-FR"]
    assert other_system.ask("GET", "changes?after=0").json["changes"] == []


@pytest.mark.parametrize("asked", ["limit=0", "limit=1001", "after=-1", "after=9223372036854775808", "limit=ten", "after=%00", "limit=%D9%A1"])
def test_a_number_that_is_none_is_refused_with_its_place(system, asked):
    found = system.ask("GET", f"changes?{asked}", status=422)
    assert (found.content_type, found.json["pointer"]) == ("application/problem+json", f"?{asked.partition('=')[0]}")


@pytest.mark.parametrize("body", [{"until": 1}, {"until": -1}, {"until": "0"}, {"until": True}, {"until": 10**30}, {}, {"until": 0, "more": 1}])
def test_what_was_not_handed_out_cannot_be_acknowledged(system, body):
    assert system.ask("POST", "changes/acknowledge", body, status=422).json["detail"]


def test_only_a_key_that_may_read_reads(portal, practice, said):
    said("es-MX")
    sender = System(portal, practice, reads=False)
    sender.ask("GET", "changes", status=403)
    sender.ask("POST", "changes/acknowledge", {"until": 0}, status=403)
    sender.ask("GET", "changes", status=401, Authorization="Bearer cuspid_none")

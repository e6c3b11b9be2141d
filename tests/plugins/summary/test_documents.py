"""Care documents from outside: once each, as they came, and nothing left of what is refused."""

from pathlib import Path

import pytest
from sqlalchemy import select

from core.files import FilesUnavailable
from core.files.local import LocalFiles
from core.records import door
from core.records.kinds import kinds_for
from plugins.summary.models import Document
from plugins.summary.services import documents


@pytest.fixture
def ann(make):
    """The patient whom the documents are about."""
    return make.patient(first_name="Ann", last_name="Lee", birthdate="1980-08-01")


@pytest.fixture
def receive(make, db, registry, ann):
    """`receive(data, number)`: a document comes with a record; answers what became of that."""

    def take(data: bytes, number: str = "C1"):
        record = {"kind": "care_document", "external_id": number, "patient": ann.external_id, "file": make.upload("care_document", data, "application/xml")}
        [answer] = door.take_in(db, kinds_for(registry, frozenset(registry.plugins.plugins)), [record])
        db.commit()
        return answer

    return take


@pytest.fixture
def kept(portal_settings, practice):
    """`kept()`: the files of documents that the practice has."""
    folder = Path(portal_settings.files_url.removeprefix("file:")) / str(practice.id) / "summary"
    return lambda: [path for path in folder.rglob("*") if path.is_file() and not path.suffix]


def test_a_document_is_shown_to_its_patient_and_kept_as_it_came(receive, db, practice, registry, ann, letter):
    data = letter()
    assert receive(data).outcome == "created"
    [listed] = documents.listed(db, practice.id, ann.id)
    assert (listed.title, listed.sender, listed.created, listed.size) == ("Visit note", "City Clinic", "January 2, 2020", len(data))
    _, key = documents.find(db, practice.id, ann.id, listed.id)
    with registry.files.within(practice.id).open(key) as file:
        assert file.read() == data


def test_another_document_with_the_same_number_is_a_question_for_the_office(receive, db, practice, ann, letter):
    receive(letter())
    assert receive(letter(title="Changed"), "C2").outcome == "created"
    assert [one.title for one in documents.listed(db, practice.id, ann.id)] == ["Visit note"]
    [aside] = db.scalars(select(Document).where(Document.practice_id == practice.id, Document.status == "quarantined"))
    assert aside.reason == "conflict"
    with pytest.raises(documents.NoSuchDocument):
        documents.find(db, practice.id, ann.id, aside.id)


def test_a_later_version_stands_beside_the_earlier_one(receive, db, practice, ann, letter):
    receive(letter())
    receive(letter(version="2"), "C2")
    assert len(documents.listed(db, practice.id, ann.id)) == 2


def test_one_that_says_less_of_its_patient_contradicts_nobody(receive, letter):
    assert receive(letter(birthdate="", given="")).outcome == "created"


def test_the_very_same_document_under_two_numbers_is_refused(receive, letter, kept):
    receive(letter())
    assert receive(letter(), "C2").reason == "file: This very document is here already, as another record or from an import."
    assert len(kept()) == 1


@pytest.mark.parametrize("data", [b"<a>", b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', b"<a>" * 200_000])
def test_nothing_is_left_of_what_is_refused(receive, db, practice, data, kept):
    assert receive(data).outcome == "refused"
    assert kept() == []
    assert db.scalars(select(Document.id).where(Document.practice_id == practice.id)).all() == []


def test_nothing_is_left_when_the_file_cannot_be_stored(receive, db, practice, letter, kept, monkeypatch):
    put = LocalFiles.put

    def fail(store, key, *more):
        if "/summary/" in key:
            raise FilesUnavailable
        return put(store, key, *more)

    monkeypatch.setattr(LocalFiles, "put", fail)
    with pytest.raises(FilesUnavailable):
        receive(letter())
    db.rollback()
    assert kept() == []
    assert db.scalars(select(Document.id).where(Document.practice_id == practice.id)).all() == []

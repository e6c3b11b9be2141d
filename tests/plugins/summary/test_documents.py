"""Taking documents in: once each, to the right person or to nobody, and nothing left of what is refused."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from core.files import FilesUnavailable
from core.safety import UnsafeFile
from plugins.summary.models import Document
from plugins.summary.services import documents, receiving

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def store(registry, practice):
    """The files of the practice."""
    return registry.files.within(practice.id)


@pytest.fixture
def ann(make):
    """The patient whom the documents are about."""
    return make.patient(first_name="Ann", last_name="Lee", birthdate="1980-08-01", postal_code="97006", phone="", email="")


@pytest.fixture
def receive(db, store):
    """`receive(data)`: take a document in."""
    return lambda data, **more: receiving.receive(db, store, io.BytesIO(data), NOW, **more)


@pytest.fixture
def kept(portal_settings, practice):
    """`kept()`: the files that the practice has."""
    folder = Path(portal_settings.files_url.removeprefix("file:")) / str(practice.id)
    return lambda: [path for path in folder.rglob("*") if path.is_file() and not path.suffix]


def test_a_document_about_a_patient_is_shown_to_that_patient_and_kept_as_it_came(receive, db, practice, store, ann, letter):
    data = letter()
    received = receive(data)
    assert received.outcome == "shown"
    [listed] = documents.listed(db, practice.id, ann.id)
    assert (listed.title, listed.sender, listed.created, listed.size) == ("Visit note", "City Clinic", "January 2, 2020", len(data))
    _, key = documents.find(db, practice.id, ann.id, listed.id)
    with store.open(key) as file:
        assert file.read() == data


def test_the_same_document_twice_is_one(receive, db, practice, store, ann, letter, kept):
    first, second = receive(letter()), receive(letter())
    assert (second.outcome, second.document_id) == ("known", first.document_id)
    assert len(documents.listed(db, practice.id, ann.id)) == len(kept()) == 1


@pytest.mark.parametrize(
    "changes, reason",
    [({"birthdate": "19800802"}, "nobody"), ({"postal": "10001"}, "nobody"), ({"given": ""}, "unclear"), ({"birthdate": ""}, "unclear")],
)
def test_a_document_that_fits_nobody_is_set_aside_and_shown_to_nobody(receive, db, practice, ann, letter, changes, reason):
    received = receive(letter(**changes))
    assert (received.outcome, received.reason) == ("quarantined", reason)
    assert documents.listed(db, practice.id, ann.id) == []
    with pytest.raises(documents.NoSuchDocument):
        documents.find(db, practice.id, ann.id, received.document_id)


def test_a_document_that_fits_two_is_unclear(receive, make, ann, letter):
    make.patient(first_name="Ann", last_name="Lee", birthdate="1980-08-01", postal_code="97006")
    assert receive(letter()).reason == "unclear"


def test_another_document_with_the_same_number_is_a_question_for_the_office(receive, db, practice, ann, letter):
    receive(letter())
    received = receive(letter(title="Changed"))
    assert (received.outcome, received.reason) == ("quarantined", "conflict")
    assert [one.title for one in documents.listed(db, practice.id, ann.id)] == ["Visit note"]


def test_a_later_version_stands_beside_the_earlier_one(receive, db, practice, ann, letter):
    receive(letter())
    assert receive(letter(version="2")).outcome == "shown"
    assert len(documents.listed(db, practice.id, ann.id)) == 2


def test_the_sender_may_say_whose_it_is(receive, db, practice, ann, letter):
    assert receive(letter(postal="10001"), patient=ann).outcome == "shown"
    assert receive(letter(birthdate="", given="", version="2"), patient=ann).outcome == "shown"


def test_a_document_that_contradicts_the_named_patient_is_refused(receive, db, practice, store, ann, letter, kept):
    with pytest.raises(receiving.WrongPatient) as wrong:
        receive(letter(given="Bob", birthdate="19991231"), patient=ann)
    assert wrong.value.differs == ["birthdate", "given name"]
    assert kept() == []
    assert receive(letter(given="Bob", birthdate="19991231"), patient=ann, even_if_different=True).outcome == "shown"


@pytest.mark.parametrize("data", [b"", b"<a>", b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', b"<a>" * 200_000])
def test_nothing_is_left_of_what_is_refused(receive, db, practice, store, data, kept):
    with pytest.raises(UnsafeFile):
        receive(data)
    assert kept() == []
    assert db.scalars(select(Document.id).where(Document.practice_id == practice.id)).all() == []


def test_nothing_is_left_when_the_file_cannot_be_stored(db, store, practice, ann, letter, monkeypatch):
    def fail(*_):
        raise FilesUnavailable

    monkeypatch.setattr(store, "put", fail)
    with pytest.raises(FilesUnavailable):
        receiving.receive(db, store, io.BytesIO(letter()), NOW)
    assert db.scalars(select(Document.id).where(Document.practice_id == practice.id)).all() == []


def test_nothing_is_left_when_the_row_cannot_be_kept(db, store, ann, letter, monkeypatch, kept):
    def fail():
        raise ConnectionError

    monkeypatch.setattr(db, "commit", fail)
    with pytest.raises(ConnectionError):
        receiving.receive(db, store, io.BytesIO(letter()), NOW)
    assert kept() == []


def test_two_practices_may_hold_the_same_document(receive, other_db, other_practice, registry, ann, letter):
    receive(letter())
    elsewhere = receiving.receive(other_db, registry.files.within(other_practice.id), io.BytesIO(letter()), NOW)
    assert (elsewhere.outcome, elsewhere.reason) == ("quarantined", "nobody")


def test_a_document_that_was_set_aside_is_shown_once_it_is_known_whose_it_is(receive, db, practice, ann, letter, kept):
    aside = receive(letter(postal="1"))
    assert receive(letter(postal="1")).outcome == "known"
    found = receive(letter(postal="1"), patient=ann)
    assert (found.outcome, found.document_id) == ("shown", aside.document_id)
    assert [one.id for one in documents.listed(db, practice.id, ann.id)] == [aside.document_id]
    assert len(kept()) == 1


def test_a_document_is_never_moved_from_one_patient_to_another(receive, db, practice, make, ann, letter):
    receive(letter())
    stranger = make.patient(first_name="Bo")
    with pytest.raises(receiving.AnotherPatient):
        receive(letter(), patient=stranger, even_if_different=True)
    assert documents.listed(db, practice.id, stranger.id) == []
    assert len(documents.listed(db, practice.id, ann.id)) == 1

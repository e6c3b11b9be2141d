from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from plugins.webmail.models import Message
from plugins.webmail.services import reading

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def message(patient, number=1, **fields):
    words = {
        "kind": "message",
        "external_id": f"M{number}",
        "patient": patient.external_id,
        "subject": f"Subject {number}",
        "body": f"Body {number}",
    }
    return words | {"sent_at": NOW + timedelta(minutes=number), "provider": "D1"} | fields


def test_the_inbox_holds_what_the_office_wrote_newest_first(make, db, practice):
    patient = make.patient()
    make.take_in([message(patient, 1), message(patient, 2), message(patient, 3, direction="to_office")])
    items, more = reading.messages(db, practice.id, patient.id, "to_patient")
    assert ([item.subject for item in items], more) == (["Subject 2", "Subject 1"], False)
    assert (items[0].provider, items[0].opening, items[0].read_at, items[0].writer) == ("Dana Okafor, DDS", "Body 2", None, None)


def test_messages_of_an_older_portal_appear_as_sent_by_the_patient(make, db, practice):
    patient = make.patient(first_name="Robin", last_name="Vale")
    make.take_in([message(patient, 1, direction="to_office", provider=None)])
    [item] = reading.messages(db, practice.id, patient.id, "to_office")[0]
    assert (item.writer, item.provider, item.account_id) == ("Robin Vale", "", None)


def test_long_folders_come_in_pages_that_leave_nothing_out(make, db, practice):
    patient = make.patient()
    make.take_in([message(patient, number, sent_at=NOW) for number in range(45)])
    pages = [reading.messages(db, practice.id, patient.id, "to_patient", page) for page in (1, 2, 3, 4)]
    assert [(len(items), more) for items, more in pages] == [(20, True), (20, True), (5, False), (0, False)]
    assert len({item.id for items, _ in pages for item in items}) == 45


def test_opening_a_conversation_marks_it_read_once_and_tells_what_was_new(make, db, practice):
    patient = make.patient()
    make.take_in([message(patient, 1)])
    [item] = reading.messages(db, practice.id, patient.id, "to_patient")[0]
    [first] = reading.open_thread(db, practice.id, patient.id, item.id, NOW)
    db.commit()
    [second] = reading.open_thread(db, practice.id, patient.id, item.id, NOW + timedelta(days=1))
    db.commit()
    assert (first.is_new, second.is_new, second.read_at) == (True, False, NOW)


def test_opening_a_conversation_is_one_statement(make, db, practice, statements):
    patient = make.patient()
    make.take_in([message(patient, 1), message(patient, 2, reply_to="M1"), message(patient, 3, reply_to="M2")])
    last = db.scalars(select(Message.id).where(Message.external_id == "M3")).one()
    with statements() as seen:
        letters = reading.open_thread(db, practice.id, patient.id, last, NOW)
    assert [letter.subject for letter in letters] == ["Subject 1", "Subject 2", "Subject 3"]
    assert len(seen) == 1


def test_opening_one_conversation_leaves_others_unread(make, db, practice):
    patient = make.patient()
    make.take_in([message(patient, 1), message(patient, 2)])
    [newest, _] = reading.messages(db, practice.id, patient.id, "to_patient")[0]
    reading.open_thread(db, practice.id, patient.id, newest.id, NOW)
    assert reading.count_unread(db, practice.id, patient.id) == 1


def test_what_the_patient_wrote_does_not_count_as_unread(make, db, practice):
    patient = make.patient()
    make.take_in([message(patient, 1, direction="to_office"), message(patient, 2, read_at=NOW), message(patient, 3)])
    assert reading.count_unread(db, practice.id, patient.id) == 1
    assert [item.subject for item in reading.newest_unread(db, practice.id, patient.id, most=3)] == ["Subject 3"]


def test_each_person_of_a_family_has_messages_of_their_own(make, db, practice):
    parent, child = make.patient(), make.patient()
    make.take_in([message(parent, 1), message(child, 2)])
    [of_child] = reading.messages(db, practice.id, child.id, "to_patient")[0]
    assert of_child.subject == "Subject 2"
    with pytest.raises(reading.MessageNotFound):
        reading.open_thread(db, practice.id, parent.id, of_child.id, NOW)
    assert reading.count_unread(db, practice.id, child.id) == 1


def test_an_answer_that_names_another_persons_message_shows_nothing_of_theirs(make, db, practice):
    parent, child = make.patient(), make.patient()
    make.take_in([message(parent, 1), message(child, 2, reply_to="M1")])
    [of_child] = reading.messages(db, practice.id, child.id, "to_patient")[0]
    assert [letter.subject for letter in reading.open_thread(db, practice.id, child.id, of_child.id, NOW)] == ["Subject 2"]
    assert reading.count_unread(db, practice.id, parent.id) == 1


def test_a_message_of_another_practice_is_not_found_even_by_its_id(make, db, practice, other_make, other_db, other_practice):
    patient, stranger = make.patient(), other_make.patient()
    other_make.take_in([message(stranger, 1)])
    theirs = other_db.scalars(select(Message.id)).one()
    for practice_id, patient_id in ((practice.id, patient.id), (other_practice.id, stranger.id)):
        with pytest.raises(reading.MessageNotFound):
            reading.open_thread(db, practice_id, patient_id, theirs, NOW)
    other_db.rollback()
    assert reading.count_unread(other_db, other_practice.id, stranger.id) == 1


def test_lists_read_the_beginning_of_long_messages_only(make, db, practice):
    patient = make.patient()
    make.take_in([message(patient, 1, body="\n" + "first " * 30 + "\n" + "x" * 4000)])
    [item] = reading.messages(db, practice.id, patient.id, "to_patient")[0]
    assert item.opening.startswith("first first")
    assert len(item.opening) <= reading.OPENING

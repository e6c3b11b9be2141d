from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.outbox import OutboxRow
from core.records import changes
from plugins.webmail.models import Message
from plugins.webmail.services import reading, writing

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture
def patient(make):
    return make.patient()


@pytest.fixture
def author(practice, make, patient):
    return writing.Author(practice.id, patient.id, make.account(patient).id)


def draft(body="It hurts when I chew.", nonce="one", subject="Tooth"):
    return writing.Draft(subject, body, nonce)


def waiting(db, practice):
    return db.scalars(select(OutboxRow.ids).where(OutboxRow.practice_id == practice.id, OutboxRow.task == "webmail.send_notice")).all()


def test_a_new_message_goes_to_the_patients_own_provider_with_a_task_to_tell_them(db, practice, author):
    sent = writing.compose(db, author, draft(), NOW)
    row = db.get_one(Message, (practice.id, sent.id))
    assert (row.provider_id, row.direction, row.source, row.thread_id) == (practice.provider_id, "to_office", "portal", sent.id)
    assert waiting(db, practice) == [{"message_id": str(sent.id)}]


def test_without_a_provider_it_goes_to_the_office_as_a_whole(db, practice, make):
    patient = make.patient(provider=None)
    author = writing.Author(practice.id, patient.id, make.account(patient).id)
    sent = writing.compose(db, author, draft(), NOW)
    assert db.get_one(Message, (practice.id, sent.id)).provider_id is None
    assert writing.correspondent(db, practice.id, patient.id) == ""


def test_message_and_task_are_written_together_or_not_at_all(db, practice, author):
    writing.compose(db, author, draft(), NOW)
    db.rollback()
    assert db.scalar(select(func.count()).select_from(Message)) == 0
    assert waiting(db, practice) == []


def test_a_reply_goes_to_whom_the_message_came_from_and_stays_in_its_conversation(db, practice, author, make, patient):
    make.take_in([{"kind": "provider", "external_id": "D2", "first_name": "Kim", "last_name": "Moreau"}])
    make.take_in(
        [
            {
                "kind": "message",
                "external_id": "M1",
                "patient": patient.external_id,
                "provider": "D2",
                "subject": "X-ray",
                "body": "Hi",
                "sent_at": NOW,
            }
        ]
    )
    first = db.scalars(select(Message).where(Message.external_id == "M1")).one()
    sent = writing.reply(db, author, first.id, draft(), NOW + timedelta(hours=1))
    row = db.get_one(Message, (practice.id, sent.id))
    assert (row.thread_id, row.provider_id, row.reply_to_id, row.subject) == (first.id, first.provider_id, first.id, "Re: X-ray")


def test_one_form_sends_one_message_however_often_it_is_submitted(db, practice, author):
    first, second = (writing.compose(db, author, draft(), NOW + timedelta(seconds=n)) for n in range(2))
    assert (first.id, first.is_new, second.is_new) == (second.id, True, False)
    assert len(waiting(db, practice)) == 1


def test_the_same_form_with_other_words_is_another_message(db, practice, author):
    sent = {writing.compose(db, author, draft(body=body), NOW).id for body in ("First thought", "Second thought")}
    assert len(sent) == 2


def test_the_same_words_from_another_form_are_another_message(db, author):
    assert writing.compose(db, author, draft(nonce="one"), NOW).id != writing.compose(db, author, draft(nonce="two"), NOW).id


def test_forms_submitted_at_the_same_moment_send_one_message(practice, author, db):
    start = Barrier(4)

    def submit(_):
        with practice.session() as session:
            start.wait()
            sent = writing.compose(session, author, draft(), NOW)
            session.commit()
            return sent

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(submit, range(4)))
    assert sorted(one.is_new for one in sent) == [False, False, False, True]
    assert len({one.id for one in sent}) == 1
    assert len(waiting(db, practice)) == 1


def test_twenty_messages_an_hour_are_enough(db, author):
    for number in range(writing.MOST_IN_AN_HOUR):
        writing.compose(db, author, draft(nonce=str(number)), NOW)
    with pytest.raises(writing.TooManyMessages):
        writing.compose(db, author, draft(nonce="more"), NOW + timedelta(minutes=59))
    assert not writing.compose(db, author, draft(nonce="3"), NOW).is_new
    assert writing.compose(db, author, draft(nonce="more"), NOW + timedelta(minutes=61)).is_new


@pytest.mark.parametrize("body", ["", " \n ", "x" * 5001])
def test_a_message_that_cannot_be_kept_is_refused_and_writes_nothing(db, practice, author, body):
    with pytest.raises(ValueError):
        writing.compose(db, author, draft(body=body), NOW)
    assert db.scalar(select(func.count()).select_from(Message)) == 0


def test_a_message_of_another_person_cannot_be_answered(db, practice, author, make):
    other = make.patient()
    make.take_in([{"kind": "message", "external_id": "M1", "patient": other.external_id, "body": "Hi", "sent_at": NOW}])
    theirs = db.scalars(select(Message.id)).one()
    with pytest.raises(reading.MessageNotFound):
        writing.reply(db, author, theirs, draft(), NOW)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet=st.characters(), min_size=1, max_size=200), st.text(alphabet=st.characters(), max_size=100))
def test_any_text_is_refused_or_comes_back_from_the_database_as_it_was_checked(db, practice, author, body, subject):
    try:
        sent = writing.compose(db, author, draft(body, "n", subject), NOW)
    except ValueError:
        return
    [letter] = reading.open_thread(db, practice.id, author.patient_id, sent.id, NOW)
    assert letter.body == writing.checked_body(body)
    assert letter.subject == writing.checked_subject(subject)
    db.rollback()


def test_the_practices_system_is_told_of_a_message_once(db, practice, author, patient):
    first = writing.compose(db, author, draft(), NOW)
    writing.compose(db, author, draft(), NOW)
    writing.reply(db, author, first.id, draft("Now it does not.", nonce="two"), NOW)
    db.commit()
    told, answer = [one for one in changes.waiting(db, practice.id, "test") if one.kind == "message.written"]
    assert (told.target["portal_id"], told.data["subject"], told.data["body"], told.data["provider"]["external_id"]) == (str(first.id), "Tooth", "It hurts when I chew.", "D1")
    assert (answer.data["reply_to"]["portal_id"], answer.data["thread"]) == (str(first.id), told.data["thread"])

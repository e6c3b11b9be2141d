from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from core.records import door
from core.records.kinds import kinds_for
from plugins.webmail.models import Message
from plugins.webmail.records import MessageRecord
from plugins.webmail.services import reading

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def message(patient, number=1, **fields):
    words = {"kind": "message", "external_id": f"M{number}", "patient": patient.external_id, "body": "Hello", "sent_at": NOW}
    return words | fields


def test_a_message_that_is_sent_again_changes_nothing_and_stays_read(make, db, practice):
    patient = make.patient()
    assert make.take_in([message(patient)])[0].outcome == "created"
    [item] = reading.messages(db, practice.id, patient.id, "to_patient")[0]
    reading.open_thread(db, practice.id, patient.id, item.id, NOW)
    db.commit()
    assert make.take_in([message(patient)])[0].outcome == "unchanged"
    assert reading.count_unread(db, practice.id, patient.id) == 0


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_an_answer_joins_the_conversation_that_it_answers_in_whichever_order_they_come(make, db, order):
    patient = make.patient()
    batch = [message(patient, 1), message(patient, 2, reply_to="M1"), message(patient, 3, reply_to="M2"), message(patient, 4)]
    make.take_in([batch[place] for place in order])
    threads = dict(db.execute(select(Message.external_id, Message.thread_id)).all())
    first = db.scalars(select(Message.id).where(Message.external_id == "M1")).one()
    assert threads["M1"] == threads["M2"] == threads["M3"] == first
    assert threads["M4"] != first


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": ""}, {"body": " \u200b"}, {"body": "x" * 5001}, {"body": "x" * 50_000}, {"subject": "x" * 101}, {"direction": "elsewhere"},
        {"sent_at": "2026-11-23T15:00:00"}, {"patient": "nobody"}, {"provider": "nobody"}, {"reply_to": "nothing"}, {"html": "<p>"},
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_right_is_refused_with_a_reason_that_does_not_repeat_it(make, db, registry, wrong):
    record = message(make.patient()) | wrong
    [answer] = door.take_in(db, kinds_for(registry, frozenset({"webmail"})), [record])
    assert answer.outcome == "refused"
    assert answer.reason
    assert "xxx" not in answer.reason
    assert db.scalars(select(Message.id)).all() == []


@given(st.text(alphabet=st.characters(), max_size=200), st.text(alphabet=st.characters(), max_size=120))
def test_any_text_is_either_refused_or_can_be_stored(body, subject):
    try:
        record = MessageRecord(external_id="1", patient="P", body=body, subject=subject, sent_at=NOW)
    except ValidationError:
        return
    values = record.model_dump()
    assert "\0" not in values["body"] + values["subject"]
    assert (values["body"] + values["subject"]).encode()


def test_a_message_written_here_is_answered_by_its_portal_id(make, db, practice):
    from plugins.webmail.services import writing

    patient = make.patient()
    account = make.account(patient)
    sent = writing.compose(db, writing.Author(practice.id, patient.id, account.id), writing.Draft("Crown", "It hurts.", "n"), NOW)
    db.commit()
    make.take_in([message(patient, 9, reply_to=str(sent.id), sent_at=NOW + timedelta(hours=1))])
    letters = reading.open_thread(db, practice.id, patient.id, sent.id, NOW)
    assert [letter.body for letter in letters] == ["It hurts.", "Hello"]


def test_who_of_the_office_wrote_is_named_where_it_was_no_provider(make, signed_in, registry, db):
    patient = make.patient()
    make.take_in([message(patient, sender="Tomas, front desk", subject="Your visit", sent_at=datetime.now(UTC) - timedelta(hours=1))])
    app = signed_in(patient)
    inbox = app.get("/webmail")
    assert "Tomas, front desk" in inbox.text
    assert "Tomas, front desk" in inbox.click("Your visit").text
    kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
    [answer] = door.take_in(db, kinds, [message(patient, 2, sender="Tomas", direction="to_office")])
    assert "somebody of the office" in answer.reason

"""Messages at the office: what waits, reading, answering, marking as done, and who may."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from plugins.webmail.models import Message

PATH = "/office/webmail/messages"


@pytest.fixture
def office(signed_in, make):
    """`office(role)`: somebody with this role is signed in at the office."""
    return lambda role="front_desk", **about: signed_in(account=make.staff(role, **about))


@pytest.fixture
def patient(make):
    return make.patient(first_name="Noor", last_name="Haddad", email="noor@example.test")


@pytest.fixture
def account(make, patient):
    return make.account(patient)


@pytest.fixture
def writes(signed_in, account):
    """`writes(subject)`: the patient writes; gives the browser."""
    app = signed_in(account=account)

    def write(subject="Crown", body="It came off."):
        page = app.get("/webmail/compose")
        form = page.forms[max(key for key in page.forms if isinstance(key, int))]
        form["subject"], form["body"] = subject, body
        form.submit(status=303)
        return app

    return write


def message_of(db, direction="to_office") -> Message:
    db.expire_all()
    return db.scalars(select(Message).where(Message.direction == direction).order_by(Message.sent_at.desc())).first()


def test_what_a_patient_writes_waits_until_the_office_answers(writes, office, work_off, mails, db, practice, patient):
    writer = writes()
    app = office(name="Grace Lin")
    assert "Messages to answer" in app.get("/office")
    page = app.get(PATH).click("Crown")
    assert "It came off." in page
    assert "Read by the office" in writer.get("/webmail/sent")
    form = page.forms["webmail-answer"]
    form["body"] = "Please come in today."
    assert "Your answer is on its way to Noor Haddad." in form.submit(status=303).follow()
    form.submit(status=303)  # pressed twice
    assert "Every message is answered" in app.get(PATH)
    assert "Messages to answer" not in app.get("/office")
    work_off()
    work_off()
    told = [mail for mail in mails.to("noor@example.test") if practice.host in mail.get_body(("plain",)).get_content()]
    assert len(told) == 1
    read = writer.get("/webmail").click("Re: Crown")
    assert read.text.count("Please come in today.") == 1
    assert f"Practice {practice.slug}" in read
    assert "Grace Lin" not in read
    actions = [event.action for event in db.scalars(select(AuditEvent).where(AuditEvent.patient_id == patient.id))]
    assert {"webmail.message.view", "webmail.message.answer"} <= set(actions)


def test_what_needs_no_answer_is_marked_as_done_and_can_wait_again(writes, office):
    writes()
    app = office("clinical")
    page = app.get(PATH).click("Crown").forms["webmail-done"].submit(status=303).follow()
    assert "Every message is answered" in app.get(PATH)
    page.forms["webmail-again"].submit(status=303)
    assert "Crown" in app.get(PATH)


def test_an_empty_answer_is_refused_and_one_that_is_too_long_is_not_lost(writes, office, db):
    writes()
    page = office().get(PATH).click("Crown")
    assert "Please write your message." in page.forms["webmail-answer"].submit(status=422)
    page.forms["webmail-answer"]["body"] = "a" * 5001
    refused = page.forms["webmail-answer"].submit(status=422)
    assert "Please shorten the message" in refused
    assert "a" * 5001 in refused
    assert message_of(db, "to_patient") is None


def test_those_who_have_waited_longest_stand_first_and_several_messages_are_one_conversation(make, office, db, practice, patient, account):
    now, begun = datetime.now(UTC), uuid4()
    for subject, minutes, thread in (("Old", 90, begun), ("Re: Old", 5, begun), ("New", 30, uuid4())):
        about = {"practice_id": practice.id, "patient_id": patient.id, "account_id": account.id, "direction": "to_office", "source": "portal"}
        db.add(Message(**about, id=thread if subject != "Re: Old" else uuid4(), thread_id=thread, subject=subject, body=subject, sent_at=now - timedelta(minutes=minutes)))
        db.flush()
    db.commit()
    page = office().get(PATH).text
    assert page.index("Re: Old") < page.index(">New<")
    assert "2 messages wait" in page


def test_an_answer_from_the_practices_own_system_settles_and_history_never_waits(writes, make, office, work_off, db, patient):
    make.take_in([{"kind": "message", "external_id": "H1", "patient": patient.external_id, "direction": "to_office", "subject": "Long ago", "body": "Hello", "sent_at": datetime.now(UTC)}])
    writes()
    app = office()
    assert "Long ago" not in app.get(PATH)
    answer = {"external_id": "A1", "patient": patient.external_id, "reply_to": message_of(db).external_id, "subject": "Re: Crown", "body": "Come in.", "sent_at": datetime.now(UTC)}
    make.take_in([{"kind": "message", **answer}])
    work_off()
    assert "Every message is answered" in app.get(PATH)


def test_who_may_not_read_messages_finds_none(writes, office, db, practice, other_make, other_signed_in):
    writes()
    one = f"{PATH}/{message_of(db).id}"
    for role in ("billing", "read_only"):
        office(role).get(PATH, status=403)
    limited = office("front_desk", clinic_ids=(uuid4(),))
    assert "Crown" not in limited.get(PATH)
    token = limited.get("/office").forms["sign-out"]["csrf_token"].value
    limited.get(one, status=404)
    for act in ("answer", "done", "again"):
        limited.post(f"{one}/{act}", {"csrf_token": token, "body": "Hello"}, status=404)
    other_signed_in(account=other_make.staff()).get(one, status=404)
    assert "Crown" in office("front_desk", clinic_ids=(practice.clinic_id,)).get(PATH)

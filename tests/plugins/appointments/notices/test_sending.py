"""Notices in the database: written once whoever looks at the same time, sent once, and told apart from what changed since."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core import allowance, tasks
from core.outbox import OutboxRow
from core.plans import KINDS
from core.texting import TextNotSent
from plugins.appointments.models import Appointment, Confirmation, Notice, NoticeChoice
from plugins.appointments.notices import stopping

NUMBER = "303-555-0142"


@pytest.fixture
def patient(make):
    """A patient whom nobody else has the address of."""

    def put(**fields):
        return make.patient(**{"email": f"robin-{secrets.token_hex(4)}@example.test", "phone": ""} | fields)

    return put


@pytest.fixture
def notices(db, practice):
    """`notices()`: what is on record, the oldest first."""

    def read() -> list[Notice]:
        db.rollback()
        return list(db.scalars(select(Notice).where(Notice.practice_id == practice.id).order_by(Notice.id).execution_options(populate_existing=True)))

    return read


def test_a_reminder_is_mailed_without_a_word_of_what_will_be_done(patient, visit, rule, look, work_off, mails, notices):
    robin = patient(preferred_name="Rob")
    visit(robin, reason="Root canal", procedures=[{"code": "D3310", "words": "Root canal"}])
    rule()
    assert look() == 1
    work_off()
    [mail] = mails.to(robin.email)
    text, html = (mail.get_body(kind).get_content() for kind in (("plain",), ("html",)))
    assert "Rob" in text
    assert "Main Street" in text
    assert "555-0100.\n\nYou don’t want mails of this kind" in text.replace("\r\n", "\n")
    assert "oot canal" not in text + html + mail["Subject"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [(one.state, one.channel) for one in notices()] == [("sent", "email")]
    assert look() == 0


def test_the_link_to_the_calendar_opens_a_file_with_time_and_place_only(patient, visit, rule, look, work_off, mails, web, practice, db):
    robin = patient(first_name="Robin")
    seen = visit(robin, reason="Root canal")
    rule()
    look()
    work_off()
    [mail] = mails.to(robin.email)
    text = mail.get_body(("plain",)).get_content()
    path = re.search(r"/hooks/appointments/calendar/[\w-]{43}", text)[0]
    answer = web.get(path)
    assert answer.content_type == "text/calendar"
    assert f"{seen.starts_at:%Y%m%dT%H%M}" in answer.text
    assert not [word for word in ("Robin", "anal") if word in answer.text]
    assert web.get(path[:-2] + "xx", status="*").status_int == 404
    seen.status = "broken"
    db.commit()
    assert web.get(path, status="*").status_int == 404


def test_two_who_look_at_the_same_moment_write_one_message(patient, visit, rule, look, notices):
    for _ in range(3):
        visit(patient())
    rule()
    rule("confirmation")
    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(lambda _: look(), range(3))) == [0, 0, 6]
    assert len(notices()) == 6


def test_a_task_that_is_delivered_again_finds_nothing_to_do(patient, visit, rule, look, work_off, mails, notices, db, practice):
    robin = patient()
    visit(robin)
    rule()
    look()
    work_off()
    # As if the worker had died before the queue knew that it was done.
    db.execute(update(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.task == "appointments.send_notice").values(done_at=None))
    db.commit()
    work_off()
    assert len(mails.to(robin.email)) == 1


def test_an_edited_rule_sends_nothing_again_and_a_moved_visit_is_told_anew(patient, visit, rule, look, work_off, mails, db):
    robin = patient()
    seen, reminder = visit(robin), rule()
    look()
    reminder.lead_days = 5
    db.commit()
    assert look() == 0
    seen.starts_at += timedelta(hours=2)
    db.commit()
    assert look() == 1
    work_off()
    # The first was written for a time that the visit has no longer: it is left out.
    assert len(mails.to(robin.email)) == 1


@pytest.mark.parametrize(("change", "reason"), [({"status": "broken"}, "changed"), ({"starts_at": datetime.now(UTC) + timedelta(days=9)}, "changed")])
def test_what_changed_before_it_was_sent_is_left_out(patient, visit, rule, look, work_off, mails, notices, db, change, reason):
    robin = patient()
    seen = visit(robin)
    rule()
    look()
    for name, value in change.items():
        setattr(seen, name, value)
    db.commit()
    work_off()
    assert mails.to(robin.email) == []
    assert [(one.state, one.reason) for one in notices()] == [("skipped", reason)]


def test_a_rule_that_is_switched_off_stops_what_waits(patient, visit, rule, look, work_off, notices, db):
    visit(patient())
    reminder = rule()
    look()
    reminder.is_on = False
    db.commit()
    work_off()
    assert [(one.state, one.reason) for one in notices()] == [("skipped", "off")]


def test_who_cannot_be_reached_is_noted_once_and_told_as_soon_as_there_is_an_address(patient, visit, rule, look, notices, make):
    robin = patient(email="")
    visit(robin)
    rule()
    assert [look(), look()] == [0, 0]
    assert [(one.state, one.reason) for one in notices()] == [("skipped", "no_address")]
    make.take_in([{"kind": "patient", "external_id": robin.external_id, "first_name": "Robin", "last_name": "Vale", "email": "new@example.test"}])
    assert look() == 1


def test_a_confirmation_is_asked_by_text_with_a_code_and_a_link(number, patient, visit, rule, look, work_off, mails, db, practice):
    robin = patient(phone=number)
    seen = visit(robin)
    rule("confirmation", send_order=["text"])
    look()
    work_off()
    [text] = mails.to(number)
    assert "Reply C to confirm" in text.get_content()
    assert "/appointments/answer/" in text.get_content().replace("\n", "")
    db.rollback()
    db.refresh(seen)
    assert seen.confirmation == "asked"
    assert db.scalar(select(Confirmation.state).where(Confirmation.practice_id == practice.id)) == "sent"


def test_a_text_that_a_dying_worker_may_have_sent_is_not_sent_again_and_its_code_is_good(number, patient, visit, rule, look, work_off, mails, notices, db, practice, registry, monkeypatch):
    visit(patient(phone=number))
    rule("confirmation", send_order=["text"])
    look()
    send = registry.texts.send

    def die(to, body):
        send(to, body)
        raise KeyboardInterrupt  # nothing mends this: as a process that is killed

    monkeypatch.setattr(registry.texts, "send", die)
    with pytest.raises(KeyboardInterrupt):
        work_off()
    monkeypatch.setattr(registry.texts, "send", send)
    work_off()
    assert [one.state for one in notices()] == ["waiting"]  # somebody may be at it still
    db.execute(update(OutboxRow).where(OutboxRow.practice_id == practice.id).values(available_at=datetime.now(UTC) - timedelta(minutes=1)))
    db.commit()
    work_off()
    assert [(one.state, one.reason) for one in notices()] == [("sent", "unknown")]
    assert len(mails.to(number)) == 1
    assert [tuple(one) for one in db.execute(select(Confirmation.code, Confirmation.state).where(Confirmation.practice_id == practice.id))] == [("C", "sent")]


def test_a_text_that_the_gateway_did_not_take_is_tried_again_with_the_same_code(number, patient, visit, rule, look, work_off, mails, notices, db, practice, registry, monkeypatch):
    visit(patient(phone=number))
    rule("confirmation", send_order=["text"])
    look()
    send = registry.texts.send

    def refuse(to, body):
        raise TextNotSent("busy")

    monkeypatch.setattr(registry.texts, "send", refuse)
    work_off()
    monkeypatch.setattr(registry.texts, "send", send)
    db.execute(update(OutboxRow).where(OutboxRow.practice_id == practice.id).values(available_at=datetime.now(UTC) - timedelta(minutes=1)))
    db.commit()
    work_off()
    [text] = mails.to(number)
    assert "Reply C to confirm" in text.get_content()
    assert [one.state for one in notices()] == ["sent"]


def test_thanks_go_to_what_was_booked_or_entered_since_and_not_to_what_came_with_the_first_fill(patient, rule, look, notices, db, make):
    robin, now = patient(), datetime.now(UTC)
    rule("thanks", lead_days=0, since=now - timedelta(hours=1))
    record = {"kind": "appointment", "patient": robin.external_id, "clinic": "C1", "starts_at": now + timedelta(days=9), "minutes": 30}
    make.take_in([
        record | {"external_id": "came along"},
        record | {"external_id": "old", "starts_at": now + timedelta(days=10), "entered_at": now - timedelta(days=40)},
        record | {"external_id": "entered", "starts_at": now + timedelta(days=11), "entered_at": now - timedelta(minutes=5)},
    ])  # fmt: skip
    look()
    told = lambda: {db.get_one(Appointment, (one.practice_id, one.appointment_id)).external_id for one in notices()}  # noqa: E731
    assert told() == {"entered"}
    # Once the first fill is over, what comes has been made: also where the system does not say when.
    db.execute(update(Appointment).where(Appointment.external_id == "came along").values(made_at=now - timedelta(days=5)))
    db.commit()
    make.take_in([record | {"external_id": "later", "starts_at": now + timedelta(days=12)}])
    look()
    assert told() == {"entered", "later"}


def test_an_undeliverable_confirmation_says_so_at_the_visit(patient, visit, rule, look, work_off, notices, db):
    seen = visit(patient(email="not an address"))
    rule("confirmation", send_order=["email"])
    look()
    work_off()
    assert [one.state for one in notices()] == ["waiting"]
    look()
    assert [one.state for one in notices()] == ["failed"]
    db.refresh(seen)
    assert seen.confirmation == "failed"


def test_who_said_no_gets_none_of_that_kind(patient, visit, rule, look, work_off, mails, db, practice, registry, web):
    robin = patient()
    visit(robin)
    rule()
    look()
    work_off()
    [mail] = mails.to(robin.email)
    path = mail["List-Unsubscribe"].strip("<>").split(practice.host, 1)[1].split("/", 1)[1]
    page = web.get(f"/{path}")
    assert "Turn off" in page.text
    # A mail program posts by itself, without cookies.
    assert "are off" in web.post(f"/{path}", {"List-Unsubscribe": "One-Click"}).text
    assert db.scalar(select(NoticeChoice.is_on).where(NoticeChoice.practice_id == practice.id)) is False
    visit(robin, 1.5)
    assert look() == 0
    web.post(f"/{path}", {"turn": "on"})
    assert look() == 1
    assert web.get(f"/{path[:-2]}xx", expect_errors=True).status_int == 404


def test_texts_count_for_the_plan_and_mails_take_their_place(patient, visit, rule, look, notices, db, practice):
    assert "texts" in KINDS
    visit(patient(phone=NUMBER))
    rule(send_order=["text", "email"])
    assert look() == 1
    assert allowance.plan_of(db, practice.id).uses[list(KINDS).index("texts")].used == 1
    assert "appointments.text_notice" in tasks.mail_tasks()


def test_of_joined_charts_what_was_written_and_what_is_not_wanted_stays(patient, visit, rule, look, work_off, db, practice, notices, registry):
    kept, absorbed = patient(), patient()
    visit(absorbed)
    rule()
    look()
    for one, on in ((kept, True), (absorbed, False)):
        db.add(NoticeChoice(patient_id=one.id, kind="reminder", channel="email", is_on=on, by="office", changed_at=datetime.now(UTC)))
    db.commit()
    from plugins.appointments.notices import charts

    charts.join(db, practice.id, kept.id, absorbed.id)
    db.commit()
    assert [(one.patient_id, one.recipient_id) for one in notices()] == [(kept.id, kept.id)]
    assert stopping.off(db, practice.id, [kept.id, absorbed.id]) == {(kept.id, "reminder", "email")}
    charts.forget(db, practice.id, kept.id)
    db.commit()
    assert notices() == []


def test_a_patient_turns_kinds_off_on_the_own_page(patient, visit, rule, look, signed_in, db, practice):
    robin = patient(phone=NUMBER)
    visit(robin)
    rule(send_order=["email", "text"])
    app = signed_in(robin)
    page = app.get("/profile/notices")
    assert "Welcome" not in page.text
    forms = [form for form in page.forms.values() if "kind" in form.fields and form["kind"].value == "appointments.reminder"]
    assert [form["channel"].value for form in forms] == ["email", "text"]
    for form in forms:
        assert "turned off" in form.submit("on").follow().text
    off = stopping.off(db, practice.id, [robin.id])
    assert off == {(robin.id, "reminder", "email"), (robin.id, "reminder", "text")}
    assert look() == 0

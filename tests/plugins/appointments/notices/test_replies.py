"""Text messages that come in: signed, dealt with once, and what each of them does."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.texting.interface import signature_of
from core.texting.local import local_secret
from plugins.appointments.models import Appointment, Notice, TextNumber
from plugins.appointments.notices import answers
from plugins.appointments.notices.values import Person
from plugins.appointments.services import confirming

PATH = "/hooks/appointments/texts"


@pytest.fixture
def send_back(web, registry, practice, number):
    """`send_back("C")`: a text message comes in from the number; gives what is sent back."""

    def send(body: str, reference: str = "", sign=None, status=None, sender=None) -> str:
        fields = {"From": sender or number, "Body": body, "MessageSid": reference or secrets.token_hex(8), "To": "+13035550100"}
        address = registry.portal.address(practice.host) + PATH
        signature = signature_of(local_secret(registry.portal.secret_key) if sign is None else sign, address, list(fields.items()))
        return web.post(PATH, fields, headers={"X-Twilio-Signature": signature}, status=status).text

    return send


@pytest.fixture
def asked(make, visit, rule, look, work_off, number):
    """A patient who was asked by text whether they come."""
    patient = make.patient(phone=number, email="")
    seen = visit(patient)
    rule("confirmation")
    look()
    work_off()
    return seen


def test_a_code_confirms_and_says_thank_you_once(asked, send_back, db):
    assert "your visit is confirmed" in send_back(" c ", "SM1")
    assert "<Message>" not in send_back("C", "SM1")
    assert "fits no visit" in send_back("C7")
    db.rollback()
    db.refresh(asked)
    assert asked.confirmation == "confirmed"


@pytest.mark.parametrize("word", ["STOP", "stop", "End", " quit. ", "UNSUBSCRIBE"])
def test_whoever_answers_stop_gets_no_text_until_they_answer_start(asked, visit, make, send_back, look, db, practice, word):
    assert "<Message>" not in send_back(word)
    make.take_in([{"kind": "appointment", "external_id": "again", "patient": _number_of(db, asked), "clinic": "C1", "starts_at": asked.starts_at.replace(hour=3), "minutes": 30}])
    assert look() == 0
    assert db.scalar(select(TextNumber.is_stopped).where(TextNumber.practice_id == practice.id)) is True
    assert "again" in send_back("optin")
    assert db.scalar(select(TextNumber.is_stopped).where(TextNumber.practice_id == practice.id)) is False


def test_help_says_whom_to_call_and_other_words_that_nobody_reads_them(asked, send_back):
    assert "555-0100" in send_back("help")
    assert "Nobody reads" in send_back("Yes, I <b>am</b> coming")
    assert "<Message>" not in send_back("Hello", sender="+13035559999")
    assert "<Message>" not in send_back("C" * 5000 + "\0", sender="no number")


def test_two_practices_with_one_sender_get_the_answers_to_their_own_codes(asked, send_back, number, registry, db, other_practice, other_make, other_db):
    """The gateway reports all of them to the first practice."""
    robin, now = other_make.patient(phone=number, email=""), datetime.now(UTC)
    other_make.take_in([{"kind": "appointment", "external_id": "V1", "patient": robin.external_id, "starts_at": now + timedelta(days=2), "minutes": 30}])
    theirs = other_db.scalars(select(Appointment).where(Appointment.practice_id == other_practice.id)).one()
    row = (Notice(practice_id=other_practice.id), theirs, robin)
    requests = answers.ask(other_db, registry.portal.secret_key, [row], Person(robin.id, number=number), now)
    confirming.sent(other_db, other_practice.id, requests[theirs.id].id, now)
    other_db.commit()
    assert requests[theirs.id].code == "C2"
    assert "is confirmed" in send_back("C2")
    for session, visit, confirmed in ((other_db, theirs, True), (db, asked, False)):
        session.rollback()
        session.refresh(visit)
        assert (visit.confirmation == "confirmed") == confirmed
    send_back("STOP")
    other_db.rollback()
    assert other_db.scalar(select(TextNumber.is_stopped).where(TextNumber.practice_id == other_practice.id)) is True


@pytest.mark.parametrize("sign", ["", "local", "another"])
def test_who_is_not_the_gateway_finds_nothing(asked, send_back, sign, db):
    send_back("C", sign=sign, status=404)
    db.refresh(asked)
    assert asked.confirmation == "asked"


def test_nothing_is_taken_in_where_the_tab_is_off(asked, send_back, db, registry, practice):
    from datetime import UTC, datetime

    from tenants import settings

    settings.change(db, registry.plugins, practice.id, None, "appointments", False, "test", datetime.now(UTC))
    db.commit()
    send_back("C", status=404)


def _number_of(db, visit):
    from core.people.models import Patient

    return db.get_one(Patient, (visit.practice_id, visit.patient_id)).external_id

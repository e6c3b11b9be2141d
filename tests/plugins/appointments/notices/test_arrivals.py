"""Patients say that they are here: asked some hours before, by a code sent back or a link; the office sees it in the book."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.texting.interface import signature_of
from core.texting.local import local_secret
from plugins.appointments.models import ConfirmationStatus

PATH = "/hooks/appointments/texts"
LINK = re.compile(r"/appointments/here/[\w-]+")
SOON = 1 / 24 / 60
"""A minute of a day."""


@pytest.fixture
def send_back(web, registry, practice, number):
    """`send_back("A")`: a text message from the number."""

    def send(body: str) -> str:
        fields = {"From": number, "Body": body, "MessageSid": secrets.token_hex(8)}
        signature = signature_of(local_secret(registry.portal.secret_key), registry.portal.address(practice.host) + PATH, list(fields.items()))
        return web.post(PATH, fields, headers={"X-Twilio-Signature": signature}).text

    return send


@pytest.fixture
def asked(make, visit, rule, look, work_off, number):
    """A visit that begins in a minute, of a patient who was asked whether they are here."""
    seen = visit(make.patient(phone=number, email=""), SOON)
    rule("arrival", lead_days=0, lead_hours=3, send_order=["text"])
    look()
    work_off()
    return seen


def _arrived(db, seen) -> datetime | None:
    db.rollback()
    db.refresh(seen)
    return seen.arrived_at


def test_a_code_that_is_sent_back_says_that_the_patient_is_here_once(asked, send_back, db, look, mails, number):
    [text] = mails.to(number)
    assert "reply A or" in text.get_content()
    assert "know that you are here" in send_back(" a ")
    first = _arrived(db, asked)
    assert first
    assert "know that you are here" in send_back("A")
    assert _arrived(db, asked) == first
    assert look() == 0


def test_arriving_gives_the_visit_the_offices_status_for_who_is_here(asked, send_back, db):
    here = ConfirmationStatus(name="In the waiting room", meaning="arrived")
    db.add(here)
    db.commit()
    send_back("A")
    assert _arrived(db, asked)
    assert asked.confirmation_status_id == here.id


@pytest.mark.parametrize("fields", [{"sends_arrival": False}, {"meaning": "arrived"}, {"meaning": "seated"}, {"meaning": "dismissed"}])
def test_nobody_is_asked_on_arrival_or_to_confirm_whose_status_says_not_to_or_that_they_are_here(make, visit, rule, look, db, fields):
    status = ConfirmationStatus(name="One", **{"meaning": "", "sends_confirmation": False, "sends_reminder": False} | fields)
    db.add(status)
    seen, other = (visit(make.patient(email=f"{name}@example.test", phone=""), 0.08) for name in ("seen", "other"))
    for one, its in ((seen, status), (other, None)):
        one.confirmation_status_id = its.id if its else None
    db.commit()
    rule("arrival", lead_days=0, lead_hours=3)
    assert look() == 1
    status.sends_confirmation = True
    db.commit()
    rule("confirmation", lead_days=0, lead_hours=3)
    assert look() == 1 + ("meaning" not in fields)


def test_a_code_says_nothing_of_a_visit_about_which_nobody_was_asked(make, visit, send_back, db, number):
    seen = visit(make.patient(phone=number), SOON)
    assert "waits for this answer now" in send_back("A")
    assert _arrived(db, seen) is None


def test_the_link_asks_first_and_the_office_sees_it_in_the_book(asked, web, mails, number, db, signed_in, make):
    [link] = LINK.findall(mails.to(number)[0].get_content().replace("\n", ""))
    page = web.get(link)
    assert "Are you here?" in page.text
    assert _arrived(db, asked) is None
    assert "We know that you are here" in page.forms["here"].submit().follow().text
    assert _arrived(db, asked)
    local = asked.starts_at.astimezone(ZoneInfo("America/New_York"))
    assert "Here since" in signed_in(account=make.staff("front_desk")).get(f"/office/appointments/book?day={local.date()}").text


@pytest.mark.parametrize("change", ["moved", "cut off"])
def test_whatever_is_wrong_with_a_link_has_one_answer(asked, web, mails, number, db, change):
    [link] = LINK.findall(mails.to(number)[0].get_content().replace("\n", ""))
    if change == "moved":
        asked.starts_at += timedelta(minutes=5)
        db.commit()
    assert "This link can’t be used" in web.get(link if change == "moved" else link[:-1], status=404).text


def test_one_message_about_a_family_and_one_answer_for_all(make, visit, rule, look, work_off, mails, number, web, db):
    mother = make.patient(email=f"arrive{number[2:]}@example.test", phone="")
    child = make.patient(email="", phone="", birthdate="2018-05-01", guarantor=mother.external_id)
    visits = [visit(mother, SOON), visit(child, 2 * SOON)]
    rule("arrival", lead_days=0, lead_hours=3, send_order=["email"])
    assert look() == 1
    work_off()
    [mail] = mails.to(mother.email)
    [link] = set(LINK.findall(mail.get_body(("plain",)).get_content()))
    web.get(link).forms["here"].submit()
    assert all(_arrived(db, one) for one in visits)


def test_long_before_and_afterwards_there_is_nothing_to_say(make, visit, web, db, registry):
    from plugins.appointments.services import arriving

    seen = visit(make.patient(), 5)
    link = arriving.path(registry.portal.secret_key, seen)
    page = web.get(link)
    assert "when you have arrived for your visit" in page.text
    assert "here" not in page.forms
    seen.starts_at = datetime.now(UTC) - timedelta(hours=3)
    db.commit()
    assert "nothing to tell us" in web.get(arriving.path(registry.portal.secret_key, seen)).text

"""Access without the office by a phone: a code by text message to the number in the chart, and nobody makes the office pay for thousands."""

import re
import secrets
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from core.auth import access, matching, registering, unmatched
from core.auth.limits import Limiter, TooManyAttempts
from core.auth.models import Ticket
from core.outbox import OutboxRow
from core.people.models import Patient
from core.testing import browser
from core.texting import TextNotSent, Texts
from tenants import settings as office_settings

OWN = "Violet-Harbor-91"
BORN = date(1991, 6, 3)
WRONG = "This code is not right, or cannot be used any more."


@pytest.fixture(autouse=True)
def allowed(db, registry, practice):
    """The office allows it."""
    office_settings.change(db, registry.plugins, practice.id, None, "portal.self_registration", True, "test", datetime.now(UTC))
    db.commit()


@pytest.fixture
def number() -> str:
    """A number of this test alone; never one whose exchange is 211, which is none."""
    return f"+17202{2 + secrets.randbelow(8)}{secrets.randbelow(10**5):05}"


@pytest.fixture
def odalys(make, number) -> Patient:
    """A patient without access, and without an e-mail address."""
    phone = f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return make.patient(first_name="Odalys", last_name="Thistlewood", birthdate=BORN, phone=phone, email="")


@pytest.fixture
def arrived(mails, number):
    """`arrived()`: the text messages that came to the number."""
    return lambda: [mail.get_content().strip() for mail in mails.to(number)]


@pytest.fixture
def send_by(registry, monkeypatch):
    """`send_by(answer)`: a gateway that answers each text so; gives the list of what it was handed."""

    def replace(answer) -> list[tuple[str, str]]:
        handed = []

        class Gateway(Texts):
            def _send(self, to, body):
                handed.append((to, body))
                if isinstance(answer, Exception):
                    raise answer
                return answer

            def signs(self, address, fields, signature):
                """It sends nothing."""
                return False

            def check(self):
                """Fine."""

        monkeypatch.setattr(registry, "texts", Gateway())
        return handed

    return replace


def _asks(web, contact: str):
    form = web.get("/register").forms["register"]
    for name, value in {"first_name": "Odalys", "last_name": "Thistlewood", "birthdate": BORN.isoformat(), "contact": contact}.items():
        form[name] = value
    return form.submit(expect_errors=True)


def _types(web, code: str):
    form = web.get("/register/code").forms["register-code"]
    form["code"], form["new_password"] = code, OWN
    return form.submit(expect_errors=True)


def _code(text: str) -> str:
    return re.search(r"\b\d{6}\b", text)[0]


def _reasons(db, practice, later: timedelta = timedelta(0)) -> list[str]:
    return [entry.reason for entry in unmatched.entries(db, practice.id, datetime.now(UTC) + later)[0]]


@pytest.mark.parametrize("written", ["{2}.{3}.{4}", "+1 {2} {3} {4}", "1 ({2}) {3}-{4}"])
def test_however_it_is_written_the_code_goes_to_the_number_in_the_chart_and_opens_the_portal(web, practice, number, odalys, work_off, arrived, db, written):
    answer = _asks(web, written.format("", "", number[2:5], number[5:8], number[8:]))
    assert "a text message is on its way to the phone number in your record" in answer.follow().text
    work_off()
    work_off()
    [text] = arrived()
    assert _types(web, _code(text)).location == f"http://{practice.host}/home"
    assert access.account_of(db, practice.id, odalys.id).email == ""


def test_the_text_names_the_office_and_nobody_else_and_fits_one_message(web, practice, number, odalys, work_off, arrived, registry):
    _asks(web, number)
    work_off()
    work_off()
    [text] = arrived()
    assert text.startswith(f"{registry.tenants.current(practice.id).name}: your code is ")
    assert "Do not share it" in text
    assert [word for word in ("Odalys", "Thistlewood", "06/03/1991", "1991-06-03", "patient", "dentist") if word in text] == []
    assert text.isascii()
    assert len(text) <= 160


def test_after_the_phone_in_the_chart_has_changed_the_code_opens_nothing(web, number, odalys, work_off, arrived, make):
    _asks(web, number)
    work_off()
    work_off()
    fields = {"external_id": odalys.external_id, "first_name": "Odalys", "last_name": "Thistlewood", "phone": "720-555-0111"}
    make.take_in([{"kind": "patient", **fields}])
    assert WRONG in _types(web, _code(arrived()[0])).text


def test_whoever_has_access_already_is_told_by_text(web, practice, number, odalys, make, work_off, arrived):
    make.account(odalys)
    _asks(web, number)
    work_off()
    work_off()
    [text] = arrived()
    assert f"http://{practice.host}/sign-in" in text
    assert "Odalys" not in text


# Where no text messages are sent.


def test_without_text_messages_the_page_asks_for_an_e_mail_address(web, practice, number, odalys, registry, monkeypatch, db):
    monkeypatch.setattr(registry, "texts", None)
    page = web.get("/register").text
    assert [word for word in ("phone number", "text message") if word in page] == []
    answer = _asks(web, number)
    assert answer.status_int == 422
    assert "Type the e-mail address that our office has for you." in answer.text
    assert answer.forms["register"]["contact"].value == number
    assert db.scalars(select(Ticket.id).where(Ticket.practice_id == practice.id)).all() == []


def test_who_asked_before_they_were_switched_off_is_the_offices_to_see(web, practice, number, odalys, registry, monkeypatch, work_off, arrived, db):
    _asks(web, number)
    monkeypatch.setattr(registry, "texts", None)
    work_off()
    work_off()
    assert (_reasons(db, practice), arrived()) == ([matching.NO_ADDRESS], [])


@pytest.mark.parametrize("typed", ["555-0142", "+44 20 7946 0958", "303-555-0142 x5", "none"])
def test_a_phone_that_no_text_could_go_to_is_asked_for_again(web, typed):
    answer = _asks(web, typed)
    assert answer.status_int == 422
    assert "with its area code, such as 303-555-0142" in answer.text


# What the gateway answers.


def test_a_gateway_that_is_away_gets_the_text_later_and_the_last_code_counts(web, number, odalys, registry, send_by, work_off, arrived, monkeypatch, db, practice):
    local = registry.texts
    _asks(web, number)
    work_off()
    handed = send_by(TextNotSent("away"))
    work_off()
    monkeypatch.setattr(registry, "texts", local)
    _make_due(db, practice)
    work_off()
    [text], [(_, lost)] = arrived(), handed
    assert _code(lost) == _code(text) or WRONG in _types(web, _code(lost)).text
    assert _types(web, _code(text)).status_int == 303


def _make_due(db, practice) -> None:
    db.execute(update(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.done_at.is_(None)).values(available_at=func.now()))
    db.commit()


def test_a_text_that_may_be_on_its_way_is_not_sent_again_and_its_code_opens(web, number, odalys, send_by, work_off):
    handed = send_by("")
    _asks(web, number)
    while work_off():
        pass
    [(to, text)] = handed
    assert to == number
    assert _types(web, _code(text)).status_int == 303


# Nobody makes the office pay.


def test_three_texts_to_a_number_then_a_pause_that_only_the_office_sees(portal, practice, number, odalys, work_off, arrived, db):
    answers = set()
    for _ in range(4):
        web = browser(portal, practice)
        answer = _asks(web, number)
        answers.add((answer.status, answer.location))
        work_off()
        work_off()
    assert len(arrived()) == 3
    assert len(answers) == 1
    assert _reasons(db, practice) == [matching.TOO_MANY]


def test_whoever_knows_no_patient_uses_nothing_up(portal, practice, number, odalys, make, registry, work_off, arrived):
    make.patient(first_name="Other", last_name="Vale", birthdate=BORN, phone="720-555-0112")
    for count in range(4):
        web = browser(portal, practice)
        form = web.get("/register").forms["register"]
        for name, value in {"first_name": f"Guess{count}", "last_name": "Thistlewood", "birthdate": BORN.isoformat(), "contact": number}.items():
            form[name] = value
        assert form.submit().status_int == 303
    work_off()
    _asks(browser(portal, practice), number)
    work_off()
    work_off()
    assert len(arrived()) == 1


def test_all_texts_of_a_practice_are_counted_together_and_numbers_are_not_kept(practice, other_practice):
    limiter, now = Limiter("memory://"), datetime.now(UTC)
    for count in range(60):
        registering.count_text(limiter, practice.id, "key", f"+1720255{count:04}", now)
    with pytest.raises(TooManyAttempts) as full:
        registering.count_text(limiter, practice.id, "key", "+17203550000", now)
    assert full.value.full == {registering.ALL_TEXTS}
    registering.count_text(limiter, other_practice.id, "key", "+17203550000", now)
    assert "7202550" not in str(limiter._own.storage.__dict__)

"""Access without the office: one patient, a code to the address in the chart, and nobody learns who is known."""

import itertools
import re
import secrets
import string
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from core.audit import AuditEvent
from core.auth import access, matching, registering, tickets, unmatched
from core.auth.limits import Limiter, TooManyAttempts
from core.auth.matching import Typed
from core.auth.models import Account, Registration, SignInSession, Ticket
from core.auth.tickets import BadTicket
from core.outbox import OutboxRow
from core.people.models import Grant, Patient
from core.testing import browser
from core.texting import whole_number
from core.texting.local import STOPPED
from tenants import settings as office_settings

OWN = "Violet-Harbor-91"
BORN = date(1991, 6, 3)
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
WRONG = "This code is not right, or cannot be used any more."
STRANGE = ["a\0b", "x" * 300, "\u202egnitset", "🦷" * 40, "' or 1=1 --", "{{ 7*7 }}", "<script>", "---"]
ODALYS = {"first_name": "Odalys", "last_name": "Thistlewood", "preferred_name": "Odie", "birthdate": BORN, "phone": "(303) 555-0177"}


@pytest.fixture(autouse=True)
def allowed(db, registry, practice):
    """The office allows it."""
    office_settings.change(db, registry.plugins, practice.id, None, "portal.self_registration", True, "test", datetime.now(UTC))
    db.commit()


@pytest.fixture
def odalys(make):
    """A patient without access, with an address of this test alone."""
    return make.patient(**ODALYS, email=f"odalys{datetime.now(UTC).timestamp()}@example.test")


def _asks(web, contact: str, **typed):
    form = web.get("/register").forms["register"]
    for name, value in ({"first_name": "Odalys", "last_name": "Thistlewood", "birthdate": BORN.isoformat(), "contact": contact} | typed).items():
        form[name] = value
    return form.submit(expect_errors=True)


def _types(web, code: str, password: str = OWN, user_name: str = ""):
    form = web.get("/register/code").forms["register-code"]
    form["code"], form["new_password"], form["user_name"] = code, password, user_name
    return form.submit(expect_errors=True)


def _text(mail) -> str:
    return mail.get_body(("plain",)).get_content()


@pytest.fixture
def code_for(web, work_off, mails):
    """`code_for(patient)`: ask in the browser `web`, and read the code in the mail."""

    def ask(patient: Patient, app=web, **typed) -> str:
        _asks(app, patient.email, first_name=patient.first_name, last_name=patient.last_name, **typed)
        while work_off():
            pass
        return re.search(r"Your code: (\d{6})", _text(mails.to(patient.email)[-1]))[1]

    return ask


def _other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def _listed(db, practice, later: timedelta = timedelta(0)) -> list[tuple[str, str]]:
    found, _ = unmatched.entries(db, practice.id, datetime.now(UTC) + later)
    return [(entry.first_name, entry.reason) for entry in found]


# The way in.


def test_from_the_names_to_the_home_page(web, practice, odalys, code_for, db):
    answer = _types(web, code_for(odalys))
    assert (answer.status_int, answer.location) == (303, f"http://{practice.host}/home")
    account = access.account_of(db, practice.id, odalys.id)
    assert re.fullmatch(r"Odalys\d{5}", account.user_name)
    assert f"Your user name is {account.user_name}." in answer.follow().text
    assert (account.email, account.is_first) == (odalys.email, False)
    grants = db.execute(select(Grant.patient_id, Grant.level, Grant.relation).where(Grant.practice_id == practice.id)).all()
    assert grants == [(odalys.id, "act", "self")]
    assert db.scalars(select(Registration.id).where(Registration.practice_id == practice.id)).all() == []


def test_a_user_name_can_be_chosen_and_signs_in(web, portal, practice, odalys, code_for):
    assert _types(web, code_for(odalys), user_name="odie of the hill").status_int == 303
    form = browser(portal, practice).get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = "Odie of the Hill", OWN
    assert form.submit().location.endswith("/home")


def test_however_the_address_is_written_the_code_goes_to_the_one_in_the_chart(web, odalys, work_off, mails):
    _asks(web, odalys.email.upper(), first_name=" odie ", last_name="THISTLEWÓOD")
    work_off()
    work_off()
    assert [mail["Subject"] for mail in mails.to(odalys.email)] == ["Your code for the patient portal"]


def test_the_mail_names_nobody(web, odalys, code_for, mails):
    code_for(odalys)
    mail = mails.to(odalys.email)[-1]
    assert [word for word in ("Odalys", "Odie", "Thistlewood", "June 3", "06/03/1991", "1991-06-03") if word in mail.as_string()] == []


@pytest.mark.parametrize(("values", "page"), [({"portal.second_factor": "required"}, "/sign-in/second")])
def test_it_does_not_go_around_what_is_still_to_be_done(web, db, registry, practice, odalys, code_for, values, page):
    for name, value in values.items():
        office_settings.change(db, registry.plugins, practice.id, None, name, value, "test", datetime.now(UTC))
    db.commit()
    assert _types(web, code_for(odalys)).location.endswith(page)


def test_an_office_that_does_not_allow_it_has_no_such_page(web, db, registry, practice, odalys, code_for):
    assert "/register" in web.get("/sign-in").text
    code_for(odalys)
    office_settings.change(db, registry.plugins, practice.id, None, "portal.self_registration", None, "test", datetime.now(UTC))
    db.commit()
    assert "/register" not in web.get("/sign-in").text
    token = web.get("/sign-in").forms["sign-in"]["csrf_token"].value
    for path in ("/register", "/register/code"):
        assert web.get(path, expect_errors=True).status_int == 404
        assert web.post(path, {"csrf_token": token}, expect_errors=True).status_int == 404


# Nobody learns who is known.


@pytest.fixture(params=["mail", "text"])
def way(request) -> str:
    """How the code goes: what is typed is an e-mail address, or a phone number."""
    return request.param


@pytest.fixture
def everybody(way, make, practice, db) -> dict[str, dict]:
    """What can be typed, by what comes of it."""
    place, numbers = secrets.token_hex(4), itertools.count(2_200_000 + secrets.randbelow(800_000))  # exchanges 220 to 300

    def person(name: str, **fields) -> dict:
        email, phone = f"{name.lower()}@{place}.test", f"303-{next(numbers)}"
        record = {"first_name": name, "last_name": "Vale", "birthdate": BORN, "email": email, "phone": phone} | fields
        make.patient(**record)
        contact = record["email" if way == "mail" else "phone"].removeprefix("+44 ")
        return {"first_name": name, "last_name": "Vale", "birthdate": str(record["birthdate"]), "contact": contact}

    def patient(name: str) -> Patient:
        return db.scalars(select(Patient).where(Patient.practice_id == practice.id, Patient.first_name == name)).one()

    nobody = f"nobody@{place}.test" if way == "mail" else "303-555-0199"
    found = {
        matching.SENT: person("Sena"),
        matching.NOBODY: {"first_name": "Nobody", "last_name": "Vale", "birthdate": str(BORN), "contact": nobody},
        matching.ACCOUNT: person("Acca"),
        matching.CLOSED: person("Clos"),
        matching.CONFIDENTIAL: person("Conf", is_confidential=True),
        matching.YOUNG: person("Yann", birthdate=datetime.now(UTC).date() - timedelta(days=12 * 365)),
        matching.SHARED: person("Shay", birthdate=datetime.now(UTC).date() - timedelta(days=16 * 365)),
    }
    person("Sheila", email=patient("Shay").email, phone="1 " + patient("Shay").phone)
    both = {"email": f"twin@{place}.test", "phone": "303-555-0198"}
    person("Twin", **both)
    found[matching.SEVERAL] = person("Twin", **both)
    if way == "text":
        found[matching.NO_ADDRESS] = person("Nora", phone="+44 303-555-0177")
        found[matching.UNDELIVERABLE] = person("Stop", phone=STOPPED)
    make.account(patient("Acca"))
    make.account(patient("Clos"))
    access.close(db, practice.id, patient("Clos").external_id, datetime.now(UTC))
    db.commit()
    return found


def test_whoever_is_typed_the_request_and_its_answer_are_the_same(portal, practice, everybody, statements, way):
    seen = {}
    for reason, typed in everybody.items():
        web = browser(portal, practice)
        form = web.get("/register").forms["register"]
        for name, value in typed.items():
            form[name] = value
        with statements() as said:
            answer = form.submit()
            onward = answer.follow()
        headers = sorted(name for name, _ in answer.headerlist)
        seen[reason] = (answer.status, answer.location, answer.body, headers, TOKEN.sub("", onward.text), said)
    assert seen.keys() == everybody.keys()
    assert ("text message is on its way" in seen[matching.SENT][-2]) == (way == "text")
    assert [reason for reason, one in seen.items() if one != seen[matching.SENT]] == []
    assert not any("patient" in statement for statement in seen[matching.SENT][-1][:-1] if statement.startswith("select"))


def test_the_office_sees_what_was_typed_and_why_there_is_no_account(portal, practice, everybody, work_off, mails, db, make, way):
    for typed in everybody.values():
        assert _asks(browser(portal, practice), **typed).status_int == 303
    work_off()
    work_off()
    reasons = {typed["first_name"]: reason for reason, typed in everybody.items()}
    assert dict(_listed(db, practice)) == {name: reason for name, reason in reasons.items() if reason != matching.SENT}
    # A code that was not used in its time is worth a look: the address may be an old one.
    assert dict(_listed(db, practice, later=timedelta(minutes=20))) == reasons
    charts = db.execute(select(Patient.first_name, Patient.email, Patient.phone).where(Patient.practice_id == practice.id))
    sent = {(name, mail["Subject"]) for name, email, phone in charts for mail in mails.to(email) + mails.to(whole_number(phone) or "-")}
    subjects = ("Your code for the patient portal", "You have an account already") if way == "mail" else ("Text message", "Text message")
    assert sent == {("Sena", subjects[0]), ("Acca", subjects[1])}


def test_a_wrong_code_cannot_tell_them_apart_either(portal, practice, everybody, statements, work_off):
    seen = {}
    for reason, typed in everybody.items():
        web = browser(portal, practice)
        _asks(web, **typed)
        work_off()
        work_off()
        form = web.get("/register/code").forms["register-code"]
        form["code"], form["new_password"] = "12345x", f"{typed['first_name']}-Quay-4711"
        with statements() as said:
            answer = form.submit(expect_errors=True)
        seen[reason] = (answer.status, TOKEN.sub("", answer.text), said)
    assert [reason for reason, one in seen.items() if one != seen[matching.SENT]] == []
    assert WRONG in seen[matching.SENT][1]


def test_neither_queue_nor_audit_nor_ticket_holds_what_was_typed(web, practice, db, everybody, work_off, way):
    for typed in everybody.values():
        _asks(web, **typed)
    work_off()
    work_off()
    rows = db.execute(select(OutboxRow.task, OutboxRow.ids, OutboxRow.last_error).where(OutboxRow.practice_id == practice.id)).all()
    audit = db.execute(select(AuditEvent.action).where(AuditEvent.practice_id == practice.id)).all()
    said = f"{rows} {audit} {db.scalars(select(Ticket.email + Ticket.phone).where(Ticket.practice_id == practice.id, Ticket.patient_id.is_(None))).all()}"
    words = {value for typed in everybody.values() for value in typed.values()}
    assert [word for word in words if word in said] == []
    sending = {"auth.send_register_code", "auth.tell_of_account"} if way == "mail" else {"auth.text_register_code", "auth.text_of_account"}
    assert {task for task, _, _ in rows} == {"auth.match_registration", *sending}


# Who fits.

NAMES = st.sampled_from(["Ann", "ANN", "Ánn", " a-n n", "Anna", "Odie", "O’die", "", "--"])
BIRTHDATES = st.sampled_from([BORN, BORN + timedelta(days=1)])
REACHES = st.sampled_from(["ann@example.test", "Ann@Example.TEST ", "anna@example.test", "303-555-0142", "+1 (303) 555-0142", "303-555-0143", "555-0142"])
CHARTS = st.builds(
    Patient, first_name=NAMES, preferred_name=NAMES, last_name=NAMES, birthdate=BIRTHDATES,
    email=st.sampled_from(["", "ann@example.test", "Anna@example.test"]),
    phone=st.sampled_from(["", "(303) 555 0142", "13035550142", "5550142", "12"]),
)  # fmt: skip


def _plainly(text: str) -> str:
    """The slow, obvious way: letter by letter, what remains of the alphabet."""
    kept = ""
    for sign in text:
        first = unicodedata.normalize("NFD", sign)[0].lower()
        if first in string.ascii_lowercase:
            kept += first
    return kept


def _phone_number(text: str) -> str:
    numbers = [sign for sign in text if sign in string.digits]
    if len(numbers) == 11 and numbers[0] == "1":
        numbers = numbers[1:]
    return "".join(numbers) if len(numbers) >= 7 else ""


def _fits_plainly(chart: Patient, typed: Typed) -> bool:
    names = [name for name in (_plainly(chart.first_name), _plainly(chart.preferred_name)) if name]
    if _plainly(typed.first_name) not in names or not _plainly(typed.last_name):
        return False
    if _plainly(typed.last_name) != _plainly(chart.last_name) or chart.birthdate != typed.birthdate:
        return False
    if "@" in typed.contact:
        return chart.email.lower() == typed.contact.lower().strip()
    return _phone_number(chart.phone) != "" and _phone_number(chart.phone) == _phone_number(typed.contact)


@settings(max_examples=400)
@given(chart=CHARTS, typed=st.builds(Typed, first_name=NAMES, last_name=NAMES, birthdate=BIRTHDATES, contact=REACHES))
def test_who_fits_is_what_a_slow_and_obvious_look_says(chart, typed):
    assert matching.fits(chart, typed) == _fits_plainly(chart, typed)


@pytest.mark.parametrize("days", [-1, 0])
def test_children_can_ask_from_their_thirteenth_birthday_on(make, db, practice, days):
    today = date(2026, 3, 14)
    child = make.patient(**ODALYS | {"birthdate": date(2013, 3, 14)}, email="child@example.test")
    typed = Typed(child.first_name, child.last_name, child.birthdate, child.email)
    reason, _ = matching.match(db, practice.id, typed, today + timedelta(days=days), adult_age=18)
    assert reason == (matching.SENT if days == 0 else matching.YOUNG)


@pytest.mark.parametrize(("days", "reason"), [(-1, matching.SHARED), (0, matching.SENT)])
@pytest.mark.parametrize("typed_as", ["email", "phone"])
def test_until_they_are_of_age_the_address_or_phone_must_be_their_own(make, db, practice, days, reason, typed_as):
    """Else a parent who reads the family's mail would get what only the child may see."""
    today = date(2026, 3, 14)
    make.patient(email="Family@example.test", phone="1-303-555-0177")
    child = make.patient(**ODALYS | {"birthdate": date(2008, 3, 14)}, email="family@example.test")
    typed = Typed(child.first_name, child.last_name, child.birthdate, getattr(child, typed_as))
    assert matching.match(db, practice.id, typed, today + timedelta(days=days), adult_age=18) == (reason, child)


def test_a_patient_of_another_practice_fits_nobody(web, other_make, work_off, mails, db, practice):
    theirs = other_make.patient(**ODALYS, email="theirs@example.test")
    _asks(web, theirs.email)
    work_off()
    assert _listed(db, practice) == [("Odalys", matching.NOBODY)]
    assert mails.to(theirs.email) == []


# Codes.


def _with_cookies_of(web, portal, practice):
    app = browser(portal, practice)
    for name, value in web.cookies.items():
        app.set_cookie(name, value.strip('"'))
    return app


def test_wrong_used_expired_and_foreign_codes_have_one_answer(portal, practice, other_practice, web, other_db, registry, odalys, make, code_for, db):
    office_settings.change(other_db, registry.plugins, other_practice.id, None, "portal.self_registration", True, "test", datetime.now(UTC))
    other_db.commit()
    answers = {}
    code = code_for(odalys)
    answers["wrong"] = _types(web, _other(code))
    stranger = browser(portal, practice)
    token = stranger.get("/sign-in").forms["sign-in"]["csrf_token"].value
    answers["no ticket"] = stranger.post("/register/code", {"csrf_token": token, "code": code, "new_password": OWN}, expect_errors=True)
    _asks(stranger, odalys.email)
    answers["of another browser"] = _types(stranger, code)
    answers["at another practice"] = _types(_with_cookies_of(web, portal, other_practice), code)
    late = browser(portal, practice)
    late_code = code_for(odalys, late)
    late_id = db.scalars(select(Ticket.id).where(Ticket.practice_id == practice.id).order_by(Ticket.created_at.desc())).first()
    db.execute(update(Ticket).where(Ticket.practice_id == practice.id, Ticket.id == late_id).values(expires_at=datetime.now(UTC)))
    db.commit()
    answers["expired"] = _types(late, late_code)
    moved = make.patient(first_name="Moved", last_name="Vale", birthdate=BORN, email="moved@example.test")
    moving = browser(portal, practice)
    moved_code = code_for(moved, moving)
    make.take_in([{"kind": "patient", "external_id": moved.external_id, "first_name": "Moved", "last_name": "Vale", "email": "new@example.test"}])
    answers["after the address has changed"] = _types(moving, moved_code)
    again = _with_cookies_of(web, portal, practice)
    assert _types(web, code).status_int == 303
    answers["used"] = _types(again, code, "Another-Garden-77")
    third = browser(portal, practice)
    answers["of somebody who has got access meanwhile"] = _types(third, _code_of_a_slow_worker(third, practice, odalys, db)[1])
    shown = {name: (answer.status_int, WRONG in answer.text, OWN in answer.text) for name, answer in answers.items()}
    assert set(shown.values()) == {(422, True, False)}, shown
    assert db.scalar(select(func.count()).select_from(Account).where(Account.practice_id == practice.id)) == 1


def _code_of_a_slow_worker(app, practice, patient: Patient, db) -> tuple[UUID, str]:
    """A ticket and its code as they are when the worker gets to it late: whoever has got access meanwhile had none when it looked."""
    _asks(app, patient.email)
    ticket = db.scalars(select(Ticket).where(Ticket.practice_id == practice.id).order_by(Ticket.id.desc())).first()
    ticket.patient_id, ticket.email = patient.id, patient.email
    _, code = tickets.give_code(db, practice.id, ticket.id, datetime.now(UTC))
    db.commit()
    return ticket.id, code


def test_after_five_wrong_codes_the_right_one_comes_too_late(web, practice, odalys, code_for, db):
    code = code_for(odalys)
    for count in range(1, 6):
        assert _types(web, f"{(int(code) + count) % 10**6:06}").status_int == 422
    assert WRONG in _types(web, code).text
    assert access.account_of(db, practice.id, odalys.id) is None


def test_a_code_can_be_pasted_with_its_spaces(web, odalys, code_for):
    code = code_for(odalys)
    assert _types(web, f" {code[:3]} {code[3:]} ").status_int == 303


def test_what_is_wrong_besides_the_code_does_not_use_it_up_and_keeps_what_was_typed(web, make, odalys, code_for):
    make.account(make.patient(), user_name="taken")
    code = code_for(odalys)
    wrong = [(OWN, "taken", "is taken"), (OWN, "a@b", "Leave out the @"), ("short", "", "8 to 128"), ("Thistlewood-Ab1", "", "your name")] * 2
    for password, user_name, sentence in wrong:
        answer = _types(web, code, password, user_name)
        assert (answer.status_int, answer.forms["register-code"]["code"].value) == (422, code)
        assert sentence in answer.text
        assert answer.forms["register-code"]["new_password"].value == ""
    assert _types(web, code).status_int == 303


def test_whether_a_user_name_is_taken_is_told_to_those_with_a_code_only(web, make, odalys, code_for):
    make.account(make.patient(), user_name="taken")
    code = code_for(odalys)
    answers = [TOKEN.sub("", _types(web, _other(code), user_name=name).text).replace(name, "") for name in ("taken", "free")]
    assert answers[0] == answers[1]
    assert WRONG in answers[0]


@pytest.mark.parametrize("same_ticket", [True, False])
def test_two_who_use_codes_at_once_make_one_account(portal, practice, odalys, db, same_ticket):
    given = [_code_of_a_slow_worker(browser(portal, practice), practice, odalys, db) for _ in range(1 if same_ticket else 4)]

    def use(number: int) -> bool:
        ticket_id, code = given[number % len(given)]
        with practice.session() as session:
            new = registering.NewAccount(ticket_id, code, "", OWN, "192.0.2.1", datetime.now(UTC))
            try:
                registering.register(session, practice.id, Limiter("memory://"), new)
            except BadTicket:
                return False
            finally:
                session.commit()
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False] * 3 + [True]
    assert db.scalar(select(func.count()).select_from(Account).where(Account.practice_id == practice.id)) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(code=st.text(max_size=12) | st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_no_code_opens_a_ticket_that_was_given_none(db, practice, code):
    now = datetime.now(UTC)
    asked = registering.Asked(Typed("Nobody", "Vale", BORN, "nobody@example.test"), "192.0.2.1", now)
    ticket_id = registering.ask(db, practice.id, Limiter("memory://"), "key", asked)
    with pytest.raises(BadTicket):
        registering.register(db, practice.id, Limiter("memory://"), registering.NewAccount(ticket_id, code, "", OWN, "192.0.2.1", now))


def test_an_invitation_ends_when_the_account_is_there(web, practice, odalys, code_for, work_off, mails, db):
    access.invite(db, practice.id, odalys.external_id, datetime.now(UTC))
    db.commit()
    work_off()
    link = re.search(r"/invitation/[\w-]+", _text(mails.to(odalys.email)[-1]))[0]
    assert _types(web, code_for(odalys)).status_int == 303
    assert web.get(link, expect_errors=True).status_int == 404


def test_whoever_is_signed_in_gets_a_new_session(web, practice, make, odalys, code_for, signed_in, db):
    other = signed_in(make.patient())
    before = other.cookies["cuspid"]
    assert _types(other, code_for(odalys, other)).status_int == 303
    assert other.cookies["cuspid"] != before
    assert "Odie" in other.get("/home").text
    assert db.scalar(select(func.count()).select_from(SignInSession).where(SignInSession.practice_id == practice.id)) == 1


def test_the_audit_log_has_it(web, practice, odalys, code_for, db):
    code = code_for(odalys)
    _types(web, _other(code))
    _types(web, code)
    found = db.scalars(select(AuditEvent.action).where(AuditEvent.practice_id == practice.id, AuditEvent.action.startswith("auth.")))
    assert Counter(found) == Counter(["auth.register.asked", "auth.register.failed", "auth.register.complete", "auth.sign_in"])


# Limits and strange input.


def _asked(at: datetime, number: int = 0, address: str = "192.0.2.1") -> registering.Asked:
    return registering.Asked(Typed(f"Name{number}", "Vale", BORN, "someone@example.test"), address, at)


def test_five_for_a_person_then_a_pause_however_the_name_is_written(db, practice):
    limiter, now = Limiter("memory://"), datetime.now(UTC)
    asked = [replace(_asked(now).typed, first_name=name, contact=f"{count}@x.test") for count, name in enumerate(("Náme", "NAME", "na me") * 2)]
    for typed in asked[:5]:
        registering.ask(db, practice.id, limiter, "key", replace(_asked(now), typed=typed))
    with pytest.raises(TooManyAttempts):
        registering.ask(db, practice.id, limiter, "key", replace(_asked(now), typed=asked[5], address="192.0.2.2"))
    assert registering.ask(db, practice.id, limiter, "key", _asked(now, 1))


def test_twenty_from_an_address_then_a_pause(db, practice):
    limiter, now = Limiter("memory://"), datetime.now(UTC)
    for number in range(20):
        registering.ask(db, practice.id, limiter, "key", _asked(now, number))
    with pytest.raises(TooManyAttempts):
        registering.ask(db, practice.id, limiter, "key", _asked(now, 20))
    assert registering.ask(db, practice.id, limiter, "key", _asked(now, 20, "192.0.2.2"))


def test_twenty_wrong_codes_from_an_address_then_a_pause(db, practice):
    limiter, now = Limiter("memory://"), datetime.now(UTC)
    for number in range(21):
        ticket_id = registering.ask(db, practice.id, Limiter("memory://"), "key", _asked(now, number))
        with pytest.raises(BadTicket if number < 20 else TooManyAttempts):
            registering.register(db, practice.id, limiter, registering.NewAccount(ticket_id, "000000", "", OWN, "192.0.2.1", now))


@pytest.mark.parametrize("value", [*STRANGE, "", "   ", "2190-01-01", "y" * 10_000_000])
def test_whatever_is_typed_gets_an_answer_and_the_rest_stays(web, work_off, value):
    for field in ("first_name", "last_name", "birthdate", "contact"):
        answer = _asks(web, **{"contact": "odalys@example.test"} | {field: value})
        assert answer.status_int in (303, 422), field
        assert len(answer.text) < 50_000
        if answer.status_int == 422:
            other = "contact" if field != "contact" else "first_name"
            assert answer.forms["register"][other].value in ("odalys@example.test", "Odalys")
    work_off()


@pytest.mark.parametrize("value", [*STRANGE, "z" * 10_000_000])
def test_whatever_is_typed_with_a_code_gets_an_answer(web, practice, odalys, db, value):
    _asks(web, odalys.email)
    for field in ("code", "password", "user_name"):
        answer = _types(web, **{"code": "000000", "password": OWN, "user_name": ""} | {field: value})
        assert answer.status_int == 422, field
        assert len(answer.text) < 50_000
    assert access.account_of(db, practice.id, odalys.id) is None


def test_a_file_in_place_of_a_word_gets_an_answer(web):
    token = web.get("/register").forms["register"]["csrf_token"].value
    for path, names in (("/register", ["first_name", "birthdate", "contact"]), ("/register/code", ["code", "user_name", "new_password"])):
        files = [(name, "tooth.png", b"\x89PNG\0") for name in names]
        assert web.post(path, {"csrf_token": token}, upload_files=files, expect_errors=True).status_int == 422


def test_a_form_without_its_token_changes_nothing(web, odalys, db, practice):
    for path in ("/register", "/register/code"):
        typed = {"first_name": "Odalys", "last_name": "Thistlewood", "birthdate": str(BORN), "contact": odalys.email, "new_password": OWN}
        answer = web.post(path, typed, expect_errors=True)
        assert (answer.status_int, OWN in answer.text) == (419, False)
    assert db.scalars(select(Registration.id).where(Registration.practice_id == practice.id)).all() == []


def test_without_having_asked_the_code_page_leads_to_the_question(web):
    assert web.get("/register/code").location.endswith("/register")

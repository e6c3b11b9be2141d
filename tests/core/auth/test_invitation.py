"""The link of an invitation: who gets in by it, and that everybody else gets one answer."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.auth import access, tickets
from core.auth.models import Account, Ticket
from core.testing import browser

NOW = datetime.now(UTC)
DAYS = timedelta(days=14)
BORN = date(1985, 4, 12)
NEW = "Maple-canoe-42 window"
_VARYING = re.compile(r'name="csrf_token" value="[^"]*"')


@pytest.fixture
def invited(make):
    """A patient who waits for the mail."""
    return make.patient(first_name="Zebedee", last_name="Quorn", birthdate=BORN)


@pytest.fixture
def link(db, invited):
    """The path of the patient's link."""
    return path_of(db, invited)


def path_of(db, patient, now=NOW, kind: str = "invitation") -> str:
    token = tickets.issue_link(db, kind, now, DAYS, patient.email, patient_id=patient.id)
    db.commit()
    return f"/invitation/{token}"


def fill(web, path: str, **values):
    form = web.get(path).forms["invitation"]
    for name, value in ({"birthdate": BORN.isoformat(), "new_password": NEW} | values).items():
        form[name] = value
    return form.submit(expect_errors=True)


def tries(db, patient) -> int:
    db.expire_all()
    return db.scalars(select(Ticket.tries).where(Ticket.practice_id == patient.practice_id, Ticket.patient_id == patient.id)).one()


def account_of(db, practice, patient) -> Account | None:
    db.expire_all()
    return access.account_of(db, practice.id, patient.id)


def test_from_the_link_to_the_home_page(web, link, invited, db, practice):
    answer = fill(web, link)
    assert answer.location.endswith("/home")
    assert "Zebedee" in web.get("/home").text
    account = account_of(db, practice, invited)
    assert re.fullmatch(r"Zebedee\d{5}", account.user_name)
    assert not account.is_first


def test_the_name_that_was_made_is_told_once(web, link, invited, db, practice):
    fill(web, link)
    name = account_of(db, practice, invited).user_name
    assert f"Your user name is {name}." in web.get("/home").text
    assert "Your user name is" not in web.get("/home").text


def test_a_user_name_of_ones_own(web, link, invited, db, practice):
    assert fill(web, link, user_name=" Zeb of Quorn ").status_int == 303
    assert account_of(db, practice, invited).user_name == "Zeb of Quorn"


def test_the_page_does_not_say_whom_it_is_for_until_the_birthdate_is_given(web, link):
    for page in (web.get(link), fill(web, link, birthdate="1990-01-01")):
        assert "Zebedee" not in page.text
        assert "Quorn" not in page.text
        assert "robin@example.test" not in page.text


def test_looking_at_it_as_mail_scanners_do_uses_nothing_up(web, link):
    for look in (web.get, web.head, web.get):
        assert look(link).status_int == 200
    assert fill(web, link).status_int == 303


def test_a_wrong_birthdate_is_told_counted_and_the_fifth_ends_the_link(web, link, invited, db, practice):
    for count in range(1, 5):
        answer = fill(web, link, birthdate=f"1990-01-0{count}", user_name="Zeb77")
        assert answer.status_int == 422
        assert "not the birthdate" in answer.text
        assert answer.forms["invitation"]["user_name"].value == "Zeb77"
        assert tries(db, invited) == count
    page = web.get(link)
    form = page.forms["invitation"]
    form["birthdate"], form["new_password"] = "1990-01-09", NEW
    assert form.submit(expect_errors=True).status_int == 404
    form["birthdate"] = BORN.isoformat()
    assert form.submit(expect_errors=True).status_int == 404
    assert account_of(db, practice, invited) is None


@pytest.mark.parametrize(("typed", "said"), [
    ({"new_password": "Password1"}, "easy to guess"),
    ({"new_password": "Zebedee-canoe-42"}, "Leave your name"),
    ({"new_password": ""}, "Choose a password"),
    ({"user_name": "me@example.test"}, "Leave out the @"),
    ({"user_name": "a\u202ebcd"}, "can be seen"),
    ({"user_name": "a\0bcd"}, "can be seen"),
    ({"birthdate": ""}, "Fill in your birthdate"),
    ({"birthdate": "yesterday \0 \u202e 🎂"}, "as a date"),
])  # fmt: skip
def test_what_else_is_wrong_says_what_to_do_and_counts_no_try(web, link, invited, db, typed, said):
    answer = fill(web, link, **({"user_name": "Zeb77"} | typed))
    assert answer.status_int == 422
    assert said in answer.text
    assert answer.forms["invitation"]["new_password"].value == ""
    if "user_name" not in typed:
        assert answer.forms["invitation"]["user_name"].value == "Zeb77"
    assert tries(db, invited) == 0
    assert fill(web, link).status_int == 303


def test_a_user_name_that_somebody_has_leaves_the_link_as_it_was(web, link, make):
    make.account(make.patient(), user_name="Zeb77")
    answer = fill(web, link, user_name="zEB77")
    assert answer.status_int == 422
    assert "That user name is taken" in answer.text
    assert fill(web, link, user_name="Zeb78").status_int == 303


def test_used_expired_tampered_foreign_and_made_up_links_have_one_answer(web, db, practice, make, other_make, other_db, portal):
    used = path_of(db, make.patient(birthdate=BORN))
    stale = path_of(db, make.patient(), NOW - DAYS)
    other_kind = path_of(db, make.patient(), kind="sign_in")
    replaced = make.patient()
    first, _second = path_of(db, replaced), path_of(db, replaced)
    good = path_of(db, make.patient())
    elsewhere = path_of(other_db, other_make.patient())
    token = web.get(used).forms["invitation"]["csrf_token"].value
    assert fill(browser(portal, practice), used).status_int == 303
    closed = make.patient(birthdate=BORN)
    voided = path_of(db, closed)
    access.close(db, practice.id, closed.external_id, NOW)
    db.commit()
    tampered = [good[:-2] + ("AA" if good[-2:] != "AA" else "BB"), good + "x", good.lower()]
    made_up = ["/invitation/x", "/invitation/" + "x" * 3000, "/invitation/%E2%80%AE"]
    fields = {"csrf_token": token, "birthdate": BORN.isoformat(), "new_password": NEW}
    seen = set()
    for path in (used, stale, other_kind, first, voided, elsewhere, *tampered, *made_up):
        for answer in (web.get(path, expect_errors=True), web.post(path, fields, expect_errors=True)):
            seen.add((answer.status_int, _VARYING.sub("", answer.text)))
    [(status, text)] = seen
    assert status == 404
    assert "This link can’t be used" in text
    assert "555-0100" in text
    assert fill(web, good, birthdate="1985-04-12").status_int == 303


def test_who_has_an_account_is_led_to_sign_in_with_a_friendly_sentence(web, link, invited, make):
    make.account(invited)
    for _ in range(2):
        answer = web.get(link)
        assert answer.location.endswith("/sign-in")
        assert "You have an account here already" in answer.follow().text


def test_a_link_of_somebody_else_does_not_enter_as_the_one_signed_in(signed_in, make, link, db, practice):
    browser_ = signed_in(make.patient(first_name="Otto"))
    assert fill(browser_, link).status_int == 303
    home = browser_.get("/home").text
    assert "Zebedee" in home
    assert "Otto" not in home


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(birthdate=st.text(max_size=20), user_name=st.text(max_size=80), password=st.text(max_size=40))
def test_whatever_is_typed_is_answered(web, link, birthdate, user_name, password):
    page = web.get(link, expect_errors=True)
    if page.status_int != 200:
        return
    fields = {
        "csrf_token": page.forms["invitation"]["csrf_token"].value,
        "birthdate": birthdate,
        "user_name": user_name,
        "new_password": password,
    }
    encoded = {name: value.encode("utf-8", "replace") for name, value in fields.items()}
    assert web.post(link, encoded, expect_errors=True).status_int in {303, 404, 422}

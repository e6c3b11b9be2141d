"""The first sign-in, and the notice of privacy practices."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.auth import access
from core.auth.models import Account, SignInSession
from core.auth.passwords import check_password
from core.tenant import touch
from core.testing import browser
from tenants.models import PrivacyNotice

NOW = datetime.now(UTC)
NEW = "Maple-canoe-42 window"


@pytest.fixture
def publish(practice, db):
    """`publish(version, body)`: the office puts a notice in force."""

    def run(version: int = 1, body: str = "We keep your records to ourselves.\n\nAsk us anything.") -> None:
        db.add(PrivacyNotice(version=version, body=body, published_at=NOW))
        touch(db, practice.id)
        db.commit()

    return run


@pytest.fixture
def credentials(db, practice, make):
    """What stands on the sheet of a new patient."""
    given = access.give(db, practice.id, make.patient(first_name="Mary", last_name="Castellan").external_id, NOW)
    db.commit()
    return given


def sign_in(web, user_name: str, password: str, path: str = "/sign-in"):
    form = web.get(path).forms["sign-in"]
    form["user_name"], form["password"] = user_name, password
    return form.submit(expect_errors=True)


def fill(page, **values):
    form = page.forms["welcome"]
    for name, value in values.items():
        form[name] = value
    return form.submit(expect_errors=True)


def account_named(db, practice, user_name: str) -> Account:
    db.expire_all()
    return db.scalars(select(Account).where(Account.practice_id == practice.id, Account.user_name == user_name)).one()


def test_the_one_time_password_opens_the_welcome_page_and_nothing_else(web, credentials):
    answer = sign_in(web, credentials.user_name, credentials.password, "/sign-in?next=/appointments")
    assert answer.location.endswith("/welcome?next=%2Fappointments")
    for path in ("/home", "/appointments", "/profile"):
        assert web.get(path, expect_errors=True).status_int in {303, 404}, path
    page = answer.follow()
    assert page.forms["welcome"]["user_name"].value == credentials.user_name
    assert fill(page, new_password=NEW).location.endswith("/appointments")
    assert web.get("/home").status_int == 200


def test_skipping_the_user_name_keeps_it_and_the_old_password_is_worth_nothing(web, credentials, db, practice, portal):
    page = sign_in(web, credentials.user_name, credentials.password).follow()
    assert fill(page, user_name="", new_password=NEW).status_int == 303
    account = account_named(db, practice, credentials.user_name)
    assert not account.is_first
    assert check_password(account.password_hash, NEW)
    other = browser(portal, practice)
    assert sign_in(other, credentials.user_name, credentials.password).status_int == 422
    assert sign_in(other, credentials.user_name, NEW).location.endswith("/home")


def test_a_user_name_of_ones_own(web, credentials, db, practice):
    page = sign_in(web, credentials.user_name, credentials.password).follow()
    assert fill(page, user_name="  José of Maple Street ", new_password=NEW).status_int == 303
    assert account_named(db, practice, "José of Maple Street").user_name_norm == "josé of maple street"


@pytest.mark.parametrize("name", ["ab", "x" * 61, "me@example.test", "a\u202ebc", "a\0bc", "a\u200bbc", "a\tbc\nd"])
def test_a_user_name_that_cannot_be_is_refused_and_stays_typed(web, credentials, db, practice, name):
    page = sign_in(web, credentials.user_name, credentials.password).follow()
    answer = fill(page, user_name=name, new_password=NEW)
    assert answer.status_int == 422
    assert 'href="#field-user_name"' in answer.text
    assert NEW not in answer.text
    assert account_named(db, practice, credentials.user_name).is_first


def test_a_user_name_that_somebody_has_is_refused_whatever_its_case(web, credentials, make, db, practice):
    make.account(make.patient(), user_name="Maple7777")
    page = sign_in(web, credentials.user_name, credentials.password).follow()
    answer = fill(page, user_name="mAPLE7777", new_password=NEW)
    assert answer.status_int == 422
    assert "That user name is taken" in answer.text
    assert answer.forms["welcome"]["user_name"].value == "mAPLE7777"
    assert account_named(db, practice, credentials.user_name).is_first


@pytest.mark.parametrize(("password", "said"), [
    ("", "Choose a password of your own"),
    ("short", "Use 8 to 128 characters"),
    ("alllowercase", "capital letter"),
    ("Password1", "easy to guess"),
    ("Castellan-Maple-77", "Leave your name"),
    ("Maplename-canoe-42x", "Leave your name"),
    ("x" * 100_000, "Use 8 to 128 characters"),
])  # fmt: skip
def test_a_weak_password_says_what_to_do_and_loses_only_the_password(web, credentials, publish, password, said):
    publish()
    page = sign_in(web, credentials.user_name, credentials.password).follow()
    answer = fill(page, user_name="Maplename", new_password=password, accept=True)
    assert answer.status_int == 422
    assert said in answer.text
    form = answer.forms["welcome"]
    assert (form["user_name"].value, form["new_password"].value, form["accept"].checked) == ("Maplename", "", True)


def test_the_password_of_the_sheet_is_not_one_of_ones_own(web, credentials):
    page = sign_in(web, credentials.user_name, credentials.password).follow()
    answer = fill(page, new_password=credentials.password)
    assert answer.status_int == 422
    assert "Choose one of your own" in answer.text
    assert credentials.password not in answer.text


def test_the_notice_is_shown_and_accepted_with_its_version_and_time(web, credentials, publish, db, practice):
    publish(version=3, body="<b>We keep</b> your records")
    page = sign_in(web, credentials.user_name, credentials.password).follow()
    assert "&lt;b&gt;We keep&lt;/b&gt; your records" in page.text
    refused = fill(page, new_password=NEW)
    assert refused.status_int == 422
    assert "tick the box" in refused.text
    assert fill(refused, new_password=NEW, accept=True).status_int == 303
    account = account_named(db, practice, credentials.user_name)
    assert account.notice_version == 3
    assert account.notice_accepted_at >= NOW


def test_a_newer_notice_is_asked_of_everyone_once_without_a_new_password(web, make, publish, db, practice):
    account = make.account(make.patient())
    publish()
    page = sign_in(web, account.user_name, "Correct-horse-7").follow()
    assert set(page.forms["welcome"].fields) >= {"accept", "notice"}
    assert "new_password" not in page.forms["welcome"].fields
    assert fill(page, accept=True).location.endswith("/home")
    assert check_password(account_named(db, practice, account.user_name).password_hash, "Correct-horse-7")
    assert sign_in(browser(web.app, practice), account.user_name, "Correct-horse-7").location.endswith("/home")


def test_a_password_posted_without_being_asked_changes_nothing(web, make, publish, db, practice):
    account = make.account(make.patient())
    publish()
    page = sign_in(web, account.user_name, "Correct-horse-7").follow()
    fields = dict(page.forms["welcome"].submit_fields()) | {"accept": "yes", "new_password": NEW, "user_name": "Somebody else"}
    assert web.post("/welcome", fields).status_int == 303
    assert check_password(account_named(db, practice, account.user_name).password_hash, "Correct-horse-7")


def test_a_notice_that_was_put_there_while_one_read_is_shown_before_it_counts(web, make, publish, db, practice):
    account = make.account(make.patient())
    publish(1)
    page = sign_in(web, account.user_name, "Correct-horse-7").follow()
    publish(2, "Something else")
    answer = fill(page, accept=True)
    assert answer.status_int == 422
    assert "Something else" in answer.text
    assert not answer.forms["welcome"]["accept"].checked
    assert fill(answer, accept=True).status_int == 303
    assert account_named(db, practice, account.user_name).notice_version == 2


def test_the_session_is_another_one_afterwards_and_the_owner_is_told(web, credentials, db, practice, work_off, mails):
    page = sign_in(web, credentials.user_name, credentials.password).follow()
    before = web.cookies["cuspid"]
    fill(page, new_password=NEW)
    assert web.cookies["cuspid"] != before
    assert [row.stage for row in db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id))] == [""]
    work_off()
    assert "The password of your account was changed." in mails.to("robin@example.test")[-1].get_body(("plain",)).get_content()


def test_whoever_has_nothing_to_do_there_is_led_on(web, signed_in, make):
    assert web.get("/welcome").location.endswith("/sign-in")
    whole = signed_in(make.patient())
    assert whole.get("/welcome").location.endswith("/home")
    token = whole.get("/home").forms["sign-out"]["csrf_token"].value
    assert whole.post("/welcome", {"csrf_token": token, "new_password": NEW}).location.endswith("/home")


def test_a_waiting_session_does_not_lead_on_to_another_host(web, credentials):
    sign_in(web, credentials.user_name, credentials.password)
    page = web.get("/welcome?next=https://evil.test/")
    assert fill(page, new_password=NEW).location == f"http://{web.extra_environ['HTTP_HOST']}/home"


def test_the_notice_is_open_to_anyone_and_404_where_there_is_none(web, publish, other_practice, portal):
    assert web.get("/privacy", expect_errors=True).status_int == 404
    publish(1, "The old text")
    publish(2, "The text in force")
    page = web.get("/privacy").text
    assert "The text in force" in page
    assert "The old text" not in page
    assert browser(portal, other_practice).get("/privacy", expect_errors=True).status_int == 404

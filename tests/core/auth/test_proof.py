"""Step-up: the password again before a change that matters, and the session's new token."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.auth.models import SignInSession
from core.testing import PASSWORD

NEED_PROOF = ("/profile/user-name", "/profile/email")


def make_old(practice, minutes: float) -> None:
    """Move the proof of every session back."""
    with practice.session() as session:
        session.execute(update(SignInSession).values(proven_at=datetime.now(UTC) - timedelta(minutes=minutes)))
        session.commit()


def prove(browser, password: str = PASSWORD, path: str = "/profile/prove"):
    """Give the password once more."""
    form = browser.get(path).forms["prove"]
    form["password"] = password
    return form.submit(expect_errors=True)


@pytest.mark.parametrize("path", NEED_PROOF)
def test_proof_is_asked_for_after_ten_minutes_and_not_before(signed_in, make, practice, path):
    browser = signed_in(make.patient())
    make_old(practice, 9.5)
    assert browser.get(path).status_int == 200
    make_old(practice, 10.1)
    asked = browser.get(path)
    assert asked.status_int == 303
    assert "/profile/prove?next=" in asked.location
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    assert "/profile/prove" in browser.post(path, {"csrf_token": token, "user_name": "new.name", "email": "new@example.com"}).location
    assert prove(browser, path=asked.location).location.endswith(path)
    assert browser.get(path).status_int == 200


def test_proof_is_asked_for_when_there_was_none(signed_in, make, practice):
    browser = signed_in(make.patient())
    with practice.session() as session:
        session.execute(update(SignInSession).values(proven_at=None))
        session.commit()
    assert browser.get("/profile/email").status_int == 303


def test_proof_gives_the_session_a_new_token_and_the_old_one_is_dead(signed_in, make, practice, portal):
    browser = signed_in(make.patient())
    old = browser.cookies["cuspid"]
    assert prove(browser).status_int == 303
    assert browser.cookies["cuspid"] != old
    assert browser.get("/profile").status_int == 200
    browser.set_cookie("cuspid", old)
    assert browser.get("/profile").status_int == 303
    with practice.session() as session:
        assert session.scalars(select(AuditEvent.action).where(AuditEvent.action == "auth.proof")).all() == ["auth.proof"]


@pytest.mark.parametrize("password", ["wrong", "", "\0", "Toothbrush1" * 900_000, "🦷" * 300, "\u202eToothbrush1"])
def test_a_wrong_password_proves_nothing(signed_in, make, practice, password):
    browser = signed_in(make.patient())
    make_old(practice, 11)
    answer = prove(browser, password)
    assert answer.status_int == 422
    assert not password or password not in answer.text
    assert browser.get("/profile/email").status_int == 303


def test_wrong_passwords_are_counted_with_those_at_sign_in(signed_in, make):
    account = make.account(make.patient())
    browser = signed_in(account=account)
    assert [prove(browser, "wrong").status_int for _ in range(11)] == [422] * 10 + [429]
    browser.reset()
    form = browser.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, PASSWORD
    assert form.submit(expect_errors=True).status_int == 429


def test_a_file_in_place_of_a_password_is_a_wrong_password(signed_in, make):
    browser = signed_in(make.patient())
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    answer = browser.post("/profile/prove", {"csrf_token": token}, upload_files=[("password", "a.txt", b"x")], expect_errors=True)
    assert answer.status_int == 422


@pytest.mark.parametrize("onward", ["//evil.test", "https://evil.test/", "/\\evil.test", "/a\r\nb: c"])
def test_proof_leads_nowhere_else(signed_in, make, onward):
    browser = signed_in(make.patient())
    form = browser.get("/profile/prove", {"next": onward}).forms["prove"]
    assert form["next"].value == "/home"
    form["password"], form["next"] = PASSWORD, onward
    assert form.submit().location == "http://" + browser.extra_environ["HTTP_HOST"] + "/home"


def test_staying_signed_in_moves_the_clock_and_nothing_else(signed_in, make, practice):
    browser = signed_in(make.patient())
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    with practice.session() as session:
        [before] = session.execute(
            update(SignInSession).values(seen_at=datetime.now(UTC) - timedelta(minutes=14)).returning(SignInSession.seen_at)
        ).scalars()
        session.commit()
    assert browser.post("/profile/stay", headers={"X-CSRF-Token": token}).status_int == 204
    with practice.session() as session:
        row = session.scalars(select(SignInSession)).one()
    assert row.seen_at > before + timedelta(minutes=13)
    assert browser.post("/profile/stay", expect_errors=True).status_int == 419


def test_nobody_stays_who_is_gone(signed_in, make, practice):
    browser = signed_in(make.patient())
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    with practice.session() as session:
        session.execute(update(SignInSession).values(seen_at=datetime.now(UTC) - timedelta(minutes=16)))
        session.commit()
    assert browser.post("/profile/stay", headers={"X-CSRF-Token": token}, expect_errors=True).status_int in {303, 419}

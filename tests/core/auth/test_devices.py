"""The devices that an account is signed in with."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.auth.devices import UNKNOWN, describe
from core.auth.models import SignInSession

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
CHROMEBOOK = "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        (PIXEL, "Chrome on Android"),
        (CHROMEBOOK, "Chrome on Chromebook"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15", "Safari on Mac"),
        ("curl/8.5.0", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_device_has_a_plain_name(said, plain):
    assert describe(said) == plain


@given(
    st.text(max_size=300)
    | st.sampled_from([IPHONE, EDGE, PIXEL]).flatmap(lambda said: st.integers(0, len(said)).map(lambda end: said[:end]))
)
def test_whatever_a_browser_says_the_name_is_short_and_our_own_words(said):
    name = describe(said)
    assert 0 < len(name) < 40
    assert name.isascii()
    assert name.isprintable()


def _rows(practice) -> list[SignInSession]:
    with practice.session() as session:
        return list(session.scalars(select(SignInSession).order_by(SignInSession.created_at)))


def _sign_out(browser, device: object):
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    return browser.post("/profile/devices", {"csrf_token": token, "device": str(device)}, expect_errors=True)


def test_the_page_lists_the_devices_and_marks_this_one(signed_in, make, practice):
    account = make.account(make.patient())
    browser, _ = signed_in(account=account), signed_in(account=account)
    first, second = _rows(practice)
    with practice.session() as session:
        session.execute(update(SignInSession).where(SignInSession.id == second.id).values(user_agent=IPHONE))
        session.commit()
    page = browser.get("/profile/devices")
    assert page.text.count("This device") == 1
    assert "Safari on iPhone" in page.text
    assert str(second.id) in page.text
    assert f'value="{first.id}"' not in page.text


def test_sessions_that_are_over_are_not_listed(signed_in, make, practice):
    account = make.account(make.patient())
    browser, _, _ = (signed_in(account=account) for _ in range(3))
    _, second, third = _rows(practice)
    long_ago = datetime.now(UTC) - timedelta(hours=13)
    with practice.session() as session:
        session.execute(update(SignInSession).where(SignInSession.id == second.id).values(seen_at=long_ago))
        session.execute(update(SignInSession).where(SignInSession.id == third.id).values(created_at=long_ago))
        session.commit()
    text = browser.get("/profile/devices").text
    assert "nowhere else" in text
    assert str(second.id) not in text
    assert str(third.id) not in text


def test_one_device_is_signed_out_and_only_that(signed_in, make, practice):
    account = make.account(make.patient())
    browser, second, third = (signed_in(account=account) for _ in range(3))
    assert _sign_out(browser, _rows(practice)[1].id).status_int == 303
    assert [one.get("/home").status_int for one in (browser, second, third)] == [200, 303, 200]


def test_all_others_are_signed_out(signed_in, make, practice):
    account, stranger = make.account(make.patient()), signed_in(make.patient())
    browser, second, third = (signed_in(account=account) for _ in range(3))
    page = browser.get("/profile/devices")
    assert page.forms["other-devices"].submit(name="device").status_int == 303
    assert [one.get("/home").status_int for one in (browser, second, third, stranger)] == [200, 303, 303, 200]
    with practice.session() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.account_id == account.id)).all()
    assert "auth.device.sign_out_others" in actions


@pytest.mark.parametrize("made_up", ["", "x", "\0", "🦷", "0" * 100_000])
def test_what_is_no_device_is_not_found(signed_in, make, made_up):
    assert _sign_out(signed_in(make.patient()), made_up).status_int == 404


def test_the_device_of_somebody_else_is_as_if_made_up(signed_in, make, practice, other_signed_in, other_make, other_practice):
    browser, stranger, elsewhere = signed_in(make.patient()), signed_in(make.patient()), other_signed_in(other_make.patient())
    made_up = _sign_out(browser, uuid4())
    for foreign in (_rows(practice)[1].id, _rows(other_practice)[0].id):
        answer = _sign_out(browser, foreign)
        assert (answer.status_int, answer.text) == (404, made_up.text)
    assert [one.get("/home").status_int for one in (browser, stranger, elsewhere)] == [200, 200, 200]

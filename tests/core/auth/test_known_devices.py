"""A browser that signed in before: strangers who keep failing do not shut it out, and it opens nothing by itself."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth import known_devices, lockout, resetting, second
from core.auth.known_devices import NOTHING_KNOWN, KnownDevices
from core.auth.limits import Count
from core.auth.models import Account
from core.auth.realms import PORTAL
from core.testing import PASSWORD, browser
from tenants import settings as office_settings

KEY, HERE, NOW = "k" * 40, UUID(int=1), datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
COOKIE = "cuspid-device"
NEW = "Violet-Harbor-91"
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')


def somebody(**values) -> Account:
    return Account(**{"id": uuid4(), "practice_id": HERE, "user_name_norm": "robin", "email": "", "password_hash": "x"} | values)


def read(cookie: str, key: str = KEY, practice_id: UUID = HERE, now: datetime = NOW) -> KnownDevices:
    return known_devices.read(key, practice_id, cookie, now)


# The cookie by itself.


def test_it_is_known_to_the_account_that_it_was_made_for_and_to_no_other():
    account, other = somebody(), somebody()
    devices = read(known_devices.write(KEY, HERE, NOTHING_KNOWN.with_account(account, NOW)))
    assert devices.of(account)
    assert (devices.of(other), devices.of(None)) == ("", "")


def test_it_ends_with_the_password_and_after_a_year():
    account = somebody()
    cookie = known_devices.write(KEY, HERE, NOTHING_KNOWN.with_account(account, NOW))
    assert read(cookie, now=NOW + timedelta(days=365, seconds=-1)).of(account)
    assert not read(cookie, now=NOW + timedelta(days=365)).of(account)
    account.password_hash = "y"
    assert not read(cookie).of(account)


def test_it_names_nothing_and_says_nothing_elsewhere():
    account = somebody()
    cookie = known_devices.write(KEY, HERE, NOTHING_KNOWN.with_account(account, NOW))
    assert not {str(account.id), account.id.hex, "robin", str(HERE)} & set(re.split(r"\W", cookie))
    assert read(cookie, practice_id=UUID(int=2)) == NOTHING_KNOWN
    assert read(cookie, key="j" * 40) == NOTHING_KNOWN


def test_a_draft_of_an_app_is_no_known_device_and_the_other_way_round():
    account = somebody()
    draft = second.new_draft(KEY, account)
    assert read(draft) == NOTHING_KNOWN
    assert second.seed_of_draft(KEY, account, known_devices.write(KEY, HERE, NOTHING_KNOWN.with_account(account, NOW))) is None


@given(st.text(max_size=60), st.integers(0, 150))
def test_one_that_was_changed_or_made_up_says_nothing(typed, place):
    cookie = known_devices.write(KEY, HERE, NOTHING_KNOWN.with_account(somebody(), NOW))
    changed = cookie[:place] + typed + cookie[place + 1 :]
    assert changed == cookie or not changed.isascii() or read(changed) == NOTHING_KNOWN


@settings(max_examples=20)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_a_browser_knows_the_last_four_accounts_the_newest_first(order):
    accounts = [somebody() for _ in range(7)]
    devices = NOTHING_KNOWN
    for one in order:
        devices = devices.with_account(accounts[one], NOW)
    newest = list(dict.fromkeys(reversed(order)))[:4]
    assert [entry.account_id for entry in devices.entries] == [accounts[one].id for one in newest]
    assert devices.owner() == str(accounts[order[-1]].id)
    assert len(known_devices.write(KEY, HERE, devices)) < 700


# In the portal.


def enter(web, account, password: str = PASSWORD):
    form = web.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, password
    return form.submit(expect_errors=True)


def ask(web, name: str, path: str):
    form = web.get(path).forms["forgot" if path == "/forgot" else "link"]
    form["user_name"] = name
    return form.submit(expect_errors=True)


@pytest.fixture
def account(make):
    return make.account(make.patient(email=f"robin{uuid4().hex}@example.test"))


@pytest.fixture
def known(portal, practice, account):
    """A browser in which somebody signed in and out before."""
    web = browser(portal, practice)
    enter(web, account)
    web.post("/sign-out", {"csrf_token": web.get("/home").forms["sign-out"]["csrf_token"].value})
    return web


@pytest.fixture
def strangers(registry, practice):
    """`strangers(account)`: they have failed for this name, at every address and at the whole practice, for as long as anything is counted."""

    def fail(account) -> None:
        counts = list(lockout.of_password(practice.id, PORTAL, account.user_name_norm, "127.0.0.9", ""))
        for kind in (resetting.RESET, resetting.LINK):
            counts += [
                Count(resetting.PER_NAME[kind], practice.id, f"{kind}.name", name) for name in (account.user_name_norm, account.email)
            ]
            counts += lockout.of_places(practice.id, kind, "127.0.0.9", resetting.PER_ADDRESS, resetting.PER_NETWORK)
        counts.append(Count(second.TRIES, practice.id, "second", str(account.id)))
        for count in counts:
            for _ in range(min(item.amount for item in count.windows)):
                registry.limiter.hit(count)

    return fail


def test_strangers_do_not_shut_out_a_device_that_was_signed_in_before(web, known, account, strangers):
    strangers(account)
    assert enter(web, account).status_int == 429
    assert enter(known, account).location.endswith("/home")


@pytest.mark.parametrize("path", ["/forgot", "/sign-in/link"])
def test_nor_do_they_keep_its_mails_back(web, known, account, strangers, work_off, mails, path):
    strangers(account)
    assert [ask(web, name, path).status_int for name in (account.user_name, account.email)] == [429] * 2
    assert [ask(known, name, path).status_int for name in (account.user_name, account.email.upper())] == [303] * 2
    work_off()
    assert len(mails.to(account.email)) == 2


def test_a_known_device_has_pauses_of_its_own(known, account):
    assert [enter(known, account, "wrong").status_int for _ in range(6)] == [422] * 5 + [429]
    assert [ask(known, account.user_name, "/sign-in/link").status_int for _ in range(4)] == [303] * 3 + [429]


def test_for_another_name_it_is_like_any_browser(known, make, strangers):
    other = make.account(make.patient())
    strangers(other)
    assert enter(known, other).status_int == 429
    assert ask(known, other.user_name, "/forgot").status_int == 429


def test_who_knows_the_password_does_not_use_up_the_owners_second_steps(web, known, account, db, registry, strangers):
    codes = second.new_recovery_codes(db, registry.portal.secret_key, account)
    second.turn_on_mail(db, account)
    db.commit()
    for one in (web, known):
        assert enter(one, account).location.endswith("/sign-in/second")
    assert COOKIE not in web.cookies, "half a sign-in makes no known device"
    strangers(account)
    statuses = []
    for one in (web, known):
        form = one.get("/sign-in/second?way=recovery").forms["second-recovery"]
        form["recovery_code"] = codes[0]
        statuses.append(form.submit(expect_errors=True).status_int)
    assert statuses == [429, 303]


def test_strangers_do_not_hold_up_the_password_that_is_asked_for_again(web, account, strangers):
    enter(web, account)
    strangers(account)
    form = web.get("/profile/prove").forms["prove"]
    form["password"] = PASSWORD
    assert form.submit(expect_errors=True).status_int == 303


def test_a_new_password_ends_it_but_for_the_browser_that_set_it(web, known, account, strangers):
    enter(web, account)
    form = web.get("/profile/password").forms["change-password"]
    form["password"], form["new_password"] = PASSWORD, NEW
    assert form.submit().status_int == 303
    strangers(account)
    assert enter(known, account, NEW).status_int == 429
    web.post("/sign-out", {"csrf_token": web.get("/home").forms["sign-out"]["csrf_token"].value})
    assert enter(web, account, NEW).status_int == 303


def test_the_cookie_is_for_this_host_only_and_not_for_scripts(web, account):
    [cookie] = [value for name, value in enter(web, account).headerlist if name == "Set-Cookie" and value.startswith(COOKIE)]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize("cookie", ["x", "x" * 4000, "\u00e9\u00ff", "gAAAAA=="])
def test_whatever_stands_in_the_cookie_signing_in_works(web, account, cookie):
    page = web.get("/sign-in").forms["sign-in"]
    page["user_name"], page["password"] = account.user_name, PASSWORD
    jar = "; ".join(f"{name}={value}" for name, value in web.cookies.items())
    assert page.submit(extra_environ={"HTTP_COOKIE": f"{jar}; {COOKIE}={cookie}"}).status_int == 303


@pytest.mark.parametrize("path", ["/forgot", "/sign-in/link"])
def test_also_on_a_known_device_known_and_unknown_names_cannot_be_told_apart(known, account, make, statements, path):
    other, seen = make.account(make.patient()), []
    for name in (account.user_name, account.email, other.user_name, "nobody", "nobody@example.test"):
        known.get(path)
        with statements() as sent:
            answer = ask(known, name, path)
        seen.append((answer.status, answer.location, answer.body, sent))
    assert [one for one in seen if one != seen[0]] == []


def test_an_account_that_was_closed_is_known_no_more(known, account, db, strangers, web):
    account.closed_at = datetime.now(UTC)
    db.commit()
    strangers(account)
    assert enter(known, account).status_int == 429
    assert ask(known, account.user_name, "/forgot").status_int == 429


# The answer to who tries too often.


@pytest.mark.parametrize("links", [True, False])
def test_the_pause_says_how_long_and_what_else_can_be_done_for_every_name_alike(web, account, db, practice, registry, strangers, links):
    office_settings.change(db, registry.plugins, practice.id, None, "portal.sign_in_links", links, "test", datetime.now(UTC))
    db.commit()
    nobody = somebody(user_name_norm="nobody", email="nobody@example.test", user_name="nobody")
    pages = []
    for one in (account, nobody):
        strangers(one)
        pages.append([enter(web, one), ask(web, one.user_name, "/forgot"), *([ask(web, one.user_name, "/sign-in/link")] if links else [])])
    assert [TOKEN.sub("", page.text) for page in pages[0]] == [TOKEN.sub("", page.text) for page in pages[1]]
    for page in pages[0]:
        assert re.search(r"Please wait (a minute|\d+ minutes), then try again", page.text)
    assert [("/sign-in/link" in page.text) for page in pages[0][:2]] == [links, links]
    if links:
        assert "the newest sign-in link in your mailbox still works" in pages[0][2].text


def test_refused_tries_stand_in_the_audit_log(web, account, practice, strangers):
    strangers(account)
    enter(web, account)
    ask(web, account.user_name, "/forgot")
    ask(web, account.user_name, "/sign-in/link")
    with practice.session() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.endswith(".refused"))).all()
    assert sorted(actions) == ["auth.forgot.refused", "auth.link.refused", "auth.sign_in.refused"]

"""Notices by kind: the page with its switches, the mail that can be turned off, and the link that does it."""

import re
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.auth import notice_links, notices
from core.auth.models import Account, NoticeChoice
from core.auth.notice_links import Link
from core.plugins import NoticeKind
from core.tasks import Work
from plugins.account.services.receipts import RECEIPT
from plugins.webmail.services.notices import MESSAGE
from tenants.settings import switch_plugin

TEMPLATE = "webmail/mail/notice"
BOUNDED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def account(make, practice):
    """An account with an address of this test alone."""
    return make.account(make.patient(email=f"robin@{practice.slug}.test"))


@pytest.fixture
def send(practice, account):
    """`send(kind)`: a task sends a notice; gives whether it went out."""

    def run(kind=MESSAGE, to=account) -> bool:
        with practice.session() as session:
            tenant = practice.registry.tenants.current(practice.id)
            sent = notices.send_notice(Work(practice.registry, session, tenant, uuid4(), datetime.now(UTC)), to.id, kind, TEMPLATE, {})
            session.commit()
        return sent

    return run


@pytest.fixture
def link(practice, portal_settings, account):
    """`link(kind)`: the path at the foot of this account's mails."""
    return lambda kind=MESSAGE, of=account: notice_links.path(portal_settings.secret_key, practice.id, Link(of.id, kind.name, "email"))


@pytest.fixture
def kept(practice):
    """`kept()`: every choice of the practice, and what the audit says of them."""

    def read() -> tuple[list, list]:
        with practice.session() as session:
            rows = session.execute(select(NoticeChoice.account_id, NoticeChoice.kind, NoticeChoice.channel, NoticeChoice.is_on)).all()
            actions = select(AuditEvent.action, AuditEvent.account_id).where(AuditEvent.action.like("auth.notice.%"))
            return [tuple(row) for row in rows], [tuple(row) for row in session.execute(actions.order_by(AuditEvent.id))]

    return read


def press(browser, kind: str):
    """Press the switch of a kind; gives the page that follows."""
    form = browser.get("/profile/notices").forms[kind.replace(".", "-")]
    return form.submit("on").follow()


def state(page, kind: str) -> str:
    """What the switch says."""
    return page.lxml.xpath(f"string(//form[@id='{kind.replace('.', '-')}']//button/@aria-checked)")


# The page


def test_every_notice_is_on_until_one_turns_it_off_and_on_again(signed_in, account, send, kept):
    browser = signed_in(account=account)
    assert "/profile/notices" in browser.get("/profile").text
    assert state(browser.get("/profile/notices"), "webmail.message") == "true"
    page = press(browser, "webmail.message")
    assert "New messages: turned off." in page.text
    assert (state(page, "webmail.message"), state(page, "account.receipt")) == ("false", "true")
    assert (send(MESSAGE), send(RECEIPT)) == (False, True)
    assert state(press(browser, "webmail.message"), "webmail.message") == "true"
    assert send(MESSAGE)
    assert kept() == ([(account.id, "webmail.message", "email", True)], [("auth.notice.off", account.id), ("auth.notice.on", account.id)])


def test_pressing_twice_is_pressing_once(signed_in, account, kept):
    browser = signed_in(account=account)
    form = browser.get("/profile/notices").forms["webmail-message"]
    form.submit("on")
    form.submit("on")
    assert kept() == ([(account.id, "webmail.message", "email", False)], [("auth.notice.off", account.id)])


@pytest.mark.parametrize(
    ("kind", "channel"),
    [(kind.name, "email") for kind in notices.KINDS]
    + [("webmail.message", "text"), ("webmail.message", ""), ("rewards.points", "email"), ("", ""), ("🦷\u202e", "\0"), ("x" * 100_000, "email")],
)
def test_what_guards_the_account_and_what_nobody_declared_cannot_be_turned_off(signed_in, account, send, kept, kind, channel):
    browser = signed_in(account=account)
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    assert browser.post("/profile/notices", {"csrf_token": token, "kind": kind, "channel": channel}, status=404)
    assert kept() == ([], [])
    assert all(send(kind) for kind in notices.KINDS)


def test_a_row_from_elsewhere_does_not_silence_what_guards_the_account(practice, account, send):
    guard = notices.KINDS[0]
    with practice.session() as session:
        session.add(NoticeChoice(account_id=account.id, kind=guard.name, channel="email", is_on=False, changed_at=datetime.now(UTC)))
        session.commit()
    assert send(guard)


def test_the_page_says_what_cannot_be_turned_off(signed_in, account, registry):
    page = signed_in(account=account).get("/profile/notices")
    kinds = notices.kinds_of(registry.plugins, registry.plugins.plugins)
    assert page.text.count("Always on") == sum(not kind.can_be_off for kind in kinds)
    assert f"robin@{account.email.split('@')[1]}" in page.html.get_text()


def test_somebody_elses_choice_is_another(signed_in, account, make, send):
    other = make.account(make.patient())
    press(signed_in(account=account), "webmail.message")
    assert (send(to=account), send(to=other)) == (False, True)


def test_a_tab_that_is_off_has_no_switch(signed_in, account, db, registry, practice):
    switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "webmail", False, "Alex", datetime.now(UTC))
    db.commit()
    browser = signed_in(account=account)
    page = browser.get("/profile/notices")
    assert "New messages" not in page.text
    token = page.forms["sign-out"]["csrf_token"].value
    assert browser.post("/profile/notices", {"csrf_token": token, "kind": "webmail.message", "channel": "email"}, status=404)


def test_a_tab_that_only_the_clinic_of_the_child_has_is_on_the_page(signed_in, account, make, db, registry, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lake", "time_zone": "America/Chicago"}])
    make.grant(account, make.patient(clinic="C2"))
    here = registry.tenants.current(practice.id, practice.clinic_id)
    switch_plugin(db, registry.plugins, here, "webmail", False, "Alex", datetime.now(UTC))
    db.commit()
    assert "New messages" in signed_in(account=account).get("/profile/notices").text


def test_the_page_costs_at_most_five_statements(signed_in, account, statements):
    browser = signed_in(account=account)
    browser.get("/profile/notices")
    with statements() as seen:
        browser.get("/profile/notices")
    assert len(seen) <= 5


# The mail


def test_the_mail_can_be_turned_off_by_the_mail_program_and_by_its_reader(send, mails, account, link, practice):
    assert send()
    [mail] = mails.to(account.email)
    url = f"http://{practice.host}{link()}"
    assert mail["List-Unsubscribe"] == f"<{url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind in ("plain", "html"):
        assert url in mail.get_body((kind,)).get_content()


def test_a_mail_that_guards_the_account_holds_no_such_link(send, mails, account):
    send(notices.KINDS[0])
    [mail] = mails.to(account.email)
    assert mail["List-Unsubscribe"] is None
    assert "unsubscribe" not in mail.as_string()


def test_an_account_without_an_address_is_told_at_the_one_in_its_chart_and_without_both_not_at_all(send, mails, account, practice, make):
    with practice.session() as session:
        session.execute(update(Account).values(email=""))
        session.commit()
    assert send()
    assert len(mails.to(f"robin@{practice.slug}.test")) == 1
    nowhere = make.account(make.patient(email=""))
    assert not send(to=nowhere)


def test_a_kind_that_nobody_declared_is_not_sent(send):
    with pytest.raises(notices.UnknownKind, match=r"webmail\.gossip"):
        send(NoticeKind("webmail.gossip", "Gossip", "Somebody said something."))


# The link


def test_looking_at_the_link_changes_nothing_and_its_button_turns_the_kind_off_and_on(web, link, kept, send, account):
    page = web.get(link())
    web.get(link())
    assert "New messages" in page.text
    assert kept() == ([], [])
    after = page.forms["unsubscribe"].submit("turn")
    assert after.status_int == 200
    assert "These mails are off" in after.text
    assert not send()
    assert "These mails are off" in web.get(link()).text
    assert "Turn off these mails?" in after.forms["unsubscribe"].submit("turn").text
    assert send()
    assert kept()[1] == [("auth.notice.off", account.id), ("auth.notice.on", account.id)]


@pytest.mark.parametrize("fetch_site", [None, "cross-site", "same-site", "same-origin", "none"])
def test_a_mail_program_turns_it_off_without_page_cookie_or_token(web, link, send, fetch_site):
    headers = {"Sec-Fetch-Site": fetch_site, "Origin": "https://mail.example"} if fetch_site else {}
    assert web.post(link(), {"List-Unsubscribe": "One-Click"}, headers=headers).status_int == 200
    assert not send()


def test_a_mail_program_may_send_it_as_a_form_with_parts(web, link, send):
    web.post(link(), {"List-Unsubscribe": "One-Click"}, upload_files=[("turn", "on", b"on")])
    assert not send()


def test_it_works_for_whoever_is_signed_in_as_somebody_else(signed_in, make, link, kept, account):
    browser = signed_in(make.patient())
    browser.post(link(), {"List-Unsubscribe": "One-Click"})
    assert kept()[0] == [(account.id, "webmail.message", "email", False)]
    assert browser.get("/profile/notices").text.count('aria-checked="false"') == 0


def test_the_link_says_nothing_of_person_or_notice(link, account):
    token = link().rpartition("/")[2]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert link(RECEIPT) != link(MESSAGE)


def refused_like_a_made_up_one(browser, path: str) -> None:
    """GET and POST answer as any unknown address does."""
    unknown = browser.get("/there/is/no/such/page", status=404)
    for answer in (browser.get(path, expect_errors=True), browser.post(path, {"turn": "off"}, expect_errors=True)):
        assert (answer.status_int, answer.text) == (404, unknown.text)


@BOUNDED
@given(at=st.integers(0, 42), letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ä\u202e"), kind=st.sampled_from([MESSAGE, RECEIPT]))
def test_a_token_with_another_letter_anywhere_opens_nothing(registry, portal_settings, practice, account, link, at, letter, kind):
    kinds, key = notices.kinds_of(registry.plugins, registry.plugins.plugins), portal_settings.secret_key
    token = link(kind).rpartition("/")[2]
    assert notice_links.read(key, practice.id, kinds, token) == Link(account.id, kind.name, "email")
    changed = token[:at] + letter + token[at + 1 :]
    assert changed == token or notice_links.read(key, practice.id, kinds, changed) is None


@BOUNDED
@given(token=st.one_of(st.text(max_size=60), st.uuids().map(str), st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True)))
def test_a_made_up_token_opens_nothing(registry, portal_settings, practice, token):
    kinds = notices.kinds_of(registry.plugins, registry.plugins.plugins)
    assert notice_links.read(portal_settings.secret_key, practice.id, kinds, token) is None


@BOUNDED
@given(
    parts=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans()).filter(any),
    other=st.tuples(st.uuids(), st.uuids()),
)
def test_a_token_is_good_for_its_own_practice_account_kind_channel_and_key_alone(parts, other):
    """Whichever of the five differs, what was signed for one is not what the other means."""
    key, practice_id, link = "k" * 32, UUID(int=1), Link(UUID(int=2), "webmail.message", "email")
    changed = Link(other[0] if parts[0] else link.account_id, "account.receipt" if parts[1] else link.kind, "text" if parts[2] else link.channel)
    made = notice_links.path("q" * 32 if parts[3] else key, other[1] if parts[4] else practice_id, changed)
    assert made != notice_links.path(key, practice_id, link)
    kind = NoticeKind("webmail.message", "New messages", "The office has written.", channels=("email",))
    found = notice_links.read(key, practice_id, [kind], made.rpartition("/")[2])
    assert found is None or (found == changed and not any(parts[1:]))


def test_a_link_at_another_practice_changes_nothing_in_either(other_signed_in, other_make, other_practice, link, kept, send):
    browser = other_signed_in(other_make.patient())
    refused_like_a_made_up_one(browser, link())
    assert kept() == ([], [])
    with other_practice.session() as session:
        assert session.scalars(select(NoticeChoice)).all() == []
    assert send()


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path[:-1],
        lambda path: path + "A",
        lambda path: path + "%0A",
        lambda path: path[:-1] + "%20",
        lambda path: path.upper().replace("/UNSUBSCRIBE", "/unsubscribe"),
        lambda path: "/unsubscribe/" + str(uuid4()),
        lambda path: "/unsubscribe/" + quote("🦷") * 43,
        lambda path: "/unsubscribe/" + "A" * 43,
        lambda path: "/unsubscribe/" + "A" * 5000,
    ],
)
def test_a_changed_link_changes_nothing_and_says_nothing(web, link, kept, change):
    refused_like_a_made_up_one(web, change(link()))
    assert kept() == ([], [])


def test_a_link_for_a_kind_that_guards_the_account_is_never_good(web, link, kept):
    refused_like_a_made_up_one(web, link(notices.KINDS[0]))
    assert kept() == ([], [])


def test_a_link_of_an_account_that_was_never_there_is_never_good(web, link, kept):
    class Nobody:
        id = uuid4()

    refused_like_a_made_up_one(web, link(of=Nobody))
    assert kept() == ([], [])


def test_the_wish_counts_also_while_the_tab_is_off(web, link, db, registry, practice, account, kept):
    switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "webmail", False, "Alex", datetime.now(UTC))
    db.commit()
    web.post(link(), {"List-Unsubscribe": "One-Click"})
    assert kept()[0] == [(account.id, "webmail.message", "email", False)]

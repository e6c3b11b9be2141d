"""A new password by a code, and signing in by a link: once, in time, by whoever asked; and nobody learns who is known."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from core.audit import AuditEvent
from core.auth import resetting, services
from core.auth.limits import Limiter
from core.auth.models import Account, SignInSession, Ticket
from core.auth.passwords import check_password
from core.auth.tickets import BadTicket
from core.outbox import OutboxRow
from core.testing import PASSWORD, browser
from core.testing import sign_in as signed_in_browser
from tenants import settings as office_settings

NEW = "Violet-Harbor-91"
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
WRONG = "This code is not right, or cannot be used any more."
STRANGE = ["a\0b", "x" * 300, "\u202egnitset", "🦷" * 40, "' or 1=1 --", "{{ 7*7 }}", "@", "a@b@c", "\ud7ff\ue000", "<script>"]


def _asks(web, name: str, path: str = "/forgot", form: str = "forgot"):
    page = web.get(path).forms[form]
    page["user_name"] = name
    return page.submit(expect_errors=True)


def _types(web, code: str, password: str = NEW):
    form = web.get("/forgot/code").forms["reset"]
    form["code"], form["new_password"] = code, password
    return form.submit(expect_errors=True)


@pytest.fixture
def account(make):
    """Somebody with an address of this test alone."""
    patient = make.patient(email=f"robin{datetime.now(UTC).timestamp()}@example.test")
    return make.account(patient)


@pytest.fixture
def code_for(web, work_off, mails):
    """`code_for(account)`: ask for a code in the browser `web`, and read it in the mail."""

    def ask(account, name: str = "") -> str:
        _asks(web, name or account.user_name)
        work_off()
        return re.search(r"Your code: (\d{6})", _text(mails.to(account.email)[-1]))[1]

    return ask


@pytest.fixture
def link_for(web, work_off, mails):
    """`link_for(account)`: ask for a link, and read its path in the mail."""

    def ask(account, name: str = "") -> str:
        _asks(web, name or account.user_name, "/sign-in/link", "link")
        work_off()
        return re.search(r"/sign-in/link/[\w-]+", _text(mails.to(account.email)[-1]))[0]

    return ask


def _text(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def _password_of(practice, account, password: str) -> bool:
    with practice.session() as session:
        return check_password(session.get_one(Account, (practice.id, account.id)).password_hash, password)


def _with_cookies_of(web, portal, practice):
    """A browser at a practice's address that has what another browser has."""
    app = browser(portal, practice)
    for name, value in web.cookies.items():
        app.set_cookie(name, value.strip('"'))
    return app


def _other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_sets_a_new_password_and_leads_in(web, practice, account, code_for, work_off, mails):
    code = code_for(account)
    answer = _types(web, code)
    assert (answer.status_int, answer.location) == (303, f"http://{practice.host}/home")
    home = answer.follow()
    assert "Robin" in home.text
    assert "Your new password is set." in home.text
    assert _password_of(practice, account, NEW)
    work_off()
    assert [mail["Subject"] for mail in mails.to(account.email)] == ["Your code for a new password", "Your account was changed"]


@pytest.mark.parametrize("typed", ["e-mail", "spaces and case"])
def test_the_address_does_as_well_as_the_user_name(web, account, code_for, typed):
    name = account.email.upper() if typed == "e-mail" else f"  {account.user_name.upper()} "
    assert _types(web, code_for(account, name)).status_int == 303


def test_a_code_can_be_pasted_with_its_spaces(web, account, code_for):
    code = code_for(account)
    assert _types(web, f" {code[:3]} {code[3:]} ").status_int == 303


@pytest.mark.parametrize(("path", "form"), [("/forgot", "forgot"), ("/sign-in/link", "link")])
def test_a_known_and_an_unknown_name_cannot_be_told_apart(portal, practice, make, account, statements, path, form):
    shared = [make.account(make.patient(email="family@example.test")) for _ in range(2)]
    closed, no_address = make.account(make.patient()), make.account(make.patient(email=""))
    with practice.session() as session:
        session.execute(
            update(Account).where(Account.practice_id == practice.id, Account.id == closed.id).values(closed_at=datetime.now(UTC))
        )
        session.commit()
    names = [account.user_name, account.email, "nobody", "nobody@example.test", shared[0].email, closed.user_name, no_address.user_name]
    found = []
    for name in names:
        web = browser(portal, practice)
        web.get(path)
        page = web.get(path).forms[form]
        page["user_name"] = name
        with statements() as seen:
            answer = page.submit()
            onward = answer.follow()
        headers = sorted(name for name, _ in answer.headerlist)
        found.append((answer.status, answer.location, answer.body, headers, TOKEN.sub("", onward.text), seen))
    assert [one for one in found if one != found[0]] == []


def test_a_wrong_code_cannot_tell_them_apart_either(portal, practice, account, statements, work_off):
    found = []
    for name in (account.user_name, "nobody", "nobody@example.test"):
        web = browser(portal, practice)
        _asks(web, name)
        work_off()
        form = web.get("/forgot/code").forms["reset"]
        form["code"], form["new_password"] = "12345x", NEW
        with statements() as seen:
            answer = form.submit(expect_errors=True)
        found.append((answer.status, TOKEN.sub("", answer.text), seen))
    assert found[1:] == [found[0]] * 2


def test_before_the_code_was_right_nothing_is_said_about_the_name_in_a_password(portal, practice, make, work_off):
    """Else a guessed last name, typed as the password, would be answered with yes."""
    account = make.account(make.patient(last_name="Featherstone"))
    answers = []
    for name in (account.user_name, "nobody"):
        web = browser(portal, practice)
        _asks(web, name)
        work_off()
        answers.append(TOKEN.sub("", _types(web, "12345x", "Featherstone-Quay-4").text))
    assert answers[0] == answers[1]
    assert WRONG in answers[0]


def test_nobody_is_mailed_for_an_unknown_name_and_what_was_typed_is_not_kept(web, db, practice, work_off, mails):
    stranger = f"stranger{datetime.now(UTC).timestamp()}@example.test"
    _asks(web, stranger)
    work_off()
    assert mails.to(stranger) == []
    assert db.execute(select(Ticket.account_id, Ticket.email, Ticket.secret_hash).where(Ticket.practice_id == practice.id)).all() == [
        (None, "", "")
    ]


def test_an_address_that_a_family_shares_asks_for_the_user_name(web, make, code_for):
    email = f"family{datetime.now(UTC).timestamp()}@example.test"
    first, _ = (make.account(make.patient(email=email)) for _ in range(2))
    with pytest.raises(IndexError):
        code_for(first, email)
    assert _types(web, code_for(first)).status_int == 303


def test_wrong_used_expired_and_foreign_codes_have_one_answer(portal, practice, other_practice, web, account, code_for, db):
    answers = {}
    code = code_for(account)
    answers["wrong"] = _types(web, _other(code))
    stranger = browser(portal, practice)
    token = stranger.get("/sign-in").forms["sign-in"]["csrf_token"].value
    answers["no ticket"] = stranger.post("/forgot/code", {"csrf_token": token, "code": code, "new_password": NEW}, expect_errors=True)
    _asks(stranger, account.user_name)
    answers["of another browser"] = _types(stranger, code)
    elsewhere = _with_cookies_of(web, portal, other_practice)
    answers["at another practice"] = _types(elsewhere, code)
    db.execute(update(Ticket).where(Ticket.practice_id == practice.id).values(expires_at=datetime.now(UTC)))
    db.commit()
    answers["expired"] = _types(web, code)
    shown = {name: (answer.status_int, WRONG in answer.text, NEW in answer.text) for name, answer in answers.items()}
    assert set(shown.values()) == {(422, True, False)}, shown
    assert _password_of(practice, account, PASSWORD)


def test_a_wrong_code_keeps_what_was_typed_but_not_the_password(web, account, code_for):
    code = code_for(account)
    answer = _types(web, _other(code))
    assert answer.forms["reset"]["code"].value == _other(code)
    assert answer.forms["reset"]["new_password"].value == ""
    assert _types(web, code).status_int == 303


def test_a_code_is_used_once(portal, practice, web, account, code_for):
    code = code_for(account)
    again = _with_cookies_of(web, portal, practice)
    assert _types(web, code).status_int == 303
    assert _types(again, code, "Another-Garden-77").status_int == 422
    assert _password_of(practice, account, NEW)


def test_after_five_wrong_codes_the_right_one_comes_too_late(web, practice, account, code_for):
    code = code_for(account)
    for count in range(1, 6):
        assert _types(web, f"{(int(code) + count) % 10**6:06}").status_int == 422
    assert _types(web, code).status_int == 422
    assert _password_of(practice, account, PASSWORD)


@pytest.mark.parametrize("weak", ["short", "alllowercase1", "Password123", "x" * 500, "{user}-Ab1", "Valentina-Ab1"])
def test_a_weak_password_does_not_use_the_code_up(web, make, practice, code_for, weak):
    account = make.account(make.patient(first_name="Valentina", email=f"v{datetime.now(UTC).timestamp()}@example.test"))
    code = code_for(account)
    for _ in range(6):
        answer = _types(web, code, weak.format(user=account.user_name))
        assert answer.status_int == 422
        assert answer.forms["reset"]["code"].value == code
        assert WRONG not in answer.text
    assert _types(web, code).status_int == 303


def test_two_who_use_a_code_at_once_get_in_once(practice, account, code_for, db):
    code = code_for(account)
    ticket_id = db.scalars(select(Ticket.id).where(Ticket.practice_id == practice.id)).one()

    def use(number: int) -> bool:
        with practice.session() as session:
            new = resetting.NewPassword(ticket_id, code, f"{NEW}-{number}", "192.0.2.1", datetime.now(UTC))
            try:
                resetting.reset_password(session, practice.id, Limiter("memory://"), new)
            except BadTicket:
                return False
            finally:
                session.commit()
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False] * 3 + [True]


def test_everywhere_else_is_signed_out(portal, practice, web, account, code_for, db):
    phone = signed_in_browser(portal, practice, account)
    assert phone.get("/home").status_int == 200
    assert _types(web, code_for(account)).status_int == 303
    assert phone.get("/home").location.endswith("/sign-in?next=%2Fhome")
    assert web.get("/home").status_int == 200
    assert db.scalar(select(func.count()).select_from(SignInSession).where(SignInSession.practice_id == practice.id)) == 1


def test_open_links_and_codes_end_with_a_new_password(portal, practice, web, account, code_for, link_for):
    link = link_for(account)
    other = browser(portal, practice)
    _asks(other, account.user_name)
    assert _types(web, code_for(account)).status_int == 303
    assert other.get(link, expect_errors=True).status_int == 404


@pytest.mark.parametrize(("values", "page"), [({"totp_secret": "something"}, "/sign-in/second"), ({"is_first": True}, "/welcome")])
def test_neither_way_goes_around_what_is_still_to_be_done(portal, practice, web, account, code_for, link_for, db, values, page):
    db.execute(update(Account).where(Account.practice_id == practice.id).values(**values))
    db.commit()
    assert _types(web, code_for(account)).location.endswith(page)
    assert web.get("/home").location.endswith(page)
    web.reset()
    assert web.get(link_for(account)).forms["link-open"].submit().location.endswith(page)
    assert web.get("/home").location.endswith(page)
    with practice.session() as session:
        assert all(getattr(session.get_one(Account, (practice.id, account.id)), name) == value for name, value in values.items())


def test_an_account_that_was_closed_meanwhile_stays_closed(web, practice, account, code_for, db):
    code = code_for(account)
    db.execute(update(Account).where(Account.practice_id == practice.id).values(closed_at=datetime.now(UTC)))
    db.commit()
    answer = _types(web, code)
    assert answer.status_int == 422
    assert WRONG in answer.text


def test_a_stranger_who_asks_does_not_end_the_code_of_the_owner(portal, practice, web, account, code_for, link_for, work_off):
    link, code = link_for(account), code_for(account)
    stranger = browser(portal, practice)
    _asks(stranger, account.user_name)
    _asks(stranger, account.user_name, "/sign-in/link", "link")
    work_off()
    assert web.get(link).status_int == 200
    assert _types(web, code).status_int == 303


def test_a_mail_that_comes_too_late_is_not_sent(web, practice, account, db, work_off, mails):
    _asks(web, account.user_name)
    db.execute(update(Ticket).where(Ticket.practice_id == practice.id).values(expires_at=datetime.now(UTC)))
    db.commit()
    work_off()
    assert mails.to(account.email) == []


def test_the_queue_and_the_subjects_hold_no_name_and_no_secret(db, practice, account, code_for, link_for, mails):
    secrets = [code_for(account), link_for(account).rsplit("/", 1)[1], account.user_name, account.email, "Robin", "Vale"]
    rows = db.execute(select(OutboxRow.task, OutboxRow.ids).where(OutboxRow.practice_id == practice.id)).all()
    assert {(task, *ids) for task, ids in rows} == {("auth.send_reset_code", "ticket"), ("auth.send_sign_in_link", "ticket")}
    said = f"{rows} {[mail['Subject'] for mail in mails.to(account.email)]}"
    assert [secret for secret in secrets if secret in said] == []


def test_only_a_hash_of_the_secrets_is_kept(db, practice, account, code_for, link_for):
    secrets = [code_for(account), link_for(account).rsplit("/", 1)[1]]
    hashes = db.scalars(select(Ticket.secret_hash).where(Ticket.practice_id == practice.id)).all()
    assert {len(kept) for kept in hashes} == {64}
    assert not set(secrets) & set(hashes)


def test_the_audit_log_has_both_ways(web, practice, account, code_for, link_for, db):
    code = code_for(account)
    _types(web, _other(code))
    _types(web, code)
    web.reset()
    web.get(link_for(account)).forms["link-open"].submit()
    actions = db.execute(
        select(AuditEvent.action, AuditEvent.account_id)
        .where(AuditEvent.practice_id == practice.id)
        .order_by(AuditEvent.happened_at, AuditEvent.id)
    ).all()
    # Two entries of one request have the same time.
    assert Counter(map(tuple, actions)) == Counter([
        ("auth.forgot.asked", None),
        ("auth.password.reset_failed", None),
        ("auth.password.reset", account.id),
        ("auth.sign_in", account.id),
        ("auth.link.asked", None),
        ("auth.link.used", account.id),
        ("auth.sign_in", account.id),
    ])  # fmt: skip


@pytest.mark.parametrize(("path", "form"), [("/forgot", "forgot"), ("/sign-in/link", "link")])
@pytest.mark.parametrize("known", [True, False])
def test_some_mails_for_a_name_then_a_pause(web, account, path, form, known):
    name, most = account.user_name if known else "nobody", 5 if form == "forgot" else 3
    answers = [_asks(web, name if count % 2 else f" {name.upper()} ", path, form) for count in range(most + 1)]
    assert [answer.status_int for answer in answers] == [303] * most + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert _asks(web, "somebody-else", path, form).status_int == 303


def test_twenty_mails_from_an_address_then_a_pause(db, practice):
    limiter, now = Limiter("memory://"), datetime.now(UTC)
    for count in range(20):
        resetting.ask_code(db, practice.id, limiter, resetting.Asked(f"name{count}", "192.0.2.1", now))
    with pytest.raises(services.TooManyAttempts):
        resetting.ask_code(db, practice.id, limiter, resetting.Asked("another", "192.0.2.1", now))
    assert resetting.ask_code(db, practice.id, limiter, resetting.Asked("another", "192.0.2.2", now))


def test_twenty_wrong_codes_from_an_address_then_a_pause_also_for_new_tickets(db, practice):
    limiter, now = Limiter("memory://"), datetime.now(UTC)
    for count in range(21):
        ticket_id = resetting.ask_code(db, practice.id, Limiter("memory://"), resetting.Asked(f"name{count}", "192.0.2.1", now))
        with pytest.raises(BadTicket if count < 20 else services.TooManyAttempts):
            resetting.reset_password(db, practice.id, limiter, resetting.NewPassword(ticket_id, "000000", NEW, "192.0.2.1", now))


@pytest.mark.parametrize("name", [*STRANGE, "", "   ", "y" * 10_000_000])
@pytest.mark.parametrize(("path", "form"), [("/forgot", "forgot"), ("/sign-in/link", "link")])
def test_whatever_is_typed_as_a_name_gets_an_answer(web, work_off, path, form, name):
    answer = _asks(web, name, path, form)
    assert answer.status_int in (303, 422)
    assert len(answer.text) < 50_000
    if answer.status_int == 422:
        assert "user name or e-mail address" in answer.text
    assert work_off() in (0, 1)


@pytest.mark.parametrize("field", ["code", "new_password"])
@pytest.mark.parametrize("value", [*STRANGE, "", "z" * 10_000_000, "１２３４５６"])
def test_whatever_is_typed_with_a_code_gets_an_answer(web, practice, account, code_for, field, value):
    typed = {"code": _other(code_for(account)), "new_password": NEW} | {field: value}
    answer = _types(web, typed["code"], typed["new_password"])
    assert answer.status_int == 422
    assert _password_of(practice, account, PASSWORD)


def test_a_file_in_place_of_a_word_gets_an_answer(web):
    token = web.get("/forgot").forms["forgot"]["csrf_token"].value
    for path, names in (("/forgot", ["user_name"]), ("/sign-in/link", ["user_name"]), ("/forgot/code", ["code", "new_password"])):
        files = [(name, "tooth.png", b"\x89PNG\0") for name in names]
        assert web.post(path, {"csrf_token": token}, upload_files=files, expect_errors=True).status_int == 422


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(code=st.text(max_size=12) | st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_no_code_opens_a_ticket_that_was_given_none(db, practice, code):
    now = datetime.now(UTC)
    ticket_id = resetting.ask_code(db, practice.id, Limiter("memory://"), resetting.Asked("nobody", "192.0.2.1", now))
    with pytest.raises(BadTicket):
        resetting.reset_password(db, practice.id, Limiter("memory://"), resetting.NewPassword(ticket_id, code, NEW, "192.0.2.1", now))


def test_without_having_asked_the_code_page_leads_to_the_question(web):
    assert web.get("/forgot/code").location.endswith("/forgot")


@pytest.mark.parametrize("onward", ["//evil.test", "https://evil.test", "/\\evil.test"])
def test_no_way_in_leads_elsewhere(web, practice, account, code_for, link_for, onward):
    code = code_for(account)
    token = web.get("/forgot/code").forms["reset"]["csrf_token"].value
    sent = {"csrf_token": token, "code": code, "new_password": NEW, "next": onward}
    home = f"http://{practice.host}/home"
    assert web.post(f"/forgot/code?next={onward}", sent).location == home
    web.reset()
    link = link_for(account)
    token = web.get(link).forms["link-open"]["csrf_token"].value
    assert web.post(f"{link}?next={onward}", {"csrf_token": token, "next": onward}).location == home


def test_a_link_signs_in_once_and_only_by_its_button(portal, practice, web, account, link_for):
    link = link_for(account)
    for _ in range(3):  # as programs that look into mails do
        assert browser(portal, practice).get(link).status_int == 200
        assert browser(portal, practice).head(link).status_int == 200
    phone = browser(portal, practice)
    page = phone.get(link)
    assert page.forms["link-open"].submit().location == f"http://{practice.host}/home"
    assert "Robin" in phone.get("/home").text
    assert web.get(link, expect_errors=True).status_int == 404


def test_a_link_that_opens_nothing_has_one_answer(portal, practice, other_practice, web, account, link_for, db):
    def shown(path: str, host: str = practice.host):
        asked = browser(portal, practice)
        answer = asked.get(path, expect_errors=True, extra_environ={"HTTP_HOST": host})
        token = asked.get("/sign-in", extra_environ={"HTTP_HOST": host}).forms["sign-in"]["csrf_token"].value
        sent = asked.post(path, {"csrf_token": token}, expect_errors=True, extra_environ={"HTTP_HOST": host})
        pages = [re.sub(r"Practice p\w+|p\w{12}|v=\w+", "", TOKEN.sub("", one.text)) for one in (answer, sent)]
        return answer.status_int, sent.status_int, *pages

    used = link_for(account)
    web.get(used).forms["link-open"].submit()
    expired = link_for(account)
    db.execute(update(Ticket).where(Ticket.practice_id == practice.id, Ticket.used_at.is_(None)).values(expires_at=datetime.now(UTC)))
    db.commit()
    good = link_for(account)
    answers = [shown("/sign-in/link/made-up"), shown(used), shown(expired), shown(good[:-1] + ("a" if good[-1] != "a" else "b"))]
    answers += [shown(good, other_practice.host), shown("/sign-in/link/" + quote("🦷\u202e" * 5)), shown("/sign-in/link/" + "x" * 5000)]
    assert [one[:2] for one in answers] == [(404, 404)] * len(answers)
    assert [one for one in answers if one != answers[0]] == []
    assert web.get(good).status_int == 200


def test_two_who_use_a_link_at_once_get_in_once(practice, account, link_for):
    token = link_for(account).rsplit("/", 1)[1]

    def use(_) -> bool:
        with practice.session() as session:
            try:
                resetting.use_link(session, practice.id, token, datetime.now(UTC))
            except BadTicket:
                return False
            finally:
                session.commit()
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False] * 3 + [True]


def test_whoever_is_signed_in_already_can_ask_and_use_a_link_too(web, practice, account, make, link_for, code_for, db):
    web.get(link_for(account)).forms["link-open"].submit()
    before = web.cookies["cuspid"]
    other = make.account(make.patient(first_name="Imogen", email=f"imogen{datetime.now(UTC).timestamp()}@example.test"))
    assert web.get(link_for(other)).forms["link-open"].submit().status_int == 303
    assert web.cookies["cuspid"] != before
    assert "Imogen" in web.get("/home").text
    assert db.scalar(select(func.count()).select_from(SignInSession).where(SignInSession.practice_id == practice.id)) == 1
    assert _types(web, code_for(account)).status_int == 303
    assert "Robin" in web.get("/home").text


def test_a_used_link_ends_the_others(web, account, link_for):
    first, second = link_for(account), link_for(account)
    web.get(first).forms["link-open"].submit()
    assert web.get(second, expect_errors=True).status_int == 404


def test_a_link_does_not_outlive_its_quarter_of_an_hour(db, practice, account, link_for):
    token = link_for(account).rsplit("/", 1)[1]
    with pytest.raises(BadTicket):
        resetting.use_link(db, practice.id, token, datetime.now(UTC) + timedelta(minutes=15))


def test_the_link_pages_say_no_address_to_anybody_and_their_form_still_has_an_origin(web, account, link_for):
    link = link_for(account)
    for path in (link, "/sign-in/link/made-up"):
        assert web.get(path, expect_errors=True).headers["Referrer-Policy"] == "strict-origin"


def test_an_office_can_do_without_links(web, db, practice, registry, account, link_for):
    link = link_for(account)
    assert "/sign-in/link" in web.get("/sign-in").text
    office_settings.change(db, registry.plugins, practice.id, None, "portal.sign_in_links", False, "test", datetime.now(UTC))
    db.commit()
    assert "/sign-in/link" not in web.get("/sign-in").text
    token = web.get("/sign-in").forms["sign-in"]["csrf_token"].value
    for path in ("/sign-in/link", link):
        assert web.get(path, expect_errors=True).status_int == 404
        assert web.post(path, {"csrf_token": token, "user_name": account.user_name}, expect_errors=True).status_int == 404


def test_a_form_without_its_token_changes_nothing(web, practice, account, code_for, link_for):
    code = code_for(account)
    link = link_for(account)
    for path in ("/forgot", "/forgot/code", "/sign-in/link", link):
        answer = web.post(path, {"user_name": account.user_name, "code": code, "new_password": NEW}, expect_errors=True)
        assert answer.status_int == 419
        assert NEW not in answer.text
    assert _password_of(practice, account, PASSWORD)

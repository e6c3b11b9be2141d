"""Step-up: the password again before a change that matters, and the session's new token."""

import re
from base64 import b32decode, urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from html import escape

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.auth import second, tickets
from core.auth.models import Account, Passkey, SignInSession
from core.testing import PASSWORD, add_sign_in

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
        assert session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("auth.proof%"))).all() == ["auth.proof.password"]


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
    assert [prove(browser, "wrong").status_int for _ in range(6)] == [422] * 5 + [429]
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


# Other ways than the password


@pytest.fixture
def account(make, practice):
    """An account with an address of this test alone."""
    return make.account(make.patient(email=f"robin@{practice.slug}.test"))


@pytest.fixture
def with_app(db, registry, account):
    """The account with an app; gives `code()`, what the app shows now."""
    key, moment = registry.portal.secret_key, datetime.now(UTC)
    draft = second.new_draft(key, account)
    seed = second.seed_of_draft(key, account, draft)
    app = TOTP(b32decode(seed), 6, SHA1(), 30)
    # Turned on a minute ago: the code of now has not been used.
    second.turn_on_app(db, key, account, draft, app.generate(int(moment.timestamp()) - 60).decode(), moment - timedelta(seconds=60))
    db.commit()
    return lambda: app.generate(int(datetime.now(UTC).timestamp())).decode()


def change(practice, account, **values) -> None:
    with practice.session() as session:
        session.execute(update(Account).where(Account.id == account.id).values(**values))
        session.commit()


def add_key(practice, account, host: str = "") -> None:
    with practice.session() as session:
        at = host or practice.host
        session.add(Passkey(account_id=account.id, credential_id=at, public_key=b"", sign_count=0, host=at, name="Phone", created_at=datetime.now(UTC)))
        session.commit()


def ways_on(page) -> set[str]:
    """The ways that the page offers: the one that is shown, and the links to others."""
    shown = {form.id.removeprefix("prove-") for form in page.forms.values() if str(form.id).startswith("prove")}
    links = {re.search(r"way=(\w+)", link)[1] for link in page.lxml.xpath("//main//a/@href") if "way=" in link}
    return {{"prove": "password", "send": "mail"}.get(way, way) for way in shown} | links


@pytest.mark.parametrize(
    ("has", "ways"),
    [
        ("", {"password"}),
        ("mail", {"password", "mail"}),
        ("app", {"password", "app"}),
        ("key", {"password", "passkey"}),
        ("app mail", {"password", "app"}),
        ("key mail", {"password", "passkey"}),
        ("other-key mail", {"password"}),
        ("app key mail", {"password", "app", "passkey"}),
        ("no-password mail", {"mail"}),
        ("no-password", set()),
    ],
)
def test_the_ways_are_those_of_the_account_and_a_mail_only_where_there_is_nothing_stronger(signed_in, practice, account, request, has, ways):
    if "app" in has:
        request.getfixturevalue("with_app")
    if "key" in has:
        add_key(practice, account, "elsewhere.test" if "other" in has else "")
    change(practice, account, email_codes="mail" in has, **({"password_hash": ""} if "no-password" in has else {}))
    browser = signed_in(account=account)
    page = browser.get("/profile/prove")
    assert ways_on(page) == ways
    assert "nothing set up here" in page.text or ways


def test_a_code_of_the_app_proves_once(signed_in, practice, account, with_app):
    browser = signed_in(account=account)
    make_old(practice, 11)
    for status in (303, 422):
        form = browser.get("/profile/prove?way=app&next=/profile/email").forms["prove-app"]
        form["app_code"] = with_app()
        assert form.submit(expect_errors=True).status_int == status
    assert browser.get("/profile/email").status_int == 200
    with practice.session() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("auth.proof%")).order_by(AuditEvent.id)).all()
    assert actions == ["auth.proof.app", "auth.proof.failed"]


def test_a_mailed_code_proves_in_the_browser_that_asked_for_it(signed_in, practice, account, work_off, mails):
    change(practice, account, email_codes=True)
    browser, other = signed_in(account=account), signed_in(account=account)
    make_old(practice, 11)
    page = browser.get("/profile/prove?way=mail&next=/profile/email").forms["prove-send"].submit().follow()
    work_off()
    [mail] = mails.to(account.email)
    text = mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "Your code"
    assert "prove that it is you" in text
    code = re.search(r"\b\d{6}\b", text)[0]
    token = other.get("/home").forms["sign-out"]["csrf_token"].value
    assert other.post("/profile/prove", {"csrf_token": token, "way": "mail", "mail_code": code}, expect_errors=True).status_int == 422
    form = page.forms["prove-mail"]
    form["mail_code"] = code
    assert form.submit().location.endswith("/profile/email")
    assert browser.get("/profile/email").status_int == 200
    assert form.submit(expect_errors=True).status_int == 422


def test_a_code_for_signing_in_is_none_for_proving_and_the_other_way_round(db, practice, account, registry):
    now = datetime.now(UTC)
    change(practice, account, email_codes=True)
    for asked, used in ((second.AT_SIGN_IN, second.AT_PROOF), (second.AT_PROOF, second.AT_SIGN_IN)):
        ticket_id = second.ask_for_mail_code(db, account, now, asked)
        db.flush()
        _, code = tickets.give_code(db, practice.id, ticket_id, now)
        with pytest.raises(second.WrongCode):
            second.use_mail_code(db, account, str(ticket_id), code, now, used)
        second.use_mail_code(db, account, str(ticket_id), code, now, asked)


@pytest.mark.parametrize("way", ["app", "mail", "passkey", "recovery", "password ", "🦷", "x" * 100_000])
def test_a_way_that_the_account_does_not_have_proves_nothing_and_sends_nothing(signed_in, practice, account, work_off, mails, way):
    browser = signed_in(account=account)
    make_old(practice, 11)
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    fields = {"csrf_token": token, "way": way, "app_code": "000000", "mail_code": "000000", "recovery_code": "x", "password": PASSWORD}
    assert browser.post("/profile/prove", fields, expect_errors=True).status_int == 422
    browser.post("/profile/prove/send", {"csrf_token": token})
    work_off()
    assert mails.to(account.email) == []
    assert browser.get("/profile/email").status_int == 303


def test_wrong_codes_are_counted_with_those_of_the_second_step(signed_in, account, with_app, web):
    browser = signed_in(account=account)

    def wrong() -> int:
        form = browser.get("/profile/prove?way=app").forms["prove-app"]
        form["app_code"] = "abcdef"
        return form.submit(expect_errors=True).status_int

    assert [wrong() for _ in range(6)] == [422] * 5 + [429]
    form = web.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, PASSWORD
    form = form.submit().follow().forms["second-app"]
    form["app_code"] = with_app()
    assert form.submit(expect_errors=True).status_int == 429


def test_the_page_costs_at_most_five_statements(signed_in, account, with_app, statements):
    browser = signed_in(account=account)
    browser.get("/profile/prove")
    with statements() as seen:
        browser.get("/profile/prove")
    assert len(seen) <= 5


def test_staff_prove_by_what_they_have_and_never_by_mail(portal, practice, make, web):
    account = make.staff()
    change(practice, account, email_codes=True)
    add_key(practice, account)
    add_sign_in(web, practice, account)
    assert ways_on(web.get("/office/profile/prove")) == {"password", "passkey"}


# What was typed


@pytest.mark.parametrize(
    ("path", "form", "field", "value"),
    [
        ("/profile/email", "change-email", "email", "new@example.test"),
        ("/profile/email", "change-email", "email", "not an address 🦷 <b>"),
        ("/profile/user-name", "change-user-name", "user_name", "quill of the hill"),
        ("/profile/offices/add", "add-office", "address", "harbor.example.test"),
    ],
)
def test_what_was_typed_is_there_again_after_proving_and_only_then(signed_in, account, practice, path, form, field, value):
    browser = signed_in(account=account)
    opened = browser.get(path).forms[form]
    opened[field] = value
    make_old(practice, 11)
    asked = opened.submit()
    assert "/profile/prove?next=" in asked.location
    assert escape(value) not in asked.follow().text
    assert prove(browser, "wrong", asked.location).status_int == 422
    assert prove(browser, path=asked.location).follow().forms[form][field].value == value
    assert browser.get(path).forms[form][field].value != value


def test_names_of_passkeys_are_there_again_with_the_key_that_they_are_for(signed_in, account, practice):
    add_key(practice, account)
    browser = signed_in(account=account)
    page = browser.get("/profile/security")
    [rename] = [form for form in page.forms.values() if "key" in form.fields]
    make_old(practice, 11)
    rename["name"] = "Robin’s phone"
    after = prove(browser, path=rename.submit().location).follow()
    assert after.lxml.xpath("string(//details[@open]//input[@name='name']/@value)") == "Robin’s phone"
    assert after.lxml.xpath("string(//input[@id='passkey-name']/@value)") == ""
    make_old(practice, 11)
    token = page.forms["sign-out"]["csrf_token"].value
    asked = browser.post("/profile/security/passkeys/options", {"csrf_token": token, "name": "Kitchen tablet", "credential": ""})
    after = prove(browser, path=asked.location).follow()
    assert after.lxml.xpath("string(//input[@id='passkey-name']/@value)") == "Kitchen tablet"


def test_far_more_than_a_form_holds_is_not_kept_and_breaks_nothing(signed_in, account, practice):
    browser = signed_in(account=account)
    form = browser.get("/profile/email").forms["change-email"]
    make_old(practice, 11)
    form["email"] = "🦷" * 1_000_000
    asked = form.submit()
    assert prove(browser, path=asked.location).follow().forms["change-email"]["email"].value == ""


def test_no_secret_is_kept(signed_in, account, practice, with_app):
    browser = signed_in(account=account)
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    make_old(practice, 11)
    secrets = {"password": "hush-1", "new_password": "hush-2", "app_code": "hush-3", "credential": "hush-4"}
    for path in ("/profile/email", "/profile/user-name", "/profile/security/app", "/profile/security/app/off", "/profile/security/passkeys"):
        browser.post(path, {"csrf_token": token, "name": "kept"} | secrets)
        cookie = browser.cookies.get("cuspid-form", "").strip('"')
        assert b"hush" not in urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))


def test_what_one_person_typed_is_not_there_for_the_next(signed_in, make, account, practice):
    browser = signed_in(account=account)
    form = browser.get("/profile/email").forms["change-email"]
    form["email"] = "new@example.test"
    make_old(practice, 11)
    asked = form.submit()
    browser.get("/home").forms["sign-out"].submit()
    add_sign_in(browser, practice, make.account(make.patient()))
    assert browser.get("/profile/email").forms["change-email"]["email"].value == ""
    assert asked.status_int == 303

"""The second step at sign-in: an authenticator app, codes by e-mail, recovery codes."""

import re
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update

from core.audit import AuditEvent
from core.auth import second, tickets
from core.auth.limits import Count, TooManyAttempts
from core.auth.models import Account, RecoveryCode, SignInSession, Ticket
from core.outbox import OutboxRow
from core.testing import PASSWORD, browser

NOON = datetime(2026, 1, 15, 12, 0, 5, tzinfo=UTC)


def code_at(seed: str, moment: datetime) -> str:
    """What the app shows."""
    return TOTP(b32decode(seed), 6, SHA1(), 30).generate(int(moment.timestamp())).decode()


@pytest.fixture
def secret_key(registry):
    return registry.portal.secret_key


@pytest.fixture
def with_app(db, make, secret_key):
    """`with_app(at)`: an account that has set up an app at that time; gives it, its seed and its recovery codes."""

    def set_up(at: datetime = NOON - timedelta(hours=1), session=None, maker=None):
        session, maker = session or db, maker or make
        account = maker.account(maker.patient())
        draft = second.new_draft(secret_key, account)
        seed = second.seed_of_draft(secret_key, account, draft)
        second.turn_on_app(session, secret_key, account, draft, code_at(seed, at), at)
        codes = second.first_recovery_codes(session, secret_key, account)
        session.commit()
        return account, seed, codes

    return set_up


def test_the_codes_of_the_app_are_those_of_the_standard():
    # RFC 6238, appendix B, cut to six digits.
    from core.auth.second import _matching_steps

    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert _matching_steps(seed, code, datetime.fromtimestamp(seconds, UTC)) == [seconds // 30]


def test_a_code_of_the_app_counts_once(db, with_app, secret_key):
    account, seed, _ = with_app()
    second.use_app_code(db, secret_key, account, code_at(seed, NOON), NOON)
    with pytest.raises(second.WrongCode):
        second.use_app_code(db, secret_key, account, code_at(seed, NOON), NOON)


@pytest.mark.parametrize("spell", [
    lambda code: f" {code}", lambda code: f"{code[:3]} {code[3:]}", lambda code: f"{code}\n", lambda code: code + "\u200f", lambda code: code[:5],
    lambda code: "".join(chr(0xFF10 + int(digit)) for digit in code), lambda code: "".join(chr(0x0660 + int(digit)) for digit in code),
])  # fmt: skip
def test_a_second_spelling_is_no_code(db, with_app, secret_key, spell):
    account, seed, _ = with_app()
    with pytest.raises(second.WrongCode):
        second.use_app_code(db, secret_key, account, spell(code_at(seed, NOON)), NOON)


@pytest.mark.parametrize("ago, good", [(0, True), (30, True), (60, False), (-30, False)])
def test_the_code_of_now_and_of_the_step_before_are_taken(db, with_app, secret_key, ago, good):
    account, seed, _ = with_app()
    code = code_at(seed, NOON - timedelta(seconds=ago))
    if good:
        second.use_app_code(db, secret_key, account, code, NOON)
    else:
        with pytest.raises(second.WrongCode):
            second.use_app_code(db, secret_key, account, code, NOON)


def test_after_the_code_of_now_that_of_the_step_before_is_refused(db, with_app, secret_key):
    account, seed, _ = with_app()
    second.use_app_code(db, secret_key, account, code_at(seed, NOON), NOON)
    with pytest.raises(second.WrongCode):
        second.use_app_code(db, secret_key, account, code_at(seed, NOON - timedelta(seconds=30)), NOON)


def test_of_two_with_the_same_code_at_the_same_time_one_gets_in(practice, with_app, secret_key):
    account, seed, _ = with_app()

    def bring(_) -> bool:
        with practice.session() as session:
            own = session.get_one(Account, (practice.id, account.id))
            try:
                second.use_app_code(session, secret_key, own, code_at(seed, NOON), NOON)
            except second.WrongCode:
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(bring, range(8))) == 1


def test_the_code_that_set_the_app_up_counts_no_more(db, with_app, secret_key):
    account, seed, _ = with_app(NOON)
    with pytest.raises(second.WrongCode):
        second.use_app_code(db, secret_key, account, code_at(seed, NOON), NOON)


def test_the_seed_is_not_in_the_database(db, with_app, practice):
    account, seed, _ = with_app()
    kept = db.execute(text("select totp_secret from account where id = :id"), {"id": account.id}).scalar_one()
    assert kept
    assert seed not in kept


def test_a_draft_serves_its_own_account_only(db, make, secret_key):
    mine, other = make.account(make.patient()), make.account(make.patient())
    draft = second.new_draft(secret_key, other)
    seed = second.seed_of_draft(secret_key, other, draft)
    for bad in (draft, "", "nonsense"):
        with pytest.raises(second.WrongCode):
            second.turn_on_app(db, secret_key, mine, bad, code_at(seed, NOON), NOON)
    assert mine.totp_secret == ""


def test_the_app_of_one_account_opens_no_other(db, with_app, secret_key):
    account, (_, other_seed, _) = with_app()[0], with_app()
    with pytest.raises(second.WrongCode):
        second.use_app_code(db, secret_key, account, code_at(other_seed, NOON), NOON)


def test_a_recovery_code_counts_once_however_it_is_spelled(db, with_app, secret_key):
    account, _, codes = with_app()
    assert len(set(codes)) == 10
    assert second.use_recovery_code(db, secret_key, account, codes[0], NOON) == 9
    assert second.use_recovery_code(db, secret_key, account, codes[1].lower().replace("-", ""), NOON) == 8
    for again in (codes[0], codes[0].lower(), codes[0].replace("-", "")):
        with pytest.raises(second.WrongCode):
            second.use_recovery_code(db, secret_key, account, again, NOON)


def test_recovery_codes_are_kept_as_hashes_and_replaced_as_a_whole(db, with_app, secret_key):
    account, _, codes = with_app()
    hashes = db.scalars(select(RecoveryCode.code_hash).where(RecoveryCode.account_id == account.id)).all()
    assert not [code for code in codes if any(code.replace("-", "") in one for one in hashes)]
    fresh = second.new_recovery_codes(db, secret_key, account)
    with pytest.raises(second.WrongCode):
        second.use_recovery_code(db, secret_key, account, codes[0], NOON)
    assert second.use_recovery_code(db, secret_key, account, fresh[0], NOON) == 9


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=30) | st.sampled_from(["", "\0", "０１２３４", "🦷" * 5]))
def test_nothing_made_up_is_a_recovery_code(practice, registry, typed):
    with practice.session() as session:
        account = Account(practice_id=practice.id, id=practice.id)
        with pytest.raises(second.WrongCode):
            second.use_recovery_code(session, registry.portal.secret_key, account, typed, NOON)


def test_codes_of_another_account_and_another_practice_are_refused(db, other_db, make, other_make, with_app, secret_key):
    account = make.account(make.patient())
    _, seed, codes = with_app()
    _, far_seed, far_codes = with_app(session=other_db, maker=other_make)
    for code in (codes[0], far_codes[0]):
        with pytest.raises(second.WrongCode):
            second.use_recovery_code(db, secret_key, account, code, NOON)
    for one in (seed, far_seed):
        with pytest.raises(second.WrongCode):
            second.use_app_code(db, secret_key, account, code_at(one, NOON), NOON)


# Codes by e-mail.


def _mailed_code(mails, address: str) -> str:
    [body] = [mail.get_body(("plain",)).get_content() for mail in mails.to(address)[-1:]]
    return re.search(r"^(\d{6})\r?$", body, re.MULTILINE)[1]


def test_a_mailed_code_is_made_by_the_worker_and_stands_nowhere(db, make, practice, work_off, mails):
    account = make.account(make.patient(email=f"once@{practice.slug}.test"))
    now = datetime.now(UTC)
    ticket = second.ask_for_mail_code(db, account, now)
    db.commit()
    with pytest.raises(second.WrongCode):  # nothing opens it before it was made
        second.use_mail_code(db, account, str(ticket), "000000", now)
    db.commit()
    work_off()
    code, subject = _mailed_code(mails, account.email), mails.to(account.email)[-1]["Subject"]
    assert code not in subject
    kept = db.execute(text("select t::text from ticket t union all select o::text from outbox o")).scalars().all()
    assert not [row for row in kept if re.search(rf"\b{code}\b", row)]
    second.use_mail_code(db, account, str(ticket), code, now)
    with pytest.raises(second.WrongCode):
        second.use_mail_code(db, account, str(ticket), code, now)


def test_the_worker_makes_one_code_for_a_ticket(db, make, practice):
    account, now = make.account(make.patient()), datetime.now(UTC)
    ticket_id = second.ask_for_mail_code(db, account, now)
    ticket, code = tickets.give_code(db, practice.id, ticket_id, now)
    assert ticket.email == account.email
    assert tickets.give_code(db, practice.id, ticket_id, now) is None
    second.use_mail_code(db, account, str(ticket_id), code, now)


@pytest.mark.parametrize("spoil", ["late", "five", "other account", "newer", "other address"])
def test_a_mailed_code_is_refused_when(db, make, practice, spoil):
    account, other, now = make.account(make.patient()), make.account(make.patient()), datetime.now(UTC)
    ticket_id = second.ask_for_mail_code(db, account, now)
    _, code = tickets.give_code(db, practice.id, ticket_id, now)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    if spoil == "late":
        now += timedelta(minutes=10)
    elif spoil == "five":
        for _ in range(5):
            with pytest.raises(second.WrongCode):
                second.use_mail_code(db, account, str(ticket_id), wrong, now)
    elif spoil == "newer":
        second.ask_for_mail_code(db, account, now)
    elif spoil == "other address":
        account.email = "new@example.test"
    with pytest.raises(second.WrongCode):
        second.use_mail_code(db, other if spoil == "other account" else account, str(ticket_id), code, now)


def test_a_code_of_one_flow_fails_in_another(db, make, practice):
    account, other, now = make.account(make.patient()), make.account(make.patient()), datetime.now(UTC)
    first, second_one = second.ask_for_mail_code(db, account, now), second.ask_for_mail_code(db, other, now)
    _, code = tickets.give_code(db, practice.id, first, now)
    tickets.give_code(db, practice.id, second_one, now)
    with pytest.raises(second.WrongCode):
        second.use_mail_code(db, other, str(second_one), code, now)


def test_tries_are_counted_also_when_the_store_is_away(registry):
    class Away(type(registry.limiter)):
        def _ask(self, *_):
            return None

    limiter, now, count = Away("memory://"), datetime.now(UTC), Count(second.TRIES, uuid4(), "second", "account")
    for _ in range(5):
        limiter.take(now, count)
    with pytest.raises(TooManyAttempts):
        limiter.take(now, count)


def test_the_last_way_stays_where_the_office_asks_for_one(db, with_app):
    account, _, _ = with_app()
    with pytest.raises(second.LastWay):
        second.turn_off_app(db, account, required=True)
    second.turn_on_mail(db, account)
    second.turn_off_app(db, account, required=True)
    with pytest.raises(second.LastWay):
        second.turn_off_mail(db, account, required=True)
    second.turn_off_mail(db, account, required=False)
    assert second.recovery_codes_left(db, account) == 0


# The page.


def _password(web, account, next_path: str = ""):
    form = web.get("/sign-in" + (f"?next={next_path}" if next_path else "")).forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, PASSWORD
    return form.submit()


def _give(web, account, name: str, form_id: str, code: str, expect: int = 303):
    form = web.get(f"/sign-in/second?way={form_id.removeprefix('second-')}").forms[form_id]
    form[name] = code
    return form.submit(status=expect)


def test_the_password_alone_leads_to_the_second_step_and_opens_nothing(web, with_app, registry):
    account, seed, _ = with_app()
    assert _password(web, account).location.endswith("/sign-in/second")
    before = web.cookies["cuspid"]
    for path in ("/home", "/profile/security", "/profile/security/app", *(f"/{name}" for name in registry.plugins.tabs)):
        assert web.get(path).location.endswith("/sign-in/second"), path
    answer = _give(web, account, "app_code", "second-app", code_at(seed, datetime.now(UTC)))
    assert answer.location.endswith("/home")
    assert web.cookies["cuspid"] != before, "a new token after the second step"
    assert web.get("/home").status_int == 200


def test_the_way_on_is_kept_through_the_second_step(web, with_app):
    account, seed, _ = with_app()
    page = _password(web, account, "/appointments").follow()
    form = page.forms["second-app"]
    form["app_code"] = code_at(seed, datetime.now(UTC))
    assert form.submit().location.endswith("/appointments")


def test_the_token_from_before_the_second_step_is_worth_nothing_after_it(web, with_app, practice, portal):
    account, seed, _ = with_app()
    _password(web, account)
    before = web.cookies["cuspid"]
    _give(web, account, "app_code", "second-app", code_at(seed, datetime.now(UTC)))
    stale = browser(portal, practice)
    stale.set_cookie("cuspid", before)
    assert "/sign-in" in stale.get("/home").location
    assert "/sign-in/second" not in stale.get("/home").location


def test_nobody_else_sees_the_page(web, signed_in, make):
    assert web.get("/sign-in/second").location.endswith("/sign-in")
    assert signed_in(make.patient()).get("/sign-in/second").location.endswith("/home")


def test_a_wrong_code_keeps_the_page_and_six_close_it(web, with_app, db):
    account, _, codes = with_app()
    _password(web, account)
    for wrong in ("000000x", "", "１２３４５６", "12 34 56", "\u202e🦷\0"):
        page = _give(web, account, "app_code", "second-app", wrong, 422)
        assert "That code is not right, or it was used before." in page.text
    closed = _give(web, account, "recovery_code", "second-recovery", codes[0], 429)
    assert int(closed.headers["Retry-After"]) > 0
    assert web.get("/home").location.endswith("/sign-in/second")
    actions = db.scalars(select(AuditEvent.action).where(AuditEvent.account_id == account.id)).all()
    assert actions.count("auth.second.failed") == 5


def test_files_and_floods_in_place_of_a_code_are_wrong_codes(web, with_app):
    account, _, _ = with_app()
    token = _password(web, account).follow().forms["second-app"]["csrf_token"].value
    files = [("next", "a.txt", b"x"), ("way", "b.txt", b"app"), ("app_code", "c.txt", b"123456")]
    web.post("/sign-in/second", {"csrf_token": token}, upload_files=files, status=422)
    for way in ("app", "recovery"):
        web.post("/sign-in/second", {"csrf_token": token, "way": way, f"{way}_code": "7" * 10**6}, status=422)


def test_a_recovery_code_signs_in_and_says_how_many_are_left(web, with_app):
    account, _, codes = with_app()
    _password(web, account)
    assert _give(web, account, "recovery_code", "second-recovery", codes[3]).location.endswith("/home")
    assert "9 of them are left" in web.get("/home").text


def test_a_way_that_the_account_does_not_have_is_refused(web, with_app):
    account, _, _ = with_app()
    page = _password(web, account).follow()
    token = page.forms["second-app"]["csrf_token"].value
    for way in ("mail", "passkey", "", "nonsense"):
        web.post("/sign-in/second", {"csrf_token": token, "way": way, "mail_code": "123456"}, status=422)


def test_a_code_by_mail_signs_in(web, db, make, practice, work_off, mails):
    account = make.account(make.patient(email=f"robin@{practice.slug}.test"))
    second.turn_on_mail(db, account)
    db.commit()
    page = _password(web, account).follow()
    assert account.email not in page.text
    page.forms["second-send"].submit(status=303)
    work_off()
    assert _give(web, account, "mail_code", "second-mail", _mailed_code(mails, account.email)).location.endswith("/home")


def test_many_codes_are_not_mailed(web, db, make, practice):
    account = make.account(make.patient(email=f"robin@{practice.slug}.test"))
    second.turn_on_mail(db, account)
    db.commit()
    form = _password(web, account).follow().forms["second-send"]
    assert [form.submit(expect_errors=True).status_int for _ in range(5)] == [303] * 4 + [429]


def test_no_code_is_mailed_to_an_account_that_has_an_app(web, with_app, db, practice):
    account, _, _ = with_app()
    token = _password(web, account).follow().forms["second-app"]["csrf_token"].value
    web.post("/sign-in/second/send", {"csrf_token": token}, status=303)
    asked = (
        select(func.count()).select_from(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.task == "auth.send_second_code")
    )
    assert db.scalar(asked) == 0


# Set up at sign-in, where the office wants it.


@pytest.fixture
def required(db, practice, registry):
    """The practice asks everybody for a second step."""
    from tenants.models import OfficeSetting, Practice

    db.add(OfficeSetting(name="portal.second_factor", value={"value": "required"}))
    db.execute(update(Practice).where(Practice.id == practice.id).values(version=Practice.version + 1))
    db.commit()


def _key_on(page) -> str:
    return re.search(r'translate="no">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")


def test_who_has_none_sets_up_an_app_and_sees_the_recovery_codes(web, make, required, work_off, mails, practice):
    account = make.account(make.patient(email=f"new@{practice.slug}.test"))
    page = _password(web, account).follow()
    key = _key_on(page)
    assert _key_on(web.get("/sign-in/second")) == key, "the same picture until it is confirmed"
    assert _give(web, account, "app_code", "second-app", "abcdef", 422)
    done = _give(web, account, "app_code", "second-app", code_at(key, datetime.now(UTC)), 200)
    assert len(re.findall(r">[0-9A-Z]{5}-[0-9A-Z]{5}<", done.text)) == 10
    assert done.click("I have kept them").status_int == 200
    work_off()
    assert "second step" in mails.to(account.email)[-1].get_body(("plain",)).get_content()


def test_who_has_none_can_choose_codes_by_mail(web, db, make, required, work_off, mails, practice):
    account = make.account(make.patient(email=f"new@{practice.slug}.test"))
    page = _password(web, account).follow().click("Codes by e-mail")
    page.forms["second-send"].submit(status=303)
    work_off()
    _give(web, account, "mail_code", "second-mail", _mailed_code(mails, account.email), 200)
    db.refresh(account)
    assert account.email_codes


def test_without_a_right_code_nothing_is_set_up_and_nothing_opens(web, db, make, required):
    account = make.account(make.patient())
    _password(web, account)
    token = web.get("/sign-in/second").forms["second-app"]["csrf_token"].value
    for way in ("recovery", "passkey", "mail"):
        web.post("/sign-in/second", {"csrf_token": token, "way": way, "mail_code": "123456", "recovery_code": "A"}, status=422)
    assert web.get("/home").location.endswith("/sign-in/second")
    db.refresh(account)
    assert not account.email_codes


# The pages under /profile/security.


def test_the_app_is_set_up_confirmed_and_turned_off(signed_in, make, db):
    account = make.account(make.patient())
    app = signed_in(account=account)
    assert "Set up" in app.get("/profile/security").text
    page = app.get("/profile/security/app")
    form = page.forms["security-app"]
    form["app_code"] = "123 45"
    assert form.submit(status=422).forms["security-app"]
    db.refresh(account)
    assert account.totp_secret == ""
    form["app_code"] = code_at(_key_on(page), datetime.now(UTC))
    assert "Your recovery codes" in form.submit().text
    page = app.get("/profile/security")
    assert "10 of 10 left" in page.text
    assert page.forms["app-off"].submit().follow().status_int == 200
    db.refresh(account)
    assert account.totp_secret == ""
    actions = set(db.scalars(select(AuditEvent.action).where(AuditEvent.account_id == account.id)))
    assert {"auth.second_factor.on", "auth.second_factor.off"} <= actions


def test_codes_by_mail_need_an_address(signed_in, make, db):
    account = make.account(make.patient(email=""))
    app = signed_in(account=account)
    page = app.get("/profile/security")
    assert "mail-switch" not in page.forms
    app.post("/profile/security/mail", {"csrf_token": page.forms["sign-out"]["csrf_token"].value, "on": "yes"}, status=422)
    account.email = "robin@example.test"
    db.commit()
    assert "Your recovery codes" in app.get("/profile/security").forms["mail-switch"].submit("on").text
    db.refresh(account)
    assert account.email_codes


def test_the_only_way_stays_where_the_office_asks_for_one(signed_in, make, db, required):
    account = make.account(make.patient())
    second.turn_on_mail(db, account)
    db.commit()
    page = signed_in(account=account).get("/profile/security")
    assert "Set up another way first" in page.forms["mail-switch"].submit(status=422).text


def test_new_recovery_codes_replace_the_old(signed_in, with_app, db, secret_key):
    account, _, codes = with_app()
    page = signed_in(account=account).get("/profile/security").forms["new-codes"].submit()
    assert codes[0] not in page.text
    with pytest.raises(second.WrongCode):
        second.use_recovery_code(db, secret_key, account, codes[0], NOON)


def test_changes_ask_for_a_proof_first(signed_in, with_app, db, practice):
    account, _, _ = with_app()
    app = signed_in(account=account)
    page = app.get("/profile/security")
    db.execute(update(SignInSession).where(SignInSession.practice_id == practice.id).values(proven_at=NOON - timedelta(days=400)))
    db.commit()
    for form in ("app-off", "mail-switch", "new-codes"):
        assert page.forms[form].submit().location.endswith("/profile/prove?next=%2Fprofile%2Fsecurity")
    assert "/profile/prove" in app.get("/profile/security/app").location
    db.refresh(account)
    assert account.totp_secret
    assert not db.scalars(select(Ticket).where(Ticket.account_id == account.id)).all()

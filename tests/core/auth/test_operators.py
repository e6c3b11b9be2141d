"""An operator inside a practice: the way in and out, how far, how long, and that nothing else opens the account that stands in."""

import json
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest
from psycopg import sql
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth import operators, passkeys, roles, services, staff, tickets
from core.auth.entering import PROOF_LASTS
from core.auth.identity import find_visitor
from core.auth.models import Account, SignInSession, SupportAccess
from core.auth.realms import OFFICE, OPERATOR_CONSOLE, OWN, PORTAL, STILL_HERE
from core.auth.roles import LEVELS, SETTING, SUPPORT, may_enter
from core.testing import PASSWORD, add_sign_in, browser
from tenants import settings
from tenants.models import OfficeSetting

NOW = datetime.now(UTC)


@pytest.fixture
def allow(db, practice, registry):
    """`allow(level)`: what the practice lets operators do from now on."""

    def change(level: str | None) -> None:
        settings.change(db, registry.plugins, practice.id, None, SETTING, level, "test", datetime.now(UTC))
        db.commit()

    return change


def _visits(db, practice) -> list[SupportAccess]:
    where = (SupportAccess.practice_id == practice.id, SupportAccess.patient_id.is_(None))
    return list(db.scalars(select(SupportAccess).where(*where).order_by(SupportAccess.began_at).execution_options(populate_existing=True)))


def _audited(db, practice) -> list[AuditEvent]:
    where = (AuditEvent.practice_id == practice.id, AuditEvent.action.startswith("office.support."))
    return list(db.scalars(select(AuditEvent).where(*where).order_by(AuditEvent.happened_at)))


def _is_out(app) -> bool:
    return app.get("/office", status="*").status_int == 303


# Coming in.


def test_a_link_alone_signs_nobody_in_and_the_button_says_as_whom(portal, practice, link_into):
    app = browser(portal, practice)
    page = app.get(link_into(practice))
    assert "Ann Ode (Cuspid)" in page.text
    assert "Statements are not printed" in page.text
    assert "cuspid-office" not in app.cookies
    assert page.forms["enter"].submit().location.endswith("/office")
    home = app.get("/office")
    assert "Ann Ode (Cuspid)" in home.text
    assert home.html.select_one(".visit__why").get_text() == "Statements are not printed"


def test_a_form_of_another_site_or_without_its_token_lets_nobody_in(portal, practice, link_into):
    app, path = browser(portal, practice), link_into(practice)
    app.get(path)
    app.post(path, {"csrf_token": "x"}, status=419)
    token = app.get(path).forms["enter"]["csrf_token"].value
    app.post(path, {"csrf_token": token}, headers={"Sec-Fetch-Site": "same-site"}, status=419)
    app.post(path, {"csrf_token": token}, status=303)


def test_coming_in_and_leaving_stand_in_the_audit_with_the_visit(entered, db, practice):
    app = entered()
    leaving = app.get("/office").forms["sign-out"].submit()
    assert leaving.location == "http://localhost/office"
    assert _is_out(app)
    [visit] = _visits(db, practice)
    assert visit.ended_at is not None
    assert [(event.action, event.target_id, event.account_id) for event in _audited(db, practice)] == [
        ("office.support.enter", visit.id, visit.account_id),
        ("office.support.leave", visit.id, visit.account_id),
    ]


def test_staff_have_nothing_to_leave(signed_in, make):
    app = signed_in(account=make.staff())
    app.post("/office/leave", {"csrf_token": app.get("/office").forms["sign-out"]["csrf_token"].value}, status=404)


def test_the_banner_stands_on_pages_of_trouble_too(entered):
    app = entered()
    for path in ("/office/nowhere", "/office/profile"):
        page = app.get(path, status="*")
        assert "visit__why" in page.text
        assert "form-action 'self' http://localhost;" in page.headers["Content-Security-Policy"]
    page.forms["sign-out"].submit(status=303)
    assert _is_out(app)


def test_pages_with_the_banner_let_its_form_lead_to_the_console(entered):
    policy = entered().get("/office").headers["Content-Security-Policy"]
    assert "form-action 'self' http://localhost;" in policy


def test_the_admins_of_the_practice_are_told_and_nobody_else(entered, allow, make, work_off, mails):
    allow("act")
    admins, other = [make.staff(), make.staff()], make.staff("billing")
    entered("act")
    work_off()
    for admin in admins:
        [mail] = mails.to(admin.email)
        text = mail.get_body(("plain",)).get_content()
        assert "Ann Ode (Cuspid)" in text
        assert "Why: Statements are not printed" in text
        assert "looking and changing" in text
        assert "Ann" not in mail["Subject"]
    assert mails.to(other.email) == []


def test_whoever_was_signed_in_with_the_browser_is_signed_out(portal, practice, make, link_into, db):
    app, member = browser(portal, practice), make.staff()
    add_sign_in(app, practice, member)
    page = app.get(link_into(practice))
    assert "Kim Sato" in page.text
    page.forms["enter"].submit()
    assert "Ann Ode" in app.get("/office").text
    assert db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id, SignInSession.account_id == member.id)).all() == []


def test_an_operator_in_the_same_browser_who_only_looks_does_not_undo_the_next_one(portal, practice, link_into, entered):
    app = entered("see")
    app.get(link_into(practice, "see")).forms["enter"].submit(status=303)
    app.get("/office", status=200)


# The link: once, for a minute, at one practice.


def test_whatever_is_wrong_with_a_link_has_one_answer(portal, practice, other_practice, link_into, make_operator, allow, db):
    def answers(path: str) -> set[tuple[int, str]]:
        app = browser(portal, practice)
        token = app.get("/office/sign-in").forms["sign-in"]["csrf_token"].value
        found = [app.get(path, status="*"), app.post(path, {"csrf_token": token}, status="*")]
        return {(answer.status_int, answer.text) for answer in found}

    used = link_into(practice)
    browser(portal, practice).get(used).forms["enter"].submit(status=303)
    operator = make_operator()
    voided = link_into(practice, operator=operator)
    link_into(practice, operator=operator)
    expired, elsewhere = link_into(practice, at=datetime.now(UTC) - operators.LINK_LIVES), link_into(other_practice)
    with practice.session() as session:
        of_staff = tickets.issue_link(session, staff.INVITATION, NOW, timedelta(hours=1))
        session.commit()
    wrong = [used, voided, expired, elsewhere, f"/office/enter/{of_staff}", "/office/enter/nonsense", used + "x"]
    made_up = answers("/office/enter/made-up")
    assert {status for status, _ in made_up} == {404}
    assert set().union(*map(answers, wrong)) == made_up
    lowered = link_into(practice, "see")
    allow("none")
    app = browser(portal, practice)
    assert app.get(lowered, status=404).text == next(iter(made_up))[1]
    assert not [event for event in _audited(db, practice) if event.account_id is None]


@pytest.mark.parametrize("seconds, lets_in", [(-1, True), (0, False), (1, False)])
def test_a_link_lives_for_a_minute_to_the_second(practice, link_into, seconds, lets_in):
    token = link_into(practice, at=NOW).rpartition("/")[2]
    with practice.session() as session:
        look = lambda: operators.look(session, practice.id, token, NOW + operators.LINK_LIVES + timedelta(seconds=seconds))  # noqa: E731
        if lets_in:
            assert look().access.reason == "Statements are not printed"
        else:
            with pytest.raises(tickets.BadTicket):
                look()


def test_of_two_who_come_by_one_link_one_gets_in(portal, practice, link_into):
    first, second = browser(portal, practice), browser(portal, practice)
    path = link_into(practice)
    pages = [app.get(path).forms["enter"] for app in (first, second)]
    assert [form.submit(status="*").status_int for form in pages] == [303, 404]
    assert _is_out(second)


def test_an_operator_whose_access_was_closed_meanwhile_does_not_get_in(portal, practice, base, make_operator, link_into):
    operator = make_operator()
    form = browser(portal, practice).get(link_into(practice, operator=operator)).forms["enter"]
    with base.session() as session:
        staff.close(session, base.id, operator.id, datetime.now(UTC), kind="operator")
        session.commit()
    form.submit(status=404)


def test_what_was_allowed_when_the_link_was_made_must_be_allowed_still(portal, practice, link_into, allow):
    allow("act")
    path = link_into(practice, "act")
    form = browser(portal, practice).get(path).forms["enter"]
    # As a change would that this process hears of later: the row is not ended.
    with practice.session() as session:
        session.execute(OfficeSetting.__table__.update().values(value={"value": "see"}))
        settings.touch(session, practice.id)
        session.commit()
    form.submit(status=404)


# How far, how long.


@pytest.mark.parametrize("allowed", LEVELS)
@pytest.mark.parametrize("level", ["see", "act", "none", None, ""])
def test_a_level_is_let_in_that_goes_no_further_than_the_practice_allows(allowed, level):
    expected = {"none": set(), "see": {"see"}, "act": {"see", "act"}}
    assert may_enter(allowed, level) == (level in expected[allowed])


@pytest.mark.parametrize("level, lowered", [("act", "see"), ("act", "none"), ("see", "none"), ("act", None)])
def test_a_practice_that_allows_less_has_them_out_at_once_and_for_good(entered, allow, level, lowered, db, practice):
    allow("act")
    app = entered(level)
    app.get("/office", status=200)
    allow(lowered)
    assert _is_out(app)
    allow("act")
    assert _is_out(app)
    assert [event.action for event in _audited(db, practice)] == ["office.support.enter", "office.support.end"]


@pytest.mark.parametrize("level, changed", [("see", "act"), ("see", "see"), ("act", "act")])
def test_a_practice_that_allows_as_much_or_more_lets_them_stay(entered, allow, level, changed):
    allow(level)
    app = entered(level)
    allow(changed)
    assert "visit__who" in app.get("/office").text


def test_the_setting_is_looked_at_in_every_request(entered, allow, practice, db):
    """Also when nobody has ended the visit's row."""
    allow("see")
    app = entered("see")
    db.execute(OfficeSetting.__table__.update().where(OfficeSetting.practice_id == practice.id).values(value={"value": "none"}))
    settings.touch(db, practice.id)
    db.commit()
    assert _is_out(app)


def test_a_clinic_cannot_allow_what_the_practice_does_not(entered, registry, practice, db, allow):
    allow("none")
    with pytest.raises(settings.WrongValue, match="whole practice"):
        settings.change(db, registry.plugins, practice.id, practice.clinic_id, SETTING, "act", "test", NOW)
    # Nor by a row from before that was refused.
    db.add(OfficeSetting(clinic_id=practice.clinic_id, name=SETTING, value={"value": "act"}))
    settings.touch(db, practice.id)
    db.commit()
    assert registry.tenants.current(practice.id).settings[SETTING] == "none"


@pytest.mark.parametrize("seconds, is_in", [(-1, True), (0, False), (1, False)])
def test_a_visit_lasts_an_hour_to_the_second(practice, entered, db, seconds, is_in):
    app = entered()
    [visit] = _visits(db, practice)
    assert visit.until - visit.began_at == timedelta(minutes=60)
    at = visit.until + timedelta(seconds=seconds)
    db.execute(SignInSession.__table__.update().where(SignInSession.practice_id == practice.id).values(seen_at=at))
    found = find_visitor(db, practice.id, app.cookies["cuspid-office"], at, realm=OFFICE)
    assert bool(found.row) == is_in


def test_entering_again_ends_the_visit_before(entered, make_operator, practice, db):
    operator = make_operator()
    first = entered(operator=operator)
    second = entered(operator=operator)
    assert _is_out(first)
    second.get("/office", status=200)
    before, after = _visits(db, practice)
    assert (before.account_id, before.ended_at is not None, after.ended_at) == (after.account_id, True, None)
    assert [event.action for event in _audited(db, practice)] == ["office.support.enter", "office.support.end", "office.support.enter"]


def test_two_operators_do_not_end_each_others_visits(entered, make_operator):
    apps = [entered(operator=make_operator(name)) for name in ("Ann Ode", "Ben Low")]
    assert ["Ann Ode" in apps[0].get("/office").text, "Ben Low" in apps[1].get("/office").text] == [True, True]


def test_closing_the_operator_ends_what_is_open_in_the_practice(entered, make_operator, practice, db):
    operator = make_operator()
    app = entered(operator=operator)
    operators.shut_out(db, practice.id, operator.id, datetime.now(UTC))
    db.commit()
    assert _is_out(app)
    entered(operator=operator).get("/office", status=200)  # who was invited again


def test_staying_signed_in_works_for_who_only_looks(entered):
    app = entered()
    token = app.get("/office").forms["sign-out"]["csrf_token"].value
    app.post("/office/profile/stay", headers={"X-CSRF-Token": token}, status=204)


def test_what_asks_once_more_who_it_is_asks_an_operator_to_enter_anew(entered, practice, db, monkeypatch):
    monkeypatch.setitem(SUPPORT, "see", SUPPORT["see"] | {OWN})
    app = entered("see")
    app.get("/office/profile/security/app", status=200)
    db.execute(SignInSession.__table__.update().where(SignInSession.practice_id == practice.id).values(proven_at=NOW - PROOF_LASTS))
    db.commit()
    assert "enter again" in app.get("/office/profile/security/app", status=403).text


# What only looks changes nothing, whatever is asked for.


def _tables(connection) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'practice_id' order by 1"
    )
    return [name for (name,) in rows]


def _digest(migrate_url: str, practice) -> dict[str, str]:
    """A mark over every table of the practice, apart from the audit and the attempts to sign in."""
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        found = {}
        for table in _tables(connection):
            rows = connection.execute(sql.SQL("select t::text from {} t where practice_id = %s order by 1").format(sql.Identifier(table)), [practice.id])
            found[table] = sha256("\n".join(row for (row,) in rows).encode()).hexdigest()
    return {table: mark for table, mark in found.items() if table not in {"audit_event", "sign_in_attempt"}}


def _office_routes(registry) -> list[tuple[str, str]]:
    """(name, pattern) of every address of the office but the way out."""
    items = [item["introspectable"] for item in registry.introspector.get_category("routes")]
    return [(item["name"], item["pattern"]) for item in items if item["pattern"].startswith(OFFICE.root) and item["name"].startswith("office.") and item["name"] != "office.leave"]


SIGNING_IN = {"office.sign_in", "office.passkey", "office.passkey_options", "office.enter", "office.invitation"}


def _ask_for_everything(app, registry, ids):
    """Every address of the office with every method, and these ids in it; gives (route, method, status)."""
    token = app.get("/office").forms["sign-out"]["csrf_token"].value
    for name, pattern in _office_routes(registry):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            for id_ in ids if "{" in pattern else ids[:1]:
                path = re.sub(r"\{[^}]*\}", str(id_), pattern)
                request = app.RequestClass.blank(path, method=method, POST={"csrf_token": token} if method == "POST" else None)
                request.headers["X-CSRF-Token"] = token
                request.environ |= app.extra_environ
                yield name, method, app.do_request(request, status="*", expect_errors=True).status_int


@pytest.mark.parametrize("level", ["see", "act"])
def test_every_address_of_the_office_answers_by_the_level(entered, allow, make, practice, registry, migrate_url, level):
    allow("act")
    patient, member = make.patient(), make.staff()
    app, permissions = entered(level), _permissions(registry)
    before = _digest(migrate_url, practice)
    asked = 0
    for name, method, status in _ask_for_everything(app, registry, [patient.id, member.id]):
        wanted = permissions.get((name, method))
        if name in SIGNING_IN or wanted in (None, "", NO_PERMISSION_REQUIRED):
            continue
        asked += 1
        assert status < 500, (name, method)
        if wanted not in SUPPORT[level] | {STILL_HERE}:
            assert status == 403, (name, method, wanted)
    assert asked > 10
    if level == "see":
        assert _digest(migrate_url, practice) == before
    app.get("/office", status=200)


def test_whoever_only_looks_changes_nothing_even_with_every_permission(entered, make, practice, registry, migrate_url, monkeypatch):
    """Permissions are one fence; that the transaction is undone, but for the audit, is the other."""
    monkeypatch.setitem(SUPPORT, "see", frozenset(roles.OFFICE) | {OWN})
    patient, member = make.patient(), make.staff()
    make.account(patient)
    app = entered("see")
    before = _digest(migrate_url, practice)
    done = {(name, method) for name, method, status in _ask_for_everything(app, registry, [patient.id, member.id]) if name not in SIGNING_IN and status < 400}
    assert ("office.devices", "GET") in done
    assert _digest(migrate_url, practice) == before


def _permissions(registry) -> dict[tuple[str, str], str]:
    found = {}
    for item in registry.introspector.get_category("views"):
        view = item["introspectable"]
        wanted = [related["value"] for related in item["related"] if related.category_name == "permissions"]
        methods = view["request_methods"] or ()
        for method in {methods} if isinstance(methods, str) else methods:
            found[view["route_name"], method] = wanted[0] if wanted else ""
    return found


# Nothing else opens the account that stands in.


@pytest.fixture
def stand_in(entered, db, practice) -> Account:
    entered()
    return db.scalars(select(Account).where(Account.practice_id == practice.id, Account.kind == "operator")).one()


def test_the_account_that_stands_in_has_nothing_to_sign_in_with(stand_in):
    assert (stand_in.password_hash, stand_in.email, stand_in.totp_secret, stand_in.email_codes) == ("", "", "", False)
    from core.auth.user_names import WrongUserName, check_user_name

    with pytest.raises(WrongUserName):
        check_user_name(stand_in.user_name)  # nobody can have chosen it before


@pytest.mark.parametrize("path", ["/sign-in", "/office/sign-in"])
def test_no_password_opens_it(stand_in, db, portal, practice, path):
    """Not even were there one."""
    from core.auth.passwords import hash_password

    stand_in.password_hash, stand_in.email = hash_password(PASSWORD), "ann@example.test"
    db.commit()
    for name in (stand_in.user_name, stand_in.email):
        form = browser(portal, practice).get(path).forms["sign-in"]
        form["user_name"], form["password"] = name, PASSWORD
        form.submit(status=422)


def test_no_reset_no_link_no_invitation_opens_it(stand_in, db, portal, practice, work_off, mails):
    stand_in.email = "standin@example.test"
    db.commit()
    for path, form_id in (("/forgot", "forgot"), ("/sign-in/link", "link")):
        form = browser(portal, practice).get(path).forms[form_id]
        form["user_name"] = stand_in.email
        form.submit()
    work_off()
    assert mails.to(stand_in.email) == []
    token = tickets.issue_link(db, staff.INVITATION, NOW, timedelta(hours=1), stand_in.email, account_id=stand_in.id)
    db.commit()
    assert "be used" in browser(portal, practice).get(f"/office/invitation/{token}", status=404).text


def test_a_passkey_of_it_opens_nothing(stand_in, db, portal, practice, monkeypatch):
    monkeypatch.setattr(passkeys, "show", lambda *_: stand_in)
    for path in ("/sign-in", "/office/sign-in"):
        app = browser(portal, practice)
        token = app.get(path).forms["sign-in"]["csrf_token"].value
        answer = app.post(f"{path}/passkey", {"csrf_token": token, "credential": json.dumps({})}, status=422)
        assert ("Sign in to the office" in answer.text) == path.startswith("/office")


@pytest.mark.parametrize("realm", [PORTAL, OFFICE])
def test_a_session_of_it_without_a_visit_opens_nothing(stand_in, db, practice, realm):
    token = services.open_session(db, stand_in, NOW, services.Place(realm=realm.name))
    db.flush()
    assert find_visitor(db, practice.id, token, NOW, realm=realm).row is None


def test_a_visit_lets_no_account_of_staff_or_patients_in_at_the_office(make, db, practice, stand_in):
    [visit] = _visits(db, practice)
    for account in (make.staff(), make.account(make.patient())):
        token = services.open_session(db, account, NOW, services.Place(realm="office"), support_id=visit.id)
        db.flush()
        assert find_visitor(db, practice.id, token, NOW, realm=OFFICE).row is None


def test_an_operators_visit_opens_no_portal(stand_in, db, practice):
    [visit] = _visits(db, practice)
    token = services.open_session(db, stand_in, NOW, services.Place(), support_id=visit.id)
    db.flush()
    assert find_visitor(db, practice.id, token, NOW, realm=PORTAL).row is None


def test_staff_do_not_sign_in_at_the_base_domain_nor_operators_at_a_practice(make, base, make_operator):
    with base.session() as session:
        operator = make_operator()
        assert services.find_account(session, base.id, operator.user_name, OPERATOR_CONSOLE).id == operator.id
        assert services.find_account(session, base.id, operator.user_name, OFFICE) is None
        assert services.find_account(session, base.id, operator.user_name, PORTAL) is None


def test_patients_read_that_it_was_the_operator(signed_in, make, practice, stand_in, db):
    from core import audit

    patient = make.patient()
    audit.record(db, practice.id, "office.record.view", NOW, account_id=stand_in.id, patient_id=patient.id)
    db.commit()
    page = signed_in(patient).get("/profile/access-log")
    assert "The portal’s operator" in page.text
    assert "Ann Ode" not in page.text

"""My other offices in the browser: two accounts are tied by whoever holds both, one leads to the other, and no office learns of another."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text, update

from core.audit import AuditEvent
from core.auth import access, services
from core.auth.models import Account, SignInSession
from core.auth.offices import HandOver
from core.auth.offices_views import host_of
from core.tenant import touch
from core.testing import PASSWORD, browser
from core.web import log
from tenants import settings
from tenants.models import PrivacyNotice

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
OLD = timedelta(minutes=11)
STRANGE = ["a\0b", "x" * 400, "\u202egnitset", "🦷" * 40, "' or 1=1 --", "{{ 7*7 }}", "http://", "//", "…", "::", "[::1]", "<script>", "a" * 290 + ".b"]


@pytest.fixture
def address() -> str:
    """A mail address of this test alone."""
    return f"robin{uuid4().hex}@example.test"


@pytest.fixture
def account(make, address):
    return make.account(make.patient(email=address))


@pytest.fixture
def other_account(other_make, address):
    return other_make.account(other_make.patient(email=address))


@pytest.fixture
def web(signed_in, account):
    """A browser that is signed in at the office where it begins."""
    return signed_in(account=account)


@pytest.fixture
def other_web(other_signed_in, other_account):
    """The same browser at the other office."""
    return other_signed_in(account=other_account)


def _path(location: str, office) -> str:
    parts = urlsplit(location)
    assert parts.hostname == office.host
    return parts.path


def _asks(web, office) -> str:
    """Ask for a link; gives the path at the other office."""
    form = web.get("/profile/offices/add").forms["add-office"]
    form["address"] = office.slug
    return _path(re.search(r'href="(http://[^"]+/profile/offices/link/[^"]+)"', form.submit().text)[1], office)


def _agrees(web, path: str, office) -> str:
    """Agree; gives the path back at the office where it began."""
    return _path(web.get(path).forms["link-offices"].submit().location, office)


def _links(web, practice, other_web, other_practice):
    back = _agrees(other_web, _asks(web, other_practice), practice)
    return web.get(back).forms["link-offices"].submit().follow()


def _goes(web, office) -> str:
    """Press the button; gives the path at the other office."""
    return _path(web.get("/profile/offices").forms["offices"].submit("office").location, office)


@pytest.fixture
def linked(web, practice, other_web, other_practice):
    _links(web, practice, other_web, other_practice)


def _change(office, statement) -> None:
    with office.session() as session:
        session.execute(statement)
        session.commit()


def _actions(office) -> list[str]:
    """What the office's audit log says of links, in the order in which it was written."""
    with office.session() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.practice_id == office.id).order_by(AuditEvent.id))
        return [action.removeprefix("auth.offices.") for action in actions if action.startswith("auth.offices.")]


def _sessions(office) -> list[SignInSession]:
    with office.session() as session:
        return list(session.scalars(select(SignInSession).where(SignInSession.practice_id == office.id)))


def _unlinks(web):
    form = web.get("/profile/offices").forms["offices"]
    form.action = "/profile/offices/unlink"
    return form.submit("office")


def test_link_go_over_come_back_unlink(web, other_web, practice, other_practice, portal, other_account):
    page = _links(web, practice, other_web, other_practice)
    assert "Your accounts are linked." in page.text
    assert f"Practice {other_practice.slug}" in page.text
    assert f"Practice {practice.slug}" in other_web.get("/profile/offices").text
    assert f"Practice {other_practice.slug}" in web.get("/profile").text
    fresh = browser(portal, other_practice)
    page = fresh.get(_goes(web, other_practice))
    assert other_account.user_name in page.text
    assert fresh.get("/home").status_int == 303, "looking at the page signs nobody in"
    assert page.forms["enter"].submit().location.endswith("/home")
    assert "Robin" in fresh.get("/home").text
    # On the way back the first browser is still signed in: nothing more is asked.
    assert web.get(_goes(fresh, practice)).location.endswith("/home")
    assert "off your list" in _unlinks(fresh).follow().text
    for one in (web, other_web, fresh):
        assert "No other office yet" in one.get("/profile/offices").text


def test_nobody_is_tied_by_a_link_that_was_sent_to_them(web, practice, other_web, other_practice, make, signed_in, portal):
    """Whoever asked sends the link to somebody else, who agrees: the last step opens for the account that asked, in no other browser."""
    victim_here = signed_in(make.patient(first_name="Vic"))
    back = _agrees(other_web, _asks(web, other_practice), practice)
    assert victim_here.get(back, status=404).text.count("This link can’t be used") > 0
    assert browser(portal, practice).get(back).location.startswith("http://" + practice.host + "/sign-in")
    for one in (web, other_web, victim_here):
        assert "No other office yet" in one.get("/profile/offices").text


def test_both_sides_ask_for_the_password_before_they_are_tied(web, practice, other_web, other_practice):
    path = _asks(web, other_practice)
    for office, one, page in ((other_practice, other_web, path), (practice, web, "/profile/offices/add")):
        form = one.get(page).forms["link-offices" if page == path else "add-office"]
        _change(office, update(SignInSession).where(SignInSession.practice_id == office.id).values(proven_at=datetime.now(UTC) - OLD))
        for answer in (one.get(page), form.submit()):
            assert urlsplit(answer.location).path == "/profile/prove"
    prove = other_web.get(path).follow().forms["prove"]
    prove["password"] = PASSWORD
    back = _path(prove.submit().follow().forms["link-offices"].submit().location, practice)
    assert urlsplit(web.get(back).location).path == "/profile/prove"


@pytest.mark.usefixtures("linked")
def test_the_second_factor_of_the_other_office_is_asked_there(web, portal, other_practice, other_account):
    _change(other_practice, update(Account).where(Account.practice_id == other_practice.id).values(email_codes=True))
    fresh = browser(portal, other_practice)
    answer = fresh.get(_goes(web, other_practice)).forms["enter"].submit()
    assert urlsplit(answer.location).path == "/sign-in/second"
    assert urlsplit(fresh.get("/home").location).path == "/sign-in/second"


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("why", ["the office wants a second factor, and none is set up", "the password is to be chosen"])
def test_what_is_to_be_set_up_is_set_up_by_whoever_knows_the_password(web, portal, registry, other_practice, other_db, why):
    path = _goes(web, other_practice)
    if why.startswith("the office"):
        settings.change(other_db, registry.plugins, other_practice.id, None, "portal.second_factor", "required", "test", datetime.now(UTC))
        other_db.commit()
    else:
        _change(other_practice, update(Account).where(Account.practice_id == other_practice.id).values(is_first=True))
    fresh = browser(portal, other_practice)
    answer = fresh.get(path).forms["enter"].submit()
    assert urlsplit(answer.location).path == "/sign-in"
    assert "please sign in here yourself" in answer.follow().text
    assert urlsplit(fresh.get("/home").location).path == "/sign-in"


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("notice", [False, True], ids=["at once", "after a new notice was accepted"])
def test_whoever_comes_over_has_proven_nothing_there_and_stays_no_longer_than_the_sign_in_behind_it(
    web, portal, practice, other_practice, other_db, notice
):
    since = datetime.now(UTC) - timedelta(hours=5)
    _change(practice, update(SignInSession).where(SignInSession.practice_id == practice.id).values(created_at=since))
    if notice:
        other_db.add(PrivacyNotice(version=3, body="How we use what we know of you.", published_at=datetime.now(UTC)))
        touch(other_db, other_practice.id)
        other_db.commit()
    fresh = browser(portal, other_practice)
    answer = fresh.get(_goes(web, other_practice)).forms["enter"].submit()
    if notice:
        form = answer.follow().forms["welcome"]
        form["accept"] = True
        answer = form.submit()
    assert answer.location.endswith("/home")
    assert urlsplit(fresh.get("/profile/email").location).path == "/profile/prove"
    assert [row.created_at for row in _sessions(other_practice) if row.proven_at is None] == [since]


@pytest.mark.usefixtures("linked")
def test_no_other_site_signs_a_browser_in(web, portal, other_practice, other_account, other_make, other_signed_in):
    """A link to an attacker's own account shows whose it is, and a form from elsewhere is refused; who is signed in stays so."""
    path, other = _goes(web, other_practice), other_make.account(other_make.patient(first_name="Vic"))
    victim = other_signed_in(account=other)
    page = victim.get(path)
    assert f"You are signed in here as {other.user_name}" in page.text
    assert f"Go in as {other_account.user_name}" in page.text
    for answer in (
        victim.post(path, status=419),
        victim.post(path, {"csrf_token": "made up"}, status=419),
        page.forms["enter"].submit(status=419, headers={"Sec-Fetch-Site": "same-site"}),
        browser(portal, other_practice).post(path, status=419),
    ):
        assert "cuspid=" not in str(answer.headers.getall("Set-Cookie"))
    assert "Vic" in victim.get("/home").text


def _expire(office) -> None:
    _change(office, update(HandOver).where(HandOver.from_practice_id == office.id).values(expires_at=datetime.now(UTC)))


def _by_office(office, act) -> None:
    with office.session() as session:
        number = session.execute(text("select external_id from patient where practice_id = :id"), {"id": office.id}).scalar_one()
        act(session, office.id, number, datetime.now(UTC))
        session.commit()


def _set_password(office) -> None:
    with office.session() as session:
        account = session.scalars(select(Account).where(Account.practice_id == office.id)).one()
        services.set_password(session, account, "Violet-Harbor-91", datetime.now(UTC))
        session.commit()


SPOILED = {
    "used": lambda here, there, form, web: form.submit(),
    "expired": lambda here, there, form, web: _expire(here),
    "unlinked": lambda here, there, form, web: _unlinks(web),
    "closed": lambda here, there, form, web: _by_office(there, access.close),
    "signed out everywhere by the office": lambda here, there, form, web: _by_office(there, access.end_sessions),
    "a new password there": lambda here, there, form, web: _set_password(there),
    "a new password here": lambda here, there, form, web: _set_password(here),
}


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("reason", SPOILED)
def test_whatever_is_wrong_with_the_way_in_has_one_answer(web, portal, practice, other_practice, reason):
    path = _goes(web, other_practice)
    SPOILED[reason](practice, other_practice, browser(portal, other_practice).get(path).forms["enter"], web)
    before = len(_sessions(other_practice))
    answers = [_knocks(portal, other_practice, one) for one in (path, path[:-3] + "abc", "/sign-in/over/nothing")]
    assert set(answers) == {answers[0]}
    assert "This link can’t be used" in answers[0][0]
    assert "This link can’t be used" in _knocks(portal, practice, path)[1]
    assert len(_sessions(other_practice)) == before


def _knocks(portal, office, path: str) -> tuple[str, str]:
    """What a stranger gets who looks at a way in, and who presses the button."""
    stranger = browser(portal, office)
    token = stranger.get("/sign-in").forms["sign-in"]["csrf_token"].value
    return tuple(TOKEN.sub("", page.text) for page in (stranger.get(path, status=404), stranger.post(path, {"csrf_token": token}, status=404)))


@pytest.mark.usefixtures("linked")
def test_what_is_not_on_the_own_list_is_not_there(web, signed_in, make, db, practice):
    other = signed_in(make.patient())
    [wanted] = re.findall(r'name="office" value="([^"]+)"[^>]*><span>Go', web.get("/profile/offices").text)
    token = other.get("/home").forms["sign-out"]["csrf_token"].value
    for path in ("/profile/offices/go", "/profile/offices/unlink"):
        for office in (wanted, str(uuid4()), "", "\0"):
            other.post(path, {"csrf_token": token, "office": office}, status=404)
    assert "Go there" in web.get("/profile/offices").text


@pytest.mark.parametrize("typed", ["{slug}", " {SLUG}.localhost ", "http://{slug}.localhost:8080/sign-in?next=/x", "{slug}.localhost./", "https://{slug}.localhost#top"])
def test_an_office_is_found_as_people_copy_its_address(typed):
    assert host_of(typed.format(slug="harbor", SLUG="HARBOR"), "localhost") == "harbor.localhost"


def test_an_unknown_address_is_told_and_nothing_typed_is_lost(web, practice, other_practice, other_web):
    def tries(typed: str, **more):
        form = web.get("/profile/offices/add").forms["add-office"]
        form["address"] = typed
        return form.submit(status=422, **more)

    page = tries("nobody-here.localhost")
    assert "We don’t know an office at this address." in page.text
    assert page.forms["add-office"]["address"].value == "nobody-here.localhost"
    assert "This is the office that you are at." in tries(practice.slug).text
    for typed in ["", *STRANGE]:
        assert "Please check this" in tries(typed).text
    token = web.get("/profile/offices/add").forms["add-office"]["csrf_token"].value
    upload = web.post("/profile/offices/add", {"csrf_token": token}, upload_files=[("address", "a.txt", b"harbor")], status=422)
    assert "Please check this" in upload.text
    _links(web, practice, other_web, other_practice)
    assert "on your list already" in tries(other_practice.slug).text


def test_one_office_cannot_be_on_a_list_with_two_accounts(web, practice, other_web, other_practice, other_make, other_signed_in, signed_in, make):
    """Two circles of one person meet, and both have an account at the same office."""
    _links(web, practice, other_web, other_practice)
    second_here, second_there = signed_in(make.patient()), other_signed_in(other_make.patient())
    back = _agrees(other_web, _asks(second_here, other_practice), practice)
    assert "can’t be linked" in second_here.get(back).forms["link-offices"].submit(status=409).text
    assert "No other office yet" in second_here.get("/profile/offices").text
    assert "Go there" in web.get("/profile/offices").text
    assert "No other office yet" in second_there.get("/profile/offices").text


@pytest.mark.usefixtures("linked")
def test_pages_cost_few_statements(web, portal, other_practice, statements):
    for path in ("/profile", "/profile/offices"):
        web.get(path)
        with statements() as seen:
            web.get(path)
        assert len(seen) <= 5, seen
    path, fresh = _goes(web, other_practice), browser(portal, other_practice)
    with statements() as seen:
        fresh.get(path)
    assert len(seen) <= 3, seen


def _rows_of(migrate_url: str, office) -> str:
    """Every row behind the wall of a practice, and what waits in its outbox, as text."""
    tables = "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'practice_id'"
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        found = []
        for (table,) in connection.execute(tables).fetchall():
            if table != "linked_account":
                query = sql.SQL("select t::text from {} t where practice_id = %s").format(sql.Identifier(table))
                found += [row for (row,) in connection.execute(query, [office.id])]
    return "\n".join(found)


def test_neither_office_learns_of_the_other(
    web, other_web, practice, other_practice, account, other_account, portal, work_off, mails, address, migrate_url, capfd
):
    log.set_up("INFO")
    _links(web, practice, other_web, other_practice)
    fresh = browser(portal, other_practice)
    fresh.get(_goes(web, other_practice)).forms["enter"].submit()
    for office in (practice, other_practice):
        work_off(office)
    _unlinks(fresh)
    work_off(practice)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert _actions(practice) == ["ask", "link", "go", "leave"]
    assert _actions(other_practice) == ["agree", "enter", "link", "leave"]
    told = mails.to(address)
    assert len(told) == 2
    for office, elsewhere, stranger in ((practice, other_practice, other_account), (other_practice, practice, account)):
        secrets = [elsewhere.slug, str(elsewhere.id), str(stranger.id), stranger.user_name, str(elsewhere.clinic_id)]
        own = [mail.as_string() for mail in told if office.slug in mail.as_string()]
        assert len(own) == 1
        assert "linked with an account at another office" in "".join(own).replace("=\n", "")
        logged = [str(line) for line in lines if line.get("practice") == str(office.id)]
        assert len(logged) > 3
        for place in (_rows_of(migrate_url, office), "".join(own), "".join(logged)):
            assert [word for word in secrets if word in place] == []


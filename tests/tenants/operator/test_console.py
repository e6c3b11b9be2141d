"""The operator's console at the base domain: the list of practices, entering one, and that both sides of the installation are kept apart."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import webtest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth import staff
from core.auth.models import Account, SignInSession, SupportAccess
from core.auth.operators import LONGEST_REASON, SHORTEST_REASON
from core.auth.realms import OFFICE
from core.auth.roles import SETTING
from core.testing import PASSWORD, browser
from tenants import settings
from tenants.addresses.models import Domain
from tenants.kept import Kept
from tenants.models import Practice
from tenants.operator.views import one_line
from tenants.practices import PAGE, listed

REASON = "Statements are not printed"


def _enter_page(app, practice) -> webtest.TestResponse:
    return app.get(f"/office/practices/{practice.slug}")


def _fill(page, reason: str = REASON, **typed) -> webtest.Form:
    form = page.forms["enter"]
    form["reason"] = reason
    for name, value in typed.items():
        form[name] = value
    return form


def _allow(practice, level: str) -> None:
    with practice.session() as session:
        settings.change(session, practice.registry.plugins, practice.id, None, SETTING, level, "test", datetime.now(UTC))
        session.commit()


def _visits(practice) -> list[SupportAccess]:
    with practice.session() as session:
        return list(session.scalars(select(SupportAccess).where(SupportAccess.practice_id == practice.id)))


def _long_ago(base, app) -> None:
    """The operator has proven more than ten minutes ago who it is."""
    with base.session() as session:
        old = datetime.now(UTC) - timedelta(minutes=11)
        session.execute(SignInSession.__table__.update().where(SignInSession.practice_id == base.id).values(proven_at=old))
        session.commit()


# The way in.


def test_from_the_console_into_a_practice_and_back(portal, operator_browser, practice, base, make_operator):
    operator = make_operator("Ann Ode")
    console = operator_browser(operator)
    answer = _fill(_enter_page(console, practice)).submit(status=303)
    path = re.fullmatch(rf"http://{practice.host}(/office/enter/[\w-]{{43}})", answer.location)[1]
    app = browser(portal, practice)
    app.get(path).forms["enter"].submit()
    home = app.get("/office")
    assert "Ann Ode (Cuspid)" in home.text
    assert app.get("/office").forms["sign-out"].submit().location == "http://localhost/office"
    [visit] = _visits(practice)
    assert (visit.reason, visit.level, visit.patient_id) == (REASON, "see", None)
    with base.session() as session:
        entry = session.scalars(
            select(AuditEvent).where(AuditEvent.practice_id == base.id, AuditEvent.action == "operator.enter", AuditEvent.account_id == operator.id)
        ).one()
    assert entry.target_id == practice.id


@pytest.mark.parametrize("reason", ["", " ", "short", "x" * (SHORTEST_REASON - 1), "x" * (LONGEST_REASON + 1), "\u202e" * 50, "a" + "\u200b" * 20, "a" + " " * 20])
def test_without_a_reason_nobody_enters_and_what_was_typed_stays(operator_browser, practice, reason):
    page = _fill(_enter_page(operator_browser(), practice), reason).submit(status=422)
    assert page.html.select_one("#field-reason-error")
    assert page.forms["enter"]["reason"].value.strip() == reason.strip()
    assert _visits(practice) == []


@pytest.mark.parametrize(
    "typed, kept",
    [
        ("  Statements\r\n  are\tnot printed\x00 ", REASON), ("🦷 " * 10, ("🦷 " * 10).strip()), ("\u202eStatements are not printed", REASON),
        ("x" * SHORTEST_REASON, "x" * SHORTEST_REASON), ("x" * LONGEST_REASON, "x" * LONGEST_REASON), ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)  # fmt: skip
def test_a_reason_is_kept_on_one_line_as_it_can_be_read(operator_browser, practice, typed, kept):
    _fill(_enter_page(operator_browser(), practice), typed).submit(status=303)
    assert [visit.reason for visit in _visits(practice)] == [kept]


@given(st.text(max_size=60))
@bounds(max_examples=100)
def test_one_line_is_readable_and_stays_as_it_is_a_second_time(text):
    line = one_line(text)
    assert line == one_line(line)
    assert line.isprintable()
    assert line == line.strip()


def test_a_file_in_place_of_a_reason_or_ten_megabytes_of_it_are_refused_in_words(operator_browser, practice):
    app = operator_browser()
    token = _enter_page(app, practice).forms["enter"]["csrf_token"].value
    path = f"/office/practices/{practice.slug}"
    app.post(path, {"csrf_token": token}, upload_files=[("reason", "x.txt", b"a file that is long enough")], status=422)
    app.post(path, {"csrf_token": token, "reason": "x" * 10_000_000}, status=422)
    app.post(path, {"csrf_token": token, "reason": REASON, "level": "everything"}, status=422)
    assert _visits(practice) == []


def test_the_password_is_asked_for_once_more_and_nothing_typed_is_lost(operator_browser, practice, base):
    app = operator_browser()
    page = _enter_page(app, practice)
    assert "password" not in page.forms["enter"].fields
    _long_ago(base, app)
    refused = _fill(page).submit(status=422)
    assert refused.forms["enter"]["reason"].value == REASON
    assert "type your password" in refused.text
    wrong = _fill(refused, password="Wrong-horse-7").submit(status=422)
    assert "password is not right" in wrong.text
    assert _visits(practice) == []
    _fill(wrong, password=PASSWORD).submit(status=303)
    assert "password" not in _enter_page(app, practice).forms["enter"].fields


@pytest.mark.parametrize("allowed, levels", [("none", None), ("see", []), ("act", ["see", "act"])])
def test_the_console_offers_what_the_practice_allows_and_says_so_in_words(operator_browser, practice, allowed, levels):
    _allow(practice, allowed)
    page = _enter_page(operator_browser(), practice)
    if levels is None:
        assert "lets nobody in" in page.text
        assert "enter" not in page.forms
    else:
        assert [choice["value"] for choice in page.html.select("[name=level]")] == levels


@pytest.mark.parametrize("allowed, level, status", [
    ("none", "see", 422), ("none", "act", 422), ("see", "see", 303), ("see", "act", 422), ("act", "see", 303), ("act", "act", 303),
])  # fmt: skip
def test_nobody_enters_further_than_the_practice_allows(operator_browser, practice, allowed, level, status):
    app = operator_browser()
    token = _enter_page(app, practice).forms["enter"]["csrf_token"].value
    _allow(practice, allowed)
    app.post(f"/office/practices/{practice.slug}", {"csrf_token": token, "reason": REASON, "level": level}, status=status)
    assert [visit.level for visit in _visits(practice)] == ([level] if status == 303 else [])


def test_the_form_may_lead_to_the_practice_and_nowhere_else(operator_browser, practice):
    policy = _enter_page(operator_browser(), practice).headers["Content-Security-Policy"]
    assert f"form-action 'self' http://{practice.host};" in policy


def test_a_practice_with_a_domain_of_its_own_is_entered_there(operator_browser, practice, registry):
    host = f"{secrets.token_hex(4)}.test"
    with practice.session() as session:
        session.add(Domain(host=host, practice_id=practice.id, verified_at=datetime.now(UTC), is_primary=True))
        settings.touch(session, practice.id)
        session.commit()
    assert _fill(_enter_page(operator_browser(), practice)).submit().location.startswith(f"http://{host}/office/enter/")


def test_whoever_goes_through_all_practices_is_held_up(operator_browser, practice):
    app = operator_browser()
    page = _enter_page(app, practice)
    statuses = [_fill(page).submit(status="*").status_int for _ in range(21)]
    assert statuses == [303] * 20 + [429]


def test_nothing_stays_when_the_request_fails(operator_browser, practice, base, monkeypatch):
    """The practice's rows and the console's are kept together or not at all."""
    app = operator_browser()
    form = _fill(_enter_page(app, practice))

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("tenants.operator.views._address", fail)
    form.submit(status=500)
    assert _visits(practice) == []


# The list.


def test_the_list_has_practices_with_their_addresses_and_no_word_of_patients(operator_browser, practice, other_practice, make, base):
    patient = make.patient(last_name="Thistlewood")
    page = operator_browser().get("/office", {"q": practice.slug})
    [row] = page.html.select(".list-row")
    assert f"Practice {practice.slug}" in row.get_text()
    assert practice.host in row.get_text()
    assert patient.last_name not in page.text
    assert other_practice.slug not in page.text


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "\x00", "\u202e", "x" * 5000, "🦷", "no such practice"])
def test_a_search_for_anything_is_answered(operator_browser, words):
    assert "No practice is called that" in operator_browser().get("/office", {"q": words}).text or words in "\x00\u202e"


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1e3", "99999999", "²", "\x00"])
def test_a_page_that_is_none_is_the_first_or_the_last(operator_browser, page):
    operator_browser().get("/office", {"page": page}, status=200)


def test_the_list_comes_in_pages_by_name(operator_browser, practice):
    mark = secrets.token_hex(5)
    with practice.session() as session:
        for number in range(PAGE + 1):
            given = {"name": f"Oak {mark} {number:03}", "time_zone": "UTC", "created_at": datetime.now(UTC)}
            session.add(Practice(slug=f"z{mark}-{number}", **given))
        session.commit()
        first, more = listed(session, f"OAK {mark}")
        assert ([line.name[-3:] for line in first], more) == ([f"{number:03}" for number in range(PAGE)], True)
        assert [line.name[-3:] for line in listed(session, mark, 2)[0]] == [f"{PAGE:03}"]
    page = operator_browser().get("/office", {"q": mark})
    assert page.html.select_one(".pagination a")["href"] == f"/office?q={mark}&page=2"
    assert len(page.click("Next").html.select(".list-row")) == 1


def test_a_page_of_the_console_costs_two_statements(operator_browser, statements):
    app = operator_browser()
    app.get("/office")
    with statements() as seen:
        app.get("/office")
    assert len(seen) == 2


# Apart.


def _routes(registry) -> list[tuple[str, str]]:
    items = [item["introspectable"] for item in registry.introspector.get_category("routes")]
    return [(item["name"], "/" + item["pattern"].lstrip("/")) for item in items if not item["name"].startswith("__")]


# What answers at the base domain, written down once more by hand.
AT_BASE = {
    "portal.start", "tenants.theme", "tenants.logo", "tenants.icon", "tenants.photo", "tenants.ask", "health.live", "health.ready", "operator.metrics", "operator.home", "operator.enter",
    "operator.create", "operator.practice", "operator.practice.suspend", "operator.practice.resume", "operator.practice.tabs", "operator.practice.plan", "operator.practice.close", "operator.practice.reopen", "operator.health", "operator.health.look", "operator.health.mail", "operator.domains", "operator.plugins", "account.hooks.stripe",
    *(f"office.{name}" for name in (
        "sign_in", "sign_out", "profile", "invitation", "second", "second_send", "second_passkey", "second_passkey_options", "passkey", "passkey_options",
        "passkey_new", "passkey_new_options", "passkey_change", "password", "devices", "prove", "prove_passkey", "prove_passkey_options", "stay", "security", "security_app", "security_app_off",
        "security_recovery",
    )),
}  # fmt: skip


REFERENCE = re.compile(r'"reference":"[0-9a-f]+"')
"""The number under which the log has a failure: machines are told it."""


@pytest.mark.parametrize("known", [True, False], ids=["a process that knows the place", "a process that was just started"])
def test_at_the_base_domain_no_page_of_a_practice_answers(operator_browser, make_operator, base, registry, practice, known, monkeypatch):
    """Every route, every method, signed in: what is not the console's is the page that an address gets that nobody has."""
    app = operator_browser()
    ids = [practice.id, make_operator().id]
    if not known:
        monkeypatch.setattr(registry.tenants, "_kept", Kept())
    nowhere: dict[str, str] = {}
    asked = 0
    for name, pattern in _routes(registry):
        if name in AT_BASE or pattern == "/office":  # there the console's own page is
            continue
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            for id_ in ids if "{" in pattern else ids[:1]:
                path = re.sub(r"\{[^}]*\}", str(id_), pattern)
                answer = app.request(path, method=method, status="*", expect_errors=True)
                asked += 1
                assert answer.status_int == 404, (name, method)
                root = next((root for root in ("/office", "/hooks", "/api") if path.startswith(f"{root}/")), "")
                if root not in nowhere:
                    nowhere[root] = REFERENCE.sub("", app.get(f"{root}/nowhere", status=404).text)
                assert method == "HEAD" or REFERENCE.sub("", answer.text) == nowhere[root], (name, method)
    assert asked > 200


def test_every_page_that_answers_at_the_base_domain_is_named_here(registry):
    shared = {name for name, _ in _routes(registry) if name.split(".")[0] in {"operator", "tenants", "health"}} | registry.console_routes | registry.hooks_at_base_domain
    assert shared | {"portal.start"} == AT_BASE


def test_at_a_practice_no_page_of_the_operator_answers(portal, practice, make, entered, registry):
    from core.testing import sign_in

    for app in (browser(portal, practice), sign_in(portal, practice, make.staff()), entered()):
        nowhere = app.get("/office/nowhere", status=404).text
        for slug in (practice.slug, "operator"):
            assert app.get(f"/office/practices/{slug}", status=404).text == nowhere
            app.post(f"/office/practices/{slug}", {"reason": REASON}, status=404)
    assert "Every practice that is served here" not in sign_in(portal, practice, make.staff()).get("/office").text


@pytest.mark.parametrize("host", ["operator.localhost", "Operator.LOCALHOST", "cuspid.localhost", "localhost.localhost", "localhost."])
def test_the_place_is_at_the_base_domain_and_nowhere_else(portal, base, host):
    app = webtest.TestApp(portal, extra_environ={"HTTP_HOST": host, "REMOTE_ADDR": "127.0.0.9"})
    assert app.get("/office/sign-in", status=404).text == "Not found\n"


def test_no_domain_leads_to_the_place(registry, base, portal):
    host = f"{secrets.token_hex(4)}.test"
    with base.session() as session:
        session.add(Domain(host=host, practice_id=base.id, verified_at=datetime.now(UTC)))
        settings.touch(session, base.id)
        session.commit()
    assert registry.tenants.practice_at(host) is None
    assert registry.tenants.current(base.id).host == "localhost"


def test_the_session_of_a_practice_is_nothing_at_the_base_domain_and_the_other_way(portal, practice, base, make, entered, operator_browser):
    from core.testing import sign_in

    for app in (sign_in(portal, practice, make.staff()), entered()):
        app.extra_environ["HTTP_HOST"] = base.host
        assert app.get("/office", headers={"Cookie": f"cuspid-office={app.cookies['cuspid-office']}"}, status=303).location.endswith("/office/sign-in?next=%2Foffice")
    console = operator_browser()
    console.extra_environ["HTTP_HOST"] = practice.host
    console.get("/office", headers={"Cookie": f"cuspid-office={console.cookies['cuspid-office']}"}, status=303)


def test_the_start_leads_to_the_sign_in_of_operators(portal, base):
    app = browser(portal, base)
    page = app.get("/", status=303).follow().follow()
    assert "Sign in as an operator" in page.text
    assert "/contact" not in page.text
    assert "patient" not in page.html.body.get_text()


def test_operators_sign_in_with_a_second_step_and_nobody_else_does(portal, base, make_operator, make):
    operator = make_operator()
    for user_name, status in ((operator.user_name, 303), (make.staff().user_name, 422), (make.account(make.patient()).user_name, 422)):
        form = browser(portal, base).get("/office/sign-in").forms["sign-in"]
        form["user_name"], form["password"] = user_name, PASSWORD
        answer = form.submit(status=status)
        assert status == 422 or answer.location.endswith("/office/sign-in/second")


def test_an_operator_who_was_closed_is_out(operator_browser, make_operator, base):
    operator = make_operator()
    app = operator_browser(operator)
    app.get("/office", status=200)
    with base.session() as session:
        staff.close(session, base.id, operator.id, datetime.now(UTC), kind="operator")
        session.commit()
    app.get("/office", status=303)


def test_another_kind_of_account_at_the_place_may_nothing(base, portal, registry):
    """Were there ever one: the place lets in operators and nobody else."""
    from core.testing import sign_in

    with base.session() as session:
        name = f"x{secrets.token_hex(4)}"
        account = Account(kind="staff", role="office_admin", user_name=name, user_name_norm=name, password_hash="", created_at=datetime.now(UTC))
        session.add(account)
        session.commit()
    sign_in(portal, base, account).get("/office", status=303)


def test_the_route_predicate_says_what_it_wants(registry):
    from core.auth.realms import AtBaseDomain

    assert AtBaseDomain(True, None).text() == "at_base_domain = True"
    for here in (True, False):
        assert AtBaseDomain(True, None)(None, SimpleNamespace(at_base_domain=here)) is here
    assert OFFICE.is_office

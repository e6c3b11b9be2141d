"""A patient of one practice, asking for what belongs to another: every route, every method, ids of every table that the route looks into.

The routes come from the route table, the ids from the database's catalogue, and what a route looks into from the statements that it sends, so that
a new route and a new table are covered by themselves.
"""

import re
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text

from core.auth import looking
from core.auth.models import Account
from core.auth.realms import OFFICE, PORTAL, Realm, realm_of
from core.auth.services import NOWHERE
from core.db import Base
from core.people.models import Patient
from core.testing import Factory, Office, add_sign_in, browser, noted_statements, sign_in
from tenants import demo

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# These may change at the other practice when a stranger knocks: the record of the knocking itself.
KNOCKING = {"audit_event", "sign_in_attempt", "outbox"}
# Open to anyone on a practice's own address (DESIGN.md, section 2).
PUBLIC = {"auth.sign_in", "portal.start", "portal.contact", "health.live", "health.ready", "operator.metrics", "tenants.theme", "tenants.logo", "tenants.icon", "tenants.photo", "tenants.ask", "files.signed"}
PUBLIC |= {"auth.offices_enter", "portal.pay", "account.guest", "account.guest_pay", "account.asked", "account.asked_pay", "account.verify", "account.verify_code", "account.verified"}
PUBLIC |= {"auth.forgot", "auth.reset", "auth.link", "auth.link_open", "auth.register", "auth.register_code"}
PUBLIC |= {"appointments.answer", "appointments.calendar_feed", "appointments.recall", "appointments.recall_review", "appointments.here"}
PUBLIC |= {"auth.invitation", "portal.privacy", "office.sign_in", "office.invitation"}
PUBLIC |= {"portal.book", "portal.book_at"} | {f"appointments.public{part}" for part in ("", "_embed", "_clinic", "_known", "_known_code", "_new", "_details", "_new_code", "_choose", "_review")}
PUBLIC |= {"api.records", "api.runs", "api.runs.one", "api.runs.end", "api.uploads", "api.uploads.one", "api.changes", "api.changes.acknowledge", "api.changes.file"}
PUBLIC |= {"api.openapi", "api.schema", "api.developers"}
# What a view knows of the practice without a statement (tenants/resolver.py, Snapshot).
IN_MEMORY = {"branding", "clinic", "closed_days", "office_setting", "privacy_notice", "provider"}
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"|"reference":"[0-9a-f]+"')
"""What differs in any two answers: a form's token, and the number under which the log has a failure."""


@pytest.fixture(scope="module")
def offices(portal, portal_settings, migrate_url):
    """The two demo practices with every tab on: (the one that asks, the one that is asked for)."""
    demo.make(portal_settings)
    found = []
    for slug in ("harbor", "sunrise"):
        with portal.registry.engine.connect() as connection:
            practice_id = connection.execute(text("select id from practice where slug = :slug"), {"slug": slug}).scalar_one()
        office = Office(portal.registry, practice_id, slug, None, None)
        _switch_all_on(office)
        found.append(office)
    return found


def _switch_all_on(office: Office) -> None:
    with office.session() as session:
        session.execute(text("delete from office_setting where name = any(:names)"), {"names": list(office.registry.plugins.plugins)})
        session.execute(text("update practice set version = version + 1 where id = :id"), {"id": office.id})
        session.commit()


def _tables(connection) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'practice_id' order by table_name"
    )
    return [name for (name,) in rows]


def _ids_of(migrate_url: str, office: Office, patient_id: UUID | None = None) -> dict[str, list[UUID]]:
    """Some ids of every table that the practice has rows in; with a patient, of the tables that have rows of this one."""
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        found = {}
        for table in _tables(connection):
            if connection.execute("select 1 from information_schema.columns where table_name = %s and column_name = 'id'", [table]).fetchone():
                columns = "select 1 from information_schema.columns where table_name = %s and column_name = 'patient_id'"
                if patient_id and not connection.execute(columns, [table]).fetchone():
                    continue
                whose = sql.SQL("and patient_id = {}").format(sql.Literal(patient_id)) if patient_id else sql.SQL("")
                query = sql.SQL("select id from {} where practice_id = %s {} order by id limit 2").format(sql.Identifier(table), whose)
                found[table] = [id_ for (id_,) in connection.execute(query, [office.id])]
    return {table: ids for table, ids in found.items() if ids}


def _digest(migrate_url: str, office: Office) -> str:
    """A mark over every row of the practice, apart from the record of knocking."""
    digest = sha256()
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        for table in _tables(connection):
            if table not in KNOCKING:
                # When a session was last seen is written once a minute, whatever it asks for.
                query = sql.SQL("select (to_jsonb(t) - %s)::text from {} t where practice_id = %s order by 1").format(sql.Identifier(table))
                for (row,) in connection.execute(query, ["seen_at" if table == "sign_in_session" else "", office.id]):
                    digest.update(row.encode())
    return digest.hexdigest()


def _routes(registry) -> list[tuple[str, str]]:
    """(name, pattern) of every route, static files apart."""
    items = registry.introspector.get_category("routes")
    found = [(item["introspectable"]["name"], item["introspectable"]["pattern"]) for item in items]
    return [(name, "/" + pattern.lstrip("/")) for name, pattern in found if not name.startswith("__")]


def _filled(pattern: str, id_: UUID) -> str:
    return re.sub(r"\{[^}]*\}", str(id_), pattern)


def _addresses(ask, registry, name: str, method: str, pattern: str, found: dict[str, list[UUID]]) -> list[str]:
    """The addresses to try of a route: with the ids of the tables that it looks into when it is asked for a made-up one.

    A row of another table is as unknown to it as that; of these tables one id of each tab is tried. A method that no view takes is tried with one id.
    """
    if "{" not in pattern:
        return [pattern]
    if not any(methods is None or method in methods for methods in _taken(registry.introspector)[name]):
        return [_filled(pattern, next(iter(found.values()))[0])]
    with noted_statements() as statements:
        ask(_filled(pattern, uuid4()))
    looked_into = found.keys() & (IN_MEMORY | set(re.findall(r"\w+", " ".join(statements))))
    of_others = {_tab_of(table): ids[0] for table, ids in found.items() if table not in looked_into}
    return [_filled(pattern, id_) for id_ in [*(id_ for table in sorted(looked_into) for id_ in found[table]), *of_others.values()]]


@cache
def _tab_of(table: str) -> str | None:
    """The tab whose table this is; None for the portal's own."""
    of_model = {mapper.local_table.name: mapper.class_.__module__ for mapper in Base.registry.mappers}
    module = of_model.get(table, "").split(".")
    return module[1] if module[0] == "plugins" else None


@cache
def _taken(introspector) -> dict[str, list]:
    """The methods that the views of each route take; walking over all views again for each address took seconds."""
    found = defaultdict(list)
    for item in introspector.get_category("views"):
        view = item["introspectable"]
        found[view["route_name"]].append(view["request_methods"])
    return found


def _ask(app, method: str, path: str, host: str, tokens: dict[Realm, str]):
    token = tokens.get(realm_of(path), "")
    request = app.RequestClass.blank(path, method=method, POST={"csrf_token": token} if method == "POST" else None)
    request.headers["X-CSRF-Token"] = token
    request.environ |= {"HTTP_HOST": host, "REMOTE_ADDR": "127.0.0.9"}
    return app.do_request(request, status="*", expect_errors=True)


def _words_of(migrate_url: str, office: Office) -> list[str]:
    """Words that only this practice's pages may show: its patients' last names, e-mail addresses and messages."""
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        rows = connection.execute("select last_name, email from patient where practice_id = %s", [office.id]).fetchall()
    return sorted({word for row in rows for word in row if len(word) > 3})


@pytest.fixture(scope="module")
def prober(portal, offices, migrate_url):
    """A patient, and an office admin, of the practice that asks, with valid form tokens."""
    asker, _ = offices
    with asker.session() as session:
        account = session.scalars(select(Account).where(Account.practice_id == asker.id, Account.kind == "person").order_by(Account.created_at)).first()
        staff = Factory(asker, session).staff()
    app = sign_in(portal, asker, account)
    add_sign_in(app, asker, staff)
    return app, {realm: app.get(realm.home).forms["sign-out"]["csrf_token"].value for realm in (PORTAL, OFFICE)}


def test_ids_of_another_practice_are_as_unknown_as_made_up_ones(prober, offices, migrate_url):
    app, token = prober
    asker, asked = offices
    ids, words, before = _ids_of(migrate_url, asked), _words_of(migrate_url, asked), _digest(migrate_url, asked)
    assert len(ids) > 15, "the other practice should have rows in most tables"
    asked_for = 0
    for name, pattern in _routes(asker.registry):
        if "{" not in pattern or name in PUBLIC:
            continue
        for method in METHODS:
            ask = partial(_ask, app, method, host=asker.host, tokens=token)
            made_up = ask(_filled(pattern, uuid4()))
            for path in _addresses(ask, asker.registry, name, method, pattern, ids):
                answer = ask(path)
                shown, asked_for = answer.text, asked_for + 1
                assert answer.status_int == 404, (method, path, answer.status)
                assert TOKEN.sub("", shown) == TOKEN.sub("", made_up.text), (name, method)
                assert not [word for word in words if word in shown]
    assert asked_for > 500
    assert _digest(migrate_url, asked) == before


def test_the_session_of_one_practice_is_a_strangers_at_another(prober, offices, migrate_url, portal):
    app, token = prober
    asker, asked = offices
    stranger, words, before = browser(portal, asked), _words_of(migrate_url, asked), _digest(migrate_url, asked)
    ids = {table: found[:1] for table, found in _ids_of(migrate_url, asked).items()}
    for name, pattern in _routes(asker.registry):
        for method in METHODS:
            ask = partial(_ask, app, method, host=asked.host, tokens=token)
            for path in _addresses(ask, asker.registry, name, method, pattern, ids):
                answer = ask(path)
                shown = answer.text
                if name not in PUBLIC:
                    assert answer.status_int in {303, 404, 419}, (name, method, answer.status)
                    # What was typed comes back in the form that expired; nothing else differs from what a stranger gets.
                    plain = _ask(stranger, method, path, asked.host, {})
                    assert (answer.status_int, answer.location) == (plain.status_int, plain.location)
                assert not [word for word in words if word in shown], (name, method)
                assert not [value for key, value in answer.headerlist if key == "Set-Cookie" and value.startswith("cuspid=") and "Max-Age=0" not in value]
    assert _digest(migrate_url, asked) == before


def _walk(app, office: Office, token: str, ids: dict[str, list[UUID]], methods: tuple[str, ...]) -> list[str]:
    """Ask for every address of the portal with ids of the practice's own rows; gives what was opened: `page`, or `file` for one to be saved."""
    opened, firsts = [], {table: found[:1] for table, found in ids.items()}
    for name, pattern in _routes(office.registry):
        if realm_of(pattern) is OFFICE or name == "portal.stop_looking" or name.startswith(("health.", "operator.metrics", "tenants.ask")):
            continue
        for method in methods:
            ask = partial(_ask, app, method, host=office.host, tokens={PORTAL: token})
            for path in _addresses(ask, office.registry, name, method, pattern, firsts):
                answer = ask(path)
                if answer.status_int == 200:
                    opened.append("file" if answer.headers.get("Content-Disposition", "").startswith("attachment") else "page")
                if method not in {"GET", "HEAD", "OPTIONS"}:
                    assert answer.status_int == 403, (name, method, answer.status)
                    assert "You are looking only" in answer.text
    return opened


def test_whoever_looks_as_a_patient_changes_nothing(offices, portal, migrate_url):
    """Every route and method, with ids of the patient's own practice; the patient's own reading does leave traces."""
    _, office = offices
    with office.session() as session:
        account = session.scalars(select(Account).where(Account.practice_id == office.id, Account.user_name == "elena")).one()
        patient = session.get_one(Patient, (office.id, account.patient_id))
        token = looking.begin(session, Factory(office, session).staff(), patient, "To see that nothing changes", datetime.now(UTC), NOWHERE)
        session.commit()
    app = browser(portal, office)
    app.set_cookie("cuspid", token)
    form_token = app.get("/home").forms["stop-looking"]["csrf_token"].value
    ids, before = _ids_of(migrate_url, office, patient.id), _digest(migrate_url, office)
    assert len(ids) > 10
    opened = _walk(app, office, form_token, ids, METHODS)
    assert len(opened) > 20
    assert "file" not in opened
    assert _digest(migrate_url, office) == before
    assert app.get("/home").status_int == 200
    assert "file" in _walk(sign_in(portal, office, account), office, "", ids, ("GET",))
    assert _digest(migrate_url, office) != before, "the walk opens what leaves traces when it is the patient's own"


def test_the_prober_would_notice(prober, offices, portal, migrate_url):
    """The other practice's own patient does see what the prober looks for."""
    _, asked = offices
    with asked.session() as session:
        account = session.scalars(select(Account).where(Account.practice_id == asked.id, Account.kind == "person").order_by(Account.created_at)).first()
    own = sign_in(portal, asked, account)
    page = own.get("/home").text
    assert [word for word in _words_of(migrate_url, asked) if word in page]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "sunrise.localhost"},
        {"Forwarded": "host=sunrise.localhost"},
        {"X-Tenant-ID": "sunrise"},
        {"X-Original-URL": "http://sunrise.localhost/"},
    ],
)
def test_no_header_but_host_names_the_practice(offices, portal, headers):
    asker, _ = offices
    assert "Sunrise" not in browser(portal, asker).get("/sign-in", headers=headers).text


@pytest.mark.parametrize("host", ["nobody.localhost", "operator.localhost", "sunrise.localhost.evil.test", "", "sunrise.localhost@evil", "..", "%00", "ſunrise.localhost"])
def test_an_unknown_host_is_a_plain_404_that_names_no_practice(portal, offices, host):
    answer = browser(portal, offices[0]).get("/sign-in", expect_errors=True, extra_environ={"HTTP_HOST": host.encode().decode("latin-1")})
    assert (answer.status_int, answer.text) == (404, "Not found\n")


@pytest.mark.parametrize("host", ["SUNRISE.localhost", "sunrise.localhost:8080"])
def test_case_and_port_of_a_host_do_not_matter(portal, offices, host):
    assert "Sunrise" in browser(portal, offices[0]).get("/sign-in", extra_environ={"HTTP_HOST": host}).text

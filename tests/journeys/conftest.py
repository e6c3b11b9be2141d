"""The whole portal in a real browser: web processes, worker, mailbox, two demo practices; and a log that must name nobody."""

import os
import re
import sys
import time
import urllib.request
from base64 import b32decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from secrets import token_hex
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Page, expect
from psycopg import sql
from sqlalchemy import create_engine, select

from core import config
from core.auth import services
from core.auth.models import Account
from core.auth.realms import OFFICE, PERSON, PORTAL, STAFF, Realm
from core.db import SessionFactory, bind_tenant
from core.local.folder import free_port
from core.local.processes import Child, Supervisor
from core.mail import mail_from_url
from core.people.by_hand import OFFICE as OFFICE_WROTE
from core.people.models import Patient
from core.testing import fresh_database, with_database
from tenants import demo
from tenants.models import Practice
from tenants.practices import add_clinics, create

PASSWORD = "Toothbrush1"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"


@dataclass
class Running:
    """The running portal."""

    port: int
    settings: config.Settings
    environment: dict[str, str]
    folder: Path
    migrate_url: str

    def address(self, slug: str, path: str = "/") -> str:
        """The address of a page of a practice."""
        return f"http://{slug}.localhost:{self.port}{path}"

    def log(self) -> str:
        """Everything that web and worker processes have written."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))


@pytest.fixture(scope="session")
def running_database(worker_id) -> Iterator[str]:
    """A database of the running portal alone: its worker must not take the rows of other tests."""
    with fresh_database(f"running_{worker_id}") as name:
        yield name


@pytest.fixture(scope="session")
def running(running_database, tmp_path_factory, stand_ins) -> Iterator[Running]:
    """The portal with its demo practices, served as `cuspid demo` serves it."""
    if not os.environ.get("CUSPID_CHROMIUM"):
        pytest.skip("no Chromium on this machine")
    folder, port = tmp_path_factory.mktemp("running"), free_port()
    own = {
        "CUSPID_DATABASE_URL": with_database(os.environ["CUSPID_DATABASE_URL"], running_database),
        "CUSPID_MIGRATE_URL": with_database(os.environ["CUSPID_MIGRATE_URL"], running_database),
        "CUSPID_MAIL_URL": f"mailbox:{folder}/mail",
        "CUSPID_TEXTS_URL": f"mailbox:{folder}/mail",
        "CUSPID_FILES_URL": f"file:{folder}/files",
        "CUSPID_LIMITS_URL": "memory://",
        "CUSPID_BASE_PORT": str(port),
        "CUSPID_LOG_LEVEL": "DEBUG",
    }
    own |= {f"CUSPID_{name.upper()}": stand_in.address for name, stand_in in stand_ins.items()}
    environment = os.environ | own
    settings = config.load(environ=environment)
    demo.make(settings)
    with Supervisor() as supervisor:
        web = [sys.executable, "-W", "ignore", "-m", "core.cli", "serve", "--port", str(port), "--processes", "2"]
        worker = [sys.executable, "-W", "ignore", "-m", "core.cli", "worker", "--processes", "1", "--beat", "--state", str(folder)]
        supervisor.start(
            Child("web", web, folder / "web.log", environment=environment), Child("worker", worker, folder / "worker.log", environment=environment)
        )
        found = Running(port, settings, environment, folder, own["CUSPID_MIGRATE_URL"])
        supervisor.wait_for(lambda: _answers(found.port), "the portal")
        yield found
    leaks = words_in(found.log(), words_about_people(found.migrate_url))
    assert not leaks, f"the log of the whole run names people: {leaks}"


def _answers(port: int) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2).status == 200
    except OSError:
        return False


def words_about_people(migrate_url: str) -> set[str]:
    """What no log may hold: the patients' names, birthdates, addresses, and what messages say."""
    questions = {
        "patient": "select first_name || ' ' || last_name, last_name, birthdate::text, email, phone, address_1 from {}",
        "webmail_message": "select subject, left(body, 40), split_part(body, '.', 1) from {}",
        "summary_problem": "select distinct name from {}",
    }
    words: set[str] = set()
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        for table, question in questions.items():
            rows = connection.execute(sql.SQL(question).format(sql.Identifier(table)))
            words.update(word.strip() for row in rows for word in row if word and len(word.strip()) > 5)
    return words


def words_in(log: str, words: set[str]) -> list[str]:
    """Those of the words that the log holds, whatever their case."""
    log = log.lower()
    return sorted(word for word in words if word.lower() in log)


@pytest.fixture
def people_named_in(running):
    """`people_named_in(log)`: what a text tells about the practices' patients."""
    return lambda log: words_in(log, words_about_people(running.migrate_url))


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker's script."""
    if not AXE.exists():
        pytest.skip("axe-core is not there; it comes with the assets' packages")
    return AXE.read_text()


def found_by_axe(page: Page, rules: str) -> list[str]:
    """What the checker, whose script the page has loaded, finds in view."""
    # A part of a page that is faulty is shown as it is written, so no selector has to be found for it, which takes as long as many a rule.
    found = page.evaluate(f"axe.run(document, {{runOnly: {rules}, resultTypes: ['violations'], selectors: false, preload: false, iframes: false}})")
    return [f"{fault['id']}: {node['html'][:120]}" for fault in found["violations"] for node in fault["nodes"]]


@pytest.fixture
def faults_of(axe):
    """`faults_of(page)`: what keeps the page in view from being used by everybody, or from fitting the screen."""

    def look(page: Page) -> list[str]:
        where = page.url.partition("?")[0]
        page.evaluate(axe)
        faults = [f"{where} {fault}" for fault in found_by_axe(page, RULES)]
        is_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        return faults + ([f"{where} is wider than the screen"] if is_wide else [])

    return look


def is_trouble(page: Page, message) -> bool:
    """Whether the browser complains, of more than that a page itself is not there or was refused."""
    return message.type == "error" and not (message.text.startswith("Failed to load resource") and message.location["url"] == page.url)


@pytest.fixture
def open_page(chromium, running):
    """`open_page(width, dark, javascript)`: a fresh window; a script error or a blocked resource fails the test."""
    windows, troubles = [], []

    def make(size: dict = DESK, dark: bool = False, javascript: bool = True) -> Page:
        window = chromium.new_context(viewport=size, color_scheme="dark" if dark else "light", java_script_enabled=javascript, locale="en-US")
        windows.append(window)
        page = window.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(f"{page.url}: {message.text}") if is_trouble(page, message) else None)
        page.set_default_timeout(20_000)
        return page

    yield make
    for window in windows:
        window.close()
    assert not troubles, troubles


@pytest.fixture
def with_authenticator():
    """`with_authenticator(page)`: a device that holds passkeys, and whose owner's finger is always on it."""

    def add(page: Page, knows_owner: bool = True) -> None:
        devices = page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": knows_owner} | ({"automaticPresenceSimulation": True} if knows_owner else {})
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    return add


@pytest.fixture
def signed_in_page(open_page, running):
    """`signed_in_page(user, slug, …)`: a window in which a demo person has signed in through the form."""

    def make(user: str = "elena", slug: str = "sunrise", **window) -> Page:
        page = open_page(**window)
        sign_in(page, running, user, slug)
        return page

    return make


@pytest.fixture
def sign_in_at_office(running):
    """`sign_in_at_office(page, user, slug)`: sign in as somebody who works there, and who sets up the second step on the way."""

    def sign_in(page: Page, user: str, slug: str) -> None:
        page.goto(running.address(slug, "/office/sign-in"))
        expect(page.get_by_label("User name or e-mail")).to_be_focused()
        for words, key in ((user, "Tab"), (PASSWORD, "Enter")):
            page.keyboard.type(words)
            page.keyboard.press(key)
        seed = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.locator("#second-app").inner_text())[0].replace(" ", "")
        page.get_by_label("Code from the app").fill(TOTP(b32decode(seed), 6, SHA1(), 30).generate(int(time.time())).decode())
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("link", name="I have kept them").click()
        page.wait_for_url("**/office")

    return sign_in


def sign_in(page: Page, running: Running, user: str, slug: str) -> None:
    """Sign in through the form, as a person does."""
    page.goto(running.address(slug))
    page.fill("[name=user_name]", user)
    page.fill("[name=password]", PASSWORD)
    page.click("#sign-in button[type=submit]")
    page.wait_for_url("**/home")


@pytest.fixture
def database(running):
    """The database of the running portal, for what no page does."""
    engine = create_engine(running.settings.database_url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


@pytest.fixture
def let_in(open_page, database):
    """`let_in(practice_id, account, address, size)`: a window in which somebody of the office, or the operator, is signed in, whose second step is done;
    with `realm=PORTAL` a patient."""

    def make(practice_id: UUID, account: Account, address: str, size: dict, realm: Realm = OFFICE) -> Page:
        with SessionFactory(bind=database) as session:
            bind_tenant(session, practice_id)
            session.add(account)
            session.flush()
            token = services.open_session(session, account, datetime.now(UTC), services.Place(realm=realm.name))
            session.commit()
        page = open_page(size=size)
        page.context.add_cookies([{"name": realm.cookie, "value": token, "url": address}])
        return page

    return make


def somebody(kind: str, role: str = "") -> Account:
    """An account of somebody who has just come, with a name of its own."""
    user_name = f"tabitha{token_hex(4)}"
    named = {"user_name": user_name, "user_name_norm": user_name, "name": "Tabitha Quill", "email": f"{user_name}@example.test"}
    return Account(kind=kind, role=role, password_hash="", created_at=datetime.now(UTC), **named)


@dataclass(frozen=True)
class OwnOffice:
    """A practice that one journey has for itself, with its admin and a patient who has access."""

    running: Running
    let_in: Callable
    id: UUID
    slug: str
    admin: Account
    account: Account

    def at(self, path: str) -> str:
        """The address of a page here."""
        return self.running.address(self.slug, path)

    def admin_page(self) -> Page:
        """A desk at which the admin is signed in."""
        return self.let_in(self.id, self.admin, self.at("/"), DESK)

    def patient_page(self) -> Page:
        """A phone on which the patient is signed in."""
        return self.let_in(self.id, self.account, self.at("/"), PHONE, realm=PORTAL)


@pytest.fixture
def own_office(database, running, let_in) -> OwnOffice:
    """A new practice, in which nobody else does anything."""
    slug, now = f"alder-{token_hex(4)}", datetime.now(UTC)
    with SessionFactory(bind=database, expire_on_commit=False) as session:
        practice = create(session, slug, "Alder Dental", "America/Denver", now)
        add_clinics(session, ["Alder Street"], "America/Denver")
        patient = Patient(source=OFFICE_WROTE, first_name="Ottilie", last_name="Quillfeather", birthdate=date(1988, 2, 29))
        admin, account = somebody(STAFF, "office_admin"), somebody(PERSON)
        session.add_all([patient, admin])
        session.flush()
        admin.signed_in_at, account.patient_id = now, patient.id
        session.add(account)
        session.flush()
        services.open_own_record(session, account, patient, now)
        session.commit()
    return OwnOffice(running, let_in, practice.id, slug, admin, account)


@pytest.fixture
def admin_page(let_in, running, database):
    """`admin_page(size, slug)`: a window in which an office admin is signed in."""

    def make(size: dict, slug: str = "sunrise") -> Page:
        with SessionFactory(bind=database) as session:
            practice_id = session.scalars(select(Practice.id).where(Practice.slug == slug)).one()
        return let_in(practice_id, somebody(STAFF, "office_admin"), running.address(slug), size)

    return make


def link_in_mail(running: Running, address: str, path: str) -> str:
    """The link to a path in the newest mail to an address that has one, as soon as it is there."""
    end = time.monotonic() + 60
    while True:
        mails = mail_from_url(running.settings.mail_url).messages(address)
        for mail in reversed(mails):
            if found := re.search(rf"http://\S+{path}\S+", mail.get_body(("plain",)).get_content()):
                return found[0]
        assert time.monotonic() < end, "no mail came"
        time.sleep(0.2)

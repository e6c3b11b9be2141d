"""Fixtures for tests, ours and those of plugin authors (`pytest -p core.testing`).

Every test gets practices of its own, really committed: the wall keeps tests apart, so nothing has to be rolled back, and
what is tested is what runs. `cuspid test` starts the servers and names them in the environment.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
import pytest
import webtest
from psycopg import sql
from sqlalchemy import event, select

from core import config, outbox, records, tasks
from core.app import configure
from core.auth import services as auth
from core.auth.models import Account
from core.db import SessionFactory, bind_tenant
from core.mail import MailboxMail, mail_from_url
from core.people.models import Patient, Provider
from core.records.kinds import kinds_for
from core.web import log

PASSWORD = "Correct-horse-7"  # noqa: S105  (of people who live for one test)


def with_database(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def fresh_database(name: str) -> Iterator[str]:
    """A database copied from the migrated template, for as long as the block runs; gives its whole name."""
    admin, template, name = os.environ["CUSPID_TEST_ADMIN_URL"], os.environ["CUSPID_TEST_TEMPLATE"], f"cuspid_{name}_{secrets.token_hex(4)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    yield name
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def database_name(worker_id) -> Iterator[str]:
    """A database of this worker."""
    with fresh_database(worker_id) as name:
        yield name


@pytest.fixture(scope="session")
def worker_id(request) -> str:
    """The name of this worker when tests run side by side, else `main`."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def migrate_url(database_name) -> str:
    """The address of this worker's database for the login that migrates; it sees past the wall."""
    return with_database(os.environ["CUSPID_MIGRATE_URL"], database_name)


@pytest.fixture(scope="session")
def portal_settings(database_name, tmp_path_factory) -> config.Settings:
    """The settings of the installation under test."""
    folder = tmp_path_factory.mktemp("portal")
    return config.load(
        environ=os.environ
        | {
            "CUSPID_DATABASE_URL": with_database(os.environ["CUSPID_DATABASE_URL"], database_name),
            "CUSPID_FILES_URL": f"file:{folder}/files",
            "CUSPID_MAIL_URL": f"mailbox:{folder}/mail",
            "CUSPID_LIMITS_URL": "memory://",
        }
    )


@pytest.fixture(scope="session")
def portal(portal_settings):
    """The application under test."""
    log.set_up("WARNING")
    return configure(portal_settings).make_wsgi_app()


@pytest.fixture(scope="session")
def registry(portal):
    """The application's registry."""
    return portal.registry


@dataclass
class Office:
    """A practice that was made for one test, with one clinic and one provider."""

    registry: Any
    id: UUID
    slug: str
    clinic_id: UUID | None = None
    provider_id: UUID | None = None

    @property
    def host(self) -> str:
        """The address of its portal."""
        return f"{self.slug}.localhost"

    @cached_property
    def make(self) -> "Factory":
        """Factories of this office, with a session of their own."""
        return Factory(self, self.session())

    def session(self):
        """A new session in which the practice is bound."""
        session = SessionFactory(bind=self.registry.engine)
        bind_tenant(session, self.id)
        return session


def make_office(registry) -> Office:
    """Make a practice with a name that no other test has."""
    from importlib import import_module

    # core names the tenants only as a string.
    practices = import_module("tenants.practices")
    with SessionFactory(bind=registry.engine) as session:
        slug = "p" + secrets.token_hex(6)
        practice = practices.create(session, slug, f"Practice {slug}", "America/New_York", datetime.now(UTC))
        clinic = {"kind": "clinic", "external_id": "C1", "name": "Main Street", "time_zone": "America/New_York", "email": f"desk@{slug}.test",
                  "phone": "555-0100", "city": "Springfield"}  # fmt: skip
        provider = {"kind": "provider", "external_id": "D1", "first_name": "Dana", "last_name": "Okafor", "suffix": "DDS", "email": f"okafor@{slug}.test"}
        Factory(Office(registry, practice.id, slug), session).take_in([clinic, provider])
        [clinic_id] = [clinic.id for clinic in registry.tenants.current(practice.id).clinics]
        provider_id = session.scalars(select(Provider.id).where(Provider.practice_id == practice.id)).one()
    return Office(registry, practice.id, slug, clinic_id, provider_id)


class Factory:
    """Makes what a test needs, committed; data of the chart goes through the same door as a practice system's."""

    def __init__(self, office: Office, session):
        self._office, self._db, self._count = office, session, 0

    def take_in(self, batch: list[dict]) -> list[records.Answer]:
        """Take in records; raises when one is refused."""
        registry = self._office.registry
        answers = records.take_in(self._db, kinds_for(registry, frozenset(registry.plugins.plugins)), batch)
        refused = [answer for answer in answers if answer.outcome == "refused"]
        assert not refused, refused
        self._db.commit()
        return answers

    def patient(self, **fields) -> Patient:
        """A patient of the office's clinic and provider."""
        self._count += 1
        record = {"external_id": f"P{self._count}-{secrets.token_hex(3)}", "first_name": "Robin", "last_name": "Vale", "birthdate": date(1985, 4, 12),
                  "clinic": "C1", "provider": "D1", "email": "robin@example.test", "phone": "555-0142"} | fields  # fmt: skip
        self.take_in([{"kind": "patient", **record}])
        return self._db.scalars(select(Patient).where(Patient.practice_id == self._office.id, Patient.external_id == record["external_id"])).one()

    def account(self, patient: Patient, password: str = PASSWORD, user_name: str | None = None) -> Account:
        """Access for a patient, with every right on the own record."""
        account = auth.create_account(self._db, patient, user_name or f"{patient.first_name}{secrets.token_hex(4)}", password, datetime.now(UTC))
        self._db.commit()
        return account

    def grant(self, account: Account, patient: Patient, plugin: str = "*", level: str = "act", relation: str = "guardian", until=None) -> None:
        """Let an account see, or act on, another patient's tab."""
        auth.grant(self._db, account.id, patient.id, relation, datetime.now(UTC), plugin, level, until)
        self._db.commit()


@pytest.fixture
def practice(registry) -> Office:
    """A practice of this test alone."""
    # Celery knows one application of a process; another test may have made one of its own.
    tasks.celery.registry = registry
    return make_office(registry)


@pytest.fixture
def other_practice(registry) -> Office:
    """A second practice of this test alone."""
    return make_office(registry)


@pytest.fixture
def db(practice):
    """A session bound to the practice; a test commits by itself."""
    with practice.session() as session:
        yield session


@pytest.fixture
def other_db(other_practice):
    """A session bound to the other practice."""
    with other_practice.session() as session:
        yield session


@pytest.fixture
def make(practice, db) -> Factory:
    """Factories of the practice."""
    return Factory(practice, db)


@pytest.fixture
def other_make(other_practice, other_db) -> Factory:
    """Factories of the other practice."""
    return Factory(other_practice, other_db)


def browser(portal, office: Office) -> webtest.TestApp:
    """A browser at the office's address that nobody has signed in with."""
    return webtest.TestApp(portal, extra_environ={"HTTP_HOST": office.host, "REMOTE_ADDR": "127.0.0.9"})


@pytest.fixture
def web(portal, practice) -> webtest.TestApp:
    """A browser at the practice's address, not signed in."""
    return browser(portal, practice)


def sign_in(portal, office: Office, account: Account) -> webtest.TestApp:
    """A browser that is signed in with this account; the password check is left out, for speed."""
    app = browser(portal, office)
    with office.session() as session:
        token = auth.open_session(session, account, datetime.now(UTC))
        session.commit()
    app.set_cookie("cuspid", token)
    return app


@pytest.fixture
def signed_in(portal, practice, make):
    """`signed_in(patient)`: a browser that the patient is signed in with; `account=` for an account made before."""
    return lambda patient=None, account=None: sign_in(portal, practice, account or make.account(patient))


@pytest.fixture
def other_signed_in(portal, other_practice, other_make):
    """The same at the other practice."""
    return lambda patient=None, account=None: sign_in(portal, other_practice, account or other_make.account(patient))


@pytest.fixture
def statements(registry):
    """`with statements() as seen:` collects the SQL statements of what runs inside."""

    @contextmanager
    def counting():
        seen: list[str] = []

        def note(connection, cursor, statement, parameters, context, executemany):
            seen.append(statement)

        event.listen(registry.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(registry.engine, "before_cursor_execute", note)

    return counting


@pytest.fixture
def work_off(registry, practice):
    """`work_off()`: do the practice's waiting tasks here and now, as a worker would; returns how many rows it looked at."""

    def run() -> int:
        with SessionFactory(bind=registry.engine) as session:
            rows = session.scalars(
                select(outbox.OutboxRow.id).where(outbox.OutboxRow.practice_id == practice.id, outbox.OutboxRow.done_at.is_(None))
            ).all()
        for row in rows:
            tasks.deliver(str(row))
        return len(rows)

    return run


@pytest.fixture
def mails(portal_settings):
    """`mails(to)`: the mails that the local mailbox holds for an address."""
    mailbox = mail_from_url(portal_settings.mail_url)
    assert isinstance(mailbox, MailboxMail)
    return SimpleNamespace(to=lambda address: [mail for mail in mailbox.messages() if mail["To"] == address])

"""Fixtures for tests, ours and those of plugin authors (`pytest -p core.testing`).

Every test gets practices of its own, really committed: the wall keeps tests apart, so nothing has to be rolled back, and
what is tested is what runs. `cuspid test` starts the servers and names them in the environment.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import entry_points
from types import SimpleNamespace

import pytest
import webtest
from argon2 import PasswordHasher
from sqlalchemy import select

from core import config, outbox, tasks
from core.app import configure
from core.auth import passwords
from core.db import SessionFactory
from core.mail import MailboxMail, mail_from_url
from core.testing.databases import fresh_database, noted_statements, with_database
from core.testing.offices import PASSWORD, Factory, Office, add_sign_in, browser, make_office, sign_in
from core.web import log

__all__ = ["PASSWORD", "Factory", "Office", "add_sign_in", "browser", "fresh_database", "make_office", "noted_statements", "sign_in", "with_database"]


def pytest_configure() -> None:
    """A quarter of the time of tests went into looking for garbage among modules and test functions, which stay for good."""
    gc.set_threshold(20_000, 10, 10)


def pytest_sessionstart() -> None:
    """Passwords of people who live for one test are guarded by the least that Argon2 does: each costs microseconds in place of 50 ms."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._NOBODY = passwords.hash_password("nobody")


def pytest_collection_finish() -> None:
    """What is there by now is not looked through again."""
    gc.collect()
    gc.freeze()


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
def stand_ins() -> Iterator[dict]:
    """The stand-ins for services outside, as the plugins bring them, each by the setting that says where it is."""
    with ExitStack() as stack:
        yield {point.name: stack.enter_context(point.load().running()) for point in entry_points(group="cuspid.stand_ins")}


@pytest.fixture(scope="session")
def portal_settings(database_name, tmp_path_factory, stand_ins) -> config.Settings:
    """The settings of the installation under test."""
    folder = tmp_path_factory.mktemp("portal")
    return config.load(
        environ=os.environ
        | {
            "CUSPID_DATABASE_URL": with_database(os.environ["CUSPID_DATABASE_URL"], database_name),
            "CUSPID_FILES_URL": f"file:{folder}/files",
            "CUSPID_MAIL_URL": f"mailbox:{folder}/mail",
            "CUSPID_TEXTS_URL": f"mailbox:{folder}/mail",
            "CUSPID_LIMITS_URL": "memory://",
            "CUSPID_STRIPE_WEBHOOK_SECRET": "whsec_of_tests",
        }
        | {f"CUSPID_{name.upper()}": stand_in.address for name, stand_in in stand_ins.items()}
    )


@pytest.fixture(scope="session")
def portal(portal_settings):
    """The application under test."""
    log.set_up("WARNING")
    made = configure(portal_settings).make_wsgi_app()
    gc.collect()
    gc.freeze()
    return made


@pytest.fixture(scope="session")
def registry(portal):
    """The application's registry."""
    return portal.registry


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


@pytest.fixture
def web(portal, practice) -> webtest.TestApp:
    """A browser at the practice's address, not signed in."""
    return browser(portal, practice)


@pytest.fixture
def signed_in(portal, practice, make):
    """`signed_in(patient)`: a browser that the patient is signed in with; `account=` for an account made before."""
    return lambda patient=None, account=None: sign_in(portal, practice, account or make.account(patient))


@pytest.fixture
def other_signed_in(portal, other_practice, other_make):
    """The same at the other practice."""
    return lambda patient=None, account=None: sign_in(portal, other_practice, account or other_make.account(patient))


@pytest.fixture
def statements():
    """`with statements() as seen:` collects the SQL statements of what runs inside."""
    return noted_statements


@pytest.fixture
def work_off(registry, practice):
    """`work_off()`: do the practice's waiting tasks here and now, as a worker would; returns how many rows it looked at. Another
    practice's by `work_off(other_practice)`."""

    def run(office: Office = practice) -> int:
        with SessionFactory(bind=registry.engine) as session:
            rows = session.scalars(
                select(outbox.OutboxRow.id).where(outbox.OutboxRow.practice_id == office.id, outbox.OutboxRow.done_at.is_(None))
            ).all()
        for row in rows:
            tasks.deliver(str(row))
        return len(rows)

    return run


@pytest.fixture(scope="session")
def mails(portal_settings):
    """`mails.to(address)`: the mails that the local mailbox holds for an address, or the text messages for a number."""
    mailbox = mail_from_url(portal_settings.mail_url)
    assert isinstance(mailbox, MailboxMail)
    return SimpleNamespace(to=mailbox.messages)

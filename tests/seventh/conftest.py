"""The seventh plugin's distribution, installed for processes of these tests only; a database of their own, and a portal in real processes."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg
import pytest
from lxml import html
from psycopg import sql

from core import config, tasks
from core.app import configure
from core.tenant import touch
from core.testing import PASSWORD, make_office
from tenants.models import Clinic

HERE = Path(__file__).parent
# The plugin's own tests need it installed; one of ours runs them.
collect_ignore = ["cuspid-recall-club"]
PATIENCE = 90
"""Seconds that a process may take to start, on a busy machine."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder that the distribution is installed in."""
    folder = tmp_path_factory.mktemp("seventh")
    shutil.copytree(HERE / "cuspid-recall-club", folder / "source")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder / "site")]
    installer = [sys.executable, "-m", "pip", "install"]
    if not find_spec("pip"):
        uv = Path(sys.executable).with_name("uv")
        installer = [str(uv) if uv.exists() else "uv", "pip", "install", "--cache-dir", str(folder / "cache"), "--python", sys.executable]
    _run([*installer, *options, str(folder / "source")], os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    return folder / "site"


def _run(command: list, environment: dict, code: int = 0) -> str:
    answer = subprocess.run(command, env=environment, cwd=HERE, capture_output=True, text=True)
    assert answer.returncode == code, f"{command}\n{answer.stdout}{answer.stderr}"
    return answer.stderr if code else answer.stdout


@contextmanager
def fresh_database(folder: Path):
    """The environment of a portal with a database of its own, as it was before the seventh plugin came."""
    admin, name = os.environ["CUSPID_TEST_ADMIN_URL"], f"cuspid_seventh_{secrets.token_hex(4)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        names = sql.Identifier(name), sql.Identifier(os.environ["CUSPID_TEST_TEMPLATE"])
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    try:
        yield os.environ | {
            "CUSPID_DATABASE_URL": _with_path(os.environ["CUSPID_DATABASE_URL"], name),
            "CUSPID_MIGRATE_URL": _with_path(os.environ["CUSPID_MIGRATE_URL"], name),
            # A queue of its own, or a worker would take the nudges of other tests.
            "CUSPID_BROKER_URL": _with_path(os.environ["CUSPID_BROKER_URL"], "9"),
            "CUSPID_LIMITS_URL": "memory://",
            "CUSPID_FILES_URL": f"file:{folder}/files",
            "CUSPID_MAIL_URL": f"mailbox:{folder}/mail",
        }
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


class Portal:
    """A portal in processes of its own. `plugin` is the folder of the seventh plugin, or None where it is not installed."""

    def __init__(self, environment: dict, folder: Path, plugin: Path | None):
        path = os.pathsep.join(filter(None, [str(plugin or ""), os.environ.get("PYTHONPATH", "")]))
        self.environment, self.folder, self.port = environment | {"PYTHONPATH": path}, folder, _free_port()
        self._processes: list[subprocess.Popen] = []
        self._office: subprocess.Popen | None = None

    def cuspid(self, *arguments: str) -> str:
        """Run a command of the portal."""
        return _run([sys.executable, "-m", "core.cli", *arguments], self.environment)

    def refused(self, *arguments: str) -> str:
        """Run a command that cannot be done, and give the one sentence that it says."""
        [sentence] = _run([sys.executable, "-m", "core.cli", *arguments], self.environment, code=1).splitlines()
        return sentence

    def office(self, slug: str, verb: str, *arguments):
        """Do what an office does, in another process (office.py)."""
        if self._office is None:
            command = [sys.executable, str(HERE / "office.py")]
            pipe = subprocess.PIPE
            self._office = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdin=pipe, stdout=pipe, text=True)
        print(json.dumps([slug, verb, *arguments]), file=self._office.stdin, flush=True)
        return json.loads(self._office.stdout.readline())

    def start(self, *arguments: str) -> None:
        """Start a command that goes on until `stop`."""
        command = [sys.executable, "-m", "core.cli", *arguments]
        with (self.folder / f"{arguments[0]}-{self.port}.log").open("wb") as log:
            process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        self._processes.append(process)

    def serve(self) -> None:
        """Serve pages by two processes."""
        self.start("serve", "--processes", "2", "--port", str(self.port))
        wait_until(lambda: self.visitor("localhost").get("/health/ready").status == 200)

    def visitor(self, host: str) -> "Visitor":
        """Somebody's browser."""
        return Visitor(self.port, host)

    def stop(self) -> None:
        """End every process."""
        if self._office:
            self._office.communicate()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(happened):
    """Wait until something has happened in another process, and give what was found."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if found := happened():
                return found
        except OSError:
            pass  # not listening yet
        time.sleep(0.05)
    raise AssertionError(f"nothing happened within {PATIENCE} seconds")


class Visitor:
    """A browser without scripts: keeps cookies, follows nothing by itself, sends forms as they stand on a page."""

    def __init__(self, port: int, host: str):
        self._port, self._host, self._cookies = port, host, {}

    def get(self, path: str):
        """Open a page."""
        return self._send("GET", path)

    def submit(self, page: str, action: str, **typed):
        """Fill in the form with this action on a page, and send it."""
        [form] = [form for form in html.fromstring(self.get(page).text).forms if form.action == action]
        return self._send("POST", action, urlencode(dict(form.form_values()) | typed))

    def sign_in(self, account) -> "Visitor":
        """Sign in with the password of the tests."""
        answer = self.submit("/sign-in", "/sign-in", user_name=account.user_name, password=PASSWORD)
        assert answer.status == 303, answer.text
        return self

    def tabs(self) -> list[str]:
        """Where the bar of the home page leads."""
        return html.fromstring(self.get("/home").text).xpath("//nav//a/@href")

    def _send(self, method: str, path: str, body: str | None = None):
        headers = {"Host": f"{self._host}:{self._port}", "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
        text = response.read().decode()
        connection.close()
        steady = sorted((name, value) for name, value in response.headers.items() if name.lower() not in ("date", "set-cookie"))
        return SimpleNamespace(status=response.status, text=text, headers=steady, location=response.headers.get("Location", ""))


@pytest.fixture(scope="module")
def portal_environment(tmp_path_factory):
    """The environment of the portal that most of these tests share."""
    folder = tmp_path_factory.mktemp("seventh-portal")
    with fresh_database(folder) as environment:
        yield environment | {"FOLDER": str(folder)}


@pytest.fixture(scope="module")
def portal_with_seven(portal_environment, installed):
    """The portal with the seventh plugin: migrated by its own command, served by two processes, with a worker."""
    portal = Portal(portal_environment, Path(portal_environment["FOLDER"]), installed)
    assert "up to date" in portal.cuspid("migrate")
    try:
        portal.start("worker", "--processes", "1", "--beat", "--state", str(portal.folder))
        portal.serve()
        yield portal
    finally:
        portal.stop()


@contextmanager
def core_of(environment: dict):
    """The registry of a portal on this database in our own process, where the seventh plugin is unknown: to make practices and patients."""
    known, timetable = getattr(tasks.celery, "registry", None), tasks.celery.conf.beat_schedule
    registry = configure(config.load(environ=environment)).make_wsgi_app().registry
    tasks.celery.registry, tasks.celery.conf.beat_schedule = known, timetable
    try:
        yield registry
    finally:
        registry.engine.dispose()


@pytest.fixture(scope="module")
def core(portal_environment):
    """To make practices and patients for the shared portal."""
    with core_of(portal_environment) as registry:
        yield registry


@pytest.fixture
def office(core):
    """A practice with two clinics, C1 and C2."""
    office = make_office(core)
    with office.session() as session:
        session.add(Clinic(external_id="C2", name="Second Street", time_zone="America/Denver", position=1))
        touch(session, office.id)
        session.commit()
    return office


@pytest.fixture
def query(portal_environment):
    """`query(sql, ...)`: look past the wall into the shared portal's database."""
    with psycopg.connect(portal_environment["CUSPID_MIGRATE_URL"], autocommit=True) as connection:
        yield lambda statement, *values: connection.execute(statement, values).fetchall()


@pytest.fixture
def authors_tests(tmp_path, installed):
    """Run the plugin's own tests as its author does; what pytest printed."""
    with fresh_database(tmp_path) as environment:
        portal = Portal(environment, tmp_path, installed)
        portal.cuspid("migrate")
        template = urlsplit(environment["CUSPID_DATABASE_URL"]).path.strip("/")
        folder = shutil.copytree(HERE / "cuspid-recall-club" / "tests", tmp_path / "tests")
        command = [sys.executable, "-m", "pytest", "-p", "core.testing", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
        yield _run(command, portal.environment | {"CUSPID_TEST_TEMPLATE": template})


@pytest.fixture
def eventually():
    """`eventually(happened)`: wait until something has happened in another process, and give what was found."""
    return wait_until


@pytest.fixture
def removable(tmp_path, installed):
    """A database of one test alone: a portal with the plugin, one without it, what the tables are, and a practice."""
    with fresh_database(tmp_path) as environment, core_of(environment) as registry:
        with_it, without_it = Portal(environment, tmp_path, installed), Portal(environment, tmp_path, plugin=None)
        try:
            yield SimpleNamespace(with_it=with_it, without_it=without_it, office=make_office(registry), tables=lambda: _tables(environment))
        finally:
            with_it.stop()
            without_it.stop()


def _tables(environment: dict) -> dict[str, list]:
    """Every table with its columns, keys, policies and rights."""
    columns = "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns where table_schema = 'public'"
    keys = "select conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '' from pg_constraint where connamespace = 'public'::regnamespace"
    rights = "select table_name, grantee, privilege_type, '', '' from information_schema.role_table_grants where table_schema = 'public'"
    policies = "select tablename, policyname, qual, with_check, cmd from pg_policies where schemaname = 'public'"
    found: dict[str, list] = {}
    with psycopg.connect(environment["CUSPID_MIGRATE_URL"], autocommit=True) as connection:
        for statement in (columns, keys, rights, policies):
            for table, *rest in connection.execute(statement).fetchall():
                found.setdefault(table, []).append(rest)
    return {table: sorted(map(str, lines)) for table, lines in found.items()}

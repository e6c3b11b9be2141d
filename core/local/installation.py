"""An installation on this machine alone: its servers, and the settings that make the portal use them."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg

from core.database_roles import Logins, may_make_roles, prepare_roles
from core.local import Problem
from core.local.folder import DataFolder, is_free
from core.local.postgres import Postgres
from core.local.processes import Child, Supervisor
from core.local.valkey import Valkey

Say = Callable[[str], None]


@dataclass
class Installation:
    """What `cuspid demo` runs: the data folder, the port of its pages, and the processes."""

    folder: DataFolder
    port: int
    supervisor: Supervisor

    def __post_init__(self) -> None:
        if not is_free(self.port):
            raise Problem(f"Port {self.port} is taken by another program: end that one, or choose another port with --port.")
        self.mailbox_port = self.folder.port("mailbox", self.port + 1)
        self.smtp_port = self.folder.port("smtp")

    def start_servers(self, say: Say) -> dict[str, str]:
        """Start the database and the broker, unless the environment names others, and give the settings of the portal."""
        logins = self._database(say)
        broker, limits = self._broker(say)
        ours = self._settings() | {"CUSPID_DATABASE_URL": logins.app_url, "CUSPID_MIGRATE_URL": logins.migrate_url}
        ours |= {"CUSPID_BROKER_URL": broker, "CUSPID_LIMITS_URL": limits}
        return self._stand_ins(say) | self._optional() | ours

    def _stand_ins(self, say: Say) -> dict[str, str]:
        """Start what the plugins bring in place of services outside, unless the environment says where these are."""
        points = entry_points(group="cuspid.stand_ins") if os.environ.get("CUSPID_PAYMENTS", "local") == "local" else ()
        named = {f"CUSPID_{point.name.upper()}": point for point in points}
        return {setting: self._stand_in(point, say) for setting, point in named.items() if setting not in os.environ}

    def _stand_in(self, point: EntryPoint, say: Say) -> str:
        service = point.name.partition("_")[0].title()
        say(f"Starting the stand-in for {service}")
        port, file = self.folder.port(point.name), self.folder.path / f"{point.name}.db"
        command = [sys.executable, "-W", "ignore", "-m", point.value, "--port", port, "--data", file, "--portal", f"http://localhost:{self.port}"]
        environment = os.environ | self._optional()
        self.supervisor.start(Child(f"The stand-in for {service}", list(map(str, command)), self.folder.log(point.name), environment))
        self.supervisor.wait_for(lambda: _answers(port, "/"), f"The stand-in for {service}", seconds=60)
        return f"http://127.0.0.1:{port}"

    def _database(self, say: Say) -> Logins:
        named = os.environ.get("CUSPID_DATABASE_URL")
        if named:
            say(f"Using the database at {_place(named)}")
            return self._named_database(named)
        say("Starting PostgreSQL")
        return prepare_roles(Postgres(self.folder).start(self.supervisor), self.folder.secret("roles"))

    def _named_database(self, url: str) -> Logins:
        migrate_url = os.environ.get("CUSPID_MIGRATE_URL")
        if migrate_url:
            return Logins(url, migrate_url, "")
        if may_make_roles(url):
            return prepare_roles(url, self.folder.secret("roles"))
        raise Problem(
            "The login in CUSPID_DATABASE_URL may not make database roles: name one that may, "
            "or one that owns the tables in CUSPID_MIGRATE_URL beside it."
        )

    def _broker(self, say: Say) -> tuple[str, str]:
        named = os.environ.get("CUSPID_BROKER_URL")
        if named:
            say(f"Using the broker at {_place(named)}")
            return named, os.environ.get("CUSPID_LIMITS_URL", named)
        say("Starting Valkey")
        valkey = Valkey(self.folder)
        return valkey.start(self.supervisor), valkey.address(1)

    def _settings(self) -> dict[str, str]:
        """What the printed addresses depend on; the environment does not change it."""
        return {
            "CUSPID_BASE_DOMAIN": "localhost",
            "CUSPID_BASE_PORT": str(self.port),
            "CUSPID_SCHEME": "http",
            "CUSPID_ENVIRONMENT": "local",
        }

    def _optional(self) -> dict[str, str]:
        """What the environment may set otherwise, such as real object storage."""
        ours = {
            "CUSPID_MAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "CUSPID_TEXTS_URL": f"mailbox:{quote(str(self.folder.path / 'mail'))}",
            "CUSPID_FILES_URL": f"file:{quote(str(self.folder.path / 'files'))}",
            "CUSPID_SECRET_KEY": self.folder.secret("key"),
            "CUSPID_STRIPE_WEBHOOK_SECRET": self.folder.secret("stripe-webhook"),
        }
        return ours | {name: value for name, value in os.environ.items() if name.startswith("CUSPID_")}

    def start_building(self) -> Child:
        """Begin to build the assets if they are stale, while the database is made ready."""
        building = self._command("assets", os.environ, "assets", once=True)
        self.supervisor.start(building)
        return building

    def start_portal(self, settings: Mapping[str, str], building: Child, say: Say) -> None:
        """Start web, mailbox and worker; a page can be asked for when this returns."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CUSPID_")} | dict(settings)
        # A library of a library warns in each process; it says nothing that could be acted on.
        environment.setdefault("PYTHONWARNINGS", "ignore:pkg_resources is deprecated as an API:UserWarning")
        self.supervisor.wait_for(lambda: not building.running, "The build of the assets", seconds=600)
        building.check()
        say("Starting web, mailbox and worker")
        web = self._command("web", environment, "serve", "--port", self.port, "--grace", 3)
        ports = ("--port", self.mailbox_port, "--smtp-port", self.smtp_port)
        mailbox = self._command("mailbox", environment, "mailbox", self.folder.path / "mail", *ports)
        self.supervisor.start(web, mailbox)
        # The worker loads as much as the web processes do; whoever waits, waits for a page.
        self.supervisor.wait_for(lambda: _answers(self.port, "/health/ready") and _answers(self.mailbox_port, "/"), "The web server", seconds=120)
        self.supervisor.start(self._command("worker", environment, "worker", "--beat", "--state", self.folder.path))

    def _command(self, name: str, environment: Mapping[str, str], *words: object, once: bool = False) -> Child:
        command = [sys.executable, "-m", "core.cli", *map(str, words)]
        return Child(f"The {name} process", command, self.folder.log(name), environment, patience=25, once=once)


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def installation(folder: DataFolder, port: int) -> Iterator[Installation]:
    """An installation in this folder, for this command alone; leaving the block ends all its processes."""
    with folder.lock(), Supervisor() as supervisor:
        yield Installation(folder, port, supervisor)


def migrations_mark(database_url: str) -> str:
    """Changes with the database, and with every migration of core and of the installed plugins; found without loading any of them."""
    plugins = [_folder_of(point.module) / "migrations" for point in entry_points(group="cuspid.plugins")]
    digest = sha256(database_url.encode())
    for path in sorted(path for folder in (_folder_of("core.migrations"), *plugins) for path in folder.glob("**/*.py")):
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def _folder_of(module: str) -> Path:
    spec = find_spec(module)
    return Path(spec.origin).parent if spec and spec.origin else Path("/nowhere")


def is_new(migrate_url: str) -> bool:
    """Whether nothing was ever migrated into this database."""
    with psycopg.connect(migrate_url) as connection:
        return connection.execute("SELECT WHERE to_regclass('alembic_version') IS NULL").fetchone() is not None


def _place(url: str) -> str:
    # Without the password: this is for the screen.
    address = urlsplit(url)
    return f"{address.hostname or 'localhost'}{f':{address.port}' if address.port else ''}{address.path}"

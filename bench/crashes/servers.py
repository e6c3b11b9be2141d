"""The processes of the crash test, each of which can be killed and started anew, with the same data and at the same address."""

import os
import signal
import sys
import time
import urllib.request
from pathlib import Path

from bench.crashes.points import DOOR
from core import migrations
from core.database_roles import prepare_roles
from core.local import Problem
from core.local.folder import DataFolder
from core.local.postgres import Postgres
from core.local.processes import Child, ChildDied, Supervisor
from core.local.valkey import Valkey

VICTIMS = ("web", "worker", "database", "broker", "card service")


class Servers:
    """Database, broker, web, worker with timetable, and the stand-in of the card service."""

    def __init__(self, folder: Path, door: Path):
        self.folder = DataFolder(folder)
        self.supervisor = Supervisor()
        self._postgres, self._valkey = Postgres(self.folder), Valkey(self.folder)
        self._children: dict[str, Child] = {}
        self._killed: set[str] = set()
        self.by_themselves: list[str] = []
        """What ended without having been killed, with the end of its log: it is started again as service managers do."""
        self.web_port, self.card_port = self.folder.port("web"), self.folder.port("card-service")
        self.card_file = folder / "card-service.db"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CUSPID_")},
            DOOR: str(door), "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "ignore", "CUSPID_LOG_LEVEL": "WARNING",
        }  # fmt: skip

    def start(self) -> None:
        """Start everything, with an empty database."""
        for victim in ("database", "broker"):
            self._start(victim)
        logins = prepare_roles(self._postgres.address("cuspid"), self.folder.secret("roles"))
        migrations.upgrade(logins.migrate_url)
        path = self.folder.path
        self.environment |= {
            "CUSPID_DATABASE_URL": logins.app_url, "CUSPID_MIGRATE_URL": logins.migrate_url, "CUSPID_BROKER_URL": self._valkey.address(),
            "CUSPID_LIMITS_URL": self._valkey.address(1), "CUSPID_MAIL_URL": f"mailbox:{path}/mail", "CUSPID_TEXTS_URL": f"mailbox:{path}/mail",
            "CUSPID_FILES_URL": f"file:{path}/files", "CUSPID_SECRET_KEY": self.folder.secret("key"), "CUSPID_BASE_DOMAIN": "localhost",
            "CUSPID_BASE_PORT": str(self.web_port), "CUSPID_SCHEME": "http", "CUSPID_ENVIRONMENT": "local",
            "CUSPID_STRIPE_ADDRESS": f"http://127.0.0.1:{self.card_port}", "CUSPID_STRIPE_WEBHOOK_SECRET": self.folder.secret("stripe-webhook"),
        }  # fmt: skip

    def start_portal(self) -> None:
        """Start what uses the database, once the practice is in it."""
        for victim in ("card service", "web", "worker"):
            self._start(victim)

    def is_alive(self, victim: str) -> bool:
        """Whether it runs."""
        return victim in self._children and self._children[victim].running

    def all_alive(self) -> bool:
        """Whether everybody runs; somebody may have ended by itself where another had died."""
        return all(map(self.is_alive, self._children))

    def kill(self, victim: str) -> None:
        """End it and all its processes at once: none of them can do anything any more."""
        child = self._children[victim]
        assert child.process
        self._killed.add(victim)
        session = [child.process.pid, *_descendants(child.process.pid)]
        for process in session:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        child.process.wait()

    def revive(self) -> None:
        """Start again what is dead. To be called by the main thread."""
        while dead := [victim for victim in self._children if not self.is_alive(victim)]:
            for victim in dead:
                if victim not in self._killed:
                    child = self._children[victim]
                    self.by_themselves.append(f"{victim}, code {child.process.returncode if child.process else ''}:\n{child.tail(20)}")
                self._killed.discard(victim)
                self.supervisor.forget(self._children[victim])
            for victim in dead:
                try:
                    self._start(victim)
                except ChildDied:  # one more has ended, by itself
                    break

    def stop(self) -> None:
        """End everything."""
        self.supervisor.stop()

    def _start(self, victim: str) -> None:
        if victim in ("database", "broker"):
            server = self._postgres if victim == "database" else self._valkey
            try:
                server.start(self.supervisor)
            finally:
                self._children[victim] = self.supervisor.children[-1]
            return
        child = Child(victim, self._command(victim), self._log(victim), self.environment)
        self.supervisor.start(child)
        self._children[victim] = child
        port = {"web": self.web_port, "card service": self.card_port}.get(victim)
        if port:
            self.supervisor.wait_for(lambda: answers(port, "/health/live" if victim == "web" else "/"), victim, 120)

    def _command(self, victim: str) -> list[str]:
        python = [sys.executable, "-W", "ignore", "-m"]
        if victim == "web":
            # The server program that `cuspid serve` runs.
            how = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "6", "--host", "127.0.0.1", "--port", str(self.web_port), "--no-ws"]
            return [*python, "granian", *how, "--log-level", "warning", "bench.crashes.web:app"]
        if victim == "worker":
            return [*python, "bench.crashes.inside", "worker", "--processes", "2", "--beat", "--state", str(self.folder.path)]
        how = ["--port", str(self.card_port), "--data", str(self.card_file), "--portal", f"http://localhost:{self.web_port}"]
        return [*python, "bench.crashes.inside", "stand_in", *how]

    def _log(self, victim: str) -> Path:
        """One file for each life, so that what was written before a death can be read."""
        return self.folder.log(f"{victim.replace(' ', '-')}-{time.time_ns()}")


def answers(port: int, path: str) -> bool:
    """Whether something answers there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _descendants(process: int) -> list[int]:
    """The processes that it has started, and those that these have."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [process]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def need_linux() -> None:
    """Raises Problem where processes cannot be found."""
    if not Path("/proc/self/stat").exists():
        raise Problem("The crash test finds the processes that it kills in /proc: it needs Linux.")

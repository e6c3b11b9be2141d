"""The folder that a command keeps its data in: secrets, ports and logs, used by one command at a time."""

import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.local import Problem


def default_folder(name: str) -> Path:
    """Where data goes unless told otherwise: `.cuspid/<name>` of a checkout, else the user's folder for application data."""
    checkout = Path(__file__).parents[2]
    if (checkout / "setup.cfg").is_file():
        return checkout / ".cuspid" / name
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(share) / "cuspid" / name


class DataFolder:
    """A folder with what must outlive a restart. Only its owner may look inside."""

    def __init__(self, path: Path):
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            (self.path / "logs").mkdir(exist_ok=True)
        except OSError as error:
            raise Problem(f"The folder {self.path} cannot be used ({error.strerror}); name another one with --data.") from None

    def log(self, name: str) -> Path:
        """The file that takes the output of one process."""
        return self.path / "logs" / f"{name}.log"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep every other command out. Raises Problem when one is at work here."""
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                raise Problem(f"The folder {self.path} is in use by process {file.read().strip() or '?'}: end that one, or name another folder with --data.") from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def secret(self, name: str) -> str:
        """A random word that is made once and kept, readable by the owner only."""
        file = self.path / f"{name}.secret"
        if not (file.is_file() and file.read_text()):
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(36))
        return file.read_text()

    def port(self, name: str, preferred: int = 0) -> int:
        """A free port on loopback: the one of the last run if nobody else has taken it since, else the preferred one."""
        file = self.path / "ports.json"
        ports = json.loads(file.read_text()) if file.is_file() else {}
        if not is_free(ports.get(name, 0)):
            ports[name] = preferred if is_free(preferred) else free_port()
            file.write_text(json.dumps(ports))
        return ports[name]

    def clear(self) -> None:
        """Remove everything but the lock."""
        for entry in self.path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()
        (self.path / "logs").mkdir()


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Wait until no other process is inside a block with this file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A port on loopback that nobody uses at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this port; 0 is no port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return port > 0

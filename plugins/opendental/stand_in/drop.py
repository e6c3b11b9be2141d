"""The drop of the stand-in: a real SFTP server on loopback. As it should be outside, the login that offices are told may write and do nothing else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import asyncssh
import requests

from plugins.opendental.wire.drop import Drop, Login

OFFICE, READER = "office", "portal"
PASSWORD = "of-the-stand-in"  # noqa: S105 (on loopback)
FOLDER = "/incoming"
_READS = asyncssh.FXF_READ


class _Logins(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return username in (OFFICE, READER) and password == PASSWORD


class _Files(asyncssh.SFTPServer):
    """The files of the drop; whoever is told to the offices only writes."""

    def __init__(self, channel: asyncssh.SSHServerChannel, folder: Path):
        self._may_read = channel.get_extra_info("username") == READER
        super().__init__(channel, chroot=str(folder).encode())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs):
        if pflags & _READS:
            self._need_right()
        return super().open(path, pflags, attrs)

    def scandir(self, path: bytes):
        self._need_right()
        return super().scandir(path)

    def remove(self, path: bytes):
        self._need_right()
        return super().remove(path)

    def _need_right(self) -> None:
        if not self._may_read:
            raise asyncssh.SFTPPermissionDenied("This login only writes.")


@dataclass
class DropServer:
    """The server while it runs: its port, its host key, and the folder in which files lie."""

    port: int
    key: str
    folder: Path
    loop: asyncio.AbstractEventLoop
    thread: Thread

    def logins(self) -> dict[str, str]:
        """What the settings of a portal say of it."""
        told, reader = (f"sftp://{user}:{PASSWORD}@127.0.0.1:{self.port}{FOLDER}" for user in (OFFICE, READER))
        return {"opendental_drop": told, "opendental_drop_reader": reader, "opendental_drop_key": self.key}

    def close(self) -> None:
        """End it."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def start(folder: Path) -> DropServer:
    """The server, on any free port of loopback, with a key of its own."""
    (folder / FOLDER.strip("/")).mkdir(parents=True, exist_ok=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    listening = asyncssh.listen(
        "127.0.0.1", 0, server_factory=_Logins, server_host_keys=[key], sftp_factory=lambda channel: _Files(channel, folder), allow_scp=False
    )
    # In a thread of its own: the caller's may have a loop that is running.
    with ThreadPoolExecutor(1) as thread_of_its_own:
        listener = thread_of_its_own.submit(loop.run_until_complete, listening).result()
    thread = Thread(target=_serve, args=(loop, listener), daemon=True)
    thread.start()
    return DropServer(listener.get_port(), key.export_public_key().decode().strip(), folder, loop, thread)


def _serve(loop: asyncio.AbstractEventLoop, listener: asyncssh.SSHAcceptor) -> None:
    try:
        loop.run_forever()
    finally:
        listener.close()
        loop.run_until_complete(listener.wait_closed())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def drop_at(address: str) -> Drop:
    """The drop of the stand-in that runs at this address."""
    told = requests.get(f"{address}/drop", timeout=10).json()
    return Drop(Login.read(told["opendental_drop"]), Login.read(told["opendental_drop_reader"]), (told["opendental_drop_key"],))


def write(place: str, user: str, password: str, body: bytes) -> None:
    """Write a file as an office's Open Dental does, with its folder where that is missing. Raises OSError, asyncssh.Error."""
    asyncio.run(_write(place, user, password, body))


async def _write(place: str, user: str, password: str, body: bytes) -> None:
    server, _, path = place.partition("/")
    host, _, port = server.partition(":")
    # Open Dental knows no key of the server.
    async with asyncssh.connect(host, int(port or 22), username=user, password=password, known_hosts=None, client_keys=None, agent_path=None, config=None) as connection:
        async with connection.start_sftp_client() as files:
            folder = path.rpartition("/")[0]
            if folder and not await files.isdir(f"/{folder}"):
                await files.makedirs(f"/{folder}")
            async with files.open(f"/{path}", "wb") as target:
                await target.write(body)

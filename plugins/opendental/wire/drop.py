"""The drop: an SFTP server of whoever runs the portal, to which offices' Open Dental writes files and from which they are fetched at once.

All offices are told the same login, so it should be one that may only write (docs/operators.md); the portal fetches with a login of its own. What a file is called
there is a random word: it says nothing, and nobody can guess it. The server's key is pinned: whoever shows another one gets neither password nor file.
"""

import asyncio
import logging
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import asyncssh

PORT = 22
CONNECT_SECONDS, WHOLE_SECONDS = 10, 120
CHUNK = 256 * 1024
_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,5}")
# It says who connects to where with every file.
logging.getLogger("asyncssh").setLevel(logging.WARNING)


class DropAway(Exception):
    """The drop cannot be used now; the text says why, for the office's page."""

    sentence = "The portal cannot fetch files from the place to which Open Dental writes them. Whoever runs this portal must look; it is tried again by itself."
    other_key = "The place to which Open Dental writes files shows another key than it should, so nothing is fetched. Whoever runs this portal must look."

    def __init__(self, sentence: str = ""):
        super().__init__(sentence or self.sentence)


class TooMuch(Exception):
    """The file is larger than it may be."""


@dataclass(frozen=True)
class Login:
    """A login to an SFTP server, and the folder in which files lie for it, such as `/incoming`; empty for where it begins."""

    host: str
    port: int
    user: str
    password: str
    folder: str

    @classmethod
    def read(cls, address: str) -> "Login":
        """One that is written as sftp://user:password@host:port/folder."""
        parts = urlsplit(address)
        return cls(parts.hostname or "", parts.port or PORT, unquote(parts.username or ""), unquote(parts.password or ""), parts.path.rstrip("/"))

    def path(self, name: str) -> str:
        """Where a file lies."""
        return f"{self.folder}/{name}".removeprefix("/") if not self.folder else f"{self.folder}/{name}"


@dataclass(frozen=True)
class Drop:
    """The drop: the login that offices are told, the one that fetches, and the keys by which the server is known."""

    told: Login
    reader: Login
    keys: tuple[str, ...]

    def address_of(self, name: str) -> str:
        """A file as Open Dental wants it named: the server with the whole path."""
        port = f":{self.told.port}" if self.told.port != PORT else ""
        return f"{self.told.host}{port}/{self.told.path(name).lstrip('/')}"

    def fetch(self, name: str, target: BinaryIO, most: int) -> int | None:
        """Copy a file of at most so many bytes; its size, or None where it is not there, or grows yet. Raises DropAway, TooMuch."""
        return _run(self._fetch(_checked(name), target, most))

    def remove(self, name: str) -> None:
        """Take a file away; it is no error when it is gone. Raises DropAway."""
        _run(self._remove(_checked(name)))

    async def _fetch(self, name: str, target: BinaryIO, most: int) -> int | None:
        async with asyncio.timeout(WHOLE_SECONDS), self._connection() as connection, connection.start_sftp_client() as files:
            path = self.reader.path(name)
            try:
                size = await _copy(files, path, target, most)
                return size if (await files.stat(path)).size == size else None
            except asyncssh.SFTPNoSuchFile:
                return None

    async def _remove(self, name: str) -> None:
        async with asyncio.timeout(WHOLE_SECONDS), self._connection() as connection, connection.start_sftp_client() as files:
            try:
                await files.remove(self.reader.path(name))
            except asyncssh.SFTPNoSuchFile:
                return

    def _connection(self) -> Any:
        trusted = [asyncssh.import_public_key(key) for key in self.keys]
        login = self.reader
        return asyncssh.connect(
            login.host, login.port, username=login.user, password=login.password, known_hosts=(trusted, [], []), client_keys=None, agent_path=None, config=None,
            preferred_auth="password,keyboard-interactive", connect_timeout=CONNECT_SECONDS, login_timeout=2 * CONNECT_SECONDS,
        )  # fmt: skip


async def _copy(files: asyncssh.SFTPClient, path: str, target: BinaryIO, most: int) -> int:
    size = 0
    async with files.open(path, "rb") as source:
        while chunk := await source.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise TooMuch
            target.write(chunk)  # type: ignore[call-overload]
    return size


def _run(work: Coroutine) -> Any:
    """Do it to its end, in a thread of its own: whoever asks may have a loop that runs. Raises DropAway."""
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(asyncio.run, work).result()
        except asyncssh.HostKeyNotVerifiable:
            raise DropAway(DropAway.other_key) from None
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise DropAway from error


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a file in the drop has a random word for its name")
    return name

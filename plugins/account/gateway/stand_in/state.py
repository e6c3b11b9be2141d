"""Where the stand-in keeps what it was told: one small database, in a file or in memory."""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from time import time
from typing import Any

from plugins.account.gateway.stand_in.faults import missing

_TABLES = """
create table if not exists thing (
    number integer primary key, key text not null, account text not null, kind text not null, id text not null unique, body text not null
);
create index if not exists thing_kind on thing (key, account, kind, number);
create table if not exists answer (
    key text not null, account text not null, word text not null, asked text not null, status integer not null, body text not null,
    at integer not null, primary key (key, account, word)
);
create table if not exists later (number integer primary key, at integer not null, what text not null, id text not null);
create table if not exists delivery (
    number integer primary key, url text not null, secret text not null, body text not null, at real not null, tries integer not null default 0
);
"""
_WITHOUT_MODE = {"account", "account_link", "balance_transaction", "refund"}
_FOR_US = {"checkout.session": ("for_page",), "webhook_endpoint": ("connect",), "balance_transaction": ("payout",),
    "account_link": ("id", "account", "return_url", "refresh_url")}
_OUR_PAGES = ("pay/", "bank/", "connect/")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class State:
    """Everything that the stand-in knows. `address` is where its hosted pages are, `now` gives the seconds since 1970."""

    def __init__(self, address: str, file: Path | None = None, now: Callable[[], float] = time):
        self.address, self.now = address, now
        self._lock = RLock()
        self.rows = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self.rows.executescript(_TABLES)

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change at a time, wholly or not at all."""
        with self._lock:
            inside = self.rows.in_transaction
            if not inside:
                self.rows.execute("begin immediate")
            try:
                yield
            except BaseException:
                if not inside:
                    self.rows.execute("rollback")
                raise
            if not inside:
                self.rows.execute("commit")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self.rows.close()

    def room_of(self, reference: str) -> "Room":
        """The room that something lies in. Raises Fault."""
        found = self.rows.execute("select key, account from thing where id = ?", (reference,)).fetchone()
        if found is None:
            raise missing("object", reference)
        return Room(self, *found)

    def rooms(self) -> "list[Room]":
        """All rooms in which something lies."""
        return [Room(self, *found) for found in self.rows.execute("select distinct key, account from thing").fetchall()]

    def later(self, seconds: float, what: str, reference: str) -> None:
        """See to something afterwards."""
        self.rows.execute("insert into later (at, what, id) values (?, ?, ?)", (int(self.now() + seconds), what, reference))


class Room:
    """What belongs to one connected account under one key; with `account` empty, to the platform itself. No room sees into another."""

    def __init__(self, state: State, key: str, account: str):
        self.state, self.key, self.account = state, key, account

    @property
    def now(self) -> int:
        """The time, as Stripe writes it."""
        return int(self.state.now())

    def platform(self) -> "Room":
        """The room of the platform that this account is connected to."""
        return Room(self.state, self.key, "")

    def add(self, kind: str, prefix: str, **fields: Any) -> dict:
        """Something new."""
        mode = {} if kind in _WITHOUT_MODE else {"livemode": False}
        thing = {"id": f"{prefix}_{new_word()}", "object": kind, "created": self.now, **mode} | fields
        self.state.rows.execute(
            "insert into thing (key, account, kind, id, body) values (?, ?, ?, ?, ?)", (self.key, self.account, kind, thing["id"], json.dumps(thing))
        )
        return thing

    def save(self, thing: dict) -> dict:
        """Keep what has changed."""
        self.state.rows.execute("update thing set body = ? where id = ?", (json.dumps(thing), thing["id"]))
        return thing

    def find(self, reference: str, kind: str | None = None) -> dict | None:
        """One thing of this room."""
        found = self.state.rows.execute(
            "select body from thing where key = ? and account = ? and id = ?", (self.key, self.account, reference)
        ).fetchone()
        thing = json.loads(found[0]) if found else None
        return thing if thing and kind in (None, thing["object"]) else None

    def get(self, reference: str, kind: str) -> dict:
        """One thing of this room. Raises Fault."""
        thing = self.find(reference, kind)
        if thing is None:
            raise missing(kind.replace(".", " "), reference)
        return thing

    def all(self, kind: str) -> list[dict]:
        """Everything of a kind, the newest first."""
        rows = self.state.rows.execute(
            "select body from thing where key = ? and account = ? and kind = ? order by number desc", (self.key, self.account, kind)
        )
        return [json.loads(body) for (body,) in rows.fetchall()]


def shown(thing: Any, address: str) -> Any:
    """What others see of things: addresses in full, and nothing that is for the stand-in alone."""
    if isinstance(thing, list):
        return [shown(each, address) for each in thing]
    if not isinstance(thing, dict):
        return thing
    hidden = _FOR_US.get(thing.get("object", ""), ())
    seen = {name: shown(value, address) for name, value in thing.items() if name not in hidden}
    if isinstance(seen.get("url"), str) and seen["url"].startswith(_OUR_PAGES):
        seen["url"] = f"{address}/{seen['url']}"
    return seen


def new_word(length: int = 24) -> str:
    """The part of an id that is random."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))

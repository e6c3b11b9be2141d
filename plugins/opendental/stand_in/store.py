"""The database of one office: a real one, in memory or in a file, so that a query reads what the API shows."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from plugins.opendental.stand_in.faults import missing, wrong
from plugins.opendental.stand_in.tables import BY_NAME, NAMES, TABLES

Row = dict[str, Any]
NO_DAY, NO_MOMENT = "0001-01-01", "0001-01-01 00:00:00"
EMPTY = {"s": "", "d": NO_DAY, "t": NO_MOMENT, "c": "00:00:00", "m": 0.0}
_SORTS = {"s": "text", "d": "text", "t": "text", "c": "text", "m": "real"}
_BLOBS = "create table if not exists stand_in_file (DocNum integer primary key, body blob not null)"
ROWS_OF_A_QUERY = 100


class Store:
    """The tables of one office. `now` is the office's clock, without a zone as theirs."""

    def __init__(self, file: Path | None, now: Callable[[], datetime]):
        self.now, self._lock = now, RLock()
        self.rows = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self.rows.row_factory = sqlite3.Row
        self.rows.execute(_BLOBS)
        for table in TABLES:
            columns = ", ".join(f"{name} {_SORTS.get(kind, 'integer')} not null" for name, kind in table.columns.items() if name != table.key)
            self.rows.execute(f"create table if not exists {table.name} ({table.key} integer primary key, {columns})")
            if "PatNum" in table.columns and table.key != "PatNum":
                self.rows.execute(f"create index if not exists {table.name}_patient on {table.name} (PatNum)")

    @contextmanager
    def change(self) -> Iterator[None]:
        """One change at a time, wholly or not at all."""
        with self._lock:
            inside = self.rows.in_transaction
            if not inside:
                self.rows.execute("begin")
            try:
                yield
            except BaseException:
                if not inside:
                    self.rows.execute("rollback")
                raise
            if not inside:
                self.rows.execute("commit")

    def stamp(self) -> str:
        """The moment, as they write it."""
        return f"{self.now():%Y-%m-%d %H:%M:%S}"

    def today(self) -> str:
        """The day, as they write it."""
        return f"{self.now():%Y-%m-%d}"

    def add(self, table: str, **values: Any) -> Row:
        """A new row; what is not said is empty."""
        self.add_all(table, [values])
        return self.get(table, self.rows.execute("select last_insert_rowid()").fetchone()[0])

    def add_all(self, table: str, many: Iterable[Mapping[str, Any]]) -> None:
        """Many new rows."""
        known = BY_NAME[table]
        blank: Row = {name: EMPTY.get(kind, 0) for name, kind in known.columns.items()} | {known.key: None} | dict.fromkeys(known.stamps, self.stamp())
        names = list(blank)
        marks = ", ".join("?" * len(names))
        rows = [[(blank | dict(values))[name] for name in names] for values in many]
        with self.change():
            self.rows.executemany(f"insert into {table} ({', '.join(names)}) values ({marks})", rows)  # noqa: S608 (names of ours)

    def update(self, table: str, number: int, **values: Any) -> Row:
        """Change a row; it says when."""
        known = BY_NAME[table]
        values |= {name: self.stamp() for name in known.stamps if name not in values}
        words = ", ".join(f"{name} = ?" for name in values)
        with self.change():
            self.rows.execute(f"update {table} set {words} where {known.key} = ?", [*values.values(), number])  # noqa: S608
        return self.get(table, number)

    def delete(self, table: str, number: int) -> None:
        """Take a row away."""
        with self.change():
            self.rows.execute(f"delete from {table} where {BY_NAME[table].key} = ?", [number])  # noqa: S608

    def find(self, table: str, number: int) -> Row | None:
        """A row, if it is there."""
        with self._lock:
            found = self.rows.execute(f"select * from {table} where {BY_NAME[table].key} = ?", [number]).fetchone()  # noqa: S608
        return dict(found) if found else None

    def get(self, table: str, number: int) -> Row:
        """A row. Raises Fault."""
        found = self.find(table, number)
        if found is None:
            raise missing(BY_NAME[table].key.removesuffix("Num"))
        return found

    def all(self, table: str, where: str = "1", values: Iterable[Any] = (), limit: int = -1, offset: int = 0) -> list[Row]:
        """Rows in the order of their numbers. `where` is ours, never what was asked."""
        statement = f"select * from {table} where {where} order by {BY_NAME[table].key} limit ? offset ?"  # noqa: S608
        with self._lock:
            return [dict(row) for row in self.rows.execute(statement, [*values, limit, offset]).fetchall()]

    def query(self, statement: str, offset: int) -> list[Row]:
        """What a SELECT finds, a hundred rows at most. Commands that change data are refused."""
        plain = statement.strip().rstrip(";")
        if not plain.casefold().startswith("select") or ";" in plain:
            raise wrong("Command not allowed. Only SELECT queries are allowed.")
        with self._lock:
            self.rows.execute("pragma query_only = on")
            try:
                found = self.rows.execute(f"select * from ({plain}) limit ? offset ?", [ROWS_OF_A_QUERY, offset]).fetchall()  # noqa: S608
            except sqlite3.Error as error:
                raise wrong(f"Error in query: {error}") from None
            finally:
                self.rows.execute("pragma query_only = off")
        return [dict(row) for row in found]

    def keep_file(self, number: int, body: bytes) -> None:
        """The bytes of a document."""
        with self.change():
            self.rows.execute("insert or replace into stand_in_file values (?, ?)", [number, body])

    def file(self, number: int) -> bytes:
        """The bytes of a document; none for one that has no file."""
        with self._lock:
            found = self.rows.execute("select body from stand_in_file where DocNum = ?", [number]).fetchone()
        return bytes(found[0]) if found else b""

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self.rows.close()


def place_of(kind: str, word: str) -> int:
    """The number under which the database keeps a word of theirs. Raises Fault."""
    found = next((place for place, name in enumerate(NAMES[kind]) if name.casefold() == word.replace(" ", "").casefold()), None)
    if found is None:
        raise wrong(f"{word} is not a valid {kind}.")
    return found

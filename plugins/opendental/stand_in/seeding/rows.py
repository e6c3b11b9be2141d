"""Rows that are being made up, with their numbers, before all of them are written at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from plugins.opendental.stand_in.store import Row, Store
from plugins.opendental.stand_in.tables import BY_NAME


class Rows:
    """All tables, in memory. `random` decides, `now` is the office's clock."""

    def __init__(self, random: Random, now: datetime):
        self.random, self.now = random, now
        self.tables: defaultdict[str, list[Row]] = defaultdict(list)
        self.files: list[tuple[int, bytes]] = []

    def put(self, table: str, **values: Any) -> Row:
        """A new row with the next number; it was last changed at some time of the last year."""
        known, rows = BY_NAME[table], self.tables[table]
        row = dict.fromkeys(known.stamps, self.stamp()) | values
        row.setdefault(known.key, len(rows) + 1)
        rows.append(row)
        return row

    def chance(self, percent: float) -> bool:
        """Whether something that happens so often happens now."""
        return self.random.random() * 100 < percent

    def one_of(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        return choices[int(self.random.random() * len(choices))]

    def between(self, least: int, most: int) -> int:
        """A whole number."""
        return least + int(self.random.random() * (most - least + 1))

    def stamp(self) -> str:
        """A moment of the last year."""
        return f"{self.now - timedelta(seconds=60 + int(self.random.random() * 31_000_000)):%Y-%m-%d %H:%M:%S}"

    def day(self, days: int) -> date:
        """A weekday about so many days from today."""
        found = self.now.date() + timedelta(days=days)
        return found - timedelta(days=max(0, found.weekday() - 4))

    def put_into(self, store: Store) -> None:
        """Write everything."""
        with store.change():
            for table, rows in self.tables.items():
                store.add_all(table, rows)
            for number, body in self.files:
                store.keep_file(number, body)

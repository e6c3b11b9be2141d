"""An Open Dental of plain tables, and a practice that is connected to it; and an office at the stand-in, of each test alone, with the client that talks to it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from core.records.kinds import kinds_for
from plugins.opendental import connecting
from plugins.opendental.models import Connection
from plugins.opendental.pulling import Office, step
from plugins.opendental.resources import RESOURCES
from plugins.opendental.stand_in.server import DEVELOPER_KEY
from plugins.opendental.wire import Away
from plugins.opendental.wire.client import Office as Reached
from plugins.opendental.wire.client import OpenDentalClient

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)
_QUERY = re.compile(r"SELECT \* FROM (\w+) WHERE (.*) ORDER BY (\w+) LIMIT (\d+)")
KEYS = {resource.path or resource.table: resource.key for resource in RESOURCES}


@dataclass
class Tables:
    """Their tables by path or by name; a list is answered in pages, a query by its conditions. `asked` is all that was asked for."""

    lists: dict[str, list[dict]] = field(default_factory=lambda: defaultdict(list))
    limit: int = 3
    seconds_a_request: float = 0.0
    asked: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def put(self, name: str, *rows: dict) -> None:
        """Put rows in, in place of those with the same number."""
        key = KEYS.get(name, "PatPlanNum")
        new = {row[key]: row for row in rows}
        self.lists[name] = sorted([row for row in self.lists[name] if row[key] not in new] + list(rows), key=lambda row: row[key])

    def rows_of(self, path, filters):
        """What a list holds of which these things hold."""
        since = next((str(value) for name, value in filters.items() if name in {"DateTStamp", "SecDateTEdit"}), "")
        found = [row for row in self.lists[path] if str(row.get("DateTStamp", row.get("SecDateTEdit", "9"))) >= since]
        return [row for row in found if "PatNum" not in filters or str(row.get("PatNum")) == filters["PatNum"]]

    def rows(self, path):
        """A list that comes whole."""
        self.asked.append(path)
        return self.lists[path]

    def page(self, path, parameters, offset):
        """One page of a list."""
        self.asked.append(path)
        return self.rows_of(path, parameters)[offset : offset + self.limit]

    def query(self, sql):
        """The first rows of a query."""
        if "COUNT(*)" in sql:
            return [{"TableName": name, "RowCount": self.counts.get(name, 0)} for name in re.findall("FROM (\\w+)", sql)]
        table, where, key, limit = _QUERY.fullmatch(sql).groups()
        self.asked.append(table)
        found = self.lists[table]
        for condition in where.split(" AND "):
            column, sign, value = re.fullmatch(r"(\w+) (>=|>|=|IN) \(?'?([^')]*)'?\)?", condition).groups()
            meets = {
                ">": lambda said, value=value: int(said) > int(value), "=": lambda said, value=value: int(said) == int(value),
                ">=": lambda said, value=value: str(said) >= value, "IN": lambda said, value=value: str(said) in value.split(", "),
            }[sign]  # fmt: skip
            found = [row for row in found if meets(row.get(column, 0))]
        return sorted(found, key=lambda row: row[key])[: int(limit)]


def definitions(tables: Tables) -> None:
    """A confirmation status, a folder and a type of payment."""
    named = ((21, "Confirmed", "", 2), (31, "X-rays", "XL", 18), (51, "Card", "", 10))
    tables.put("definitions", *({"DefNum": number, "ItemName": name, "ItemValue": value, "Category": category} for number, name, value, category in named))


@pytest.fixture
def tables():
    return Tables()


@pytest.fixture
def office(registry, practice, db):
    """The practice with a connection that runs."""
    db.add(Connection(practice_id=practice.id, customer_key="", hook_secret="", is_running=True, choices={}, counts={}))
    db.commit()
    return Office(registry.engine, practice.id, "America/Denver", kinds_for(registry, frozenset(registry.plugins.plugins)))


@pytest.fixture
def pull(office, tables):
    """`pull()`: a round, to its end."""

    def go(now=NOW):
        while step(office, tables, now):
            pass

    return go


@dataclass
class Wire:
    """The stand-in, one office of it, and clients; `slept` are the pauses that were made, in seconds: nobody really sleeps."""

    stand_in: object
    office: object
    slept: list[float] = field(default_factory=list)

    def client(self, level="write", way="remote", **about) -> OpenDentalClient:
        """A client of the office."""
        self.office.way = way
        address = about.pop("address", self.stand_in.address)
        keys = {"developer_key": DEVELOPER_KEY, "customer_key": about.pop("customer_key", self.office.key)}
        return OpenDentalClient(Reached(address, way, level, **keys), sleep=self._sleep, clock=lambda: datetime(2026, 11, 29, tzinfo=UTC), **about)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.stand_in.pass_time(seconds)


class Killed(Exception):
    """The process was ended here."""


class Deadly:
    """A client that dies at some calls that write: before them, or after them, when their answer is lost."""

    def __init__(self, client, deaths):
        self._client, self._deaths = client, iter(deaths)

    def __getattr__(self, name):
        return getattr(self._client, name)

    def add(self, path, values):
        """Make something, perhaps."""
        death = next(self._deaths, "")
        if death == "before":
            raise Killed
        if death == "away":
            raise Away(may_be_done=False)
        row = self._client.add(path, values)
        if death == "after":
            raise Killed
        if death == "lost":
            raise Away(may_be_done=True)
        return row


@pytest.fixture
def wire(stand_ins) -> Iterator[Wire]:
    """An office with nobody in it, and nothing odd."""
    stand_in = stand_ins["opendental_address"]
    yield Wire(stand_in, stand_in.office(f"office{uuid4().hex[:10]}"))
    stand_in.ahead = 0.0


@pytest.fixture
def people(wire):
    """`people(count)`: so many patients in the office, by name only."""
    return lambda count: wire.office.store.add_all("patient", [{"LName": f"Patient {number}", "FName": "A", "PatStatus": 0} for number in range(1, count + 1)])


@pytest.fixture
def connect(registry):
    """`connect(db, practice, key)`: the practice is connected to the office with this key."""

    def make(db, practice, key, **about):
        connection = connecting.connect(db, registry.portal, practice.id, key, **about)
        db.commit()
        return connection

    return make

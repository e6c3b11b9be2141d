"""What can be asked of an office's Open Dental. The connector speaks of it only in these words.

Rows are as they come: names as there, amounts as Decimal or text, empty dates and all (`mapping/reading.py` reads them). What is looked for is ids,
dates and kinds, never a name or a birthdate: these would stand in an address.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

Row = dict[str, Any]
Filters = Mapping[str, str | int | date | datetime]


@dataclass(frozen=True)
class Place:
    """Where to go on in a list: after so many rows, of which the last ones had these numbers. Small enough to be kept with a cursor."""

    offset: int = 0
    keys: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {"offset": self.offset, "keys": list(self.keys)}

    @classmethod
    def read(cls, kept: Mapping[str, Any] | None) -> "Place":
        """Out of JSON; the beginning for nothing."""
        return cls(int(kept["offset"]), tuple(map(str, kept["keys"]))) if kept else cls()


@dataclass(frozen=True)
class Page:
    """Some rows of a list, each of them once, and where it goes on. `is_last`: nothing follows. `server_time` is the office's clock where the rows say it."""

    rows: list[Row]
    after: Place
    is_last: bool
    server_time: str = ""


class PracticeSystem(Protocol):
    """An office's Open Dental. Everything may raise a `Fault`.

    Reading tries again by itself. Writing does not where it may have been done (`Fault.may_be_done`): their API has no idempotency keys,
    so whoever writes looks first, and looks again before a second try.
    """

    page_size: int
    seconds_a_request: float
    """How far apart requests must be; 0 where nobody counts."""

    def one(self, path: str, **filters: str | int | date | datetime) -> Row:
        """One thing, such as `appointments/12`."""

    def rows(self, path: str, **filters: str | int | date | datetime) -> list[Row]:
        """A list that comes whole, such as `familymodules/12/Insurance`."""

    def pages(self, path: str, key: str, filters: Filters | None = None, place: Place | None = None) -> Iterator[Page]:
        """A list page by page; `key` is the column with the number of a row. With a place it goes on there, also in another process."""

    def query(self, statement: str, key: str, place: Place | None = None) -> Iterator[Page]:
        """Rows by a SELECT of the office's database, ordered by its `key`, a hundred at a time."""

    def add(self, path: str, values: Mapping[str, Any]) -> Row:
        """Make something; what was made."""

    def change(self, path: str, values: Mapping[str, Any]) -> Row:
        """Change something, or do something with it (`appointments/12/Confirm`); what came of it, if it is told."""

    def remove(self, path: str) -> None:
        """Take something away."""

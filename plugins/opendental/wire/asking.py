"""What can be asked of an office's Open Dental. The connector speaks of it only in these words.

Rows are as they come: names as there, amounts as Decimal or text, empty dates and all (`mapping/reading.py` reads them). What is looked for is ids,
dates and kinds, never a name or a birthdate: these would stand in an address.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

Row = dict[str, Any]
Filters = Mapping[str, str | int | date | datetime]


class PracticeSystem(Protocol):
    """An office's Open Dental. Everything may raise a `Fault`.

    Reading tries again by itself. Writing does not where it may have been done (`Fault.may_be_done`): their API has no idempotency keys,
    so whoever writes looks first, and looks again before a second try.
    """

    limit: int
    """How many rows a page has."""
    seconds_a_request: float
    """How far apart requests must be; 0 where nobody counts."""

    def one(self, path: str, **filters: str | int | date | datetime) -> Row:
        """One thing, such as `appointments/12`."""

    def rows(self, path: str, **filters: str | int | date | datetime) -> list[Row]:
        """A list that comes whole, such as `familymodules/12/Insurance`."""

    def page(self, path: str, parameters: Filters, offset: int) -> list[Row]:
        """The rows of a list behind so many others: `limit` of them, fewer only at the end."""

    def query(self, sql: str) -> list[Row]:
        """Rows by a SELECT of the office's database, a hundred at most."""

    def add(self, path: str, values: Mapping[str, Any]) -> Row:
        """Make something; what was made."""

    def change(self, path: str, values: Mapping[str, Any]) -> Row:
        """Change something, or do something with it (`appointments/12/Confirm`); what came of it, if it is told."""

    def remove(self, path: str) -> None:
        """Take something away."""

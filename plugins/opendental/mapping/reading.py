"""Reading single values of their rows, odd ones included: empty dates of the year 1, "true" and "false" as text, numbers of kinds as the database has them.

The same column comes as words from the API and as a number from a query, so every reader takes both.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from core.procedures import plain_words

Row = Mapping[str, Any]
Record = dict[str, Any]
_OLDEST = 1880
_NO_TEXT = dict.fromkeys(range(32), " ") | dict.fromkeys(range(0xD800, 0xE000), " ")
MOST_CENTS = 100_000_000_00


class Unreadable(Exception):
    """A row lacks what nobody can guess, such as its number; the text says what, and repeats nothing of the row."""


def words(row: Row, name: str, most: int = 500) -> str:
    """Text on one line, no longer than `most`."""
    value = row.get(name)
    plain = "" if value is None else str(value).translate(_NO_TEXT)
    return " ".join(plain.split())[:most].strip()


def lines(row: Row, name: str, most: int) -> str:
    """Text that may have several lines."""
    value = row.get(name)
    plain = "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.translate(_NO_TEXT).rstrip() for line in plain.split("\n")).strip()[:most].strip()


def number(row: Row, name: str) -> str:
    """The number of a row in its own table. Raises Unreadable when there is none."""
    found = reference(row, name)
    if found is None:
        raise Unreadable(f"A row came without its {name}.")
    return found


def is_number(said: str) -> bool:
    """Whether it is a whole number, in the digits that they write: to Python a raised one is a digit, too, of which it makes no number."""
    return said.isascii() and said.isdigit()


def reference(row: Row, name: str) -> str | None:
    """The number of another row; theirs is 0 where there is none."""
    plain = words(row, name, 20)
    return plain if is_number(plain) and int(plain) else None


def whole(row: Row, name: str, default: int = 0) -> int:
    """A whole number."""
    try:
        return int(Decimal(words(row, name, 30)))
    except (InvalidOperation, ValueError, OverflowError):
        return default


def position(row: Row, name: str) -> int:
    """A place in a list."""
    return min(10_000, max(0, whole(row, name)))


def flag(row: Row, name: str) -> bool:
    """Yes or no: "true", "True", 1, "1" or a real yes; everything else is no."""
    return words(row, name, 10).casefold() in {"true", "1", "yes"}


def cents(row: Row, name: str) -> int:
    """An amount in cents, as close as an amount with more digits allows; nothing where there is none."""
    try:
        amount = Decimal(words(row, name, 30) or "0")
        return max(-MOST_CENTS, min(MOST_CENTS, round(amount * 100)))
    except (InvalidOperation, ValueError, OverflowError):
        return 0


def estimate(row: Row, name: str) -> int:
    """An amount that is never negative; theirs is -1 where nothing is estimated."""
    return max(0, cents(row, name))


def day(row: Row, name: str) -> date | None:
    """A day, also of a moment; None for the year 1 and for what is no day."""
    try:
        found = date.fromisoformat(words(row, name, 30)[:10])
    except ValueError:
        return None
    return found if found.year >= _OLDEST else None


def clock(row: Row, name: str) -> time | None:
    """A time of day, alone or as a part of a moment."""
    try:
        return time.fromisoformat(words(row, name, 30).replace("T", " ").rpartition(" ")[2][:8])
    except ValueError:
        return None


def moment(row: Row, name: str, zone: str) -> datetime | None:
    """A moment that is written by the clock of a place. In the hour that there is twice it is the first one; one that there is not is an hour later."""
    held_on, at = day(row, name), clock(row, name)
    if held_on is None or at is None:
        return None
    # By way of UTC, so that what the clock skips becomes a time that it shows.
    return datetime.combine(held_on, at.replace(tzinfo=None), ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))


def one_of(row: Row, name: str, names: Sequence[str]) -> str:
    """One of their kinds by its name: the API says it in words, a query as the place in the list. Nothing for one that is not known."""
    said = words(row, name, 40)
    if is_number(said):
        return names[int(said)] if int(said) < len(names) else ""
    plain = said.casefold().replace(" ", "")
    return next((one for one in names if one.casefold() == plain), "")


def written(moment_: datetime | None) -> str | None:
    """A moment as a record has it."""
    return moment_.isoformat() if moment_ else None


def written_day(day_: date | None) -> str | None:
    """A day as a record has it."""
    return day_.isoformat() if day_ else None


def deleted(kind: str, external_id: str) -> Record:
    """The record that says that something is no longer there."""
    return {"kind": kind, "external_id": external_id, "deleted": True}


def procedure_words(code: str, layman: str = "") -> str:
    """What a procedure is called for patients: the office's own words, else ours. The official descriptions are under licence."""
    return layman or plain_words(code).partition(":")[0].rstrip(".") or "Dental treatment"

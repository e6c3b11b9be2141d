"""What stands in a cell, as a record has it: days, moments, amounts, yes and no."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%d.%m.%Y", "%Y%m%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y")
"""How days are written where the mapping says nothing: with slashes the month comes first."""
CLOCK = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I:%M:%S %p")
_EMPTY_DAYS = frozenset({"0001-01-01", "1900-01-01", "0000-00-00"})
_YES, _NO = frozenset({"yes", "y", "true", "t", "1", "x"}), frozenset({"no", "n", "false", "f", "0"})
_AMOUNT = re.compile(r"[0-9]{1,3}(,[0-9]{3})*(\.[0-9]{1,2})?|[0-9]+(\.[0-9]{1,2})?")
_NEGATIVE = re.compile(r"-([^-]+)|([^-]+)-|\(([^()]+)\)")
_NUMBER_OF_SHEET = re.compile(r"([0-9]+)\.0+")


class NoValue(ValueError):
    """The cell holds something else; the text says what it should be."""


def day(words: str, formats: Sequence[str] = ()) -> str | None:
    """A day as 2026-01-31; None for what systems write where there is none. Raises NoValue."""
    found = _day(words, formats or DAYS)
    return None if found.isoformat() in _EMPTY_DAYS else found.isoformat()


def moment(words: str, formats: Sequence[str] = ()) -> datetime:
    """A day and a time by the clinic's clock. Raises NoValue."""
    try:
        return datetime.fromisoformat(words).replace(tzinfo=None)
    except ValueError:
        pass
    for form in formats or (f"{day} {clock}" for day in DAYS for clock in CLOCK):
        try:
            return datetime.strptime(" ".join(words.split()), form)  # noqa: DTZ007  (by the clinic's clock)
        except ValueError:
            continue
    raise NoValue("is no day with a time; write it like 2026-01-31 09:30, or say in the mapping how it is written")


def cents(words: str) -> int:
    """An amount in cents: 1,234.50, $12, (12.00) and 12.00- for what is negative. Raises NoValue."""
    plain = words.replace("$", "").replace(" ", "").replace("\u2212", "-")
    negative = _NEGATIVE.fullmatch(plain)
    plain = next(filter(None, negative.groups())) if negative else plain
    if not _AMOUNT.fullmatch(plain):
        raise NoValue("is no amount; write it like 1,234.50")
    try:
        amount = int(Decimal(plain.replace(",", "")) * 100)
    except InvalidOperation:
        raise NoValue("is no amount; write it like 1,234.50") from None
    return -amount if negative else amount


def yes_no(words: str) -> bool:
    """Yes or no. Raises NoValue."""
    if words.lower() in _YES | _NO:
        return words.lower() in _YES
    raise NoValue("is neither yes nor no")


def whole(words: str) -> int:
    """A whole number. Raises NoValue."""
    try:
        return int(number(words).replace(",", ""))
    except ValueError:
        raise NoValue("is no whole number") from None


def number(words: str) -> str:
    """A number of a system, without the .0 that spreadsheets add."""
    match = _NUMBER_OF_SHEET.fullmatch(words)
    return match[1] if match else words


def _day(words: str, formats: Sequence[str]) -> date:
    # Where a time stands behind it, such as 00:00:00, it says nothing.
    for text in (words, words.split(" ")[0].split("T")[0]):
        for form in formats:
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007  (a day only)
            except ValueError:
                continue
    raise NoValue("is no day; write it like 2026-01-31, or say in the mapping how it is written")

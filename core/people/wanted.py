"""What somebody types who looks for a patient, taken apart: names, birthdates in the usual ways of writing them, telephone numbers,
mail addresses, chart numbers."""

import re
from dataclasses import dataclass
from datetime import date

from core.people import near
from core.people.alike import digits, letters

LONGEST = 100
MOST_PARTS = 8
"""What is typed beyond that narrows nothing any more."""
LAST_DIGITS, LONGEST_PHONE = 4, 10
"""So many digits at the end of a telephone number are enough, and so many has a whole one without its country."""
SPACES = re.compile(r"[\s,;]+")
"""What stands between two parts."""
_PHONE = re.compile(r"[+(]?[\d().+\s-]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DAY, _YEAR, _BETWEEN = r"(\d{1,2})(?:st|nd|rd|th)?", r"(\d{4}|\d{2})", r"[\s.,/-]+"
_MONTH_FIRST = re.compile(rf"\b{_MONTH}{_BETWEEN}{_DAY}{_BETWEEN}{_YEAR}\b", re.IGNORECASE | re.ASCII)
_DAY_FIRST = re.compile(rf"\b{_DAY}{_BETWEEN}{_MONTH}{_BETWEEN}{_YEAR}\b", re.IGNORECASE | re.ASCII)
_APART = re.compile(r"(?<!\d)(?<!\d[\s.-])(\d{1,2})\s+(\d{1,2})\s+((?:19|20)\d\d)\b", re.ASCII)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_TOGETHER = re.compile(r"\d{8}", re.ASCII)


@dataclass(frozen=True)
class Part:
    """One thing that was typed. Whoever fits has a word that begins like one of `beginnings`, or was born on one of `days`, the first to the last.

    `name` are its letters when it can be a name in which somebody has made a slip.
    """

    beginnings: tuple[str, ...] = ()
    days: tuple[date, date] | None = None
    name: str = ""


Wanted = tuple[Part, ...]
"""All parts must fit."""


def read_wanted(typed: str, today: date) -> Wanted:
    """Take apart what was typed: "garcia 4/12/1985", "303-555-0112", "Lopez, Ana", "ana@example.com", "SUN-1001", "elena 1984"."""
    text = typed.replace("\0", "")[:LONGEST].strip()
    text = _in_numbers(text, today)
    if _PHONE.fullmatch(text) and not _DIGITS.fullmatch(text) and not _date(text, today) and digits(text):
        return (_number(digits(text)),)
    found = (_part(part, today) for part in SPACES.split(text))
    return tuple(dict.fromkeys(part for part in found if part != Part()))[:MOST_PARTS]


def word_of_email(email: str) -> str:
    """A mail address as a word by which somebody is found."""
    return f"@{email.strip().casefold()}"


def from_the_end(number: str) -> str:
    """The digits of a telephone number as a word that is found by their end."""
    return f"#{number[::-1]}"


def _in_numbers(text: str, today: date) -> str:
    """Dates with a month in words, or with spaces in them, written so that they are one part."""

    def iso(typed: str, year: str, month: int, day: str) -> str:
        found = _day(_whole_year(year, today), month, int(day))
        return f" {found.isoformat()} " if found else typed

    text = _MONTH_FIRST.sub(lambda it: iso(it[0], it[3], _month(it[1]), it[2]), text)
    text = _DAY_FIRST.sub(lambda it: iso(it[0], it[3], _month(it[2]), it[1]), text)
    return _APART.sub(lambda it: iso(it[0], it[3], int(it[1]), it[2]), text).strip()


def _month(word: str) -> int:
    return _MONTHS.index(word[:3].lower()) + 1


def _part(part: str, today: date) -> Part:
    if "@" in part:
        return Part((word_of_email(part),))
    if born := _date(part, today):
        return Part(days=(born, born))
    word = letters(part)
    if word.isascii() and word.isdigit():
        return _number(word, _days(part, today))
    return Part((word,) if word else (), name=word if word.isalpha() and near.traces_of(word) else "")


def _number(word: str, days: tuple[date, date] | None = None) -> Part:
    """Digits begin a number or end one, and may be a date without signs in it, or a year."""
    phone = digits(word) if len(word) > LONGEST_PHONE else word
    ends = (from_the_end(phone),) if len(word) >= LAST_DIGITS else ()
    return Part(tuple(dict.fromkeys((word, phone, *ends))), days)


def _date(part: str, today: date) -> date | None:
    if iso := _ISO.fullmatch(part):
        return _day(*map(int, iso.groups()))
    if numbers := _NUMBERS.fullmatch(part):
        one, other, year = int(numbers[1]), int(numbers[2]), _whole_year(numbers[3], today)
        # The month comes first here, unless it can only be the day.
        return _day(year, one, other) or _day(year, other, one)
    return None


def _days(part: str, today: date) -> tuple[date, date] | None:
    if _TOGETHER.fullmatch(part):
        found = _day(int(part[4:]), int(part[:2]), int(part[2:4])) or _day(int(part[:4]), int(part[4:6]), int(part[6:]))
        return (found, found) if found and 1850 < found.year <= today.year else None
    if len(part) == 4 and part.isascii() and part.isdigit() and 1900 <= int(part) <= today.year:
        return date(int(part), 1, 1), date(int(part), 12, 31)
    return None


def _whole_year(year: str, today: date) -> int:
    if len(year) == 4:
        return int(year)
    this_century = today.year // 100 * 100 + int(year)
    return this_century - 100 if this_century > today.year else this_century


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

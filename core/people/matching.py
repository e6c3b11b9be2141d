"""Whether two are one person: names, birthdate, phone and e-mail side by side.

Sure is only what nothing speaks against: a wrong yes would open somebody's record to somebody else, a wrong no costs the office a look. So father
and son of one name differ by the birthdate, twins by the first name, and where a birthdate is missing nothing is sure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.people.alike import digits, letters
from core.people.near import is_near
from core.people.wanted import SPACES

SURE, DOUBTFUL, NONE = "sure", "doubtful", "none"
FIRST, LAST, BORN, PHONE, EMAIL, SEX = "first name", "last name", "birthdate", "phone", "e-mail", "sex"
SAME, ALIKE, UNKNOWN, DIFFERENT = "same", "alike", "unknown", "different"
_SUFFIXES = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "2", "iii": "3", "iv": "4"}
_SHORT = (
    ("william", "bill", "will", "billy"), ("robert", "bob", "rob", "bobby"), ("richard", "rick", "dick", "rich"), ("james", "jim", "jimmy"), ("john", "jack", "johnny"),
    ("michael", "mike"), ("thomas", "tom", "tommy"), ("joseph", "joe", "joey"), ("charles", "charlie", "chuck"), ("edward", "ed", "eddie", "ted"), ("daniel", "dan", "danny"),
    ("anthony", "tony"), ("steven", "stephen", "steve"), ("matthew", "matt"), ("christopher", "chris"), ("nicholas", "nick"), ("samuel", "sam"), ("benjamin", "ben"),
    ("elizabeth", "liz", "beth", "betty"), ("margaret", "maggie", "peggy", "meg"), ("katherine", "catherine", "kate", "kathy", "katie"), ("patricia", "pat", "patty"),
    ("jennifer", "jen", "jenny"), ("susan", "sue", "susie"), ("deborah", "debra", "deb", "debbie"), ("rebecca", "becky"), ("alexandra", "alex"), ("alexander", "alex"), ("theodore", "ted", "theo", "teddy"),
)  # fmt: skip
NEAREST_YEARS = 2
"""A year of birth may be wrong by so much; no parent and child are as near."""


@dataclass(frozen=True)
class Person:
    """What is said of somebody."""

    first_name: str
    last_name: str
    birthdate: date | None = None
    preferred_name: str = ""
    sex: str = "U"
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Match:
    """Whether two are one, and how each thing compares."""

    verdict: str
    how: Mapping[str, str]

    @property
    def score(self) -> int:
        """How much agrees."""
        return sum({SAME: 2, ALIKE: 1}.get(one, 0) for one in self.how.values())


def compare(one: Any, other: Any) -> Match:
    """Compare two people (or rows of patients). Which of the two is the first makes no difference."""
    (last, suffix), (other_last, other_suffix) = _last(one), _last(other)
    how = {
        FIRST: _first_names(one, other), LAST: _last_names(last, other_last), BORN: _births(one.birthdate, other.birthdate),
        PHONE: _either(digits(one.phone), digits(other.phone)), EMAIL: _either(one.email.strip().casefold(), other.email.strip().casefold()),
        SEX: _either(one.sex.strip("U"), other.sex.strip("U")),
    }  # fmt: skip
    if (letters(one.first_name), last) == (other_last, letters(other.first_name)) and last and other_last:
        how |= {FIRST: ALIKE, LAST: ALIKE}
    if suffix and other_suffix and suffix != other_suffix:
        return Match(NONE, how | {LAST: DIFFERENT})
    if suffix != other_suffix and how[LAST] == SAME:
        how[LAST] = ALIKE
    return Match(_verdict(how), how)


def _verdict(how: Mapping[str, str]) -> str:
    names, reached = (how[FIRST], how[LAST]), SAME in (how[PHONE], how[EMAIL])
    if names == (SAME, SAME) and how[BORN] == SAME and reached and DIFFERENT not in how.values():
        return SURE
    if how[BORN] == SAME:
        # Of two who are alike but not the same in name, and not of one sex, such as Mario and Maria, each is somebody.
        alike = DIFFERENT not in names and not (how[SEX] == DIFFERENT and how[FIRST] != SAME)
        return DOUBTFUL if alike or (how[FIRST] == SAME and reached) else NONE
    return DOUBTFUL if names == (SAME, SAME) and how[BORN] != DIFFERENT and reached else NONE


def _either(one: str, other: str) -> str:
    if not one or not other:
        return UNKNOWN
    return SAME if one == other else DIFFERENT


def _first_names(one: Any, other: Any) -> str:
    own, others = ({letters(person.first_name), letters(person.preferred_name)} - {""} for person in (one, other))
    if letters(one.first_name) in others or letters(other.first_name) in own:
        return SAME
    is_alike = any(is_near(a, b) or _is_short(a, b) for a in own for b in others)
    return ALIKE if is_alike else DIFFERENT


def _is_short(one: str, other: str) -> bool:
    """Whether one is what people of the other name are called, or its beginning."""
    short, long = sorted((one, other), key=len)
    return (len(short) >= 3 and long.startswith(short)) or any(one in names and other in names for names in _SHORT)


def _last(person: Any) -> tuple[str, str]:
    """The last name in plain letters, and what sets father and son apart, wherever it stands."""
    parts = [letters(part) for part in SPACES.split(person.last_name.replace(".", ""))]
    behind = [_SUFFIXES[part] for part in (*parts[1:], *(letters(part) for part in SPACES.split(person.first_name.replace(".", ""))[1:])) if part in _SUFFIXES]
    name = "".join(part for place, part in enumerate(parts) if not place or part not in _SUFFIXES)
    return name, behind[0] if behind else ""


def _last_names(one: str, other: str) -> str:
    if one == other:
        return SAME if one else DIFFERENT
    shorter, longer = sorted((one, other), key=len)
    # Of a double name one is often left out.
    is_part = len(shorter) >= 4 and (longer.startswith(shorter) or longer.endswith(shorter))
    return ALIKE if is_part or (len(shorter) >= 3 and is_near(one, other)) else DIFFERENT


def _births(one: date | None, other: date | None) -> str:
    if one is None or other is None:
        return UNKNOWN
    if one == other:
        return SAME
    return ALIKE if _is_slip(one, other) else DIFFERENT


def _is_slip(one: date, other: date) -> bool:
    """Day and month swapped, or one of the three wrong: the year by little."""
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    if one.year == other.year:
        return one.month == other.month or one.day == other.day
    return (one.month, one.day) == (other.month, other.day) and abs(one.year - other.year) <= NEAREST_YEARS

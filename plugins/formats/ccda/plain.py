"""Parts of a care document, whatever really stands there: what is of no use counts as not said."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from lxml import etree

from core.safety.care_documents import CDA

Element = etree._Element

SNOMED, LOINC, RXNORM = "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.88"
ICD10, CVX, CDT, SSN = "2.16.840.1.113883.6.90", "2.16.840.1.113883.12.292", "2.16.840.1.113883.6.13", "2.16.840.1.113883.4.1"
_NS = {"c": CDA}
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_TIME = re.compile(r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})([0-9]{2})?([0-9]{2})?(?:\.[0-9]+)?)?)?)?(Z|[+-][0-9]{1,4})?", re.ASCII)


def one(element: Element | None, path: str) -> Element | None:
    """The first element at the end of a way such as `value/originalText`."""
    return None if element is None else element.find("/".join(f"c:{name}" for name in path.split("/")), _NS)


def some(element: Element | None, path: str) -> list[Element]:
    """All of them."""
    return [] if element is None else element.findall("/".join(f"c:{name}" for name in path.split("/")), _NS)


def attribute(element: Element | None, name: str, path: str = "") -> str:
    """An attribute of the element, or of the one at the end of the way."""
    found = one(element, path) if path else element
    return "" if found is None else (found.get(name) or "").strip()


def line(element: Element | None) -> str:
    """Everything that an element says, as one line."""
    return "" if element is None else " ".join(" ".join(map(str, element.itertext())).split())


def with_template(element: Element, *templates: str) -> Iterator[Element]:
    """The elements within that follow one of these templates, of whatever date."""
    for found in element.iter(f"{{{CDA}}}templateId"):
        if found.get("root") in templates and (parent := found.getparent()) is not None and found is _first(parent, templates):
            yield parent


def _first(parent: Element, templates: tuple[str, ...]) -> Element | None:
    return next((one for one in some(parent, "templateId") if one.get("root") in templates), None)


class Narrative:
    """What people read, by the ids to which entries point."""

    def __init__(self, root: Element):
        self._texts = {found: element for element in root.iter() if isinstance(element.tag, str) and (found := element.get("ID"))}

    def at(self, element: Element | None) -> str:
        """The words of `originalText` or `text`: those that stand there, else those that it points to."""
        if element is None:
            return ""
        link = attribute(element, "value", "reference").removeprefix("#")
        return line(element) or (line(self._texts.get(link)) if link else "")


@dataclass(frozen=True)
class Code:
    """A code with its translations, as (system, code), and what people call it."""

    words: str
    codes: tuple[tuple[str, str], ...] = ()
    is_nothing: bool = True

    def of(self, system: str) -> str:
        """The code in this system, or nothing."""
        return next((code for name, code in self.codes if name == system), "")

    def has(self, *codes: str) -> bool:
        """Whether one of these is among them."""
        return any(code in codes for _, code in self.codes)


def code(element: Element | None, narrative: Narrative) -> Code:
    """A coded element."""
    if element is None:
        return Code("")
    told = [element, *some(element, "translation")]
    codes = tuple((attribute(one, "codeSystem"), found) for one in told if (found := attribute(one, "code")))
    names = [narrative.at(one(element, "originalText")), *(attribute(each, "displayName") for each in told)]
    # What a system shows of its own code is shorter than the row of a table to which the original text may point.
    words = next((name for name in names[1:] if name), "") if len(names[0]) > 120 else next((name for name in names if name), "")
    return Code(words or names[0], codes, not codes and not words)


@dataclass(frozen=True)
class When:
    """A time as it was told: to the day, or only in words."""

    day: date | None = None
    moment: datetime | None = None
    words: str = ""


def when(value: str, zone: ZoneInfo) -> When:
    """Read a time; without an offset it is the practice's, and of a day of which no hour is told it is noon at UTC+5."""
    match = _TIME.fullmatch(value.strip())
    if not match:
        return When()
    year, month, day, hour, minute, second, offset = match.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
        if not day:
            return When(words=f"{first:%B %Y}" if month else year)
        if not hour or not minute:
            return When(first, datetime.combine(first, time(17), UTC), f"{first:%B} {first.day}, {year}")
        clock = datetime.combine(first, time(int(hour), int(minute), int(second or 0)), _zone(offset) or zone)
        return When(first, clock.astimezone(UTC), f"{first:%B} {first.day}, {year}")
    except (ValueError, OverflowError):
        return When()


def _zone(offset: str | None) -> timezone | None:
    if not offset:
        return None
    if offset == "Z":
        return UTC
    digits = offset[1:].ljust(4, "0") if len(offset) != 4 else offset[1:].zfill(4)
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if offset[0] == "-" else span)


def begins(element: Element | None, zone: ZoneInfo) -> When:
    """When something began: `low`, else the one time that is told."""
    return when(attribute(element, "value", "low") or attribute(element, "value") or attribute(element, "value", "center"), zone)


def ends(element: Element | None, zone: ZoneInfo) -> When:
    """When it was over."""
    return when(attribute(element, "value", "high"), zone)


def type_of(value: Element | None) -> str:
    """Of which type a value is, such as PQ."""
    return "" if value is None else (value.get(_TYPE) or "").rpartition(":")[2]


def number(text: str) -> Decimal | None:
    """A number of a size that things in life have."""
    try:
        found = Decimal(text.strip()) if len(text) < 40 else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and abs(found.adjusted()) < 16 else None


def digest(*words: object) -> str:
    """A number for what has none that lasts: the same in every document that says the same."""
    said = "\x1f".join("" if word is None else " ".join(str(word).casefold().split()) for word in words)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:24]

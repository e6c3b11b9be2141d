"""What every entry is read with."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.records.importing.found import NotTaken, Record, Unusable
from plugins.formats.ccda.plain import Code, Element, Narrative, When, attribute, code, digest, one, with_template

EMPTY = "An entry that does not say what it is"
STATUSES = ("2.16.840.1.113883.10.20.22.4.6", "2.16.840.1.113883.10.20.22.4.28", "2.16.840.1.113883.10.20.22.4.143")
_OVER = ("73425007", "413322009", "inactive", "resolved")


@dataclass(frozen=True)
class About:
    """A document on its way to records: whose it is, its words, where the practice is, and of which day the document is."""

    patient: str
    narrative: Narrative
    zone: ZoneInfo
    told_on: date | None

    def record(self, kind: str, which: tuple[object, ...], **fields: Any) -> Record:
        """A record of the patient. `which` is what it is known by in the next document too: the ids of entries are often made anew for each."""
        said = {name: value for name, value in fields.items() if value not in (None, "")}
        return {"kind": kind, "external_id": f"{self.patient}.{digest(kind, *which)}", "patient": self.patient, **said}

    def code(self, element: Element | None) -> Code:
        """A coded element."""
        return code(element, self.narrative)


def needs(found: Code) -> Code:
    """The same code. Raises NotTaken when it says nothing: many systems write an entry for what they do not have."""
    if not found.words:
        raise NotTaken(EMPTY)
    return found


def needs_moment(found: When, element: Element) -> datetime:
    """The moment. Raises Unusable when it is not told to the day."""
    if found.moment is None:
        raise Unusable(place(element), "It has no date that is told to the day.")
    return found.moment


def place(element: Element) -> str:
    """Where an entry stands."""
    return f"line {element.sourceline}"


def as_text(day: date | None) -> str | None:
    """A day as records say it."""
    return day.isoformat() if day else None


def is_negated(element: Element) -> bool:
    """Whether it says that it is not so."""
    return attribute(element, "negationInd") == "true"


def is_over(entry: Element, ended: bool) -> bool:
    """Whether an entry matters no more: it says so itself, or the act around it."""
    told = next((one(found, "value") for found in with_template(entry, *STATUSES)), None)
    if attribute(told, "code"):
        return attribute(told, "code") in _OVER
    act = entry.getparent()
    around = act.getparent() if act is not None else None
    return ended or attribute(around, "code", "statusCode") in ("completed", "aborted")



"""Parts of a resource, whatever really stands there: what is of another type than it should be counts as not said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Resource = Mapping[str, Any]

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
CVX = "http://hl7.org/fhir/sid/cvx"
CDT = ("http://www.ada.org/cdt", "http://ada.org/cdt", "urn:oid:2.16.840.1.113883.6.13")
UNIVERSAL_TEETH = "http://terminology.hl7.org/CodeSystem/ADAUniversalToothDesignationSystem"
UNIVERSAL_SURFACES = "http://terminology.hl7.org/CodeSystem/ADAToothSurfaceCodes"
NPI = "http://hl7.org/fhir/sid/us-npi"


def parts(of: Resource, name: str) -> list[dict[str, Any]]:
    """The elements of this name; one that stands there without a list is one of them."""
    found = of.get(name)
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def part(of: Resource, *names: str) -> Resource:
    """The first element at the end of this way; an empty one where there is none."""
    for name in names:
        of = next(iter(parts(of, name)), {})
    return of


def texts(of: Resource, name: str) -> list[str]:
    """The texts of this name that say something."""
    found = of.get(name)
    return [stripped for one in (found if isinstance(found, list) else [found]) if isinstance(one, str) and (stripped := one.strip())]


def text(of: Resource, name: str) -> str:
    """The first text of this name, or an empty one."""
    return next(iter(texts(of, name)), "")


def number(of: Resource, name: str) -> Decimal | None:
    """A number of a size that things in life have."""
    found = of.get(name)
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        return None
    value = Decimal(found)
    return value if value.is_finite() and abs(value.adjusted()) < 16 else None


@dataclass(frozen=True)
class Concept:
    """What a code stands for: its text, and the codes as (system, code, display)."""

    text: str
    codings: tuple[tuple[str, str, str], ...]

    def code(self, *systems: str) -> str:
        """The code in one of these systems, or nothing."""
        return next((code for system, code, _ in self.codings if system in systems and code), "")

    def has(self, *codes: str) -> bool:
        """Whether one of the codes is among them, whatever its system is called."""
        return any(code in codes for _, code, _ in self.codings)

    @property
    def words(self) -> str:
        """What people read."""
        return self.text or next((display for _, _, display in self.codings if display), "") or next((code for _, code, _ in self.codings), "")


def concepts(of: Resource, name: str) -> list[Concept]:
    """The concepts of this name; a bare coding is one, too."""
    return [_concept(one) for one in parts(of, name)]


def concept(of: Resource, name: str) -> Concept:
    """The first concept of this name; one without words where there is none."""
    return next(iter(concepts(of, name)), Concept("", ()))


def _concept(found: Resource) -> Concept:
    codings = parts(found, "coding") or ([dict(found)] if "code" in found else [])
    return Concept(text(found, "text"), tuple((text(one, "system"), text(one, "code"), text(one, "display")) for one in codings))


def identifiers(resource: Resource) -> Iterator[tuple[str, str]]:
    """The business numbers of a resource, as (system, value)."""
    return ((text(one, "system"), value) for one in parts(resource, "identifier") if (value := text(one, "value")))


def notes(resource: Resource) -> str:
    """What was written by hand besides."""
    return "\n".join(found for one in parts(resource, "note") if (found := text(one, "text")))


def person_name(resource: Resource) -> Resource:
    """The name by which a person goes officially, else the first one that is not of old."""
    names = sorted(parts(resource, "name"), key=lambda name: _NAMES.get(text(name, "use"), 2))
    return names[0] if names else {}


def full_name(resource: Resource) -> str:
    """A person's name, or an organization's, on one line."""
    name = person_name(resource)
    return text(name, "text") or " ".join((*texts(name, "given"), text(name, "family"))).strip() or text(resource, "name")


_NAMES = {"official": 0, "usual": 1, "": 2, "temp": 3, "anonymous": 4, "nickname": 4, "maiden": 5, "old": 5}

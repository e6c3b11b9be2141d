"""What every resource is read with: its own id, whose it is, and its faults."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from core.records.importing.found import Record, Unusable
from plugins.formats.fhir.dates import When
from plugins.formats.fhir.plain import Resource, number, part, text
from plugins.formats.fhir.references import References

NO_PATIENT = "It does not say whose it is."
NOT_TO_THE_DAY = "It has no date that is told to the day."


@dataclass(frozen=True)
class About:
    """One resource on its way to a record."""

    resource: Resource
    id: str
    references: References
    zone: ZoneInfo

    def record(self, kind: str, **fields: Any) -> Record:
        """A record with this resource's id; what is not said stays as it is by default."""
        said = {name: value for name, value in fields.items() if value not in (None, "")}
        return {"kind": kind, "external_id": self.references.external(self.id), **said}

    def patient(self, name: str) -> str:
        """The patient's external id. Raises Unusable."""
        reference = part(self.resource, name)
        id_ = self.references.id(self.resource, reference, "Patient")
        if not id_:
            raise Unusable(f"/{name}", NO_PATIENT if not reference else "The patient whom it names is not in this file.")
        return self.references.external(id_)

    def name(self, reference: Resource) -> str:
        """What people call whom or what is meant."""
        return self.references.name(self.resource, reference)

    @property
    def status(self) -> str:
        """How it stands."""
        return text(self.resource, "status")


def cents(found: Resource, pointer: str) -> int | None:
    """An amount in cents; None where there is none. Raises Unusable for another currency."""
    value = number(found, "value")
    if value is None:
        return None
    if text(found, "currency") not in ("", "USD"):
        raise Unusable(f"{pointer}/currency", "Only amounts in US dollars are kept.")
    return round(value * 100)


def needs_day(found: When, pointer: str) -> When:
    """The same date. Raises Unusable when it is not told to the day."""
    if found.day is None:
        raise Unusable(pointer, NOT_TO_THE_DAY)
    return found

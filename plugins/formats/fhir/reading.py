"""A file of FHIR, read as records: several times from end to end, first for what its resources say of each other, then for the people."""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO
from zoneinfo import ZoneInfo

from core.records.importing.found import Fault, Found, LeftOut, NotTaken, Record, Unusable, WithFile, deleted
from plugins.formats.fhir import chart, documents, money, people, visits
from plugins.formats.fhir.about import About
from plugins.formats.fhir.frames import NO_FHIR, Frame, frames
from plugins.formats.fhir.observations import Vitals, observation
from plugins.formats.fhir.plain import concept, text
from plugins.formats.fhir.references import LOOKED_AT, References, id_of

Mapping = Callable[[About], Iterator[Record | WithFile]]
MAPPINGS: dict[str, tuple[str, Mapping]] = {
    "Patient": ("patient", people.patient),
    "RelatedPerson": ("relationship", people.related_person),
    "Practitioner": ("provider", people.practitioner),
    "Appointment": ("appointment", visits.appointment),
    "Encounter": ("appointment", visits.encounter),
    "Condition": ("problem", chart.condition),
    "AllergyIntolerance": ("allergy", chart.allergy),
    "MedicationRequest": ("medication", chart.medication_request),
    "MedicationStatement": ("medication", chart.medication_statement),
    "Immunization": ("immunization", chart.immunization),
    "Procedure": ("procedure", chart.procedure),
    "ServiceRequest": ("procedure", chart.service_request),
    "Coverage": ("insurance_coverage", money.coverage),
    "Claim": ("claim", money.claim),
    "ExplanationOfBenefit": ("claim", money.explanation),
    "Invoice": ("statement", money.invoice),
    "DocumentReference": (documents.CARE, documents.document),
}
"""Which kind of record a resource becomes, and how. Observations are several."""
USED = ("Account", "Medication", "PractitionerRole", "Organization")
"""What is looked at for others, and is no record of its own."""
_PREFIXES = {"Encounter": "encounter.", "ServiceRequest": "planned."}
PEOPLE = ("Patient", "Practitioner", "RelatedPerson")
_PEOPLE = re.compile(rb'"resourceType"\s*:\s*"(?:' + "|".join(PEOPLE).encode() + rb')"')
_NAMED = ("guarantor", "provider", "related")
NO_ID = "It has no id, so that it could not be known again."


def read(file: BinaryIO, source: str = "fhir", zone: ZoneInfo | None = None) -> Iterator[Found]:
    """The records of a file, with its faults and what was left out. `source` stands before every number, as `maple:123`."""
    references = References(source)
    try:
        references.learn(frame for frame in frames(file, LOOKED_AT) if isinstance(frame, Frame))
    except Unusable as wrong:
        yield Fault("/", wrong.reason)
        return
    vitals, place = Vitals(), zone or ZoneInfo("UTC")
    yield from _people(file, references, vitals, place)
    for frame in frames(file):
        if isinstance(frame, Fault):
            yield frame
        elif text(frame.resource, "resourceType") not in PEOPLE:
            yield from _read(frame, references, vitals, place)
    yield from vitals.records()


def _people(file: BinaryIO, references: References, vitals: Vitals, zone: ZoneInfo) -> Iterator[Found]:
    """People come before all that names them, wherever they stand in the file, and those who name others after these."""
    held: list[Record] = []
    for frame in frames(file, _PEOPLE):
        if isinstance(frame, Frame) and text(frame.resource, "resourceType") in PEOPLE:
            for found in _read(frame, references, vitals, zone):
                if isinstance(found, dict) and any(name in found for name in _NAMED):
                    held.append(found)
                else:
                    yield found
    yield from sorted(held, key=lambda record: record["kind"] != "patient")


def _read(frame: Frame, references: References, vitals: Vitals, zone: ZoneInfo) -> Iterator[Found]:
    """The records of one resource; none of it when there is a fault in it."""
    name = text(frame.resource, "resourceType")
    try:
        if not name:
            raise Unusable("/resourceType", NO_FHIR)
        yield from list(_records(name, frame, About(frame.resource, id_of(frame), references, zone), vitals))
    except Unusable as wrong:
        yield Fault(frame.place.rstrip("/") + wrong.pointer, wrong.reason)
    except NotTaken as kind:
        yield LeftOut(str(kind))


def _records(name: str, frame: Frame, about: About, vitals: Vitals) -> Iterator[Record | WithFile]:
    if name not in MAPPINGS and name != "Observation":
        raise NotTaken(f"{name[:40]} (used by others)" if name in USED else name[:40])
    if not about.id:
        raise Unusable("/id", NO_ID)
    if name == "Observation":
        # Which kind a deleted one was is not told: results are what is deleted one by one.
        yield from [deleted("result", about.references.external(about.id))] if frame.is_deleted else observation(about, vitals)
        return
    kind, mapping = MAPPINGS[name]
    if frame.is_deleted or (_is_error(about) and name != "DocumentReference"):
        yield deleted(kind, about.references.external(_PREFIXES.get(name, "") + about.id))
        return
    yield from mapping(about)


def _is_error(about: About) -> bool:
    return about.status == "entered-in-error" or concept(about.resource, "verificationStatus").has("entered-in-error")

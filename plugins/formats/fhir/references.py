"""What the resources of a file say of each other: looked at once from end to end before anything is read as a record.

Only what others refer to is kept: people, places, medicines, who pays, and which claims were answered.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from core.records.importing.found import Unusable
from plugins.formats.fhir.frames import Frame
from plugins.formats.fhir.plain import Resource, full_name, identifiers, part, parts, text

KEPT = ("Patient", "Practitioner", "PractitionerRole", "Organization", "Medication", "RelatedPerson", "Account", "Appointment", "Encounter", "ExplanationOfBenefit")
LOOKED_AT = re.compile(rb'"resourceType"\s*:\s*"(?:' + "|".join(KEPT).encode() + rb')"')
_FIELDS = ("resourceType", "id", "identifier", "name", "code", "practitioner")
_TAIL = re.compile(r"(?:^|/)([A-Z][A-Za-z]{1,40})/([A-Za-z0-9.\-]{1,128})(?:/_history/[^/]*)?$")
_SEARCH = re.compile(r"^([A-Z][A-Za-z]{1,40})\?identifier=(.*)$")
TWO_SYSTEMS = "Two patients of this file have the same id: it holds what two systems wrote. Import the records of each system by themselves."


class References:
    """Whom and what a reference means. `source` stands before every id, so that two systems may have the same ones."""

    def __init__(self, source: str):
        self.source = source
        self._found: dict[str, Resource] = {}
        self._addresses: dict[str, str] = {}
        self.visiting: set[str] = set()
        """The ids of the practitioners whom visits name: they come along."""
        self.guarantors: dict[str, str] = {}
        self.same_person: dict[str, str] = {}
        """Which patient a related person is, too."""
        self.answered: set[str] = set()
        """The ids of the claims to which there is an answer."""

    def learn(self, found: Iterable[Frame]) -> None:
        """Look at the resources of a file. Raises Unusable for a file of two systems."""
        late = []
        for frame in found:
            kind = text(frame.resource, "resourceType")
            if kind in ("Patient", "Practitioner", "PractitionerRole", "Organization", "Medication", "RelatedPerson"):
                self._keep(kind, frame)
            if kind in ("Patient", "Account", "Appointment", "Encounter", "ExplanationOfBenefit"):
                late.append(_slim(kind, frame.resource))
        for resource in late:
            self._look_at(resource)

    def _keep(self, kind: str, frame: Frame) -> None:
        kept = {name: frame.resource[name] for name in _FIELDS if name in frame.resource}
        id_ = id_of(frame)
        kept["id"] = id_
        if kind == "Patient" and frame.address and self._addresses.setdefault(id_, frame.address) != frame.address:
            raise Unusable("", TWO_SYSTEMS)
        for name in (frame.address, f"{kind}/{id_}", *_by_number(kind, frame.resource)):
            if name:
                self._found[name] = kept

    def _look_at(self, resource: Resource) -> None:
        kind = text(resource, "resourceType")
        if kind == "Patient":
            for link in parts(resource, "link"):
                if other := self.id(resource, part(link, "other"), "RelatedPerson"):
                    self.same_person[other] = text(resource, "id")
        elif kind == "Account":
            payer = self.id(resource, part(resource, "guarantor", "party"), "Patient")
            for one in parts(resource, "subject"):
                if payer and (subject := self.id(resource, one, "Patient")):
                    self.guarantors[subject] = payer
        elif kind == "ExplanationOfBenefit":
            self.answered |= {self.id(resource, part(resource, "claim"), "Claim")} - {""}
        else:
            self.visiting |= set(self.practitioners(resource))

    def practitioners(self, visit: Resource) -> Iterator[str]:
        """The ids of the practitioners of a visit, in their order."""
        for one in parts(visit, "participant"):
            actor = part(one, "actor") or part(one, "individual")
            if id_ := self.practitioner(visit, actor):
                yield id_

    def practitioner(self, owner: Resource, reference: Resource) -> str:
        """The id of a practitioner who is in the file; also of one who is named by a role."""
        found = self.find(owner, reference)
        if text(found, "resourceType") == "PractitionerRole":
            found = self.find(found, part(found, "practitioner"))
        return text(found, "id") if text(found, "resourceType") == "Practitioner" else ""

    def find(self, owner: Resource, reference: Resource) -> Resource:
        """The resource that is meant, as far as it is kept; an empty one when it is not in the file."""
        written = text(reference, "reference")
        if written.startswith("#"):
            return next((one for one in parts(owner, "contained") if text(one, "id").lstrip("#") == written[1:]), {})
        return next((found for name in self._names(reference, written) if (found := self._found.get(name))), {})

    def _names(self, reference: Resource, written: str) -> Iterator[str]:
        yield written
        if tail := _TAIL.search(written):
            yield f"{tail[1]}/{tail[2]}"
        if asked := _SEARCH.match(written):
            yield f"{asked[1]}?{asked[2]}"
        number = part(reference, "identifier")
        if value := text(number, "value"):
            for kind in [text(reference, "type")] if text(reference, "type") else KEPT:
                yield f"{kind}?{text(number, 'system')}|{value}"

    def id(self, owner: Resource, reference: Resource, kind: str) -> str:
        """The id of a resource of this kind, also of one that is not in the file; nothing when it cannot be told."""
        found = self.find(owner, reference)
        if found:
            fits = text(found, "resourceType") == kind and not text(reference, "reference").startswith("#")
            return text(found, "id") if fits else ""
        written = text(reference, "reference")
        if tail := _TAIL.search(written):
            return tail[2] if tail[1] == kind else ""
        return written.removeprefix("urn:uuid:") if kind == "Claim" and written.startswith("urn:uuid:") else ""

    def name(self, owner: Resource, reference: Resource) -> str:
        """What people call whom or what is meant."""
        found = self.find(owner, reference)
        if text(found, "resourceType") == "PractitionerRole":
            return self.name(found, part(found, "practitioner")) if "practitioner" in found else text(reference, "display")
        return full_name(found) or text(reference, "display")

    def external(self, id_: str) -> str:
        """An id as the portal knows it."""
        return f"{self.source}:{id_}"


def id_of(frame: Frame) -> str:
    """The id of a resource; of one that has none, the end of its address in the bundle."""
    return text(frame.resource, "id") or re.sub(r"^urn:(uuid|oid):|.*/", "", frame.address)


def _slim(kind: str, resource: Resource) -> dict[str, Any]:
    wanted = {"Patient": ("link",), "Account": ("subject", "guarantor"), "ExplanationOfBenefit": ("claim",)}.get(kind, ("participant",))
    return {name: resource[name] for name in ("resourceType", "id", *wanted) if name in resource}


def _by_number(kind: str, resource: Resource) -> Iterator[str]:
    for system, value in identifiers(resource):
        yield f"{kind}?{system}|{value}"

"""Whose a document is."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from core.records.importing.found import Record, Unusable
from plugins.formats.ccda.plain import SSN, Element, attribute, digest, line, one, some, when

_SEXES = {"F": "F", "M": "M"}
WAY = "/ClinicalDocument/recordTarget"


def patient(root: Element, source: str) -> Record:
    """The patient, by the number that the sender's system has for the person. Raises Unusable."""
    roles = some(root, "recordTarget/patientRole")
    if len(roles) != 1:
        raise Unusable(WAY, "It names no patient." if not roles else "It is of several patients; a document here is of one.")
    role, person = roles[0], one(roles[0], "patient")
    name = _name(person)
    given, family = [found for one_ in some(name, "given") if (found := line(one_))], line(one(name, "family"))
    if not given or not family:
        raise Unusable(f"{WAY}/patientRole/patient/name", "It does not tell the patient’s first and last name.")
    born = when(attribute(person, "value", "birthTime")[:8], ZoneInfo("UTC"))
    nick = next((line(one(found, "given")) for found in some(person, "name") if found is not name and "P" in (found.get("use") or "").split()), "")
    said = {
        "first_name": given[0], "last_name": family, "preferred_name": nick, "birthdate": born.day.isoformat() if born.day else None,
        "sex": _SEXES.get(attribute(person, "code", "administrativeGenderCode"), "U"), **_home(role), "phone": _way(role, r"(tel:|\+?[0-9(])"),
        "email": _way(role, "mailto:"), "status": "deceased" if _is_deceased(person) else "",
    }  # fmt: skip
    told: dict[str, Any] = {name: value for name, value in said.items() if value}
    return {"kind": "patient", "external_id": f"{source}:{_number(role) or _made_number(root, given, told)}", **told}


def _is_deceased(person: Element | None) -> bool:
    return person is not None and any(found.get("value") == "true" for found in person.iterchildren("{urn:hl7-org:sdtc}deceasedInd"))


def _name(person: Element | None) -> Element | None:
    names = some(person, "name")
    return next((name for name in names if "L" in (name.get("use") or "").split()), names[0] if names else None)


def _number(role: Element) -> str:
    """The first number that is no social security number; nothing where there is none."""
    for found in some(role, "id"):
        root, extension = attribute(found, "root"), attribute(found, "extension")
        if root != SSN and not found.get("nullFlavor") and (root or extension):
            return ":".join(filter(None, (root, extension)))
    return ""


def _made_number(root: Element, given: list[str], told: dict[str, Any]) -> str:
    """A number for somebody who has none but a social security number, as in most documents: who it is, by whoever keeps the record."""
    if "birthdate" not in told:
        raise Unusable(f"{WAY}/patientRole/id", "It has neither a number nor a birthdate of its patient.")
    keeper = one(root, "custodian/assignedCustodian/representedCustodianOrganization")
    keeper_number = attribute(keeper, "root", "id"), attribute(keeper, "extension", "id"), line(one(keeper, "name"))
    return f"person.{digest(*keeper_number, *given, told['last_name'], told['birthdate'], told['sex'], told.get('postal_code'))}"


def _home(role: Element) -> dict[str, str]:
    places = some(role, "addr")
    place = next((found for found in places if (found.get("use") or "") in ("HP", "H")), places[0] if places else None)
    lines = [found for one_ in some(place, "streetAddressLine") if (found := line(one_))]
    first = {"address_1": lines[0] if lines else "", "address_2": ", ".join(lines[1:])}
    return first | {"city": line(one(place, "city")), "state": line(one(place, "state")), "postal_code": line(one(place, "postalCode"))}


def _way(role: Element, scheme: str) -> str:
    ways = [(found.get("use") or "", (found.get("value") or "").strip()) for found in some(role, "telecom")]
    fitting = [(use == "WP", value) for use, value in ways if re.match(scheme, value, re.IGNORECASE)]
    return re.sub(r"^(tel|mailto):", "", min(fitting, key=lambda way: way[0])[1], flags=re.IGNORECASE) if fitting else ""

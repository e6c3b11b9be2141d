"""Patients, those who belong to them, and practitioners."""

from collections.abc import Iterator

from core.records.importing.found import NotTaken, Record, Unusable
from plugins.formats.fhir.about import About
from plugins.formats.fhir.dates import as_text, when
from plugins.formats.fhir.plain import NPI, Resource, concepts, identifiers, part, parts, person_name, text, texts

_SEXES = {"male": "M", "female": "F"}
_USES = {"mobile": 0, "home": 1, "": 2, "work": 3, "temp": 4}
_RELATIONS = {
    "BRO": "brother", "HBRO": "brother", "CHILD": "child", "CHLDADOPT": "child", "DAU": "child", "NCHILD": "child", "SON": "child", "SONC": "child",
    "DAUC": "child", "FTH": "father", "NFTH": "father", "CHLDFOST": "foster child", "FRND": "friend", "NBOR": "friend", "GRNDCHILD": "grandchild",
    "GRNDDAU": "grandchild", "GRNDSON": "grandchild", "GRFTH": "grandfather", "GRMTH": "grandmother", "GRPRN": "grandparent", "GUARD": "guardian",
    "DOMPART": "life partner", "SIGOTHR": "life partner", "MTH": "mother", "NMTH": "mother", "PRN": "parent", "NPRN": "parent", "SIB": "sibling",
    "NSIB": "sibling", "SIS": "sister", "HSIS": "sister", "SPS": "spouse", "HUSB": "spouse", "WIFE": "spouse", "STPCHLD": "stepchild", "STPDAU": "stepchild",
    "STPSON": "stepchild", "STPFTH": "stepfather", "STPMTH": "stepmother", "ONESELF": "self",
}  # fmt: skip
"""The codes of HL7 for what people are to each other, in the portal's words."""
NO_NAME = "The person has no name."


def patient(about: About) -> Iterator[Record]:
    """A person with a chart; who pays is told by the person's account."""
    resource, references = about.resource, about.references
    payer = references.guarantors.get(about.id)
    doctor = references.practitioner(resource, part(resource, "generalPractitioner"))
    yield about.record(
        "patient",
        **named(resource),
        **reached(resource),
        **_home(resource),
        birthdate=as_text(when(text(resource, "birthDate")).day),
        sex=_SEXES.get(text(resource, "gender"), "U"),
        language=_language(resource),
        status=_status(resource),
        guarantor=references.external(payer) if payer else None,
        provider=references.external(doctor) if doctor in references.visiting else None,
    )


def related_person(about: About) -> Iterator[Record]:
    """A person beside a patient: a chart of the own, unless the file says which patient that is, and what one is to the other.

    Only who is a guardian by name gets access to the patient's record.
    """
    of, resource = about.patient("patient"), about.resource
    relation, is_guardian = _relation(resource)
    same = about.references.same_person.get(about.id)
    related = about.references.external(same) if same else about.references.external(f"related.{about.id}")
    if not same:
        sex = _SEXES.get(text(resource, "gender"), "U")
        born = as_text(when(text(resource, "birthDate")).day)
        yield about.record("patient", **named(resource), **reached(resource), **_home(resource), birthdate=born, sex=sex, status="nonpatient") | {"external_id": related}
    yield about.record("relationship", patient=of, related=related, relation=relation, is_guardian=is_guardian)


def practitioner(about: About) -> Iterator[Record]:
    """A dentist or hygienist whom a visit names. Raises NotTaken for others: patients would be offered them."""
    resource, name = about.resource, person_name(about.resource)
    if about.id not in about.references.visiting:
        raise NotTaken("Practitioner without visits")
    npi = next((value for system, value in identifiers(resource) if system == NPI), "")
    mail = next(iter(_ways(resource, "email")), "")
    people = named(resource) | {"title": " ".join(texts(name, "prefix")), "suffix": " ".join(texts(name, "suffix"))}
    yield about.record("provider", **people, npi=npi, email=mail)


def named(resource: Resource) -> dict[str, str]:
    """First name, last name and what the person is called. Raises Unusable."""
    name = person_name(resource)
    given, family = texts(name, "given"), text(name, "family")
    if not given and not family:
        *given, family = text(name, "text").split() or [""]
    if not family and not given:
        raise Unusable("/name", NO_NAME)
    nick = next((found for one in parts(resource, "name") if text(one, "use") == "nickname" and (found := text(one, "given") or text(one, "text"))), "")
    return {"first_name": given[0] if given else family, "last_name": family or given[-1], "preferred_name": nick}


def reached(resource: Resource) -> dict[str, str]:
    """The e-mail and the phone that come first: those of old do not count."""
    return {"email": next(iter(_ways(resource, "email")), ""), "phone": next(iter(_ways(resource, "phone")), "")}


def _ways(resource: Resource, system: str) -> list[str]:
    ways = [one for one in parts(resource, "telecom") if text(one, "system") == system and text(one, "use") != "old" and text(one, "value")]
    return [text(one, "value").removeprefix("tel:").removeprefix("mailto:") for one in sorted(ways, key=lambda one: _USES.get(text(one, "use"), 2))]


def _home(resource: Resource) -> dict[str, str]:
    places = sorted((one for one in parts(resource, "address") if text(one, "use") != "old"), key=lambda one: _USES.get(text(one, "use"), 2))
    place = places[0] if places else {}
    lines = texts(place, "line")
    first = {"address_1": lines[0] if lines else "", "address_2": ", ".join(lines[1:])}
    return first | {"city": text(place, "city"), "state": text(place, "state"), "postal_code": text(place, "postalCode")}


def _language(resource: Resource) -> str:
    spoken = sorted(parts(resource, "communication"), key=lambda one: one.get("preferred") is not True)
    return text(part(spoken[0], "language", "coding"), "code") if spoken else ""


def _status(resource: Resource) -> str:
    if resource.get("deceasedBoolean") is True or text(resource, "deceasedDateTime"):
        return "deceased"
    return "inactive" if resource.get("active") is False else ""


def _relation(resource: Resource) -> tuple[str, bool]:
    codes = [code for one in concepts(resource, "relationship") for _, code, _ in one.codings]
    known = [_RELATIONS[code] for code in codes if code in _RELATIONS]
    return next((word for word in known if word != "guardian"), "guardian" if known else "other"), "guardian" in known

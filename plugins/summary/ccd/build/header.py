"""The head of the document: whose it is, who wrote it, who keeps it and who answers for it."""

import re
from collections.abc import Iterator
from datetime import date

from plugins.summary.ccd import codes
from plugins.summary.ccd.build.parts import Node, address, code, day, moment, node, telecoms, templates
from plugins.summary.ccd.content import Chart, Clinician, Edition, Office, Subject

_GENDERS = {"F": "Female", "M": "Male"}
_DENTISTRY = "1223G0001X"


def header(edition: Edition) -> Iterator[Node]:
    """Everything before the body, in the order of the schema."""
    yield from _document(edition)
    yield node("recordTarget", _patient(edition.chart.subject, edition.office))
    yield _author(edition)
    yield _custodian(edition.office)
    yield _authenticator(edition)
    yield _service(edition)


def _document(edition: Edition) -> Iterator[Node]:
    yield node("realmCode", code="US")
    yield node("typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    yield from templates(codes.HEADER_TEMPLATE, "2015-08-01")
    yield from templates(codes.CCD_TEMPLATE, "2015-08-01")
    yield node("id", root=str(edition.id))
    yield code(codes.CCD_CODE, codes.LOINC, "Summarization of Episode Note")
    yield node("title", "Dental Health Summary")
    yield node("effectiveTime", value=moment(edition.created_at))
    yield code("N", codes.CONFIDENTIALITY, "normal", tag="confidentialityCode")
    yield node("languageCode", code="en-US")
    yield node("setId", root=str(edition.series_id))
    yield node("versionNumber", value=str(edition.version))


def _patient(subject: Subject, office: Office) -> Node:
    number = node("id", root=str(office.id), extension=subject.record_number)
    ways = telecoms(subject.phone, subject.email, "HP")
    return node(
        "patientRole", number, address(subject.address, "HP"), *ways, _person(subject), _organization(office, "providerOrganization")
    )


def _person(subject: Subject) -> Node:
    name = node("name", node("given", subject.first_name), node("family", subject.last_name), use="L")
    birth = node("birthTime", value=day(subject.birthdate)) if subject.birthdate else node("birthTime", nullFlavor="UNK")
    # Race and ethnicity are not kept by the portal; the document must say so rather than leave them out.
    unknown = node("raceCode", nullFlavor="UNK"), node("ethnicGroupCode", nullFlavor="UNK")
    return node("patient", name, _gender(subject.sex), birth, *unknown, _language(subject.language))


def _gender(sex: str) -> Node:
    if sex in _GENDERS:
        return code(sex, codes.GENDER, _GENDERS[sex], tag="administrativeGenderCode")
    return node("administrativeGenderCode", nullFlavor="UNK")


def _language(language: str) -> Node | None:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", language):
        return None
    return node("languageCommunication", node("languageCode", code=language), node("preferenceInd", value="true"))


def _author(edition: Edition) -> Node:
    office, clinician = edition.office, edition.chart.clinician
    time = node("time", value=moment(edition.created_at))
    reach = address(office.address, "WP"), *telecoms(office.phone, "", "WP")
    if clinician is None:
        device = node("assignedAuthoringDevice", node("manufacturerModelName", "Cuspid"), node("softwareName", "Cuspid patient portal"))
        return node("author", time, node("assignedAuthor", _number(office), *reach, device, _organization(office)))
    person = node("assignedPerson", _name(clinician))
    return node("author", time, node("assignedAuthor", *_clinician_ids(clinician, office), *reach, person, _organization(office)))


def _custodian(office: Office) -> Node:
    way = telecoms(office.phone, "", "WP")[0]
    keeper = node("representedCustodianOrganization", _number(office), node("name", office.name), way, address(office.address, "WP"))
    return node("custodian", node("assignedCustodian", keeper))


def _authenticator(edition: Edition) -> Node:
    time, signature = node("time", value=moment(edition.created_at)), node("signatureCode", code="S")
    return node("legalAuthenticator", time, signature, clinician_entity(edition))


def _service(edition: Edition) -> Node:
    low = min(_dates(edition.chart), default=edition.created_at.date())
    span = node("effectiveTime", node("low", value=day(low)), node("high", value=day(edition.created_at.date())))
    performer = node("performer", _primary(), clinician_entity(edition), typeCode="PRF")
    return node("documentationOf", node("serviceEvent", span, performer, classCode="PCPR"))


def _primary() -> Node:
    return code("PCP", "2.16.840.1.113883.5.88", "primary care physician", tag="functionCode")


def _dates(chart: Chart) -> Iterator[date]:
    """The days on which something was done here; they bound the care that the document tells of."""
    yield from (procedure.done_on for procedure in chart.procedures if procedure.status == "completed" and procedure.done_on)
    yield from (signs.taken_at.date() for signs in chart.vital_signs)


def clinician_entity(edition: Edition) -> Node:
    """The provider who answers for the record, reached through the practice."""
    office, clinician = edition.office, edition.chart.clinician
    name = _name(clinician) if clinician else node("name", nullFlavor="UNK")
    ids = _clinician_ids(clinician, office) if clinician else [_number(office)]
    reach = address(office.address, "WP"), *telecoms(office.phone, "", "WP")
    return node("assignedEntity", *ids, *reach, node("assignedPerson", name))


def _clinician_ids(clinician: Clinician, office: Office) -> list[Node]:
    if codes.fits(clinician.npi, codes.NPI):
        number = node("id", root=codes.NPI, extension=clinician.npi)
    else:
        number = node("id", root=str(office.id), extension=str(clinician.id))
    return [number, code(_DENTISTRY, codes.TAXONOMY, "General Practice Dentistry")]


def _name(clinician: Clinician) -> Node:
    title = node("prefix", clinician.title) if clinician.title else None
    suffix = node("suffix", clinician.suffix) if clinician.suffix else None
    return node("name", title, node("given", clinician.first_name), node("family", clinician.last_name), suffix)


def _organization(office: Office, tag: str = "representedOrganization") -> Node:
    ways = telecoms(office.phone, "", "WP")
    return node(tag, _number(office), node("name", office.name), *ways, address(office.address, "WP"))


def _number(office: Office) -> Node:
    return node("id", root=str(office.id))

"""Problems, allergies, medicines, vaccinations and procedures."""

import re
from collections.abc import Iterator

from core.records.importing.found import NotTaken, Record, Unusable, deleted
from plugins.formats.fhir.about import About
from plugins.formats.fhir.dates import When, as_text, date_of, end_of, when
from plugins.formats.fhir.plain import (
    CDT,
    CVX,
    ICD10,
    RXNORM,
    SNOMED,
    UNIVERSAL_SURFACES,
    UNIVERSAL_TEETH,
    Concept,
    Resource,
    concept,
    concepts,
    notes,
    part,
    parts,
    text,
    texts,
)
from plugins.formats.nothing import CODES, says_none

NO_NAME = "It has neither a text nor a code that says what it is."
_TOOTH = re.compile(r"(?:tooth|#)?\s*((?:[1-9]|[12][0-9]|3[0-2])|[A-T])", re.IGNORECASE)
_SURFACES = frozenset("MOIDBFL")
_STOPPED = ("completed", "stopped", "cancelled", "ended", "not-taken")
_NOT_TAKEN = ("draft", "intended")


def condition(about: About) -> Iterator[Record]:
    """A problem; one that was ruled out is taken out."""
    resource, code = about.resource, concept(about.resource, "code")
    if concept(resource, "verificationStatus").has("refuted"):
        yield deleted("problem", about.references.external(about.id))
        return
    begun, over = _onset(resource, "onset"), _onset(resource, "abatement")
    resolved = concept(resource, "clinicalStatus").has("inactive", "remission", "resolved") or bool(over.words)
    none_known = _is_none("problem", code)
    yield about.record(
        "problem",
        patient=about.patient("subject"),
        name="" if none_known else _words(code),
        status="none_known" if none_known else "resolved" if resolved else "active",
        snomed=code.code(SNOMED),
        icd10=code.code(ICD10),
        note="\n".join(filter(None, (_vague("Since", begun), _vague("Until", over), notes(resource)))),
        started_on=as_text(begun.day),
        ended_on=as_text(over.day),
    )


def allergy(about: About) -> Iterator[Record]:
    """An allergy or intolerance with what it does."""
    resource, code = about.resource, concept(about.resource, "code")
    if concept(resource, "verificationStatus").has("refuted"):
        yield deleted("allergy", about.references.external(about.id))
        return
    none_known = _is_none("allergy", code)
    over = concept(resource, "clinicalStatus").has("inactive", "resolved")
    reactions = [one.words for reaction in parts(resource, "reaction") for one in concepts(reaction, "manifestation") if one.words]
    category = next((one for one in texts(resource, "category") if one in ("food", "medication")), "")
    noted = date_of(resource, "onset")
    yield about.record(
        "allergy",
        patient=about.patient("patient"),
        substance="" if none_known else _words(code),
        category={"food": "food", "medication": "drug"}.get(category, "other"),
        status="none_known" if none_known else "resolved" if over else "active",
        reaction=", ".join(dict.fromkeys(reactions)),
        rxnorm=code.code(RXNORM),
        noted_on=as_text(noted.day or when(text(resource, "recordedDate")).day),
    )


def medication_request(about: About) -> Iterator[Record]:
    """A prescription. Raises NotTaken for plans, and for what is not to be taken."""
    if about.resource.get("doNotPerform") is True or text(about.resource, "intent") in ("proposal", "plan", "option"):
        raise NotTaken("MedicationRequest that is no prescription")
    until = when(text(part(about.resource, "dispenseRequest", "validityPeriod"), "end"))
    yield _medicine(about, "dosageInstruction", when(text(about.resource, "authoredOn")), until)


def medication_statement(about: About) -> Iterator[Record]:
    """What a patient is known to take."""
    yield _medicine(about, "dosage", date_of(about.resource, "effective"), end_of(about.resource, "effective"))


def _medicine(about: About, dosage: str, begun: When, until: When) -> Record:
    if about.status in _NOT_TAKEN:
        raise NotTaken(f"{about.resource['resourceType']} that is not in force")
    code = medicine(about)
    none_known, stopped = _is_none("medication", code), about.status in _STOPPED
    directions = [text(one, "text") or text(one, "patientInstruction") for one in parts(about.resource, dosage)]
    held = "On hold" if about.status == "on-hold" else ""
    return about.record(
        "medication",
        patient=about.patient("subject"),
        name="" if none_known else _words(code),
        status="none_known" if none_known else "stopped" if stopped else "active",
        instructions="\n".join(filter(None, (held, *directions, _vague("Since", begun)))),
        rxnorm=code.code(RXNORM),
        started_on=as_text(begun.day),
        ended_on=as_text(until.day) if stopped else None,
    )


def medicine(about: About) -> Concept:
    """Which medicine it is: said here, or by the resource that is named. Raises Unusable."""
    said = concept(about.resource, "medicationCodeableConcept")
    reference = part(about.resource, "medicationReference")
    if said.words or not reference:
        return said
    found = concept(about.references.find(about.resource, reference), "code")
    if found.words or text(reference, "display"):
        return found if found.words else Concept(text(reference, "display"), ())
    raise Unusable("/medicationReference", "The medicine that it names is not in this file.")


def immunization(about: About) -> Iterator[Record]:
    """A vaccination, given or not."""
    resource, code = about.resource, concept(about.resource, "vaccineCode")
    given = date_of(resource, "occurrence")
    not_given = about.status == "not-done"
    why = concept(resource, "statusReason").words if not_given else ""
    yield about.record(
        "immunization",
        patient=about.patient("patient"),
        vaccine=_words(code),
        status="not_given" if not_given else "given",
        cvx=code.code(CVX),
        lot_number=text(resource, "lotNumber"),
        note="\n".join(filter(None, (why, given.vague or text(resource, "occurrenceString"), notes(resource)))),
        given_on=as_text(given.day),
    )


def procedure(about: About) -> Iterator[Record]:
    """What was done; without a CDT number it was done elsewhere. Raises NotTaken for what did not come to its end."""
    if about.status not in ("completed", "unknown", ""):
        raise NotTaken("Procedure that was not completed")
    code = concept(about.resource, "code")
    cdt = _cdt(code)
    by = next((about.name(part(one, "actor")) for one in parts(about.resource, "performer")), "")
    status = "completed" if cdt else "done_elsewhere"
    yield _procedure(about, code, cdt, status, date_of(about.resource, "performed"), by)


def service_request(about: About) -> Iterator[Record]:
    """Dental work that is planned. Raises NotTaken for every other order."""
    cdt = _cdt(concept(about.resource, "code"))
    if not cdt or about.status not in ("active", "on-hold"):
        raise NotTaken("ServiceRequest that plans no dental work")
    planned = date_of(about.resource, "occurrence")
    yield _procedure(about, concept(about.resource, "code"), cdt, "planned", planned, "") | {"external_id": about.references.external(f"planned.{about.id}")}


def _procedure(about: About, code: Concept, cdt: str, status: str, done: When, by: str) -> Record:
    tooth, surface = _where(about.resource)
    return about.record(
        "procedure", patient=about.patient("subject"), description=_words(code), status=status, cdt=cdt, tooth=tooth, surface=surface, provider=by,
        done_on=as_text(done.day),
    )  # fmt: skip


def _cdt(code: Concept) -> str:
    found = code.code(*CDT)
    return found if re.fullmatch(r"D[0-9]{4}", found, re.ASCII) else ""


def _where(resource: Resource) -> tuple[str, str]:
    """Tooth and surfaces in the ADA's notation, where they are said in it."""
    sites = concepts(resource, "bodySite")
    tooth = next((code for one in sites if (code := one.code(UNIVERSAL_TEETH))), "")
    if not tooth:
        tooth = next((match[1].upper() for one in sites if (match := _TOOTH.fullmatch(one.text))), "")
    surfaces = "".join(code for one in sites for system, code, _ in one.codings if system == UNIVERSAL_SURFACES and code in _SURFACES)
    return tooth, surfaces


def _onset(resource: Resource, name: str) -> When:
    found = date_of(resource, name)
    return found if found.words else When(text(resource, f"{name}String"))


def _is_none(kind: str, code: Concept) -> bool:
    return code.has(*CODES[kind]) or says_none(code.words)


def _words(code: Concept) -> str:
    if not code.words:
        raise Unusable("/code", NO_NAME)
    return code.words


def _vague(word: str, found: When) -> str:
    return f"{word} {found.vague}" if found.vague else ""

"""Allergies, medications, problems, immunizations and smoking: what the patient told and brought along."""

from plugins.summary.ccd import codes
from plugins.summary.ccd.build.parts import Node, at, code, code_or_text, day, identifier, node, pointer, since, templates
from plugins.summary.ccd.build.section import listed, section, words
from plugins.summary.ccd.content import Allergy, Edition, Immunization, Medication, Problem, SmokingStatus, stated

_CATEGORIES = {
    "drug": ("416098002", "Allergy to drug"),
    "food": ("414285001", "Allergy to food"),
    "other": ("419199007", "Allergy to substance"),
}


def allergies_section(edition: Edition) -> Node:
    """Allergies, or that there are none, or that nothing is on file."""
    entries = edition.chart.allergies
    if entries and not stated(entries):
        return section(
            codes.ALLERGIES, node("content", "No known allergies", ID="allergies-none"), [_allergy(entries[0], "allergies-none")]
        )
    columns = ("Substance", "Reaction", "Status", "Noted")
    return listed(codes.ALLERGIES, columns, stated(entries), _allergy_cells, _allergy, "No allergies are on file at this practice.")


def _allergy_cells(allergy: Allergy) -> tuple[str, ...]:
    return allergy.substance, allergy.reaction, allergy.status.capitalize(), words(allergy.noted_on)


def _allergy(allergy: Allergy, anchor: str) -> Node:
    none = allergy not in stated([allergy])
    substance = node("code", nullFlavor="NA") if none else code_or_text(allergy.rxnorm, codes.RXNORM, allergy.substance)
    kind = code(*_flip(_CATEGORIES["other" if none else allergy.category]), tag="value", xsi_type="CD")
    playing = node("playingEntity", substance, classCode="MMAT")
    part = node("participant", node("participantRole", playing, classCode="MANU"), typeCode="CSM")
    observation = _assertion("2.16.840.1.113883.10.20.22.4.7", allergy, anchor, [kind, part, _reaction(allergy, anchor)], none)
    return _concern("2.16.840.1.113883.10.20.22.4.30", allergy, observation, since(allergy.noted_on, ended=allergy.status == "resolved"))


def _flip(kind: tuple[str, str]) -> tuple[str, str, str]:
    return kind[0], codes.SNOMED, kind[1]


def _assertion(template: str, allergy: Allergy, anchor: str, content: list[Node | None], none: bool) -> Node:
    head = *templates(template, "2014-06-09"), identifier(allergy.id, "observation"), code("ASSERTION", codes.ACT_CODE)
    body = pointer(anchor), node("statusCode", code="completed"), since(allergy.noted_on, ended=allergy.status == "resolved")
    return node("observation", *head, *body, *content, classCode="OBS", moodCode="EVN", negationInd="true" if none else None)


def _reaction(allergy: Allergy, anchor: str) -> Node | None:
    if not allergy.reaction:
        return None
    head = *templates("2.16.840.1.113883.10.20.22.4.9", "2014-06-09"), identifier(allergy.id, "reaction"), code("ASSERTION", codes.ACT_CODE)
    value = node("value", node("originalText", allergy.reaction), nullFlavor="OTH", xsi_type="CD")
    body = pointer(anchor), node("statusCode", code="completed"), since(allergy.noted_on), value
    return node(
        "entryRelationship", node("observation", *head, *body, classCode="OBS", moodCode="EVN"), typeCode="MFST", inversionInd="true"
    )


def _concern(template: str, entry: Allergy | Problem, observation: Node, span: Node) -> Node:
    """The act around an observation that says whether it still matters."""
    head = *templates(template, "2015-08-01"), identifier(entry.id), code("CONC", codes.ACT_CLASS)
    status = node("statusCode", code="completed" if entry.status == "resolved" else "active")
    relation = node("entryRelationship", observation, typeCode="SUBJ")
    return node("entry", node("act", *head, status, span, relation, classCode="ACT", moodCode="EVN"), typeCode="DRIV")


def medications_section(edition: Edition) -> Node:
    """Medicines, or that there are none, or that nothing is on file."""
    entries = edition.chart.medications
    if entries and not stated(entries):
        return section(
            codes.MEDICATIONS, node("content", "Takes no medicines", ID="medications-none"), [_medication(entries[0], "medications-none")]
        )
    columns = ("Medicine", "Directions", "Status", "Started", "Stopped")
    return listed(codes.MEDICATIONS, columns, stated(entries), _medication_cells, _medication, "No medicines are on file at this practice.")


def _medication_cells(medication: Medication) -> tuple[str, ...]:
    return (
        medication.name,
        medication.instructions,
        medication.status.capitalize(),
        words(medication.started_on),
        words(medication.ended_on),
    )


def _medication(medication: Medication, anchor: str) -> Node:
    none, stopped = medication not in stated([medication]), medication.status == "stopped"
    head = *templates("2.16.840.1.113883.10.20.22.4.16", "2014-06-09"), identifier(medication.id), pointer(anchor)
    status = node("statusCode", code="completed" if stopped else "active")
    span = since(medication.started_on, medication.ended_on, stopped, xsi_type="IVL_TS")
    dose = node("doseQuantity", nullFlavor="NA" if none else "UNK")
    product = node("consumable", _medicine(medication, none))
    act = node(
        "substanceAdministration",
        *head,
        status,
        span,
        dose,
        product,
        classCode="SBADM",
        moodCode="EVN",
        negationInd="true" if none else None,
    )
    return node("entry", act, typeCode="DRIV")


def _medicine(medication: Medication, none: bool) -> Node:
    if none:
        name = node("code", code("410942007", codes.SNOMED, "Drug or medicament", tag="translation"), nullFlavor="OTH")
    else:
        name = code_or_text(medication.rxnorm, codes.RXNORM, medication.name)
    head = templates("2.16.840.1.113883.10.20.22.4.23", "2014-06-09")
    return node("manufacturedProduct", *head, node("manufacturedMaterial", name), classCode="MANU")


def problems_section(edition: Edition) -> Node:
    """Conditions, or that there are none, or that nothing is on file."""
    entries = edition.chart.problems
    if entries and not stated(entries):
        return section(codes.PROBLEMS, node("content", "No known problems", ID="problems-none"), [_problem(entries[0], "problems-none")])
    columns = ("Condition", "Status", "Since", "Until", "Note")
    return listed(codes.PROBLEMS, columns, stated(entries), _problem_cells, _problem, "No conditions are on file at this practice.")


def _problem_cells(problem: Problem) -> tuple[str, ...]:
    return problem.name, problem.status.capitalize(), words(problem.started_on), words(problem.ended_on), problem.note


def _problem(problem: Problem, anchor: str) -> Node:
    none, resolved = problem not in stated([problem]), problem.status == "resolved"
    span = since(problem.started_on, problem.ended_on, resolved)
    kind = code("64572001", codes.SNOMED, "Condition", code("75323-6", codes.LOINC, "Condition", tag="translation"))
    head = *templates("2.16.840.1.113883.10.20.22.4.4", "2015-08-01"), identifier(problem.id, "observation"), kind
    body = pointer(anchor), node("statusCode", code="completed"), span, _condition(problem, none)
    observation = node("observation", *head, *body, classCode="OBS", moodCode="EVN", negationInd="true" if none else None)
    return _concern("2.16.840.1.113883.10.20.22.4.3", problem, observation, since(problem.started_on, problem.ended_on, resolved))


def _condition(problem: Problem, none: bool) -> Node:
    if none:
        return code("55607006", codes.SNOMED, "Problem", tag="value", xsi_type="CD")
    value = code_or_text(problem.snomed, codes.SNOMED, problem.name, tag="value", xsi_type="CD")
    if codes.fits(problem.icd10, codes.ICD10):
        value.append(code(problem.icd10, codes.ICD10, None, tag="translation"))
    return value


def immunizations_section(edition: Edition) -> Node:
    """Vaccinations, or that nothing is on file."""
    columns = ("Vaccine", "Date", "Status", "Lot", "Note")
    nothing = "No immunizations are on file at this practice."
    return listed(codes.IMMUNIZATIONS, columns, edition.chart.immunizations, _immunization_cells, _immunization, nothing)


def _immunization_cells(shot: Immunization) -> tuple[str, ...]:
    return shot.vaccine, words(shot.given_on), "Given" if shot.status == "given" else "Not given", shot.lot_number, shot.note


def _immunization(shot: Immunization, anchor: str) -> Node:
    head = *templates("2.16.840.1.113883.10.20.22.4.52", "2015-08-01"), identifier(shot.id), pointer(anchor)
    lot = node("lotNumberText", shot.lot_number) if shot.lot_number else None
    material = node("manufacturedMaterial", code_or_text(shot.cvx, codes.CVX, shot.vaccine), lot)
    product = node("manufacturedProduct", *templates("2.16.840.1.113883.10.20.22.4.54", "2014-06-09"), material, classCode="MANU")
    body = node("statusCode", code="completed"), at(day(shot.given_on) if shot.given_on else None), node("consumable", product)
    refused = "false" if shot.status == "given" else "true"
    return node(
        "entry", node("substanceAdministration", *head, *body, classCode="SBADM", moodCode="EVN", negationInd=refused), typeCode="DRIV"
    )


def social_history_section(edition: Edition) -> Node:
    """Smoking, or that nobody asked."""
    nothing = "Smoking has not been asked about at this practice."
    return listed(codes.SOCIAL_HISTORY, ("Smoking", "Asked"), edition.chart.smoking, _smoking_cells, _smoking, nothing)


def _smoking_cells(status: SmokingStatus) -> tuple[str, ...]:
    return codes.SMOKING[status.snomed], words(status.asked_on)


def _smoking(status: SmokingStatus, anchor: str) -> Node:
    head = *templates("2.16.840.1.113883.10.20.22.4.78", "2014-06-09"), identifier(status.id)
    subject = code("72166-2", codes.LOINC, "Tobacco smoking status")
    value = code(status.snomed, codes.SNOMED, codes.SMOKING[status.snomed], tag="value", xsi_type="CD")
    body = subject, pointer(anchor), node("statusCode", code="completed"), at(day(status.asked_on)), value
    return node("entry", node("observation", *head, *body, classCode="OBS", moodCode="EVN"), typeCode="DRIV")

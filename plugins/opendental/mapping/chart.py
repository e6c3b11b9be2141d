"""The summary of a chart: allergies, problems, medications, and what was done."""

from plugins.opendental.mapping.ledger import PROCEDURE_STATUSES, code_of
from plugins.opendental.mapping.reading import Record, Row, day, deleted, flag, lines, number, one_of, reference, words, written_day
from plugins.opendental.mapping.setup import Setup

ALLERGIES = (
    "None", "AllergyToSubstance", "DrugAllergy", "DrugIntolerance", "FoodAllergy", "FoodIntolerance", "AdverseReactions", "AdverseReactionsToDrug",
    "AdverseReactionsToFood", "AdverseReactionsToSubstance",
)  # fmt: skip
PROBLEM_STATUSES = ("Active", "Resolved", "Inactive")
NOTHING = frozenset({
    "none", "none known", "no known allergies", "no known drug allergies", "nka", "nkda", "no known problems", "no problems", "no medications",
    "no known medications", "not taking any medications",
})  # fmt: skip
_DONE = {"C": "completed", "EC": "done_elsewhere", "EO": "done_elsewhere", "TP": "planned"}


def allergy(row: Row, setup: Setup) -> Record | None:
    """An allergy, or that the patient was asked and has none; None where it has no name."""
    substance = words(row, "defDescription", 300) or _defined(row, setup, "allergydefs", "AllergyDefNum", "Description")
    return _of_patient(row, "allergy", "AllergyNum") | {
        "substance": substance,
        "category": _category(row, setup),
        "status": _status(substance, "active" if flag(row, "StatusIsActive") else "resolved"),
        "reaction": words(row, "Reaction", 300),
        "noted_on": written_day(day(row, "DateAdverseReaction")),
    } if substance else None  # fmt: skip


def problem(row: Row, setup: Setup) -> Record | None:
    """A condition; None where it has no name."""
    name = words(row, "diseaseDefName", 300) or _defined(row, setup, "diseasedefs", "DiseaseDefNum", "DiseaseName")
    active = one_of(row, "ProbStatus", PROBLEM_STATUSES) == "Active"
    return _of_patient(row, "problem", "DiseaseNum") | {
        "name": name,
        "status": _status(name, "active" if active else "resolved"),
        "note": lines(row, "PatNote", 4000),
        "snomed": _defined(row, setup, "diseasedefs", "DiseaseDefNum", "SnomedCode")[:40],
        "icd10": _defined(row, setup, "diseasedefs", "DiseaseDefNum", "Icd10Code")[:40],
        "started_on": written_day(day(row, "DateStart")),
        "ended_on": written_day(day(row, "DateStop")),
    } if name else None  # fmt: skip


def medication(row: Row, setup: Setup) -> Record | None:
    """A medicine; None where it has no name. With a day on which it ended it is stopped from then on."""
    name, ended_on = words(row, "medName", 300) or words(row, "MedDescript", 300), day(row, "DateStop")
    name = name or _defined(row, setup, "medications", "MedicationNum", "MedName")
    stopped = ended_on is not None and (setup.today is None or ended_on <= setup.today)
    return _of_patient(row, "medication", "MedicationPatNum") | {
        "name": name,
        "status": _status(name, "stopped" if stopped else "active"),
        "instructions": lines(row, "PatNote", 4000),
        "rxnorm": reference(row, "RxCui") or reference(setup.defined_row("medications", reference(row, "MedicationNum")), "RxCui") or "",
        "started_on": written_day(day(row, "DateStart")),
        "ended_on": written_day(ended_on),
    } if name else None  # fmt: skip


def procedure(row: Row, setup: Setup) -> Record:
    """What was done, here or elsewhere, or is planned; what was refused, referred or deleted is not shown."""
    number_, status = number(row, "ProcNum"), _DONE.get(one_of(row, "ProcStatus", PROCEDURE_STATUSES))
    if status is None:
        return deleted("procedure", number_)
    code = code_of(row, setup)
    return {
        "kind": "procedure",
        "external_id": number_,
        "patient": reference(row, "PatNum"),
        "description": setup.words_of(code),
        "status": status,
        "cdt": code,
        "tooth": words(row, "ToothNum", 40) or words(row, "ToothRange", 40),
        "surface": words(row, "Surf", 40),
        "done_on": written_day(day(row, "ProcDate")) if status != "planned" else None,
    }


def _of_patient(row: Row, kind: str, key: str) -> Record:
    return {"kind": kind, "external_id": number(row, key), "patient": reference(row, "PatNum")}


def _status(name: str, otherwise: str) -> str:
    return "none_known" if name.casefold().rstrip(".") in NOTHING else otherwise


def _category(row: Row, setup: Setup) -> str:
    definition = setup.defined_row("allergydefs", reference(row, "AllergyDefNum"))
    sort = (one_of(row, "defSnomedType", ALLERGIES) or one_of(definition, "SnomedType", ALLERGIES)).casefold()
    if "drug" in sort or reference(definition, "MedicationNum"):
        return "drug"
    return "food" if "food" in sort else "other"


def _defined(row: Row, setup: Setup, resource: str, key: str, name: str) -> str:
    return setup.defined_word(resource, reference(row, key), name)

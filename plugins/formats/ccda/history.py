"""Problems, allergies, medicines, vaccinations and smoking."""

from core.records.importing.found import NotTaken, Record, Unusable
from plugins.formats import measures
from plugins.formats.ccda.about import EMPTY, About, as_text, is_negated, is_over, needs, place
from plugins.formats.ccda.plain import (
    CVX,
    ICD10,
    RXNORM,
    SNOMED,
    Code,
    Element,
    attribute,
    begins,
    ends,
    line,
    one,
    some,
    type_of,
    with_template,
)
from plugins.formats.nothing import CODES, says_none

_TEMPLATE = "2.16.840.1.113883.10.20.22.4."
PROBLEM, ALLERGY, MEDICATION, IMMUNIZATION = (_TEMPLATE + number for number in ("4", "7", "16", "52"))
SMOKING, REACTION, DIRECTIONS, TO_PATIENT = (_TEMPLATE + number for number in ("78", "9", "147", "20"))
ANY_PROBLEM = ("55607006", "404684003", "64572001")
"""Codes for a problem as such: what is denied with one of these is that there is any."""
_DRUGS = ("416098002", "419511003", "59037007", "293586001")
_FOODS = ("414285001", "418471000", "235719002")


def problem(entry: Element, about: About) -> Record | None:
    """What the patient suffers from."""
    value, span = one(entry, "value"), one(entry, "effectiveTime")
    found, begun, over = about.code(value), begins(span, about.zone), ends(span, about.zone)
    if is_negated(entry):
        if found.has(*ANY_PROBLEM) or found.is_nothing:
            return about.record("problem", ("none",), status="none_known")
        return None
    if _is_none("problem", found):
        return about.record("problem", ("none",), status="none_known")
    if found.has(*ANY_PROBLEM):
        raise NotTaken(EMPTY)
    name = found if found.words else Code(about.narrative.at(one(entry, "text")), found.codes)
    which = (found.of(SNOMED) or found.of(ICD10) or needs(name).words, begun.words)
    status = "resolved" if is_over(entry, bool(over.words)) else "active"
    vague = [f"{word} {time.words}" for word, time in (("Since", begun), ("Until", over)) if time.words and not time.day]
    return about.record(
        "problem", which, name=needs(name).words, status=status, snomed=found.of(SNOMED), icd10=found.of(ICD10), note="\n".join(vague),
        started_on=as_text(begun.day), ended_on=as_text(over.day),
    )  # fmt: skip


def allergy(entry: Element, about: About) -> Record | None:
    """What the patient does not bear."""
    playing = one(entry, "participant/participantRole/playingEntity")
    found = about.code(one(playing, "code"))
    if is_negated(entry):
        if found.is_nothing or not found.codes:
            return about.record("allergy", ("none",), status="none_known")
        return None
    if _is_none("allergy", found):
        return about.record("allergy", ("none",), status="none_known")
    words = needs(Code(found.words or line(one(playing, "name")) or about.narrative.at(one(entry, "text")))).words
    noted, over = begins(one(entry, "effectiveTime"), about.zone), ends(one(entry, "effectiveTime"), about.zone)
    return about.record(
        "allergy", (found.of(RXNORM) or words,), substance=words, category=_category(about.code(one(entry, "value"))),
        status="resolved" if is_over(entry, bool(over.words)) else "active", reaction=_reactions(entry, about), rxnorm=found.of(RXNORM),
        noted_on=as_text(noted.day),
    )  # fmt: skip


def _category(kind: Code) -> str:
    return "drug" if kind.has(*_DRUGS) else "food" if kind.has(*_FOODS) else "other"


def _reactions(entry: Element, about: About) -> str:
    found = [about.code(one(reaction, "value")).words or about.narrative.at(one(reaction, "text")) for reaction in with_template(entry, REACTION)]
    return ", ".join(dict.fromkeys(filter(None, found)))


def medication(entry: Element, about: About) -> Record | None:
    """What the patient takes or took."""
    material = one(entry, "consumable/manufacturedProduct/manufacturedMaterial")
    found = about.code(one(material, "code"))
    if is_negated(entry) or _is_none("medication", found):
        return about.record("medication", ("none",), status="none_known")
    words = needs(Code(found.words or line(one(material, "name")) or about.narrative.at(one(entry, "text")))).words
    span = next((one_ for one_ in some(entry, "effectiveTime") if type_of(one_) in ("IVL_TS", "")), None)
    begun, over = begins(span, about.zone), ends(span, about.zone)
    stopped = _is_stopped(entry, span)
    directions = [about.narrative.at(one(found_, "text")) for found_ in with_template(entry, DIRECTIONS, TO_PATIENT)]
    vague = [f"Since {begun.words}"] if begun.words and not begun.day else []
    return about.record(
        "medication", (found.of(RXNORM) or words, begun.words), name=words, status="stopped" if stopped else "active", rxnorm=found.of(RXNORM),
        instructions="\n".join([*dict.fromkeys(filter(None, directions)), *vague]), started_on=as_text(begun.day),
        ended_on=as_text(over.day) if stopped else None,
    )  # fmt: skip


def _is_none(kind: str, found: Code) -> bool:
    return found.has(*CODES[kind]) or says_none(found.words)


def _is_stopped(entry: Element, span: Element | None) -> bool:
    """Whether it is taken no more. Many systems write "completed" on whatever was once entered: it counts where there is an end, too."""
    status = attribute(entry, "code", "statusCode")
    return status in ("aborted", "suspended", "cancelled") or (status == "completed" and one(span, "high") is not None)


def immunization(entry: Element, about: About) -> Record | None:
    """Vaccinations, given or not."""
    material = one(entry, "consumable/manufacturedProduct/manufacturedMaterial")
    found, given = about.code(one(material, "code")), begins(one(entry, "effectiveTime"), about.zone)
    not_given = is_negated(entry)
    why = [about.code(one(each, "code")).words for each in with_template(entry, _TEMPLATE + "53")] if not_given else []
    vague = [given.words] if given.words and not given.day else []
    return about.record(
        "immunization", (found.of(CVX) or needs(found).words, given.words, not_given), vaccine=needs(found).words,
        status="not_given" if not_given else "given", cvx=found.of(CVX), lot_number=line(one(material, "lotNumberText")),
        note="\n".join(filter(None, (*why, *vague))), given_on=as_text(given.day),
    )  # fmt: skip


def smoking(entry: Element, about: About) -> Record | None:
    """Whether the patient smokes. Other answers are left out."""
    answer = about.code(one(entry, "value")).of(SNOMED)
    if answer not in measures.SMOKING_STATUSES:
        raise NotTaken("An answer about smoking that is not kept")
    asked = begins(one(entry, "effectiveTime"), about.zone).day or about.told_on
    if asked is None:
        raise Unusable(place(entry), "It has no date that is told to the day.")
    return about.record("smoking_status", (asked,), snomed=answer, asked_on=as_text(asked))

"""Results, vital signs and procedures."""

import re

from core.records.importing.found import Record, Unusable
from plugins.formats import measures
from plugins.formats.ccda.about import About, as_text, is_negated, needs, needs_moment, place
from plugins.formats.ccda.plain import CDT, LOINC, Element, When, attribute, begins, line, number, one, some, type_of

RESULT, VITAL = "2.16.840.1.113883.10.20.22.4.2", "2.16.840.1.113883.10.20.22.4.27"
PROCEDURES = tuple(f"2.16.840.1.113883.10.20.22.4.{number}" for number in ("12", "13", "14"))
PLANNED = "2.16.840.1.113883.10.20.22.4.41"
_FLAGS = {"N": "normal", "H": "high", "HH": "high", "L": "low", "LL": "low", "A": "abnormal", "AA": "abnormal"}
_NOT_DONE = ("cancelled", "aborted", "active", "held", "new")
_TOOTH = re.compile(r"tooth ([0-9]{1,2}|[A-T])(?:,? surfaces? ([A-Z]{1,5}))?", re.IGNORECASE)


def result(entry: Element, about: About) -> Record | None:
    """The value of a test."""
    value, unit = _value(one(entry, "value"), about)
    if not value:
        return None
    found = needs(about.code(one(entry, "code")))
    taken = needs_moment(_taken(entry, about), entry)
    flags = (attribute(each, "code") for each in some(entry, "interpretationCode"))
    return about.record(
        "result", (found.of(LOINC) or found.words, taken), name=found.words, loinc=found.of(LOINC), value=value, unit=unit,
        reference_range=_range(entry, about), flag=next((_FLAGS[flag] for flag in flags if flag in _FLAGS), ""), taken_at=taken.isoformat(),
    )  # fmt: skip


def _taken(entry: Element, about: About) -> When:
    """When it was taken; an observation that does not say so was taken when its group was."""
    own = begins(one(entry, "effectiveTime"), about.zone)
    group = entry.getparent().getparent() if entry.getparent() is not None else None  # type: ignore[union-attr]
    return own if own.words else begins(one(group, "effectiveTime"), about.zone)


def _value(value: Element | None, about: About) -> tuple[str, str]:
    if value is None or value.get("nullFlavor"):
        return about.narrative.at(one(value, "originalText")), ""
    kind = type_of(value)
    if kind in ("PQ", "INT", "REAL"):
        unit = attribute(value, "unit")
        return attribute(value, "value"), "" if unit == "1" else unit
    if kind in ("IVL_PQ", "IVL_INT"):
        low, high = one(value, "low"), one(value, "high")
        return _span(low, high), attribute(low, "unit") or attribute(high, "unit")
    return (about.code(value).words if kind in ("CD", "CE", "CV", "CO") else line(value) or attribute(value, "value")), ""


def _span(low: Element | None, high: Element | None) -> str:
    least, most = attribute(low, "value"), attribute(high, "value")
    if least and most:
        return f"{least} to {most}"
    sign = "=" if attribute(low if least else high, "inclusive") == "true" else ""
    return f">{sign}{least}" if least else f"<{sign}{most}" if most else ""


def _range(entry: Element, about: About) -> str:
    found = one(entry, "referenceRange/observationRange")
    value = one(found, "value")
    unit = attribute(value, "unit", "low") or attribute(value, "unit", "high")
    told = _span(one(value, "low"), one(value, "high"))
    return about.narrative.at(one(found, "text")) or (f"{told} {unit}".strip() if told else line(value))


def vital_sign(entry: Element, about: About) -> Record | None:
    """One measure of a moment; those of the same moment become one record."""
    value = one(entry, "value")
    name = measures.MEASURES.get(about.code(one(entry, "code")).of(LOINC))
    amount = number(attribute(value, "value"))
    if not name or amount is None:
        return None
    found = measures.measured(name, amount, attribute(value, "unit"))
    if found is None:
        raise Unusable(place(entry), "Its unit is none that is known for it.")
    taken = needs_moment(_taken(entry, about), entry).isoformat()
    return about.record("vital_sign", (taken,), taken_at=taken, **{name: found})


def procedure(entry: Element, about: About) -> Record | None:
    """What was done, elsewhere than here."""
    if is_negated(entry) or attribute(entry, "code", "statusCode") in _NOT_DONE or entry.get("moodCode") not in (None, "EVN"):
        return None
    return _procedure(entry, about, "done_elsewhere")


def planned(entry: Element, about: About) -> Record | None:
    """Dental work that is planned; other plans are seen in the document."""
    return _procedure(entry, about, "planned") if _cdt(about.code(one(entry, "code")).of(CDT)) else None


def _procedure(entry: Element, about: About, status: str) -> Record:
    found = needs(about.code(one(entry, "code")))
    done = begins(one(entry, "effectiveTime"), about.zone)
    site = about.code(one(entry, "targetSiteCode"))
    match = _TOOTH.search(site.words)
    tooth, surface = (match[1].upper(), (match[2] or "").upper()) if match else ("", "")
    by = one(entry, "performer/assignedEntity/assignedPerson/name")
    return about.record(
        "procedure", (found.codes[0][1] if found.codes else found.words, done.words, tooth, status), description=found.words, status=status,
        cdt=_cdt(found.of(CDT)), tooth=tooth, surface=surface, provider=line(by), done_on=as_text(done.day),
    )  # fmt: skip


def _cdt(code: str) -> str:
    return code if re.fullmatch(r"D[0-9]{4}", code, re.ASCII) else ""

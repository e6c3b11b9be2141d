"""A care document, read as records. This runs in a process of its own (`plugins.formats.ccda.child`)."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from core.records.importing.found import Fault, Found, LeftOut, NotTaken, Record, Unusable
from core.safety.care_documents import Refused, kind_of, parse
from plugins.formats.ccda import findings, header, history
from plugins.formats.ccda.about import About
from plugins.formats.ccda.plain import Element, Narrative, attribute, digest, line, one, some, when, with_template

Reading = Callable[[Element, About], Record | None]
SECTIONS: dict[str, tuple[tuple[str, ...], Reading]] = {
    "11450-4": ((history.PROBLEM,), history.problem),
    "48765-2": ((history.ALLERGY,), history.allergy),
    "10160-0": ((history.MEDICATION,), history.medication),
    "11369-6": ((history.IMMUNIZATION,), history.immunization),
    "29762-2": ((history.SMOKING,), history.smoking),
    "30954-2": ((findings.RESULT,), findings.result),
    "8716-3": ((findings.VITAL,), findings.vital_sign),
    "47519-4": (findings.PROCEDURES, findings.procedure),
    "18776-5": ((findings.PLANNED,), findings.planned),
}
"""What is read of a document, by the codes of its sections. Whatever else it says is seen in the document itself."""


def read_document(data: bytes, source: str, zone: ZoneInfo) -> Iterator[Found]:
    """The patient, the lists of the chart, and the document itself, whose file its reader adds."""
    try:
        root = parse(data)
        kind = kind_of(root)
        if kind == "ccr":
            raise Refused("not_care", 1)
        patient = header.patient(root, source)
    except Refused as refusal:
        yield Fault(f"line {refusal.line}" if refusal.line else "/", str(refusal))
        return
    except Unusable as wrong:
        yield Fault(wrong.pointer, wrong.reason)
        return
    yield patient
    told = when(attribute(root, "value", "effectiveTime"), zone).day
    yield from _sections(root, About(patient["external_id"], Narrative(root), zone, told))
    yield {"kind": "care_document", "external_id": f"{source}:{_number(root, data)}", "patient": patient["external_id"]}


def _sections(root: Element, about: About) -> Iterator[Found]:
    """The entries of all sections; those that say the same are one record."""
    seen: dict[tuple[str, str], Record] = {}
    for section in some(root, "component/structuredBody/component/section"):
        templates, reading = SECTIONS.get(attribute(section, "code", "code"), ((), None))
        if reading is None:
            yield LeftOut(f"Section “{_title(section)}”, seen in the document only")
            continue
        for entry in with_template(section, *templates):
            found = _entry(entry, reading, about)
            if isinstance(found, dict):
                key = found["kind"], found["external_id"]
                seen[key] = seen.get(key, {}) | found if found["kind"] == "vital_sign" else found
            elif found is not None:
                yield found
    yield from seen.values()


def _entry(entry: Element, reading: Reading, about: About) -> Found | None:
    try:
        return reading(entry, about)
    except Unusable as wrong:
        return Fault(wrong.pointer, wrong.reason)
    except NotTaken as what:
        return LeftOut(str(what))


def _title(section: Element) -> str:
    return (line(one(section, "title")) or attribute(section, "displayName", "code") or "without a title")[:60]


def _number(root: Element, data: bytes) -> str:
    """What the document is known by: its own number and version, and its bytes where it has none."""
    found = one(root, "id")
    number = ":".join(filter(None, (attribute(found, "root"), attribute(found, "extension"))))
    return f"{number}:{attribute(root, 'value', 'versionNumber') or '1'}" if number else digest(data.hex())

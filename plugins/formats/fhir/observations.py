"""Observations: results of tests, smoking, and vital signs, which are put together by the moment at which they were taken."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from core.records.importing.found import NotTaken, Record, Unusable, deleted
from plugins.formats import measures
from plugins.formats.fhir.about import About, needs_day
from plugins.formats.fhir.dates import When, date_of
from plugins.formats.fhir.plain import LOINC, SNOMED, Concept, Resource, concept, concepts, number, part, parts, text

_FLAGS = {"H": "high", "HH": "high", "HU": "high", "L": "low", "LL": "low", "LU": "low", "N": "normal", "A": "abnormal", "AA": "abnormal", "POS": "abnormal", "NEG": "normal"}
_NO_VALUE = ("registered", "cancelled")


class Vitals:
    """The vital signs of a file; at its end each moment of a patient is one record."""

    def __init__(self) -> None:
        self._taken: dict[str, dict[str, Any]] = {}

    def add(self, external_id: str, patient: str, taken_at: str, values: dict[str, int | float]) -> None:
        """Note what was measured; what comes later in the file counts."""
        self._taken.setdefault(external_id, {"kind": "vital_sign", "external_id": external_id, "patient": patient, "taken_at": taken_at}).update(values)

    def records(self) -> Iterator[Record]:
        """One record for each moment; one at which nothing counts any more is taken out."""
        for external_id, record in self._taken.items():
            yield record if len(record) > 4 else deleted("vital_sign", external_id)


def kind_of(resource: Resource) -> str:
    """Which kind of record an observation becomes. Raises NotTaken."""
    code = concept(resource, "code")
    categories = [found for one in concepts(resource, "category") for _, found, _ in one.codings]
    loinc = code.code(LOINC)
    if loinc in measures.SMOKING:
        return "smoking_status"
    if loinc in measures.MEASURES or loinc in measures.PANELS:
        return "vital_sign"
    if loinc in measures.NOT_KEPT or "vital-signs" in categories:
        raise NotTaken("Observation of another vital sign")
    if "laboratory" in categories or "imaging" in categories:
        return "result"
    raise NotTaken("Observation that is no result of a test")


def observation(about: About, vitals: Vitals) -> Iterator[Record]:
    """What was found."""
    kind = kind_of(about.resource)
    is_gone = about.status in ("entered-in-error", "cancelled")
    if about.status == "registered":
        raise NotTaken("Observation without a value yet")
    if kind == "vital_sign":
        _take_vital(about, vitals, is_gone)
    elif is_gone:
        yield deleted(kind, about.references.external(about.id))
    else:
        yield from _smoking(about) if kind == "smoking_status" else _results(about)


def _take_vital(about: About, vitals: Vitals, is_gone: bool) -> None:
    taken = needs_day(date_of(about.resource, "effective"), "/effectiveDateTime")
    patient, moment = about.patient("subject"), taken.reached
    assert moment is not None
    values = {} if is_gone else dict(_measured(about.resource))
    if not is_gone and not values and concept(about.resource, "code").code(LOINC) not in measures.PANELS:
        raise Unusable("/valueQuantity", "It has no value in a unit that is known for it.")
    vitals.add(about.references.external(f"vitals.{patient.rpartition(':')[2]}.{moment:%Y%m%dT%H%M%S}"), patient, moment.isoformat(), values)


def _measured(resource: Resource) -> Iterator[tuple[str, int | float]]:
    for one in (resource, *parts(resource, "component")):
        quantity = part(one, "valueQuantity")
        name, value = measures.MEASURES.get(concept(one, "code").code(LOINC)), number(quantity, "value")
        if name and value is not None and (found := measures.measured(name, value, text(quantity, "code") or text(quantity, "unit"))) is not None:
            yield name, found


def _smoking(about: About) -> Iterator[Record]:
    answer = concept(about.resource, "valueCodeableConcept").code(SNOMED)
    if answer not in measures.SMOKING_STATUSES:
        raise Unusable("/valueCodeableConcept", "This is none of the answers about smoking that are kept.")
    day = needs_day(date_of(about.resource, "effective"), "/effectiveDateTime").day
    assert day is not None
    yield about.record("smoking_status", patient=about.patient("subject"), snomed=answer, asked_on=day.isoformat())


def _results(about: About) -> Iterator[Record]:
    """The value, or the values of a panel's parts."""
    resource = about.resource
    taken = needs_day(_taken(resource), "/effectiveDateTime")
    patient, found = about.patient("subject"), 0
    for count, one in enumerate((resource, *parts(resource, "component"))):
        value, unit = _value(one)
        if value:
            found += 1
            fields = _result(one, value, unit) | {"patient": patient, "taken_at": taken.reached and taken.reached.isoformat()}
            own = {"external_id": about.references.external(f"{about.id}.{count}")} if count else {}
            yield about.record("result", **fields) | own
    if not found:
        raise NotTaken("Observation without a value")


def _taken(resource: Resource) -> When:
    found = date_of(resource, "effective")
    return found if found.words else date_of({"issuedInstant": resource.get("issued")}, "issued")


def _result(one: Resource, value: str, unit: str) -> dict[str, Any]:
    code = concept(one, "code")
    if not code.words:
        raise Unusable("/code", "It has neither a text nor a code that says what was tested.")
    flag = next((_FLAGS[found] for one in concepts(one, "interpretation") for _, found, _ in one.codings if found in _FLAGS), "")
    return {"name": code.words, "loinc": code.code(LOINC), "value": value, "unit": unit, "reference_range": _range(one), "flag": flag}


def _range(one: Resource) -> str:
    found = part(one, "referenceRange")
    low, high = _quantity(part(found, "low")), _quantity(part(found, "high"))
    return text(found, "text") or (f"{low} to {high}" if low and high else f"{low} or more" if low else f"up to {high}" if high else "")


def _value(one: Resource) -> tuple[str, str]:
    """The value in words and its unit; an empty one where there is none."""
    quantity = part(one, "valueQuantity")
    if found := _quantity(quantity, with_unit=False):
        return found, text(quantity, "unit") or text(quantity, "code")
    coded: Concept = concept(one, "valueCodeableConcept")
    low, high = _quantity(part(one, "valueRange", "low")), _quantity(part(one, "valueRange", "high"))
    ratio = _quantity(part(one, "valueRatio", "numerator")), _quantity(part(one, "valueRatio", "denominator"))
    whole = one.get("valueInteger")
    words = [
        coded.words, text(one, "valueString"), f"{low} to {high}" if low and high else "", ":".join(ratio) if all(ratio) else "",
        {True: "Yes", False: "No"}.get(one["valueBoolean"], "") if isinstance(one.get("valueBoolean"), bool) else "",
        str(whole) if isinstance(whole, int) and not isinstance(whole, bool) else "", text(one, "valueDateTime"), text(one, "valueTime"),
    ]  # fmt: skip
    return next(filter(None, words), ""), ""


def _quantity(found: Resource, with_unit: bool = True) -> str:
    value = number(found, "value")
    if value is None:
        return ""
    unit = text(found, "unit") or text(found, "code") if with_unit else ""
    return f"{text(found, 'comparator')}{_written(value)} {unit}".strip()


def _written(value: Decimal) -> str:
    """A number as people write it: no more than four places after the point, unless they are all that there is."""
    has_many = abs(value) >= 1 and value != round(value, 4)
    return f"{round(value, 4).normalize() if has_many else value:f}"

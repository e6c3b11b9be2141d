"""Results and vital signs: what was measured, with its unit."""

import re
from datetime import datetime

from plugins.summary.ccd import codes
from plugins.summary.ccd.build.parts import Node, at, code, code_or_text, identifier, moment, node, pointer, templates
from plugins.summary.ccd.build.section import Table, empty, listed, section, words
from plugins.summary.ccd.content import Edition, Result, VitalSigns

_FLAGS = {"normal": "N", "high": "H", "low": "L", "abnormal": "A"}

MEASURES = {
    "systolic_mmhg": ("8480-6", "Systolic blood pressure", "mm[Hg]", "mmHg"),
    "diastolic_mmhg": ("8462-4", "Diastolic blood pressure", "mm[Hg]", "mmHg"),
    "pulse_per_minute": ("8867-4", "Pulse", "/min", "per minute"),
    "breaths_per_minute": ("9279-1", "Breathing rate", "/min", "per minute"),
    "oxygen_percent": ("59408-5", "Oxygen saturation", "%", "%"),
    "temperature_fahrenheit": ("8310-5", "Temperature", "[degF]", "°F"),
    "height_inches": ("8302-2", "Height", "[in_i]", "in"),
    "weight_pounds": ("29463-7", "Weight", "[lb_av]", "lb"),
}
"""Each measure of `VitalSigns`: LOINC code, name, unit as UCUM writes it, unit as people write it."""


def vital_signs_section(edition: Edition) -> Node:
    """What was measured at visits, one row and one observation for each value."""
    taken = [signs for signs in edition.chart.vital_signs if _values(signs)]
    if not taken:
        return empty(codes.VITAL_SIGNS, "No vital signs are on file at this practice.")
    groups = list(enumerate(taken, start=1))
    rows = tuple(_vital_row(number, signs, measure) for number, signs in groups for measure in _values(signs))
    entries = [_organizer(number, signs) for number, signs in groups]
    return section(codes.VITAL_SIGNS, Table(("Date", "Measure", "Value"), rows).narrative(), entries)


def _values(signs: VitalSigns) -> dict[str, str]:
    found = {measure: getattr(signs, measure) for measure in MEASURES}
    return {measure: f"{value:g}" for measure, value in found.items() if value is not None}


def _anchor(number: int, measure: str) -> str:
    return f"vital-{number}-{measure}"


def _vital_row(number: int, signs: VitalSigns, measure: str) -> tuple[str, tuple[str, ...]]:
    _, name, _, unit = MEASURES[measure]
    return _anchor(number, measure), (words(signs.taken_at.date()), name, f"{_values(signs)[measure]} {unit}")


def _organizer(number: int, signs: VitalSigns) -> Node:
    panel = code("74728-7", codes.LOINC, "Vital signs panel", tag="translation")
    head = (
        *templates("2.16.840.1.113883.10.20.22.4.26", "2015-08-01"),
        identifier(signs.id),
        code("46680005", codes.SNOMED, "Vital signs", panel),
    )
    body = node("statusCode", code="completed"), _instant(signs.taken_at)
    parts = (node("component", _vital(number, signs, measure, value)) for measure, value in _values(signs).items())
    return node("entry", node("organizer", *head, *body, *parts, classCode="CLUSTER", moodCode="EVN"), typeCode="DRIV")


def _instant(taken_at: datetime) -> Node:
    return node("effectiveTime", node("low", value=moment(taken_at)), node("high", value=moment(taken_at)))


def _vital(number: int, signs: VitalSigns, measure: str, value: str) -> Node:
    loinc, name, unit, _ = MEASURES[measure]
    head = *templates("2.16.840.1.113883.10.20.22.4.27", "2014-06-09"), identifier(signs.id, measure), code(loinc, codes.LOINC, name)
    body = pointer(_anchor(number, measure)), node("statusCode", code="completed"), at(moment(signs.taken_at))
    quantity = node("value", xsi_type="PQ", value=value, unit=unit)
    return node("observation", *head, *body, quantity, classCode="OBS", moodCode="EVN")


def results_section(edition: Edition) -> Node:
    """Test results, or that nothing is on file."""
    columns = ("Test", "Value", "Usual range", "Compared", "Date")
    nothing = "No test results are on file at this practice."
    return listed(codes.RESULTS, columns, edition.chart.results, _result_cells, _result, nothing)


def _result_cells(result: Result) -> tuple[str, ...]:
    value = f"{result.value} {result.unit}".strip()
    return result.name, value, result.reference_range, result.flag.capitalize(), words(result.taken_at.date())


def _result(result: Result, anchor: str) -> Node:
    name = code_or_text(result.loinc, codes.LOINC, result.name)
    head = *templates("2.16.840.1.113883.10.20.22.4.1", "2015-08-01"), identifier(result.id), name
    body = node("statusCode", code="completed"), _instant(result.taken_at), node("component", _observation(result, anchor))
    return node("entry", node("organizer", *head, *body, classCode="BATTERY", moodCode="EVN"), typeCode="DRIV")


def _observation(result: Result, anchor: str) -> Node:
    name = code_or_text(result.loinc, codes.LOINC, result.name)
    head = *templates("2.16.840.1.113883.10.20.22.4.2", "2015-08-01"), identifier(result.id, "observation"), name
    body = pointer(anchor), node("statusCode", code="completed"), at(moment(result.taken_at)), _quantity(result)
    return node("observation", *head, *body, _flag(result.flag), _range(result), classCode="OBS", moodCode="EVN")


def _quantity(result: Result) -> Node:
    if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", result.value) and re.fullmatch(r"[!-~]{1,20}", result.unit):
        return node("value", xsi_type="PQ", value=result.value, unit=result.unit)
    return node("value", f"{result.value} {result.unit}".strip(), xsi_type="ST")


def _flag(flag: str) -> Node | None:
    return code(_FLAGS[flag], codes.INTERPRETATION, flag.capitalize(), tag="interpretationCode") if flag else None


def _range(result: Result) -> Node | None:
    if not result.reference_range:
        return None
    text = node("text", result.reference_range)
    return node("referenceRange", node("observationRange", text, node("value", result.reference_range, xsi_type="ST")))

"""The chart, put in order for the page: which parts there are, what stands in each, and what the practice holds nothing about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plugins.summary.ccd.content import Chart, VitalSigns, stated


@dataclass(frozen=True)
class Part:
    """One part of the page. Without entries it only says that there are none (`asked_none`), or it is not shown at all."""

    anchor: str
    title: str
    icon: str
    entries: Sequence = ()
    asked_none: Sequence = ()

    @property
    def shown(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.entries or self.asked_none)


@dataclass(frozen=True)
class Reading:
    """What was measured at one moment: pairs of a name and a value with its unit."""

    taken_at: datetime
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """The whole page: the parts to show, and the names of those that are empty."""

    chart: Chart
    parts: tuple[Part, ...]

    @property
    def shown(self) -> list[Part]:
        """The parts that say something, in their order."""
        return [part for part in self.parts if part.shown]

    @property
    def empty(self) -> list[str]:
        """What the practice holds nothing about, in words."""
        return [part.title.lower() for part in self.parts if not part.shown]


def page_of(chart: Chart) -> Page:
    """The parts of the page in the order in which a dentist asks."""
    parts = (
        _asked("allergies", "Allergies", "exclamation-triangle", chart.allergies),
        _asked("medicines", "Medicines", "capsule", chart.medications),
        _asked("conditions", "Conditions", "heart-pulse", chart.problems),
        Part("procedures", "Procedures", "card-checklist", chart.done),
        Part("planned", "Planned treatment", "calendar-event", chart.planned),
        Part("vital-signs", "Vital signs", "activity", readings(chart.vital_signs)),
        Part("results", "Test results", "graph-up", chart.results),
        Part("immunizations", "Immunizations", "shield-check", chart.immunizations),
        Part("smoking", "Smoking", "lungs", chart.smoking),
    )
    return Page(chart, parts)


def _asked(anchor: str, title: str, icon: str, entries: Sequence) -> Part:
    # What holds today comes first; each group keeps its order, newest first.
    named = sorted(stated(entries), key=lambda entry: entry.status != "active")
    return Part(anchor, title, icon, named, () if named else tuple(entries)[:1])


def readings(signs: Sequence[VitalSigns]) -> list[Reading]:
    """What was measured, one reading for each moment; moments at which nothing was are left out."""
    found = (Reading(one.taken_at, _values(one)) for one in signs)
    return [reading for reading in found if reading.values]


def _values(signs: VitalSigns) -> dict[str, str]:
    values = {
        "Blood pressure": _pressure(signs),
        "Pulse": _with_unit(signs.pulse_per_minute, "a minute"),
        "Breathing": _with_unit(signs.breaths_per_minute, "a minute"),
        "Oxygen": _with_unit(signs.oxygen_percent, "%"),
        "Temperature": _with_unit(signs.temperature_fahrenheit, "°F"),
        "Height": _height(signs.height_inches),
        "Weight": _with_unit(signs.weight_pounds, "lb"),
    }
    return {name: value for name, value in values.items() if value}


def _pressure(signs: VitalSigns) -> str:
    if signs.systolic_mmhg is None and signs.diastolic_mmhg is None:
        return ""
    upper, lower = (value if value is not None else "–" for value in (signs.systolic_mmhg, signs.diastolic_mmhg))
    return f"{upper}/{lower} mmHg"


def _with_unit(value: float | None, unit: str) -> str:
    return f"{value:g} {unit}" if value is not None else ""


def _height(inches: float | None) -> str:
    if inches is None:
        return ""
    feet, rest = divmod(inches, 12)
    return f"{feet:g} ft {rest:.3g} in" if feet else f"{rest:.3g} in"

"""What is measured, by its LOINC code, in the units that the portal keeps; for whatever format it comes in."""

from decimal import Decimal

PULSE, BREATHS, SYSTOLIC, DIASTOLIC = "pulse_per_minute", "breaths_per_minute", "systolic_mmhg", "diastolic_mmhg"
OXYGEN, TEMPERATURE, HEIGHT, WEIGHT = "oxygen_percent", "temperature_fahrenheit", "height_inches", "weight_pounds"
MEASURES = {
    "8867-4": PULSE, "8893-0": PULSE, "9279-1": BREATHS, "8480-6": SYSTOLIC, "8462-4": DIASTOLIC, "2708-6": OXYGEN, "59408-5": OXYGEN,
    "8310-5": TEMPERATURE, "8331-1": TEMPERATURE, "8302-2": HEIGHT, "8306-3": HEIGHT, "29463-7": WEIGHT, "3141-9": WEIGHT,
}  # fmt: skip
"""The vital signs that are kept. Others, such as a body mass index, follow from them or are of no use to a dentist."""
PANELS = ("85354-9", "85353-1", "55284-4", "8716-3", "34566-0")
"""Vital signs that only hold others together."""
SMOKING = ("72166-2", "11367-0")
SMOKING_STATUSES = ("449868002", "428041000124106", "8517006", "266919005", "77176002", "266927001", "428071000124103", "428061000124105")
NOT_KEPT = ("39156-5", "59574-4", "59575-1", "59576-9", "77606-2", "8289-1", "9843-4", "8287-5", "3150-6", "3151-8", "3140-1")
"""Vital signs of which the portal keeps nothing, such as the body mass index and percentiles."""

_WHOLE = (PULSE, BREATHS, SYSTOLIC, DIASTOLIC, OXYGEN)
_FACTORS = {
    HEIGHT: {"cm": Decimal(1) / Decimal("2.54"), "m": Decimal(100) / Decimal("2.54"), "[in_i]": Decimal(1), "[in_us]": Decimal(1), "in": Decimal(1), "[ft_i]": Decimal(12)},
    WEIGHT: {"kg": Decimal("2.2046226218"), "g": Decimal("0.0022046226218"), "[lb_av]": Decimal(1), "[lb_us]": Decimal(1), "lb": Decimal(1), "lbs": Decimal(1), "[oz_av]": Decimal(1) / 16},
    SYSTOLIC: {"mm[Hg]": Decimal(1), "mmHg": Decimal(1), "mm(Hg)": Decimal(1), "": Decimal(1)},
    PULSE: dict.fromkeys(("/min", "{beats}/min", "bpm", "{bpm}", "1/min", "/minute", "min", ""), Decimal(1)),
    OXYGEN: {"%": Decimal(1), "": Decimal(1), "1": Decimal(100)},
}  # fmt: skip
_FACTORS[DIASTOLIC] = _FACTORS[SYSTOLIC]
_FACTORS[BREATHS] = _FACTORS[PULSE] | {"{breaths}/min": Decimal(1)}


def measured(name: str, value: Decimal, unit: str) -> int | float | None:
    """A value in the portal's unit of this measure; None for a unit that cannot be turned into it."""
    if name == TEMPERATURE:
        found = {"Cel": value * 9 / 5 + 32, "C": value * 9 / 5 + 32, "[degF]": value, "degF": value, "F": value}.get(unit)
    else:
        factor = _FACTORS[name].get(unit)
        found = None if factor is None else value * factor
    if found is None:
        return None
    return int(found.to_integral_value()) if name in _WHOLE else round(float(found), 1)

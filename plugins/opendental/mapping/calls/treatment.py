"""Treatment plans that were signed, or are not wanted."""

from plugins.opendental.mapping.calls.telling import Call, Told, line, upload

TREATMENT_PLANS = "R"
"""The letter of the folder for treatment plans."""


def _sign(told: Told) -> list[Call]:
    number = told.needed_target()
    signed = f"SELECT TreatPlanNum FROM treatplan WHERE TreatPlanNum = {int(number)} AND Signature <> ''"  # noqa: S608 (a number)
    sign = Call("change", f"treatplans/{number}", {"isSigned": "true"}, signed, "TreatPlanNum", True)
    return [sign, *upload(told, f"Treatment plan, signed by {told.data.get('signed_name', '')}", TREATMENT_PLANS)]


def _declined(told: Told) -> list[Call]:
    reason = told.data.get("reason", "")
    return [line(told, f"Patient does not want a treatment plan{f': {reason}' if reason else ''}", "Received")]


MAKERS = {"treatment_plan.signed": _sign, "treatment_plan.declined": _declined}

"""The form of an estimate as it begins: with the lines of what is planned. Plans have fees; a visit takes those of the same procedures from the plans."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from core.plugins import Planned, PlannedLine

LONGEST = 200


def begun(chosen: Planned | None, planned: Sequence[Planned], zone: ZoneInfo, most: int) -> dict[str, str]:
    """What the form's fields hold at first, and in `lines` how many lines that is."""
    lines = chosen.lines[:most] if chosen else ()
    values = {"lines": str(len(lines)), "about": chosen.title[:LONGEST] if chosen else ""}
    if chosen and chosen.starts_at:
        values["planned_on"] = chosen.starts_at.astimezone(zone).date().isoformat()
    if chosen and chosen.provider_id:
        values["provider"] = str(chosen.provider_id)
    fees = _fees(planned)
    for number, line in enumerate(lines):
        values |= {f"line_{number}_{name}": words for name, words in _fields(line, fees).items()}
    return values


def _fields(line: PlannedLine, fees: dict[str, int]) -> dict[str, str]:
    cents = line.cents if line.cents is not None else fees.get(line.code)
    amount = "" if cents is None else f"{cents // 100}.{cents % 100:02}"
    return {"words": line.words[:LONGEST], "code": line.code[:10], "tooth": line.tooth[:20], "amount": amount}


def _fees(planned: Sequence[Planned]) -> dict[str, int]:
    """The fee of each procedure number, as the first plan that has it says."""
    fees: dict[str, int] = {}
    for one in planned:
        for line in one.lines:
            if line.code and line.cents is not None:
                fees.setdefault(line.code, line.cents)
    return fees

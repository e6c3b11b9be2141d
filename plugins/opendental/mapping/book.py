"""The practice's book: hours and blockouts of a day, and the reasons for a visit."""

from datetime import time

from plugins.opendental.mapping.reading import (
    Record,
    Row,
    clock,
    day,
    flag,
    is_number,
    number,
    position,
    procedure_words,
    reference,
    words,
    written_day,
)
from plugins.opendental.mapping.setup import Setup

PROVIDER, BLOCKOUT = {"Provider", "1"}, {"Blockout", "2"}
LONGEST_PATTERN, LONGEST_CODE = 144, 40


def schedule(row: Row, setup: Setup) -> Record | None:
    """Hours of a provider or a blockout on one day; None for what concerns no patient, such as hours of employees, or ends before it begins."""
    held_on, begins, ends, sort = day(row, "SchedDate"), clock(row, "StartTime"), clock(row, "StopTime"), words(row, "SchedType")
    owner = {"provider": reference(row, "ProvNum")} if sort in PROVIDER else {"blockout_type": reference(row, "BlockoutType")}
    if sort not in PROVIDER | BLOCKOUT or held_on is None or begins is None or ends is None or None in owner.values():
        return None
    # An end at midnight is the end of that day.
    until = _minutes(ends) or 1440
    if _minutes(begins) >= until:
        return None
    chairs = operatories(row)
    return {
        "kind": "schedule",
        "external_id": number(row, "ScheduleNum"),
        **owner,
        "clinic": next((setup.chairs[chair] for chair in chairs if chair in setup.chairs), None) or reference(row, "ClinicNum"),
        "held_on": written_day(held_on),
        "starts": _minutes(begins),
        "ends": until,
        "operatories": chairs,
        "note": words(row, "Note", 500),
    }


def operatories(row: Row) -> list[str]:
    """The chairs of a schedule entry, which come as one text; each once."""
    said = row.get("operatories")
    parts = said if isinstance(said, list) else words(row, "operatories", 2000).replace(";", ",").split(",")
    found = (str(part).strip() for part in parts)
    return list(dict.fromkeys(part for part in found if is_number(part) and int(part)))


def appointment_type(row: Row, setup: Setup) -> Record:
    """A reason for a visit. Whether patients are offered it, and in which words, is set here by the office."""
    return {
        "kind": "appointment_type",
        "external_id": number(row, "AppointmentTypeNum"),
        "name": words(row, "AppointmentTypeName", 200) or f"Type {number(row, 'AppointmentTypeNum')}",
        "pattern": pattern(row, "Pattern"),
        "procedures": procedures(words(row, "CodeStr", 500), setup),
        "blockout_types": _numbers(words(row, "BlockoutTypes", 500)),
        "position": position(row, "ItemOrder"),
        "is_hidden": flag(row, "IsHidden"),
    }


def pattern(row: Row, name: str) -> str:
    """A time pattern of five-minute signs; what is neither sign counts as time without the provider."""
    return "".join("X" if sign in "Xx" else "/" for sign in words(row, name, LONGEST_PATTERN))


def procedures(codes: str, setup: Setup) -> list[Record]:
    """Procedures by a list of codes, in words for patients."""
    found = [code for part in codes.split(",") if (code := part.strip()[:LONGEST_CODE].strip())]
    return [{"code": code, "words": setup.words_of(code) or procedure_words(code)} for code in dict.fromkeys(found)]


def _numbers(said: str) -> list[str]:
    return list(dict.fromkeys(part for one in said.split(",") if is_number(part := one.strip()) and int(part)))


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute

"""Reading: one row, or a list with filters, page by page."""

from collections.abc import Mapping

from plugins.opendental.stand_in.faults import Fault, wrong
from plugins.opendental.stand_in.office import StandInOffice
from plugins.opendental.stand_in.saying import Speaker
from plugins.opendental.stand_in.store import Row, place_of
from plugins.opendental.stand_in.tables import BY_PATH, NAMES, Table

_SINCE = {"DateTStamp": "DateTStamp", "SecDateTEdit": "SecDateTEdit", "DateEntry": "DateEntry", "SigDateTime": "SigDateTime"}
_EQUAL = {
    "patient": "LName FName Birthdate ClinicNum PatStatus PriProv Gender Position Guarantor SuperFamily EmployerNum FeeSched",
    "appointment": "PatNum AptStatus Op ClinicNum AppointmentTypeNum",
    "histappointment": "AptNum PatNum HistApptAction",
    "schedule": "SchedType BlockoutType ProvNum EmployeeNum",
    "scheduleop": "ScheduleNum", "recall": "PatNum", "patfield": "PatNum FieldName", "definition": "Category", "procedurecode": "ProcCode", "operatory": "ClinicNum",
    "provider": "ClinicNum", "procedurelog": "PatNum AptNum ClinicNum ProcStatus", "payment": "PatNum PayType", "paysplit": "PatNum PayNum ProcNum PayPlanNum",
    "payplan": "PatNum", "payplancharge": "PayPlanNum PatNum", "adjustment": "PatNum ProcNum", "claim": "PatNum", "claimproc": "PatNum ClaimNum ProcNum", "statement": "PatNum",
    "treatplan": "PatNum TPStatus", "proctp": "TreatPlanNum PatNum", "document": "PatNum", "allergy": "PatNum AllergyDefNum", "disease": "PatNum DiseaseDefNum", "medicationpat": "PatNum",
    "rxpat": "PatNum", "refattach": "PatNum ReferralNum", "commlog": "PatNum CommType", "task": "TaskListNum PatNum", "popup": "PatNum", "patplan": "PatNum", "inssub": "PlanNum",
}  # fmt: skip
_DATED = {
    "appointment": ("substr(AptDateTime, 1, 10)", True), "schedule": ("SchedDate", True), "histappointment": ("substr(HistDateTStamp, 1, 10)", False),
}  # fmt: skip
# Only per patient (or parent): what is asked without is refused.
_NEEDED = {
    "recall": ("PatNum",), "statement": ("PatNum",), "document": ("PatNum",), "allergy": ("PatNum",), "disease": ("PatNum",), "medicationpat": ("PatNum",),
    "proctp": ("TreatPlanNum",), "paysplit": ("PayNum", "PatNum", "ProcNum", "PayPlanNum"), "adjustment": ("PatNum", "ProcNum"), "payplan": ("PatNum",),
    "payplancharge": ("PayPlanNum", "PatNum"), "claim": ("PatNum",), "claimproc": ("PatNum", "ClaimNum"), "signalod": ("SigDateTime",),
}  # fmt: skip


def read_list(office: StandInOffice, table: Table, asked: Mapping[str, str]) -> list[Row]:
    """A list, in the order of numbers."""
    asked = dict(asked)
    limit, offset = _whole(asked.pop("Limit", str(office.page_size))), _whole(asked.pop("Offset", "0"))
    if office.quirks.slow_above and limit > office.quirks.slow_above:
        raise Fault(504, "Gateway Timeout")
    if (needed := _NEEDED.get(table.name)) and not set(needed) & asked.keys():
        raise wrong(f"{needed[0]} is required.")
    where, values = _where(table, asked)
    rows = office.store.all(table.name, " and ".join(where) or "1", values, min(limit, office.page_size), offset)
    return Speaker(office.store, office.quirks.text_booleans).say_all(table.name, rows)


def read_one(office: StandInOffice, path: str, number: str) -> Row:
    """One row by its number."""
    table = BY_PATH[path]
    return Speaker(office.store, office.quirks.text_booleans).say(table.name, office.store.get(table.name, _whole(number)))


def _where(table: Table, asked: Mapping[str, str]) -> tuple[list[str], list]:
    where: list[str] = ["isHidden = 0"] if table.name == "definition" and asked.get("includeHidden") != "true" else []
    values: list = []
    for name, word in asked.items():
        if name == "includeHidden":
            continue
        words, kept = _condition(table, name, word)
        where.append(words)
        values += kept
    return where, values


def _condition(table: Table, name: str, word: str) -> tuple[str, list]:
    if name in _SINCE and name in table.columns:
        return f"{_SINCE[name]} >= ?", [word]
    if table.name in _DATED and name in ("date", "dateStart", "dateEnd"):
        column, exact = _DATED[table.name]
        return f"{column} {'<=' if name == 'dateEnd' else '=' if name == 'date' and exact else '>='} ?", [word]
    if table.name == "preference" and name == "PrefName":
        names = word.split(",")
        return f"PrefName in ({', '.join('?' * len(names))})", names
    if name not in _EQUAL.get(table.name, "").split() or name not in table.columns:
        raise wrong(f"{name} is not a valid parameter.")
    kind = table.columns[name]
    if kind in NAMES:
        return f"{name} = ?", [place_of(kind, word)]
    return f"{name} = ?", [word if kind in ("s", "d") else _whole(word)]


def _whole(word: str) -> int:
    if not word.isdecimal() or len(word) > 15:
        raise wrong(f"{word[:20]} is not a number.")
    return int(word)

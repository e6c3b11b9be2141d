"""Rows as the API says them, and what is sent to it as a row."""

from datetime import date, datetime, time
from typing import Any

from plugins.opendental.stand_in.faults import wrong
from plugins.opendental.stand_in.store import NO_DAY, Row, Store, place_of
from plugins.opendental.stand_in.tables import BY_NAME, LOOKED_UP, NAMES, Table

WITH_TIME = frozenset({
    "patient", "appointment", "commlog", "procedurelog", "refattach", "treatplan", "payment", "document", "schedule", "histappointment", "patfield", "procedurecode", "provider",
    "inssub", "statement", "signalod",
})  # fmt: skip
"""Tables whose rows carry the office's clock, `serverDateTime`."""
_NOT_WRITTEN = frozenset({"DateTStamp", "SecDateTEdit", "SecDateTEntry", "SecDateEntry", "CustomerKey"})


class Speaker:
    """Says the rows of one office. `as_text`: yes and no come as text, as theirs do."""

    def __init__(self, store: Store, as_text: bool = True):
        self._store, self._as_text = store, as_text
        self._found: dict[tuple[str, int, str], str] = {}

    def say(self, table: str, row: Row) -> Row:
        """One row."""
        known = BY_NAME[table]
        said = {name: self._value(known, name, row[name]) for name in row}
        said |= {name: self._look_up(other, row[number], column) for name, number, other, column in LOOKED_UP.get(table, ())}
        if table in WITH_TIME:
            said["serverDateTime"] = self._store.stamp()
        return said | self._more(table, row)

    def say_all(self, table: str, rows: list[Row]) -> list[Row]:
        """Many rows."""
        return [self.say(table, row) for row in rows]

    def flag(self, value: Any) -> Any:
        """Yes or no."""
        return ("true" if value else "false") if self._as_text else bool(value)

    def _value(self, table: Table, name: str, value: Any) -> Any:
        kind = table.columns[name]
        if kind in NAMES:
            return NAMES[kind][value]
        if kind == "s":
            return value.replace("\r", "").replace("\n", " ")
        return self.flag(value) if kind == "b" else value

    def _look_up(self, table: str, number: int, column: str) -> str:
        key = (table, number, column)
        if key not in self._found:
            row = self._store.find(table, number) if number else None
            self._found[key] = str(row[column]) if row else ""
        return self._found[key]

    def _more(self, table: str, row: Row) -> Row:
        if table == "schedule":
            chairs = self._store.all("scheduleop", "ScheduleNum = ?", [row["ScheduleNum"]])
            return {"operatories": ",".join(str(chair["OperatoryNum"]) for chair in chairs)}
        if table == "recall":
            return {"RecallInterval": _interval(row["RecallInterval"])}
        if table == "recalltype":
            return {"DefaultInterval": _interval(row["DefaultInterval"])}
        if table == "treatplan":
            signed = {"isSigned": self.flag(row["DateTSigned"][:10] != NO_DAY)}
            return signed | {"isSignedPractice": self.flag(row["DateTPracticeSigned"][:10] != NO_DAY)}
        if table == "payplan":
            return {"principalAmount": row["CompletedAmt"]}
        return {"filePath": f"\\\\SERVER\\OpenDentImages\\{row['FileName'][:1] or 'A'}\\{row['FileName']}"} if table == "document" else {}


def _interval(packed: int) -> str:
    return "".join(f"{count}{unit}" for shift, unit in ((24, "y"), (16, "m"), (8, "w"), (0, "d")) if (count := packed >> shift & 255))


def read(table: str, body: Row) -> Row:
    """What may be kept of what was sent. Raises Fault for a field that there is not, or a value that it cannot have."""
    known = BY_NAME[table]
    found = {}
    for name, value in body.items():
        if name == known.key or name in _NOT_WRITTEN or name not in known.columns:
            raise wrong(f"{name} is not a valid field.")
        found[name] = _kept(known.columns[name], name, value)
    return found


def _kept(kind: str, name: str, value: Any) -> Any:
    text = "" if value is None else str(value)
    if kind in NAMES:
        return place_of(kind, text)
    if kind == "b":
        if text.casefold() not in ("true", "false"):
            raise wrong(f"{name} must be either 'true' or 'false'.")
        return int(text.casefold() == "true")
    if kind == "s":
        return text
    try:
        return _day_or_number(kind, text)
    except ValueError:
        raise wrong(f"{name} is incorrect format.") from None


def _day_or_number(kind: str, text: str) -> Any:
    if kind == "d":
        return date.fromisoformat(text[:10]).isoformat()
    if kind == "t":
        return f"{datetime.fromisoformat(text).replace(tzinfo=None):%Y-%m-%d %H:%M:%S}"
    if kind == "c":
        return f"{time.fromisoformat(text):%H:%M:%S}"
    return round(float(text), 2) if kind == "m" else int(text)

"""Visits that were, that will be, and that came to nothing; recalls."""

from datetime import date

from plugins.opendental.stand_in.seeding.rows import Rows
from plugins.opendental.stand_in.seeding.setup import BITEWINGS, CLEANING, CLEANING_OF_CHILD, CONFIRMATION, GUMS, definition
from plugins.opendental.stand_in.store import NO_DAY, NO_MOMENT, Row

SCHEDULED, COMPLETE, UNSCHEDULED, ASAP, BROKEN, PLANNED, NOTE = 1, 2, 3, 4, 5, 6, 7
HYGIENE, FILLING, CROWN = ("PerEx, Pro, 4BW", "//XXXXXXXX//"), ("#14-2SurfP", "/XXXXXX/"), ("#3-PFM", "//XXXXXXXXXXXXXX//")
STEP_MINUTES, STEPS = 10, 48


def make(rows: Rows, person: Row) -> list[Row]:
    """The visits of one person; those that took place."""
    if person["PatStatus"] == 1:
        return []
    held = [_visit(rows, person, COMPLETE, -rows.between(1, 900)) for _ in range(rows.one_of((0, 1, 2, 2, 3, 5)))]
    is_current = person["PatStatus"] == 0
    if is_current and rows.chance(45):
        _visit(rows, person, ASAP if rows.chance(4) else SCHEDULED, rows.between(0, 70))
    if rows.chance(12):
        _visit(rows, person, rows.one_of((BROKEN, UNSCHEDULED, PLANNED, NOTE)), -rows.between(1, 200))
    _recalls(rows, person, held)
    return held


def _visit(rows: Rows, person: Row, status: int, days: int) -> Row:
    words, pattern = rows.one_of((HYGIENE, HYGIENE, FILLING, CROWN))
    hygiene = words == HYGIENE[0]
    minutes = 8 * 60 + STEP_MINUTES * rows.between(0, STEPS)
    at = NO_MOMENT if status == PLANNED else f"{rows.day(days)} {minutes // 60:02}:{minutes % 60:02}:00"
    chair = rows.one_of((2, 4)) if hygiene else rows.one_of((1, 3, 6, 5 if days < 0 else 1))
    confirmed = _status(rows, "Confirmed" if status == COMPLETE or rows.chance(35) else "Unconfirmed")
    return rows.put(
        "appointment", PatNum=person["PatNum"], AptStatus=status, Pattern=pattern if rows.chance(99) else "", Confirmed=confirmed, Op=0 if status in (UNSCHEDULED, PLANNED) else chair,
        ProvNum=person["PriProv"], ProvHyg=3 if hygiene else 0, AptDateTime=at, ProcDescript=words, ClinicNum=person["ClinicNum"], IsHygiene=hygiene, IsNewPatient=rows.chance(5),
        Note="Bring x-rays\r\nfrom last dentist" if rows.chance(5) else "", SecDateTEntry=rows.stamp() if rows.chance(90) else NO_MOMENT, Priority=int(rows.chance(5)),
        AppointmentTypeNum=2 if hygiene else 0, DateTimeAskedToArrive=NO_MOMENT,
    )  # fmt: skip


def _status(rows: Rows, name: str) -> int:
    kept = rows.__dict__.setdefault("statuses", {})
    if name not in kept:
        kept[name] = definition(rows, CONFIRMATION, name)
    return kept[name]


def _recalls(rows: Rows, person: Row, held: list[Row]) -> None:
    last = max((visit["AptDateTime"][:10] for visit in held), default="")
    child = person["Position"] == 2
    kinds = (CLEANING_OF_CHILD if child else GUMS if rows.chance(8) else CLEANING, BITEWINGS)
    for kind in kinds:
        months = 12 if kind == BITEWINGS else 4 if kind == GUMS else 6
        due = _later(last, months) if last else NO_DAY
        rows.put(
            "recall", PatNum=person["PatNum"], RecallTypeNum=kind, RecallInterval=(months << 16) + 1, DatePrevious=last or NO_DAY, DateDue=due, DateDueCalc=due,
            IsDisabled=rows.chance(3), Priority=0, Note="", DisableUntilDate=NO_DAY, DateScheduled=NO_DAY,
        )  # fmt: skip


def _later(day: str, months: int) -> str:
    then = date.fromisoformat(day)
    month = then.month - 1 + months
    return date(then.year + month // 12, month % 12 + 1, min(then.day, 28)).isoformat()

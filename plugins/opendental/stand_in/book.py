"""What is done with visits and recalls."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from plugins.opendental.stand_in.faults import wrong
from plugins.opendental.stand_in.office import StandInOffice
from plugins.opendental.stand_in.saying import Speaker, read
from plugins.opendental.stand_in.store import Row
from plugins.opendental.stand_in.tables import NAMES

Sent = dict[str, Any]
SCHEDULED, UNSCHEDULED, BROKEN, COMPLETE = 1, 3, 5, 2
CREATED, CHANGED, MISSED, CANCELED, DELETED = range(5)
USUAL_PATTERN = "//XXXX//"
CONFIRMATIONS = {
    "None": "", "Sent": "ApptEConfirmStatusSent", "Confirmed": "ApptEConfirmStatusAccepted", "Not Accepted": "ApptEConfirmStatusDeclined", "Failed": "ApptEConfirmStatusSendFailed",
}  # fmt: skip


def new_visit(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """A visit is put into the book."""
    _need(sent, "PatNum", "Op", "AptDateTime")
    values = {"AptStatus": SCHEDULED, "Pattern": USUAL_PATTERN, "Confirmed": _first_status(office)} | read("appointment", sent)
    return 201, Speaker(office.store).say("appointment", _put(office, values))


def new_web_visit(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """A visit that a patient has chosen out of the times of Web Sched."""
    _need(sent, "PatNum", "DateTimeStart", "DateTimeEnd", "ProvNum", "OpNum")
    values = read("appointment", {"PatNum": sent["PatNum"], "AptDateTime": sent["DateTimeStart"], "ProvNum": sent["ProvNum"], "Op": sent["OpNum"]})
    minutes = int((_moment(sent["DateTimeEnd"]) - _moment(sent["DateTimeStart"])).total_seconds() // 60)
    row = _put(office, values | {"AptStatus": SCHEDULED, "Pattern": "X" * max(1, minutes // 5), "Confirmed": _first_status(office)})
    office.store.add("websched", AptNum=row["AptNum"], DateTStamp=office.store.stamp())
    return 201, Speaker(office.store).say("appointment", row)


def web_visits(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """The visits that patients have chosen so."""
    where = "AptNum in (select AptNum from websched) and DateTStamp >= ?"
    return 200, Speaker(office.store).say_all("appointment", office.store.all("appointment", where, [asked.get("DateTStamp", "")]))


def change_visit(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """A visit is moved, or changed otherwise."""
    row, values = office.store.get("appointment", numbers[0]), read("appointment", sent)
    _refuse_overlap(office, row | values)
    row = office.store.update("appointment", numbers[0], **values)
    _note(office, row, CHANGED)
    return 200, Speaker(office.store).say("appointment", row)


def confirm(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """The confirmation status, by its number or by what the office's settings make of a word."""
    office.store.get("appointment", numbers[0])
    if "defNum" in sent:
        status = int(sent["defNum"])
        if office.store.get("definition", status)["Category"] != 2:
            raise wrong("defNum is not a confirmation status.")
    else:
        status = _status_of(office, str(sent.get("confirmVal", "")))
    office.store.update("appointment", numbers[0], Confirmed=status)
    return 200, ""


def break_visit(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """A visit is broken; only one that is scheduled."""
    row = office.store.get("appointment", numbers[0])
    if str(sent.get("sendToUnscheduledList", "")).casefold() not in ("true", "false"):
        raise wrong("sendToUnscheduledList is required.")
    if row["AptStatus"] != SCHEDULED:
        raise wrong("Only appointments with a status of Scheduled can be broken.")
    kind = str(sent.get("breakType", ""))
    if kind not in ("", "Missed", "Cancelled"):
        raise wrong("breakType is invalid.")
    status = UNSCHEDULED if str(sent["sendToUnscheduledList"]).casefold() == "true" else BROKEN
    row = office.store.update("appointment", numbers[0], AptStatus=status)
    _note(office, row, MISSED if kind == "Missed" else CANCELED)
    return 200, ""


def add_note(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """Words are put behind a visit's note."""
    row = office.store.get("appointment", numbers[0])
    _need(sent, "Note")
    office.store.update("appointment", numbers[0], Note=f"{row['Note']}\r\n{sent['Note']}".strip())
    return 200, ""


def recall_status(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """The status of a recall, with a line in the communications log."""
    _need(sent, "PatNum", "recallType")
    found = office.store.all("recall", "PatNum = ? and RecallTypeNum = ?", [int(sent["PatNum"]), int(sent["recallType"])])
    if not found:
        raise wrong("Patient has no recall of this type.")
    office.store.update("recall", found[0]["RecallNum"], RecallStatus=int(sent.get("RecallStatus", 0)))
    office.store.add("commlog", PatNum=int(sent["PatNum"]), CommDateTime=office.store.stamp(), Note="Recall status changed.", SentOrReceived=1)
    return 200, ""


def delete_visit(office: StandInOffice, number: int) -> None:
    """Somebody at the office deletes a visit."""
    with office.store.change():
        _note(office, office.store.get("appointment", number), DELETED)
        office.store.delete("appointment", number)


def _put(office: StandInOffice, values: Row) -> Row:
    office.store.get("patient", values["PatNum"])
    chair = office.store.find("operatory", values["Op"])
    if chair is None or chair["IsHidden"]:
        raise wrong("Op is invalid.")
    _refuse_overlap(office, values)
    more = {"ProvNum": chair["ProvDentist"], "ClinicNum": chair["ClinicNum"]}
    row = office.store.add("appointment", **(more | values), SecDateTEntry=office.store.stamp())
    _note(office, row, CREATED)
    return row


def _refuse_overlap(office: StandInOffice, values: Row) -> None:
    """Nobody is put into a chair in which somebody sits."""
    if values["AptStatus"] not in (SCHEDULED, COMPLETE):
        return
    starts = _moment(values["AptDateTime"])
    ends = starts + timedelta(minutes=5 * len(values["Pattern"]))
    that_day = office.store.all("appointment", "Op = ? and substr(AptDateTime, 1, 10) = ? and AptStatus in (1, 2)", [values["Op"], f"{starts:%Y-%m-%d}"])
    for other in that_day:
        begins = _moment(other["AptDateTime"])
        if other["AptNum"] != values.get("AptNum") and begins < ends and starts < begins + timedelta(minutes=5 * len(other["Pattern"])):
            raise wrong("Appointment overlaps an existing appointment.")


def _note(office: StandInOffice, row: Row, action: int) -> None:
    about = {"AptNum": row["AptNum"], "PatNum": row["PatNum"], "AptDateTime": row["AptDateTime"]}
    office.store.add("histappointment", HistDateTStamp=office.store.stamp(), HistApptAction=action, **about)
    office.store.add("signalod", IType="Appointment", FKey=row["AptNum"], FKeyType=NAMES["HistAction"][action], SigDateTime=office.store.stamp())


def _first_status(office: StandInOffice) -> int:
    found = office.store.all("definition", "Category = 2", limit=1)
    return found[0]["DefNum"] if found else 0


def _status_of(office: StandInOffice, word: str) -> int:
    if word not in CONFIRMATIONS:
        raise wrong("confirmVal is invalid.")
    if not CONFIRMATIONS[word]:
        return _first_status(office)
    found = office.store.all("preference", "PrefName = ?", [CONFIRMATIONS[word]])
    if not found:
        raise wrong(f"{CONFIRMATIONS[word]} is not set.")
    return int(found[0]["ValueString"])


def _need(sent: Sent, *names: str) -> None:
    for name in names:
        if sent.get(name) in (None, ""):
            raise wrong(f"{name} is required.")


def _moment(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=None)
    except ValueError:
        raise wrong("AptDateTime is incorrect format.") from None


ACTS = [
    ("POST", "appointments", new_visit), ("GET", "appointments/WebSched", web_visits), ("POST", "appointments/WebSched", new_web_visit),
    ("PUT", r"appointments/(\d{1,15})", change_visit), ("PUT", r"appointments/(\d{1,15})/Confirm", confirm), ("PUT", r"appointments/(\d{1,15})/Break", break_visit),
    ("PUT", r"appointments/(\d{1,15})/Note", add_note), ("PUT", "recalls/Status", recall_status),
]  # fmt: skip

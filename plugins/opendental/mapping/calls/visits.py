"""Visits that are confirmed, moved, called off and booked, and what patients ask about them."""

from typing import Any
from zoneinfo import ZoneInfo

from plugins.opendental.mapping.calls.telling import LONGEST_NOTE, ByHand, Call, Told, flag, line, local, marked

CONFIRM = {"asked": "Sent", "confirmed": "Confirmed", "callback": "Not Accepted", "failed": "Failed", "unconfirmed": "None"}
_ASKS = {"callback": "asks to be called", "cancel": "asks to call a visit off", "move": "asks to move a visit", "visit": "asks for a visit"}


def _confirm(told: Told) -> list[Call]:
    status = told.number(told.data.get("status"))
    values = {"defNum": int(status)} if status else {"confirmVal": CONFIRM[told.data["confirmation"]]}
    return [Call("change", f"appointments/{told.needed_target()}/Confirm", values)]


def _callback(told: Told) -> list[Call]:
    calls, tasks = _confirm(told), told.choices.get("task_list")
    if tasks:
        words = f"Patient wants to be called about a visit (portal {told.mark})"
        about = {"TaskListNum": int(tasks), "Descript": words, "KeyNum": int(told.needed_target()), "ObjectType": "Appointment"}
        calls.append(Call("add", "tasks", about, marked("task", "Descript", told.mark), "TaskNum"))
    return calls


def _break(told: Told) -> list[Call]:
    number = told.needed_target()
    done = f"SELECT AptNum FROM appointment WHERE AptNum = {int(number)} AND AptStatus <> 1"  # noqa: S608 (a number)
    return [Call("change", f"appointments/{number}/Break", {"sendToUnscheduledList": "false"}, done, "AptNum", True)]


def _where(told: Told) -> dict[str, Any]:
    names = {"Op": "operatory", "ProvNum": "provider", "ProvHyg": "hygienist"}
    found = {column: int(number) for column, name in names.items() if (number := told.number(told.data.get(name)))}
    return {"AptDateTime": local(told, told.data["starts_at"])} | found


def _move(told: Told) -> list[Call]:
    return [Call("change", f"appointments/{told.needed_target()}", _where(told))]


def _restore(told: Told) -> list[Call]:
    return [Call("change", f"appointments/{told.needed_target()}", _where(told) | {"AptStatus": "Scheduled"})]


def _book(told: Told) -> list[Call]:
    patient, where, data = told.needed_patient(), _where(told), told.data
    if "Op" not in where:
        raise ByHand("The operatory of the visit is not in Open Dental. Enter the visit there by hand.")
    more = {"ClinicNum": told.number(data.get("clinic")), "AppointmentTypeNum": told.number(data.get("appointment_type"))}
    said = " ".join(part for part in (data["reason"], data["note"], f"(portal {told.mark})") if part)
    values = where | {name: int(number) for name, number in more.items() if number} | {
        "PatNum": int(patient), "AptStatus": "Scheduled", "Pattern": data["pattern"] or "X" * max(1, data["minutes"] // 5), "Note": said[-LONGEST_NOTE:],
        "IsHygiene": flag(data["is_hygiene"]), "IsNewPatient": flag(data["is_new_patient"]), "Priority": "ASAP" if data["wants_earlier"] else "Normal",
    }  # fmt: skip
    return [Call("add", "appointments", values, marked("appointment", "Note", told.mark), "AptNum")]


def _arrived(told: Told) -> list[Call]:
    at = told.at.astimezone(ZoneInfo(told.setup.time_zone)).strftime("%Y-%m-%d %H:%M:%S")
    return [Call("change", f"appointments/{told.needed_target()}", {"DateTimeArrived": at})]


def _waits(told: Told) -> list[Call]:
    visit = told.number(told.data.get("appointment"))
    return [Call("change", f"appointments/{visit}", {"Priority": "ASAP" if told.kind == "wait_list.joined" else "Normal"})] if visit else []


def _request(told: Told) -> list[Call]:
    words, data = _ASKS.get(told.data["what"], "asks something"), told.data
    if told.kind == "appointment_request.made":
        return [line(told, f"Patient {words}: {data['words']}", "Received")]
    if told.kind == "appointment_request.withdrawn":
        return [line(told, f"Patient {words}: no longer needed", "Received")]
    return [line(told, f"Patient {words}, and was answered in the portal: {data['answer'] or data['state']}", "Sent")]


MAKERS = {
    "appointment.confirmed": _confirm, "appointment.confirmation_set": _confirm, "appointment.callback_asked": _callback, "appointment.canceled": _break,
    "appointment.moved": _move, "appointment.restored": _restore, "appointment.booked": _book, "appointment.arrived": _arrived,
    "wait_list.joined": _waits, "wait_list.left": _waits,
    "appointment_request.made": _request, "appointment_request.withdrawn": _request, "appointment_request.answered": _request,
}  # fmt: skip

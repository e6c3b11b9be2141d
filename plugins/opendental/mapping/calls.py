"""What patients do here, as calls of Open Dental's API. Pure: whoever pushes knows the numbers, and makes the calls.

Nothing there is told apart by a key of ours, so what is made gets a mark: a payment its receipt number, a visit and a line of the communications log the
number of the change. By that it is looked up before it is made a second time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from plugins.opendental.mapping.setup import Setup

CONFIRM = {"asked": "Sent", "confirmed": "Confirmed", "callback": "Not Accepted", "failed": "Failed", "unconfirmed": "None"}
PORTAL_FIELD = "Patient Portal"
LONGEST_NOTE, LONGEST_CHECK = 4000, 25
LANGUAGES = {"en": "eng", "es": "spa"}


class ByHand(Exception):
    """A person must do this over there; the text says what and why."""


@dataclass(frozen=True)
class Call:
    """One call: `add` makes something, `change` changes it or does something with it. `find` is a query that finds what was made before; it is asked
    before a second try, with `looks_first` also before the first one: then somebody over there may have done it.
    """

    act: str
    path: str
    values: Mapping[str, Any]
    find: str = ""
    key: str = ""
    looks_first: bool = False


@dataclass(frozen=True)
class Told:
    """A change as it was handed out, with their numbers: of the patient, of what it is about, and of whatever else it names."""

    kind: str
    mark: str
    at: datetime
    patient: str | None
    target: str | None
    data: Mapping[str, Any]
    setup: Setup
    number: Callable[[Any], str | None]
    choices: Mapping[str, Any] = field(default_factory=dict)

    def needed_patient(self) -> str:
        """The number of the patient. Raises ByHand."""
        if self.patient is None:
            raise ByHand("The patient has no chart in Open Dental yet. Make one there; once it is linked to the one here, try again.")
        return self.patient

    def needed_target(self) -> str:
        """The number of what it is about. Raises ByHand."""
        if self.target is None:
            raise ByHand("Open Dental does not have this yet, so nothing there can be changed. See what stands before it in this list.")
        return self.target


def calls_of(told: Told) -> list[Call]:
    """The calls of a change, in order; none where Open Dental has no place for it. Raises ByHand."""
    maker = _MAKERS.get(told.kind)
    return maker(told) if maker else []


def local(told: Told, moment: str) -> str:
    """A moment by the clock of the visit's clinic, as they write it."""
    zone = told.setup.zone(told.number(told.data.get("clinic")))
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def _confirm(told: Told) -> list[Call]:
    status = told.number(told.data.get("status"))
    values = {"defNum": int(status)} if status else {"confirmVal": CONFIRM[told.data["confirmation"]]}
    return [Call("change", f"appointments/{told.needed_target()}/Confirm", values)]


def _callback(told: Told) -> list[Call]:
    calls, tasks = _confirm(told), told.choices.get("task_list")
    if tasks:
        words = f"Patient wants to be called about a visit (portal {told.mark})"
        about = {"TaskListNum": int(tasks), "Descript": words, "KeyNum": int(told.needed_target()), "ObjectType": "Appointment"}
        calls.append(Call("add", "tasks", about, _marked("task", "Descript", told.mark), "TaskNum"))
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
        "IsHygiene": _flag(data["is_hygiene"]), "IsNewPatient": _flag(data["is_new_patient"]), "Priority": "ASAP" if data["wants_earlier"] else "Normal",
    }  # fmt: skip
    return [Call("add", "appointments", values, _marked("appointment", "Note", told.mark), "AptNum")]


def _arrived(told: Told) -> list[Call]:
    at = told.at.astimezone(ZoneInfo(told.setup.time_zone)).strftime("%Y-%m-%d %H:%M:%S")
    return [Call("change", f"appointments/{told.needed_target()}", {"DateTimeArrived": at})]


def _waits(told: Told) -> list[Call]:
    visit = told.number(told.data.get("appointment"))
    return [Call("change", f"appointments/{visit}", {"Priority": "ASAP" if told.kind == "wait_list.joined" else "Normal"})] if visit else []


def _pay(told: Told) -> list[Call]:
    patient, data, receipt = told.needed_patient(), told.data, str(told.data["receipt_number"])
    if data["currency"].upper() != "USD":
        raise ByHand("The payment is not in dollars. Enter it in Open Dental by hand.")
    values: dict[str, Any] = {
        "PatNum": int(patient), "PayAmt": _dollars(data["amount_cents"]), "PayDate": told.at.astimezone(ZoneInfo(told.setup.time_zone)).strftime("%Y-%m-%d"),
        "CheckNum": receipt[:LONGEST_CHECK], "PayNote": f"Paid in the portal, receipt {receipt}. {data['card']}".strip(),
    }  # fmt: skip
    numbers = {"ClinicNum": told.number(data.get("clinic")), "payPlanNum": told.number(data.get("payment_plan")), "PayType": told.choices.get("payment_type")}
    values |= {name: int(number) for name, number in numbers.items() if number}
    return [Call("add", "payments", values, f"SELECT PayNum FROM payment WHERE CheckNum = {_quoted(receipt[:LONGEST_CHECK])} AND PayAmt > 0", "PayNum")]  # noqa: S608 (quoted)


def _pay_back(told: Told) -> list[Call]:
    number, data = told.needed_target(), told.data
    back = data["refunded_cents"] + data["disputed_cents"]
    if back != data["amount_cents"]:
        raise ByHand(f"${_dollars(back)} of ${_dollars(data['amount_cents'])} went back to the patient (receipt {data['receipt_number']}). Open Dental can only give back a whole payment: enter this there by hand.")
    found = f"SELECT PayNum FROM payment WHERE PatNum = {int(told.needed_patient())} AND PayAmt = -{_dollars(back)} AND PayNote LIKE {_quoted(f'%{number}%')}"  # noqa: S608 (a number)
    return [Call("add", "payments/Refund", {"PayNum": int(number)}, found, "PayNum", True)]


def _processed(told: Told) -> list[Call]:
    return [Call("change", f"payments/{told.needed_target()}", {"ProcessStatus": "OnlineProcessed"})]


def _message(told: Told) -> list[Call]:
    heard = told.kind == "message.written"
    return [_line(told, f"{told.data['subject']}\n{told.data['body']}".strip(), "Received" if heard else "Sent")]


def _request(told: Told) -> list[Call]:
    words = {"callback": "asks to be called", "cancel": "asks to call a visit off", "move": "asks to move a visit", "visit": "asks for a visit"}
    return [_line(told, f"Patient {words.get(told.data['what'], 'asks something')}: {told.data['words']}", "Received")]


def _line(told: Told, text: str, way: str) -> Call:
    at = told.at.astimezone(ZoneInfo(told.setup.time_zone)).strftime("%Y-%m-%d %H:%M:%S")
    end = f" (portal {told.mark})"
    values = {"PatNum": int(told.needed_patient()), "Note": text[: LONGEST_NOTE - len(end)] + end, "CommDateTime": at, "Mode_": "None", "SentOrReceived": way}
    return Call("add", "commlogs", values, _marked("commlog", "Note", told.mark), "CommlogNum")


def _portal_flag(told: Told) -> list[Call]:
    number = told.needed_patient()
    found = f"SELECT PatFieldNum FROM patfield WHERE PatNum = {int(number)} AND FieldName = '{PORTAL_FIELD}'"  # noqa: S608 (a number)
    return [Call("add", "patfields", {"PatNum": int(number), "FieldName": PORTAL_FIELD, "FieldValue": "Yes"}, found, "PatFieldNum", True)]


def _new_patient(told: Told) -> list[Call]:
    if told.patient is not None:
        return []
    data = told.data
    values = {
        "LName": data["last_name"], "FName": data["first_name"], "Preferred": data["preferred_name"], "Birthdate": data["birthdate"] or "0001-01-01",
        "WirelessPhone": data["phone"], "Email": data["email"],
    }  # fmt: skip
    clinic = told.number(data.get("clinic"))
    same = " AND ".join(f"{name} = {_quoted(values[name])}" for name in ("LName", "FName", "Birthdate", "WirelessPhone"))
    return [Call("add", "patients", values | ({"ClinicNum": int(clinic)} if clinic else {}), f"SELECT PatNum FROM patient WHERE {same}", "PatNum")]  # noqa: S608 (quoted)


def _patient(values: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Callable[[Told], list[Call]]:
    return lambda told: [Call("change", f"patients/{told.needed_patient()}", values(told.data))]


def _sign(told: Told) -> list[Call]:
    number = told.needed_target()
    signed = f"SELECT TreatPlanNum FROM treatplan WHERE TreatPlanNum = {int(number)} AND Signature <> ''"  # noqa: S608 (a number)
    return [Call("change", f"treatplans/{number}", {"isSigned": "true"}, signed, "TreatPlanNum", True)]


def _marked(table: str, column: str, mark: str) -> str:
    key = {"appointment": "AptNum", "commlog": "CommlogNum", "task": "TaskNum"}[table]
    return f"SELECT {key} FROM {table} WHERE {column} LIKE {_quoted(f'%(portal {mark})%')}"  # noqa: S608 (quoted)


def _quoted(text: Any) -> str:
    """A text within a query. What could end it there is left out: what is looked for then is not found, at worst."""
    return "'" + "".join(sign for sign in str(text) if sign not in "\\'\"\0\n\r;") + "'"


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _flag(yes: Any) -> str:
    return "true" if yes else "false"


_MAKERS: dict[str, Callable[[Told], list[Call]]] = {
    "appointment.confirmed": _confirm, "appointment.confirmation_set": _confirm, "appointment.callback_asked": _callback, "appointment.canceled": _break,
    "appointment.moved": _move, "appointment.restored": _restore, "appointment.booked": _book, "appointment.arrived": _arrived,
    "wait_list.joined": _waits, "wait_list.left": _waits, "appointment_request.made": _request,
    "payment.made": _pay, "payment.returned": _pay_back, "payment.processed": _processed,
    "message.written": _message, "message.answered": _message, "treatment_plan.signed": _sign,
    "patient.access_opened": _portal_flag, "patient.added": _new_patient, "patient.email_changed": _patient(lambda data: {"Email": data["email"]}),
    "patient.language_changed": _patient(lambda data: {"Language": LANGUAGES.get(data["language"][:2], "")}),
    "patient.text_consent": _patient(lambda data: {"TxtMsgOk": "Yes" if data["may_text"] else "No"}),
}  # fmt: skip
PUSHED = frozenset(_MAKERS)

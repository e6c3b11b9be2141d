"""Patients: new ones, what has changed about them, what they have written and what they ask for."""

from collections.abc import Callable, Mapping
from typing import Any

from plugins.opendental.mapping.calls.telling import ByHand, Call, Told, line, quoted

PORTAL_FIELD = "Patient Portal"
LANGUAGES = {"en": "eng", "es": "spa"}
_RECORD = {
    "asked": "Patient asks for the record", "extended": "More time was taken for the record that the patient asks for", "fulfilled": "The record that the patient asked for was given",
    "denied": "The record that the patient asked for was denied", "withdrawn": "Patient does not need the record any more",
}  # fmt: skip


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
    same = " AND ".join(f"{name} = {quoted(values[name])}" for name in ("LName", "FName", "Birthdate", "WirelessPhone"))
    return [Call("add", "patients", values | ({"ClinicNum": int(clinic)} if clinic else {}), f"SELECT PatNum FROM patient WHERE {same}", "PatNum")]  # noqa: S608 (quoted)


def _patient(values: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Callable[[Told], list[Call]]:
    return lambda told: [Call("change", f"patients/{told.needed_patient()}", values(told.data))]


def _message(told: Told) -> list[Call]:
    heard = told.kind == "message.written"
    return [line(told, f"{told.data['subject']}\n{told.data['body']}".strip(), "Received" if heard else "Sent")]


def _demographics(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is known here; what is empty here is left as it is there."""
    values = {
        "LName": data["last_name"], "FName": data["first_name"], "Preferred": data["preferred_name"], "Birthdate": data["birthdate"], "WirelessPhone": data["phone"], "Email": data["email"],
    }  # fmt: skip
    return {name: value for name, value in values.items() if value}


def _merged(told: Told) -> list[Call]:
    absorbed = str(told.data["absorbed_number"] or "")
    if told.patient is None or not absorbed.isdecimal() or absorbed == told.patient:
        return []
    raise ByHand(f"Chart {absorbed} became a part of chart {told.patient} in the portal. Make one of them in Open Dental, too, with Merge Patients: its API cannot.")


def _apart(told: Told) -> list[Call]:
    raise ByHand("In the portal it was taken back that two charts became one. If they were merged in Open Dental as well, look at both there: its API cannot take that back.")


def _records_request(told: Told) -> list[Call]:
    data = told.data
    if data["act"] not in _RECORD:
        return []
    due = f" To be answered by {data['due_on']}." if data["state"] in ("asked", "taken") else ""
    more = data["answer"] or data["words"]
    return [line(told, f"{_RECORD[data['act']]}{f': {more}' if more else '.'}{due}", "Received" if data["act"] in ("asked", "withdrawn") else "Sent")]


MAKERS: dict[str, Callable[[Told], list[Call]]] = {
    "message.written": _message, "message.answered": _message, "patient.access_opened": _portal_flag, "patient.added": _new_patient,
    "patient.changed": _patient(_demographics), "patient.merged": _merged, "patient.unmerged": _apart, "patient.email_changed": _patient(lambda data: {"Email": data["email"]}),
    "patient.language_changed": _patient(lambda data: {"Language": LANGUAGES.get(data["language"][:2], "")}),
    "patient.text_consent": _patient(lambda data: {"TxtMsgOk": "Yes" if data["may_text"] else "No"}), "records_request.changed": _records_request,
}  # fmt: skip

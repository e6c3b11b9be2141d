"""Which request does what."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from plugins.opendental.stand_in import book, money, papers
from plugins.opendental.stand_in.faults import Fault, wrong
from plugins.opendental.stand_in.lists import read_list, read_one
from plugins.opendental.stand_in.office import StandInOffice
from plugins.opendental.stand_in.saying import Speaker, read
from plugins.opendental.stand_in.tables import BY_PATH

MOST_CHARACTERS = 16_800_000
Act = Callable[[StandInOffice, list[int], dict[str, Any], Mapping[str, str]], tuple[int, Any]]
ACTS: list[tuple[str, str, Act]] = [*book.ACTS, *money.ACTS, *papers.ACTS]
_MADE = {
    "patfields": ("PatNum", "FieldName"), "commlogs": ("PatNum",), "tasks": ("TaskListNum", "Descript"), "popups": ("PatNum", "Description"), "patients": ("LName", "FName"),
    "subscriptions": ("EndPointUrl",), "recalls": ("PatNum", "RecallTypeNum"), "statements": ("PatNum", "DateSent"), "treatplans": ("PatNum",),
}  # fmt: skip
"""What can be made by its fields alone, and which it needs."""
_CHANGED = frozenset({*_MADE, "payments", "documents"}) - {"treatplans", "statements"}
_REMOVED = frozenset({"patfields", "subscriptions", "documents", "treatplans", "popups"})


def answer(office: StandInOffice, method: str, path: str, asked: Mapping[str, str], body: str) -> tuple[int, Any]:
    """Status and what is said. Raises Fault."""
    resource = path.partition("/")[0]
    office.asked.append((method, path))
    office.admit(method, resource)
    sent = _body(body)
    for wanted, pattern, act in ACTS:
        if wanted == method and (found := re.fullmatch(pattern, path)):
            with office.store.change():
                return act(office, [int(part) for part in found.groups()], sent, asked)
    if method == "GET":
        return 200, _get(office, path, asked)
    with office.store.change():
        return _write(office, method, path, sent)


def _body(body: str) -> dict[str, Any]:
    if len(body) > MOST_CHARACTERS:
        raise wrong("Request body is too large.")
    try:
        found = json.loads(body) if body.strip() else {}
    except ValueError:
        raise wrong("Body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise wrong("Body is not valid JSON.")
    return found


def _get(office: StandInOffice, path: str, asked: Mapping[str, str]) -> Any:
    if path in BY_PATH:
        return read_list(office, BY_PATH[path], asked)
    resource, _, number = path.partition("/")
    if resource == "patients":
        resource = "patients/Simple"
    if resource in BY_PATH and number.isdecimal():
        return read_one(office, resource, number)
    raise Fault(404, "Resource not found")


def _write(office: StandInOffice, method: str, path: str, sent: dict[str, Any]) -> tuple[int, Any]:
    resource, _, number = path.partition("/")
    place = "patients/Simple" if resource == "patients" else resource
    if method == "POST" and not number and resource in _MADE:
        return 201, make(office, place, sent, _MADE[resource])
    if number.isdecimal() and method == "PUT" and resource in _CHANGED:
        table = BY_PATH[place].name
        office.store.get(table, int(number))
        return 200, Speaker(office.store).say(table, office.store.update(table, int(number), **read(table, sent)))
    if number.isdecimal() and method == "DELETE" and resource in _REMOVED:
        table = BY_PATH[place].name
        office.store.get(table, int(number))
        office.store.delete(table, int(number))
        return 200, ""
    raise Fault(404, "Resource not found")


def make(office: StandInOffice, place: str, sent: dict[str, Any], needed: tuple[str, ...]) -> dict[str, Any]:
    """A new row by its fields."""
    for name in needed:
        if sent.get(name) in (None, ""):
            raise wrong(f"{name} is required.")
    table = BY_PATH[place].name
    values = read(table, sent)
    if "PatNum" in values and table != "patient":
        office.store.get("patient", values["PatNum"])
    if table == "subscription":
        values |= {"CustomerKey": office.key}
    if table == "patient" and not values.get("Guarantor"):
        row = office.store.add(table, **values)
        return Speaker(office.store).say(table, office.store.update(table, row["PatNum"], Guarantor=row["PatNum"]))
    more = {"DateTP": office.store.today(), "TPStatus": 2} if table == "treatplan" else {"Mode_": 6, "IsSent": 1} if table == "statement" else {}
    return Speaker(office.store).say(table, office.store.add(table, **(more | values)))

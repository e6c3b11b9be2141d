"""A good-faith estimate as a PDF, with its tags for screen readers: what was given, word for word."""

from datetime import date
from typing import Any

from core.papers import make_pdf, picture, printable
from core.tenant import Tenant
from core.theme import Picture
from core.web.formats import long_day, money
from plugins.account.statement_pdf import ESTIMATE


def make(given: dict[str, Any], place: Tenant, logo: Picture | None = None) -> bytes:
    """The file. `given` is what was kept, `place` whose look it wears."""
    return make_pdf({**printable(content(given, place)), "logo": picture(logo)}, ESTIMATE)


def content(given: dict[str, Any], place: Tenant) -> dict[str, Any]:
    """Everything that is printed, as text."""
    day, office = date.fromisoformat(given["given_on"]), given["office"]
    has_diagnosis = any(line["diagnosis"] for line in given["lines"])
    return {
        "title": f"Good-faith estimate, {office['name']}",
        "heading": "Good-faith estimate",
        "day": [day.year, day.month, day.day],
        "brand": place.theme.brand,
        "office": {"name": office["name"], "lines": office["lines"]},
        "patient": {"name": given["patient"], "lines": []},
        "facts": facts(given),
        "sums": [],
        "due": {"label": "Expected charges", "amount": money(given["total_cents"]), "text": "Before anything that insurance may pay."},
        "columns": ["Code", "What is expected", "Tooth", *(["Diagnosis"] if has_diagnosis else []), "Charge"],
        "rows": [[line["code"], line["words"], line["tooth"], *([line["diagnosis"]] if has_diagnosis else []), money(line["cents"])] for line in given["lines"]],
        "more": [[title, text] for title, text in (("To be scheduled separately", given["separately"]), ("From the office", given["note"])) if text],
        "rights": given["rights"],
        "footer": f"{office['name']} · Good-faith estimate of {long_day(day)}",
    }


def facts(given: dict[str, Any]) -> list[list[str]]:
    """What stands above the lines: for whom, for what and when, by whom and where."""
    provider, office = given["provider"], given["office"]
    found = [
        ["Born", long_day(date.fromisoformat(given["birthdate"])) if given["birthdate"] else ""],
        ["Given", long_day(date.fromisoformat(given["given_on"]))],
        ["For", given["about"]],
        ["Scheduled for", long_day(date.fromisoformat(given["planned_on"])) if given["planned_on"] else "Not scheduled yet"],
        ["Provider", provider["name"]],
        ["NPI of the provider", provider["npi"]],
        ["Office", ", ".join(line for line in (office["name"], office["state"]) if line)],
        ["NPI of the office", office["npi"]],
        ["Tax number of the office", office["tin"]],
    ]
    return [[name, value] for name, value in found if value]

"""The README of an export: what each file is, in plain words."""

from collections.abc import Mapping
from datetime import UTC, datetime

from core.tenant import Tenant
from tenants.models import Export

README = "README.txt"
_HEAD = """{title}
{line}

Made by the patient portal of {practice}, asked for on {asked:%Y-%m-%d %H:%M} UTC and complete on {ready:%Y-%m-%d %H:%M} UTC. What was changed in between may stand in
one file as it was before and in another as it is since.

{whose}

Lists are there twice: .csv for a spreadsheet (UTF-8, with a head line), .json for a program. They hold the same rows. In a CSV file a cell that a spreadsheet
would take for a formula begins with an apostrophe; the JSON file has it as it is. Moments are in UTC, amounts in cents, days as year-month-day.
Ids tie lists together: clinic_id is the id in practice/clinics, provider_id that in practice/providers, patient_id that in person.json.
Files that came from outside, such as images and health documents, are there as they were stored. One that ends with .missing.txt was not in its place any more.

manifest-sha256.txt has the SHA-256 of every file; `sha256sum -c manifest-sha256.txt` checks them all.
Nothing in here opens anything: passwords, second steps, links and sessions are left out.

Files
-----
"""
_PRACTICE = """This is everything that the portal holds for the practice. It holds health information of all patients: keep it as you keep their charts."""
_PATIENT = """This is what the portal holds of one patient and may be given to that patient: what the patient may see, whether or not a tab is switched on. Left out is
what the office keeps to itself (images in folders that are not shared, plans that are not saved, health documents that are kept back) and what names others (what
guests typed who paid, access that was offered to somebody)."""

_OWN = """This is what the portal shows of one patient's record to whoever has taken it along: what is on file, and the tabs {tabs}. The office may hold more; it
gives you a copy of everything when you ask for it."""


def readme(export: Export, tenant: Tenant, told: Mapping[str, str], now: datetime) -> str:
    """The whole text."""
    of_patient = _OWN.format(tabs=", ".join(export.tabs) or "none") if export.tabs is not None else _PATIENT
    title, whose = ("One patient’s record", of_patient) if export.patient_id else (f"Everything of {tenant.practice_name}", _PRACTICE)
    about = {"asked": export.asked_at.astimezone(UTC), "ready": now.astimezone(UTC), "practice": tenant.practice_name}
    head = _HEAD.format(title=title, line="=" * len(title), whose=whose, **about)
    return head + "".join(f"{path}\n    {words}\n" for path, words in sorted(told.items()))

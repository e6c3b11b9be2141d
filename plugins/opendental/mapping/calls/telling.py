"""What the calls are made of: a change as it was told, a call of their API, and the marks by which what was made is found again."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from mimetypes import guess_extension
from typing import Any
from zoneinfo import ZoneInfo

from core.records.changes import ChangeFile
from plugins.opendental.mapping.setup import Setup

LONGEST_NOTE, LONGEST_TITLE = 4000, 250


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
    """A change as it was handed out, with their numbers: of the patient, of what it is about, and of whatever else it names. `file` reads the file that goes with it."""

    kind: str
    mark: str
    at: datetime
    patient: str | None
    target: str | None
    data: Mapping[str, Any]
    setup: Setup
    number: Callable[[Any], str | None]
    choices: Mapping[str, Any] = field(default_factory=dict)
    file: Callable[[], ChangeFile | None] = lambda: None

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


def local(told: Told, moment: str) -> str:
    """A moment by the clock of the visit's clinic, as they write it."""
    zone = told.setup.zone(told.number(told.data.get("clinic")))
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def line(told: Told, text: str, way: str) -> Call:
    """A line of the communications log; `way` is Sent or Received. Raises ByHand."""
    at = told.at.astimezone(ZoneInfo(told.setup.time_zone)).strftime("%Y-%m-%d %H:%M:%S")
    end = f" (portal {told.mark})"
    values = {"PatNum": int(told.needed_patient()), "Note": text[: LONGEST_NOTE - len(end)] + end, "CommDateTime": at, "Mode_": "None", "SentOrReceived": way}
    return Call("add", "commlogs", values, marked("commlog", "Note", told.mark), "CommlogNum")


def upload(told: Told, title: str, letter: str) -> list[Call]:
    """The file of a change as a document of the chart, in the folder that is meant for it (`letter`), else in the first one; none where no file goes with it. Raises ByHand."""
    if not told.data.get("file"):
        return []
    file, end = told.file(), f" (portal {told.mark})"
    if file is None:
        raise ByHand("The file is no longer kept with what was done. Download it in the portal, and put it into the chart in Open Dental.")
    values: dict[str, Any] = {
        "PatNum": int(told.needed_patient()), "rawBase64": b64encode(file.body).decode(), "extension": guess_extension(file.content_type) or ".pdf",
        "Description": title[: LONGEST_TITLE - len(end)] + end, "DateCreated": told.at.astimezone(ZoneInfo(told.setup.time_zone)).strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip
    folder = told.setup.folders.get(letter)
    return [Call("add", "documents/Upload", values | ({"DocCategory": int(folder)} if folder else {}), marked("document", "Description", told.mark), "DocNum")]


def marked(table: str, column: str, mark: str) -> str:
    """A query that finds what bears the mark of a change."""
    key = {"appointment": "AptNum", "commlog": "CommlogNum", "document": "DocNum", "task": "TaskNum"}[table]
    return f"SELECT {key} FROM {table} WHERE {column} LIKE {quoted(f'%(portal {mark})%')}"  # noqa: S608 (quoted)


def quoted(text: Any) -> str:
    """A text within a query. What could end it there is left out: what is looked for then is not found, at worst."""
    return "'" + "".join(sign for sign in str(text) if sign not in "\\'\"\0\n\r;") + "'"


def dollars(cents: int) -> str:
    """An amount as they write it."""
    return f"{cents // 100}.{cents % 100:02}"


def flag(yes: Any) -> str:
    """Yes or no as they write it."""
    return "true" if yes else "false"

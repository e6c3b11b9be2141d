"""Names in a ZIP that every system can unpack: nothing that leads out of the folder, nothing hidden or turned around, no two alike. And where the
parts of a ZIP lie in the file store.
"""

from uuid import UUID, uuid5

from core.files import practice_key
from core.files.disposition import safe_name
from core.people.models import Patient
from tenants.models import Export

BODY, DIRECTORY, LISTING = "body", "directory", "listing"
"""What is kept of each part."""

MOST_BYTES = 180
"""Of one name: systems allow 255, and a number may come behind it."""
# Windows keeps these for devices, whatever the ending.
_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))})


def plain_name(name: str) -> str:
    """One name of a file or a folder, from any text."""
    name = safe_name(name)
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    if len(ending.encode()) > 20:
        stem, dot, ending = name, "", ""
    room = MOST_BYTES - len(f"{dot}{ending}".encode())
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ") or "file"
    if stem.partition(".")[0].strip().lower() in _DEVICES:
        stem = f"_{stem}"
    return f"{stem}{dot}{ending}"


def different(path: str, taken: set[str]) -> str:
    """The path, with a number in it when it is taken; systems that do not tell a from A take them for the same."""
    folder, slash, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    number, found = 1, path
    while found.casefold() in taken:
        number += 1
        found = f"{folder}{slash}{stem} ({number}){dot}{ending}"
    taken.add(found.casefold())
    return found


def folder_of(patient: Patient) -> str:
    """The folder of a patient: names for people, and the end of the id, so that no two are alike."""
    called = f"{patient.last_name} {patient.first_name} {patient.external_id or ''}"
    return f"{plain_name(called)[:80].rstrip('. ')} {short(patient.id)}"


def short(id_: UUID) -> str:
    """The end of an id, which is chance."""
    return id_.hex[-12:]


def key_of(export: Export, what: str, part: int) -> str:
    """The key of what is kept of a part: always the same, so that what was begun before is written over."""
    return practice_key(export.practice_id, "export", uuid5(export.id, f"{what} {part}"))

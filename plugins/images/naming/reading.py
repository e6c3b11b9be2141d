"""From the files of a folder or archive to records: what a picture is comes from its path by the rule, and of a DICOM file from its tags first."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.files.disposition import safe_name
from core.records.importing.found import Fault, Found, LeftOut, Record, WithFile
from core.safety import Proven, Said, UnsafeFile, prove
from core.safety.signatures import DICOM
from plugins.images.naming.places import Place, WrongArchive
from plugins.images.naming.rule import TYPES, NoMatch, Rule, without_ending
from plugins.images.services.adding import words_in

LONGEST_ID, LONGEST_FOLDER, LONGEST_TEETH, LONGEST_TITLE = 200, 100, 100, 500
_PHOTOS, _PAPERS, _ANY = frozenset({"XC", "ES", "GM", "OP", "SM"}), frozenset({"DOC"}), frozenset({"", "OT"})
_SIDES = {"R": "right", "L": "left"}


class Unclear(ValueError):
    """What an image is, or whose, cannot be told; the text says what is missing."""


@dataclass(frozen=True)
class Naming:
    """How the files of an import are named. `patient` says whose they all are, and `folder` where they go where the rule does not say it; `is_second`: they
    are of another system than the practice's, so that their numbers of patients are not the practice's own.
    """

    source: str
    zone: ZoneInfo
    rule: Rule
    folder: str = "Images"
    patient: str = ""
    is_second: bool = False


def read(places: Iterable[Place], naming: Naming) -> Iterator[Found]:
    """What each of these files is, one for one, with what goes in before it; one file at a time is in memory."""
    reading = _Reading(naming)
    try:
        for place in places:
            yield LeftOut(place.noise) if place.noise else reading.file(place)
    except WrongArchive as wrong:
        yield Fault("/", str(wrong))


class _Reading:
    """One import: what was given once is not given again."""

    def __init__(self, naming: Naming):
        self._naming = naming
        self._given: dict[str, bytes] = {}

    def file(self, place: Place) -> Found:
        """What one file becomes."""
        with tempfile.TemporaryDirectory(prefix="cuspid-image-") as folder:
            copy = Path(folder) / "file"
            try:
                place.copy(copy)
                with prove(copy, place.path.rpartition("/")[2], with_scans=True) as proven:
                    records = list(self._records(place, proven))
            except (UnsafeFile, NoMatch, Unclear) as wrong:
                return Fault(place.path, str(wrong))
            image = records.pop()
            if self._is_new(image["external_id"], proven.sha256):
                before = tuple(record for record in records if self._is_new(f"{record['kind']} {record['external_id']}", ""))
                return WithFile(image, DICOM.content_type if proven.said else proven.content_type, copy.read_bytes(), place.path, before)
            if self._given[image["external_id"]] == _mark(proven.sha256):
                return LeftOut("The same picture once more")
            return Fault(place.path, "Another file of this import says to be the same picture, but is not.")

    def _is_new(self, name: str, digest: str) -> bool:
        return name not in self._given and self._given.setdefault(name, _mark(digest)) is not None

    def _records(self, place: Place, proven: Proven) -> Iterator[Record]:
        """The patient where files name people, the folder, and at last the image."""
        told, wrong = self._told(place.path, proven.said)
        said = proven.said or Said()
        patient = self._patient(told, said, wrong)
        if isinstance(patient, dict):
            yield patient
        name = (told.get("folder") or self._naming.folder)[:LONGEST_FOLDER].strip()
        folder = self._number(name.casefold())
        yield {"kind": "image_folder", "external_id": folder, "name": name, "shared": True}
        days = (proven.taken_on, told.get("date")) if proven.said else (told.get("date"), proven.taken_on)
        day = next((day for day in (*days, place.day) if day), None)
        if day is None:
            raise Unclear("Nothing says on which day it was taken: let the rule say it by {date}.")
        yield {
            "kind": "image", "external_id": self._image_number(place.path, said), "patient": patient["external_id"] if isinstance(patient, dict) else patient,
            "folder": folder, "taken_on": str(day), "description": _title(told, said, place.path, bool(proven.said)), "file_name": safe_name(place.path.rpartition("/")[2])[:200],
            "type": _type(told, proven), "tooth_numbers": (said.teeth or told.get("teeth", "").replace("_", " "))[:LONGEST_TEETH],
        }  # fmt: skip

    def _told(self, path: str, said: Said | None) -> tuple[dict[str, str], str]:
        """What the path says by the rule; of a DICOM file nothing, with the reason, where it does not follow the rule."""
        try:
            return self._naming.rule.read(path), ""
        except NoMatch as wrong:
            if said is None:
                raise
            return {}, str(wrong)

    def _patient(self, told: dict[str, str], said: Said, wrong: str) -> Record | str:
        """Whose it is: the number of a patient, or a record of one of another system. Raises Unclear."""
        if self._naming.patient:
            return self._naming.patient
        if said.patient and told.get("patient") and said.patient != told["patient"]:
            raise Unclear("The file itself says another number of the patient than its path.")
        number = said.patient or told.get("patient", "")
        if number and not self._naming.is_second:
            return number[:LONGEST_ID]
        names = _names(told, said)
        if not number and (not names or not self._naming.is_second):
            raise Unclear(" ".join(filter(None, ["Nothing says whose it is.", wrong])))
        known_by = number or "/".join((*names.values(),)).casefold()
        external_id = self._number(known_by)
        return {"kind": "patient", "external_id": external_id, **names} if names else external_id

    def _image_number(self, path: str, said: Said) -> str:
        """What an image is known by: the number that its device gave it, else its path, so that it is the same one again."""
        whose = f"{self._naming.patient}/" if self._naming.patient else ""
        return self._number(said.uid or whose + path)

    def _number(self, known_by: str) -> str:
        number = f"{self._naming.source}:{known_by}"
        return number if len(number) <= LONGEST_ID else f"{self._naming.source}:{hashlib.sha256(known_by.encode()).hexdigest()}"


def _mark(digest: str) -> bytes:
    return bytes.fromhex(digest)[:16]


def _names(told: dict[str, str], said: Said) -> dict[str, Any]:
    """Names and birthdate of a patient, where all are told."""
    names = {"last_name": said.last_name or told.get("last", ""), "first_name": said.first_name or told.get("first", "")}
    names["birthdate"] = said.born.isoformat() if said.born else told.get("born", "")
    return names if all(names.values()) else {}


def _title(told: dict[str, str], said: Said, path: str, is_scan: bool) -> str:
    """What an image is called: as its device says, as the rule says, or as its name says; nothing of what a camera gave."""
    named = told["title"] if "title" in told else "" if is_scan else without_ending(path.rpartition("/")[2])
    title = said.title or words_in(named)
    side = _SIDES.get(said.side, "")
    return (f"{title}, {side}" if title and side and side not in title.lower() else title or side.capitalize())[:LONGEST_TITLE]


def _type(told: dict[str, str], proven: Proven) -> str:
    """What an image is, by the rule, by the device, or as it looks. Raises Unclear."""
    word = told.get("type", "").lower()
    if word and word not in TYPES:
        raise Unclear("The rule expects what it is where {type} stands: radiograph, photo or document.")
    modality = proven.said.modality.upper() if proven.said else ""
    if word:
        return TYPES[word]
    if modality not in _ANY:
        return "photo" if modality in _PHOTOS else "document" if modality in _PAPERS else "radiograph"
    return "document" if proven.pages else "radiograph" if proven.gray else "photo"

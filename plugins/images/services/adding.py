"""Bringing an image in: proven first, then its files and its row together, or nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import uuid7
from core.files import PracticeFiles
from core.files.disposition import safe_name
from core.files.transaction import put_with
from core.people.alike import letters
from core.people.models import Patient
from core.safety import Proven, Said, UnsafeFile, prove
from core.safety.signatures import IMAGES
from plugins.images.models import Image

Outcome = Literal["added", "completed", "known"]

# Names that a camera or a scanner gives say nothing to a patient.
_CAMERA = re.compile(r"(img|dsc[fn]?|dcim|pxl|image|photo|scan|scn|unnamed|screenshot)?[\s\d()-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a file: a new image, the file of an image that was announced, or one that was here before."""

    image_id: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an image besides its file; `type` and `description` are read from the file where they are None."""

    taken_on: date
    description: str | None = None
    type: Literal["radiograph", "photo", "document"] | None = None
    tooth_numbers: str = ""
    external_id: str | None = None


def add(
    session: Session, files: PracticeFiles, patient_id: UUID, folder_id: UUID, source: Path | BinaryIO, name: str, about: About
) -> Added:
    """Take in a file that somebody sent under a name; the caller commits. Raises UnsafeFile with the reason.

    The camera's date wins over `about.taken_on`. The same file for the same patient is known; a file whose name an image of this
    patient was announced with completes that one.
    """
    with prove(source, name) as proven:
        known = session.scalar(_of(files, patient_id, Image.id).where(Image.source_sha256 == proven.sha256))
        if known:
            return Added(known, "known")
        announced = _announced(session, files, patient_id, safe_name(name))
        image = announced or _new(patient_id, folder_id, safe_name(name), proven, about)
        session.add(image)
        _store(session, files, image, proven)
        session.flush()
        return Added(image.id, "completed" if announced else "added")


def words_of(name: str) -> str:
    """A description out of a file's name: "bitewing_left.jpg" is "Bitewing left"; nothing of a name that a camera gave."""
    return words_in(Path(name).stem)


def words_in(stem: str) -> str:
    """The same, of a name without an ending."""
    stem = re.sub(r"[_\s]+", " ", stem).strip()
    return "" if _CAMERA.fullmatch(stem) else stem[:1].upper() + stem[1:]


def _of(files: PracticeFiles, patient_id: UUID, *columns):
    return select(*columns).where(Image.practice_id == files.practice_id, Image.patient_id == patient_id)


def _announced(session: Session, files: PracticeFiles, patient_id: UUID, name: str) -> Image | None:
    """The one image that waits for a file of this name; none when two do."""
    waiting = _of(files, patient_id, Image).where(Image.file_name == name, Image.file_key.is_(None)).limit(2)
    found = session.scalars(waiting.with_for_update()).all()
    return found[0] if len(found) == 1 else None


def _new(patient_id: UUID, folder_id: UUID, name: str, proven: Proven, about: About) -> Image:
    return Image(
        id=uuid7(),
        external_id=about.external_id,
        patient_id=patient_id,
        folder_id=folder_id,
        taken_on=proven.taken_on or about.taken_on,
        description=words_of(name) if about.description is None else about.description,
        file_name=name,
        type=about.type or _type(proven),
        tooth_numbers=about.tooth_numbers,
    )


def _type(proven: Proven) -> str:
    if proven.pages:
        return "document"
    return "radiograph" if proven.gray else "photo"


def keep_upload(session: Session, files: PracticeFiles, path: Path, content_type: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Store the file that came with a record of an image; returns the columns that it fills. Raises UnsafeFile, also where its tags name somebody else."""
    with prove(path, f"image{IMAGES[content_type].endings[0]}", with_scans=True) as proven:
        if proven.said and is_about_another(session.get_one(Patient, (files.practice_id, values["patient_id"])), proven.said):
            raise UnsafeFile("It is about somebody else than the patient who is named: the name or the birthdate in it differs from the chart.")
        columns = _stored(session, files, proven)
        twin = _of(files, values["patient_id"], Image.id).where(Image.source_sha256 == proven.sha256).limit(1)
        if session.scalar(twin):
            # The same file on another image of this patient: that one is found by it, this one is marked as its own.
            columns["source_sha256"] += f":{uuid7()}"
        return columns


def is_about_another(patient: Patient, said: Said) -> bool:
    """Whether the tags of a DICOM file name somebody else: another birthdate, or no name that agrees. What they leave out does not count."""
    if said.born and patient.birthdate and said.born != patient.birthdate:
        return True
    told = {letters(word) for name in (said.last_name, said.first_name) for word in name.split()} - {""}
    ours = {letters(word) for name in (patient.last_name, patient.first_name, patient.preferred_name) for word in name.split()} - {""}
    return bool(said.last_name and said.first_name) and not told & ours


def _store(session: Session, files: PracticeFiles, image: Image, proven: Proven) -> None:
    for column, value in _stored(session, files, proven).items():
        setattr(image, column, value)


def _stored(session: Session, files: PracticeFiles, proven: Proven) -> dict[str, Any]:
    """Store the three files under new keys; returns what a row says of them."""
    found: dict[str, Any] = {"content_type": proven.content_type, "source_sha256": proven.sha256}
    found |= {"width": proven.width, "height": proven.height, "pages": proven.pages}
    for column, path, content_type in (
        ("file_key", proven.clean, proven.content_type),
        ("display_key", proven.display, "image/jpeg"),
        ("thumbnail_key", proven.thumbnail, "image/webp"),
    ):
        key = files.new_key("images", uuid4())
        with path.open("rb") as stream:
            stored = put_with(session, files, key, stream, content_type)
        found[column] = key
        if column == "file_key":
            found |= {"byte_size": stored.size, "sha256": stored.sha256}
    return found

"""What an import brings, beside what is here: a folder of the same name is that folder, the same file of a patient is that image, and a file for which an image waits goes to it."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from core.records.importing.found import Found, Record, WithFile
from plugins.images.models import Folder, Image


def settle(session: Session, found: Iterable[Found]) -> Iterator[Found]:
    """The same, one for one; what is here already under another number as it is here."""
    folders: dict[str, str] = {}
    for one in found:
        if not isinstance(one, WithFile):
            yield one
            continue
        before = tuple(_folder(session, record) if record["kind"] == "image_folder" else record for record in one.before)
        folders |= {record["external_id"]: here["external_id"] for record, here in zip(one.before, before, strict=True)}
        record = one.record | {"folder": folders.get(one.record["folder"], one.record["folder"])}
        yield replace(one, record=_image(session, record, hashlib.sha256(one.data).hexdigest()), before=before)


def _folder(session: Session, record: Record) -> Record:
    """The folder of this number, or else the oldest one of this name. It stays as it is: whether patients see what is in it is the office's to say."""
    mine = (Folder.practice_id == session.info["practice_id"], Folder.external_id.is_not(None))
    is_it = Folder.external_id == record["external_id"]
    query = select(Folder).where(*mine, is_it | (func.lower(Folder.name) == record["name"].lower())).order_by(is_it.desc(), Folder.id).limit(1)
    here = session.scalars(query).one_or_none()
    return record if here is None else record | {"external_id": here.external_id, "name": here.name, "shared": here.shared, "position": here.position}


def _image(session: Session, record: Record, sha256: str) -> Record:
    """The image of this number; else the one with the same file, or the only one that waits for a file of this name."""
    practice_id = session.info["practice_id"]
    query = (
        select(*Image.__table__.c, Folder.external_id.label("folder"))
        .join(Patient, (Patient.practice_id == practice_id) & (Patient.id == Image.patient_id))
        .join(Folder, (Folder.practice_id == practice_id) & (Folder.id == Image.folder_id))
        .where(Image.practice_id == practice_id, Patient.external_id == record["patient"], Image.external_id.is_not(None), Folder.external_id.is_not(None))
    )
    is_it, waits = Image.external_id == record["external_id"], (Image.file_name == record["file_name"]) & Image.file_key.is_(None)
    rows = session.execute(query.where(is_it | waits | (func.split_part(Image.source_sha256, ":", 1) == sha256)).order_by(Image.id)).all()
    if any(row.external_id == record["external_id"] for row in rows):
        return record
    same = [row for row in rows if row.source_sha256]
    waiting = [row for row in rows if not row.source_sha256]
    return _as_it_is(same[0], record) if same else _as_it_is(waiting[0], record) if len(waiting) == 1 else record


def _as_it_is(row: Row, record: Record) -> Record:
    said = {"folder": row.folder, "taken_on": row.taken_on.isoformat(), "description": row.description, "file_name": row.file_name, "type": row.type}
    return record | said | {"external_id": row.external_id, "tooth_numbers": row.tooth_numbers}

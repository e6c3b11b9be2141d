"""Images for a full export: the files as they were stored, and a list of them."""

from collections.abc import Iterator
from mimetypes import guess_extension
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.people.charts import delete_rows, rows_of
from core.plugins import ExportFile
from core.web.exports import list_files
from plugins.images.models import Folder, Image

_KEYS = ("file_key", "display_key", "thumbnail_key", "source_sha256")


def files(session: Session, practice_id: UUID, patient_id: UUID | None) -> Iterator[ExportFile]:
    """The images of one patient, those in folders that are not shared for the office only; with None the folders."""
    if patient_id is None:
        yield from list_files("folders", "Folders of images", rows_of(session, practice_id, Folder))
        return
    shared = select(Folder.id).where(Folder.practice_id == practice_id, Folder.shared)
    mine = Image.patient_id == patient_id
    yield from _images("images", "Images", rows_of(session, practice_id, Image, mine & Image.folder_id.in_(shared)))
    yield from _images("office-images", "Images in folders that are not shared", rows_of(session, practice_id, Image, mine & Image.folder_id.not_in(shared)), True)


def _images(name: str, about: str, rows: list[dict[str, Any]], office_only: bool = False) -> Iterator[ExportFile]:
    yield from list_files(name, f"{about}: what is known of each", [{key: value for key, value in row.items() if key not in _KEYS} for row in rows], office_only)
    for row in rows:
        if row["file_key"]:
            yield ExportFile(_called(row), f"{about}, as they were stored", key=row["file_key"], office_only=office_only)


def _called(row: dict[str, Any]) -> str:
    """A name by which an image is found again: its day, what it is called, its id; the ending is that of the file that is kept."""
    words = PurePosixPath(row["file_name"].replace("\\", "/")).stem or row["description"] or row["type"]
    return f"{row['taken_on']} {words[:60]} {row['id']}{guess_extension(row['content_type'] or '') or ''}"


def erase(session: Session, practice_id: UUID, patient_id: UUID | None) -> None:
    """Delete the images of one patient from the database."""
    delete_rows(session, practice_id, patient_id, Image)

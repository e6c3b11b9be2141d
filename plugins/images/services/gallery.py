"""Showing a patient the images in the folders that the office shares."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Row, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from plugins.images.models import Folder, Image

PAGE = 48

_LISTED = (
    Image.id, Image.taken_on, Image.description, Image.file_name, Image.kind, Image.tooth_numbers, Image.pages, Folder.name.label("folder"),
)  # fmt: skip
_WHOLE = (*_LISTED, Image.content_type, Image.byte_size, Image.file_key, Image.display_key, Image.thumbnail_key, Image.width, Image.height)


class NoSuchImage(Exception):
    """There is no such image for this patient, or it is not shared."""


@dataclass(frozen=True)
class Shelf:
    """Whose images are looked at: of one patient of a practice, with or without documents."""

    session: Session
    practice_id: UUID
    patient_id: UUID
    documents: bool = True

    def images(self, *columns) -> Select:
        """The images that this patient may see: in a folder that is shared now, with a file that is here."""
        query = (
            select(*columns)
            .join(Folder, (Folder.practice_id == self.practice_id) & (Folder.id == Image.folder_id))
            .where(Image.practice_id == self.practice_id, Image.patient_id == self.patient_id, Image.file_key.is_not(None), Folder.shared)
        )
        return query if self.documents else query.where(Image.kind != "document")


@dataclass(frozen=True, slots=True)
class FolderCount:
    """A folder in which this patient has images, and how many."""

    id: UUID
    name: str
    images: int


@dataclass(frozen=True, slots=True)
class Neighbors:
    """The images before and after one, newest first."""

    newer: UUID | None
    older: UUID | None


def folders(shelf: Shelf) -> list[FolderCount]:
    """The folders that hold images of this patient, in the office's order; one statement."""
    query = shelf.images(Folder.id, Folder.name, func.count()).group_by(Folder.id, Folder.name, Folder.position)
    return [FolderCount(*row) for row in shelf.session.execute(query.order_by(Folder.position, Folder.name))]


def images(shelf: Shelf, folder_id: UUID | None = None, page: int = 1, most: int = PAGE) -> list[Row]:
    """One page of images, newest first, of one folder or of all; one statement."""
    query = shelf.images(*_LISTED).order_by(Image.taken_on.desc(), Image.id.desc())
    if folder_id is not None:
        query = query.where(Folder.id == folder_id)
    return list(shelf.session.execute(query.offset((page - 1) * most).limit(most)))


def find(shelf: Shelf, image_id: UUID) -> Row:
    """One image with the keys of its files; one statement. Raises NoSuchImage."""
    row = shelf.session.execute(shelf.images(*_WHOLE).where(Image.id == image_id)).one_or_none()
    if row is None:
        raise NoSuchImage
    return row


def neighbors(shelf: Shelf, image_id: UUID, taken_on: date) -> Neighbors:
    """What comes before and after an image in the gallery of all folders; one statement."""
    place, here = tuple_(Image.taken_on, Image.id), tuple_(literal(taken_on), literal(image_id))
    newer = shelf.images(literal("newer"), Image.id).where(place > here).order_by(Image.taken_on, Image.id).limit(1)
    older = shelf.images(literal("older"), Image.id).where(place < here).order_by(Image.taken_on.desc(), Image.id.desc()).limit(1)
    found = dict(shelf.session.execute(newer.union_all(older)).tuples())
    return Neighbors(found.get("newer"), found.get("older"))

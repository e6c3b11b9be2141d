"""Showing a patient the images in the folders that the office shares."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, case, func, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from plugins.images.models import Folder, Image

PAGE = 48

_LISTED = (
    Image.id, Image.taken_on, Image.description, Image.file_name, Image.type, Image.tooth_numbers, Image.pages, Folder.name.label("folder"),
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

    def images(self, *columns, image=Image, folder=Folder) -> Select:
        """The images that this patient may see: in a folder that is shared now, with a file that is here."""
        query = (
            select(*columns)
            .select_from(image)
            .join(folder, (folder.practice_id == self.practice_id) & (folder.id == image.folder_id))
            .where(image.practice_id == self.practice_id, image.patient_id == self.patient_id, image.file_key.is_not(None), folder.shared)
        )
        return query if self.documents else query.where(image.type != "document")


@dataclass(frozen=True, slots=True)
class FolderCount:
    """A folder in which this patient has images, and how many."""

    id: UUID
    name: str
    images: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a gallery: its images, newest first, and every folder that holds images of this patient, in the office's order."""

    images: list[Row]
    folders: list[FolderCount]


def page(shelf: Shelf, folder_id: UUID | None = None, number: int = 1, most: int = PAGE) -> Page:
    """One page of the images of one folder or of all; one statement."""
    first = (number - 1) * most
    place = func.row_number().over(order_by=_newest_first(Image))
    # The folders come along with the first row, rather than by a statement of their own.
    query = shelf.images(*_LISTED, case((place == first + 1, _folders(shelf))).label("folders"))
    if folder_id is not None:
        query = query.where(Folder.id == folder_id)
    rows = shelf.session.execute(query.order_by(*_newest_first(Image)).offset(first).limit(most)).all()
    folders = rows[0].folders if rows else []
    return Page(list(rows), [FolderCount(UUID(folder), name, images) for folder, name, images in folders])


def newest(shelf: Shelf, most: int) -> list[Row]:
    """The newest images of all folders; one statement."""
    return list(shelf.session.execute(shelf.images(*_LISTED).order_by(*_newest_first(Image)).limit(most)))


def find(shelf: Shelf, image_id: UUID) -> Row:
    """One image with the keys of its files; one statement. Raises NoSuchImage."""
    return _one(shelf, shelf.images(*_WHOLE), image_id)


def find_between(shelf: Shelf, image_id: UUID) -> Row:
    """One image, and the ids of those before and after it in the gallery as `newer` and `older`; one statement. Raises NoSuchImage."""
    return _one(
        shelf, shelf.images(*_WHOLE, _beside(shelf, newer=True).label("newer"), _beside(shelf, newer=False).label("older")), image_id
    )


def _one(shelf: Shelf, query: Select, image_id: UUID) -> Row:
    row = shelf.session.execute(query.where(Image.id == image_id)).one_or_none()
    if row is None:
        raise NoSuchImage
    return row


def _newest_first(image) -> tuple:
    return image.taken_on.desc(), image.id.desc()


def _folders(shelf: Shelf) -> ScalarSelect:
    """Every folder with images of this patient as [id, name, how many]."""
    counts = shelf.images(Folder.id, Folder.name, Folder.position, func.count().label("images"))
    found = counts.group_by(Folder.id, Folder.name, Folder.position).subquery()
    one = func.jsonb_build_array(found.c.id, found.c.name, found.c.images)
    return select(func.jsonb_agg(aggregate_order_by(one, found.c.position, found.c.name))).scalar_subquery()


def _beside(shelf: Shelf, newer: bool) -> ScalarSelect:
    """The id of the image right before or after the one that the statement finds."""
    other = aliased(Image)
    there, here = tuple_(other.taken_on, other.id), tuple_(Image.taken_on, Image.id)
    query = shelf.images(other.id, image=other, folder=aliased(Folder)).where(there > here if newer else there < here).limit(1)
    return query.order_by(*((other.taken_on, other.id) if newer else _newest_first(other))).correlate(Image).scalar_subquery()

"""Images as pages show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import PurePath
from uuid import UUID

from sqlalchemy import Row

from core.files.disposition import safe_name

TYPES = {"radiograph": "X-ray", "photo": "Photo", "document": "Document"}
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "application/pdf": ".pdf"}
_STEP = 1024


@dataclass(frozen=True, slots=True)
class Tile:
    """One image in the gallery: its name, a second line, and a mark for what is no picture."""

    id: UUID
    type: str
    title: str
    text: str
    mark: str


def tile(row: Row) -> Tile:
    """The tile of an image."""
    told = TYPES[row.type] if row.description else ""
    text = " · ".join(part for part in (told, _teeth(row.tooth_numbers)) if part)
    return Tile(row.id, row.type, title(row), text, pages(row.pages))


def title(row: Row) -> str:
    """What an image is called: its description, else what it is."""
    return row.description or TYPES[row.type]


def by_day(rows: Sequence[Row]) -> list[tuple[date, list[Tile]]]:
    """The tiles of each day, in the order of the rows."""
    return [(day, [tile(row) for row in some]) for day, some in groupby(rows, key=lambda row: row.taken_on)]


def pages(count: int | None) -> str:
    """What a document's corner says."""
    if not count:
        return ""
    return "PDF" if count == 1 else f"PDF · {count} pages"


def file_size(size: int) -> str:
    """Bytes as "94 KB" or "1.2 MB"."""
    if size < _STEP * _STEP:
        return f"{max(1, round(size / _STEP)):,} KB"
    return f"{size / _STEP / _STEP:,.1f} MB"


def saved_as(row: Row) -> str:
    """The name under which an image is saved: as it came, or what it is called, with the ending of what it is."""
    stem = PurePath(row.file_name).stem if row.file_name else title(row)
    return safe_name(stem + _ENDINGS[row.content_type])


def public_name(row: Row) -> str:
    """A name for a link that says nothing about anyone."""
    return ("document" if row.type == "document" else "image") + _ENDINGS[row.content_type]


def details(row: Row) -> list[tuple[str, str]]:
    """What is known of an image, as (name, value)."""
    size = f"{row.width:,} × {row.height:,} dots" if row.width and row.height else ""
    every = (
        ("Type", TYPES[row.type]),
        ("Folder", row.folder),
        ("Teeth" if _many(row.tooth_numbers) else "Tooth", row.tooth_numbers),
        ("Pages", str(row.pages or "")),
        ("Size", ", ".join(part for part in (size, file_size(row.byte_size)) if part)),
        ("File", row.file_name),
    )
    return [(name, value) for name, value in every if value]


def _teeth(numbers: str) -> str:
    return f"{'Teeth' if _many(numbers) else 'Tooth'} {numbers}" if numbers else ""


def _many(numbers: str) -> bool:
    return any(mark in numbers for mark in ",-–;& ")


def total(folders: Iterable) -> int:
    """How many images there are in all folders together."""
    return sum(folder.images for folder in folders)

"""Images as pages show them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath
from uuid import UUID

from babel.dates import format_date
from sqlalchemy import Row

from core.files.disposition import safe_name
from core.web.formats import LOCALE, file_size

TYPES = {"radiograph": "X-ray", "photo": "Photo", "document": "Document"}
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "application/pdf": ".pdf"}
_NUMBERS = re.compile(r"\s*\d{1,2}\s*(,\s*\d{1,2}\s*)*", re.ASCII)
_FEW = 2
_TO = "\u2060–\u2060"  # a dash at which no line is broken


@dataclass(frozen=True, slots=True)
class Tile:
    """One image in the gallery: what it is, its name, its day, its teeth, and a mark for what is no picture."""

    id: UUID
    type: str
    what: str
    title: str
    day: str
    teeth: str
    mark: str


def tile(row: Row) -> Tile:
    """The tile of an image; the month above it says the year."""
    day = format_date(row.taken_on, "MMMM d", locale=LOCALE)
    return Tile(row.id, row.type, TYPES[row.type], title(row), day, teeth(row.tooth_numbers), pages(row.pages))


def title(row: Row) -> str:
    """What an image is called: its description, else what it is."""
    return row.description or TYPES[row.type]


def by_month(rows: Sequence[Row]) -> list[tuple[str, list[Tile]]]:
    """The tiles of each month, as "March 2026", in the order of the rows."""
    return [
        (month, [tile(row) for row in some])
        for month, some in groupby(rows, key=lambda row: format_date(row.taken_on, "LLLL y", locale=LOCALE))
    ]


def pages(count: int | None) -> str:
    """What a document's corner says."""
    if not count:
        return ""
    return "PDF" if count == 1 else f"PDF · {count} pages"


def saved_as(row: Row) -> str:
    """The name under which an image is saved: as it came, or what it is called, with the ending of what it is."""
    stem = PurePath(row.file_name).stem if row.file_name else title(row)
    return safe_name(stem + _ENDINGS[row.content_type])


def public_name(row: Row) -> str:
    """A name for a link that says nothing about anyone."""
    return ("document" if row.type == "document" else "image") + _ENDINGS[row.content_type]


def details(row: Row) -> list[tuple[str, str]]:
    """What is known of an image, as (name, value)."""
    size = f"{row.width:,} × {row.height:,} pixels" if row.width and row.height else ""
    every = (
        ("Type", TYPES[row.type]),
        ("Folder", row.folder),
        ("Teeth" if _is_many(row.tooth_numbers) else "Tooth", _runs(row.tooth_numbers)),
        ("Pages", str(row.pages or "")),
        ("Size", ", ".join(part for part in (size, file_size(row.byte_size)) if part)),
        ("File", row.file_name),
    )
    return [(name, value) for name, value in every if value]


def teeth(numbers: str) -> str:
    """Tooth numbers as they are read: "Tooth 14", or "Teeth 12–15, 18"."""
    return f"{'Teeth' if _is_many(numbers) else 'Tooth'} {_runs(numbers)}" if numbers else ""


def _runs(numbers: str) -> str:
    """Three and more in a row become a span; what is not a list of plain numbers stays as it is."""
    if not _NUMBERS.fullmatch(numbers):
        return numbers
    found = sorted({int(number) for number in numbers.split(",")})
    spans = [[number for _, number in some] for _, some in groupby(enumerate(found), key=lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{span[0]}{_TO}{span[-1]}" if len(span) > _FEW else ", ".join(map(str, span)) for span in spans)


def _is_many(numbers: str) -> bool:
    return any(mark in numbers for mark in ",-–;& ")


def total(folders: Iterable) -> int:
    """How many images there are in all folders together."""
    return sum(folder.images for folder in folders)

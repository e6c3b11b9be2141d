"""Images and documents, without their bytes: those come by a file transfer, under the name that stands here."""

from pathlib import PureWindowsPath
from typing import Any

from plugins.opendental.mapping.reading import Record, Row, day, deleted, number, one_of, reference, words, written_day
from plugins.opendental.mapping.setup import Setup

TYPES = ("Document", "Radiograph", "Photo", "File", "Attachment")


def image(row: Row, setup: Setup) -> Record:
    """An image in its folder. What lies in the folder of statements belongs to these, and is shown with the account."""
    number_, folder = number(row, "DocNum"), reference(row, "DocCategory")
    taken_on = day(row, "DateCreated") or day(row, "DateTStamp")
    if folder is None or folder in setup.statement_categories or taken_on is None:
        return deleted("image", number_)
    return {
        "kind": "image",
        "external_id": number_,
        "patient": reference(row, "PatNum"),
        "folder": folder,
        "taken_on": written_day(taken_on),
        "description": words(row, "Description", 500),
        "file_name": file_name(row),
        "type": _type(row),
        "tooth_numbers": words(row, "ToothNumbers", 100),
    }


def bytes_of(row: Row, record: Record) -> dict[str, Any] | None:
    """Where the file of an image lies, and when it was last changed."""
    chart, dated_on = reference(row, "PatNum"), day(row, "DateCreated") or day(row, "DateTStamp")
    if chart is None or dated_on is None:
        return None
    return {"document": number(row, "DocNum"), "chart": chart, "folder": record["folder"], "dated_on": dated_on, "stamp": words(row, "DateTStamp", 30)}


def file_name(row: Row) -> str:
    """The name of a file without its folders, in which the names of patients stand."""
    return PureWindowsPath(words(row, "FileName", 500) or words(row, "filePath", 500)).name[:200]


def _type(row: Row) -> str:
    sort = one_of(row, "ImgType", TYPES)
    return {"Radiograph": "radiograph", "Photo": "photo"}.get(sort, "document")

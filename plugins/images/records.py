"""The kinds of record that say which folders and images there are. Files come by `cuspid import images` and find their image by name."""

from datetime import date
from typing import Literal

from pydantic import Field

from core.records import Record, RecordKind
from plugins.images.models import Folder, Image


class FolderRecord(Record):
    """A folder; patients see its images only while `shared` is true. Folders are listed by `position`, then by name."""

    name: str = Field(min_length=1, max_length=100)
    shared: bool = False
    position: int = Field(0, ge=0, le=10_000)


class ImageRecord(Record):
    """An image without its file. `file_name` is the name under which the file will come, `tooth_numbers` are as they are read: "3, 14"."""

    patient: str
    folder: str
    taken_on: date
    description: str = Field("", max_length=500)
    file_name: str = Field("", max_length=200)
    type: Literal["radiograph", "photo", "document"]
    tooth_numbers: str = Field("", max_length=100)


KINDS = [
    RecordKind("image_folder", FolderRecord, Folder),
    RecordKind("image", ImageRecord, Image, {"patient": "patient", "folder": "image_folder"}),
]

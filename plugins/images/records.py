"""The kinds of record that say which folders and images there are. A file comes along as an upload, or by `cuspid import images` and finds its image by name."""

from datetime import date
from typing import Literal

from pydantic import Field

from core.records import Record, RecordFile, RecordKind, RecordWithFile
from core.safety.limits import MOST_BYTES
from core.safety.signatures import KINDS as TAKEN
from plugins.images.models import Folder, Image
from plugins.images.services import adding


class FolderRecord(Record):
    """A folder; patients see its images only while `shared` is true. Folders are listed by `position`, then by name."""

    name: str = Field(min_length=1, max_length=100)
    shared: bool = False
    position: int = Field(0, ge=0, le=10_000)


class ImageRecord(RecordWithFile):
    """An image: a JPEG, PNG, WebP or PDF file of at most 40 MB. Patients see it once its file is here.

    `file_name` is the name of the file; it may also come later, by `cuspid import images` under this name. `tooth_numbers` are as they are read: "3, 14".
    """

    patient: str
    folder: str
    taken_on: date
    description: str = Field("", max_length=500)
    file_name: str = Field("", max_length=200)
    type: Literal["radiograph", "photo", "document"]
    tooth_numbers: str = Field("", max_length=100)


_FILE = RecordFile(frozenset(TAKEN), MOST_BYTES, adding.keep_upload, "source_sha256", ("file_key", "display_key", "thumbnail_key"))
KINDS = [
    RecordKind("image_folder", FolderRecord, Folder),
    RecordKind("image", ImageRecord, Image, {"patient": "patient", "folder": "image_folder"}, file=_FILE),
]

"""The kinds of record that say which folders and images there are. A file comes along as an upload, or by `cuspid import images` and finds its image by name."""

from datetime import date
from typing import Literal

from pydantic import Field

from core.records import Record, RecordFile, RecordKind, RecordWithFile
from core.records.fields import ExternalId, example
from core.safety.limits import MOST_BYTES
from core.safety.signatures import IMAGES
from plugins.images.models import Folder, Image
from plugins.images.services import adding


class FolderRecord(Record):
    """A folder of images."""

    model_config = example({"external_id": "F1", "name": "X-rays", "shared": True, "position": 1})

    name: str = Field(min_length=1, max_length=100)
    """What the folder is called, as patients read it."""
    shared: bool = False
    """Whether patients see the images in it."""
    position: int = Field(0, ge=0, le=10_000)
    """The place in the list of folders, the lowest first; those alike by name."""


class ImageRecord(RecordWithFile):
    """An image: a JPEG, PNG, WebP, PDF or DICOM file of at most 40 MB and 50 million pixels. Patients see it once its file is here.

    Of a DICOM file (application/dicom) its one picture is kept, as PNG or JPEG. One whose tags name somebody else than the patient is refused.
    """

    model_config = example(
        {
            "external_id": "I1", "patient": "P1", "folder": "F1", "taken_on": "2026-03-04", "type": "radiograph", "description": "Bitewing, left",
            "file_name": "A100.jpg", "tooth_numbers": "3, 14", "file": "01a224c0-7105-75c9-936e-1e80e0b96e1a",
        },
        {"external_id": "I2", "patient": "P2", "folder": "F1", "taken_on": "2026-03-04", "type": "photo", "file_name": "A101.jpg"},
    )  # fmt: skip

    patient: ExternalId
    """Whose image it is."""
    folder: ExternalId
    """The folder in which it lies."""
    taken_on: date
    """The day on which it was taken."""
    description: str = Field("", max_length=500)
    """What it shows, in words that patients read."""
    file_name: str = Field("", max_length=200)
    """The name of the file; where the file does not come along, it may come later by `cuspid import images` under this name."""
    type: Literal["radiograph", "photo", "document"]
    """What it is."""
    tooth_numbers: str = Field("", max_length=100)
    """The teeth that it shows, as they are read: "3, 14"."""


_FILE = RecordFile(frozenset(IMAGES), MOST_BYTES, adding.keep_upload, "source_sha256", ("file_key", "display_key", "thumbnail_key"))
KINDS = [
    RecordKind("image_folder", FolderRecord, Folder),
    RecordKind("image", ImageRecord, Image, {"patient": "patient", "folder": "image_folder"}, file=_FILE),
]

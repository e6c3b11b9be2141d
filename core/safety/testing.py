"""Files for tests, as they come from outside: good ones, broken ones and hostile ones. Plugin authors who take files in may use them."""

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import ExifTags, Image, ImageDraw

MARKER = b"<script>alert(document.cookie)</script>"
"""Stands wherever a picture can carry text; nothing of it may be left in what is kept."""


def drawing(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """A picture with something on it."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), fill=200 if mode == "L" else (200, 40, 60))
    return image


def saved(image: Image.Image, form: str, **options) -> bytes:
    """The picture in this format."""
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def exif(turn: int = 1) -> Image.Exif:
    """Where and when it was taken, with what, and a comment that would be a script on a page."""
    said = Image.Exif()
    said[ExifTags.Base.Orientation] = turn
    said[ExifTags.Base.Make] = "Telephone of Robin Vale"
    said[ExifTags.Base.ImageDescription] = MARKER.decode()
    said.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:03:04 10:11:12"
    gps = said.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (44.0, 56.0, 35.0)
    return said


def png_that_claims(width: int, height: int) -> bytes:
    """A small PNG that unpacks to width times height black pixels."""
    line = b"\0" * (1 + width // 8 + 1)
    packer = zlib.compressobj(9)
    packed = [*(packer.compress(line) for _ in range(height)), packer.flush()]
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", b"".join(packed)), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def polyglot() -> bytes:
    """A JPEG that is a ZIP archive and a web page too, and says where it was taken."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as pack:
        pack.writestr("payload.html", MARKER)
    return saved(drawing(1200, 900), "JPEG", exif=exif(), comment=MARKER) + MARKER + archive.getvalue()


def pdf(pages: int = 1, password: str = "") -> bytes:
    """A PDF with empty pages; with a password it only claims to be locked."""
    kids = " ".join(f"{3 + number} 0 R" for number in range(pages))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {pages}>>"]
    objects += ["<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>"] * pages
    lock = ""
    if password:
        objects.append(f"<</Filter/Standard/V 1/R 2/O<{'41' * 32}>/U<{'42' * 32}>/P -4>>")
        lock = f"/Encrypt {len(objects)} 0 R/ID[<{'43' * 16}><{'43' * 16}>]"
    text, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(text))
        text += f"{number} 0 obj{body}endobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R{lock}>>\nstartxref\n{len(text)}\n%%EOF"
    return text + end.encode()


def scan(image: Image.Image | None = None, packed: bytes = b"", syntax: str = "1.2.840.10008.1.2.1", **tags: Any) -> bytes:
    """A DICOM file with a picture, 8 bits gray or in color, or with what is `packed` in a `syntax`; `tags` by their keywords, and those that are None are left out."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID, SecondaryCaptureImageStorage, generate_uid

    image = image or drawing(mode="L")
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(syntax), SecondaryCaptureImageStorage, generate_uid()
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    gray = image.mode == "L"
    about = {
        "SOPClassUID": SecondaryCaptureImageStorage, "SOPInstanceUID": meta.MediaStorageSOPInstanceUID, "Modality": "IO", "StudyDate": "20260304",
        "PatientID": "P1", "PatientName": "Zelenka^Ann", "SeriesDescription": "Bitewing left", "Rows": image.height, "Columns": image.width, "BitsAllocated": 8,
        "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0, "SamplesPerPixel": 1 if gray else 3, "PhotometricInterpretation": "MONOCHROME2" if gray else "RGB",
        "PlanarConfiguration": None if gray else 0, "PixelData": encapsulate([packed]) if packed else image.tobytes(),
    }  # fmt: skip
    for name, value in (about | tags).items():
        if value is not None:
            setattr(made, name, value)
    target = io.BytesIO()
    made.save_as(target, enforce_file_format=True)
    return target.getvalue()

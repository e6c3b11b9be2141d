"""DICOM files, in the child: one picture, drawn as its window says, and what its tags say of it. Everything else of the file is left behind.

A JPEG that lies in one stays as it is, bit for bit, where it is to be seen so; any other picture is kept as PNG, gray with as many shades as it had.
"""

import io
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from PIL import Image, Jpeg2KImagePlugin  # noqa: F401
from pydicom import Dataset, config, dcmread
from pydicom.encaps import generate_frames
from pydicom.filereader import read_dataset, read_preamble
from pydicom.multival import MultiValue
from pydicom.pixels import get_decoder
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    RLELossless,
)

from core.safety import limits
from core.safety.pictures import check_size, read_picture
from core.safety.refusal import Refusal

_PLAIN = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, RLELossless)
_JPEG, _JPEG_2000 = (JPEGBaseline8Bit, JPEGExtended12Bit), (JPEG2000, JPEG2000Lossless)
_GRAY, _DARK_IS_HIGH, _COLORS = "MONOCHROME2", "MONOCHROME1", ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_WHITE = 65_535
_LONGEST = 200
_SAID = {
    "uid": ("SOPInstanceUID",), "patient": ("PatientID",), "born": ("PatientBirthDate",), "taken_on": ("AcquisitionDate", "ContentDate", "SeriesDate", "StudyDate"),
    "modality": ("Modality",), "title": ("SeriesDescription", "StudyDescription", "ImageComments"), "side": ("ImageLaterality", "Laterality"),
}  # fmt: skip
"""What is read of the tags, the first that says something; a device often writes the day of the study only."""
_REGIONS = ("AnatomicRegionSequence", "PrimaryAnatomicStructureSequence", "AnatomicRegionModifierSequence", "PrimaryAnatomicStructureModifierSequence")
_BABY_TEETH = {5: "EDCBA", 6: "FGHIJ", 7: "ONMLK", 8: "PQRST"}
config.settings.reading_validation_mode = config.IGNORE
warnings.simplefilter("ignore")


def read_scan(content_type: str, data: bytes, clean: BinaryIO, display: BinaryIO, thumbnail: BinaryIO) -> dict:
    """Write the picture as it is kept, the one that pages show and the small one. Raises Refusal, or what the libraries raise."""
    _check_syntax(data)
    scan = dcmread(io.BytesIO(data))
    kept_as, picture = _picture(scan)
    found = read_picture(kept_as, picture, clean, display, thumbnail)
    said = dict(_said(scan))
    return found | {"content_type": kept_as, "taken_on": said.pop("taken_on"), "said": said}


def _check_syntax(data: bytes) -> None:
    """What is packed in a way that is not read here is refused before it is unpacked: where all of it is, a few kilobytes become gigabytes."""
    start = io.BytesIO(data)
    read_preamble(start, force=False)
    about = read_dataset(start, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, *_: tag.group != 2)
    if not about.get("TransferSyntaxUID"):
        raise Refusal("damaged")
    if about.TransferSyntaxUID not in (*_PLAIN, *_JPEG, *_JPEG_2000):
        raise Refusal("coding")


def _picture(scan: Dataset) -> tuple[str, bytes]:
    """The one picture in it, as a file of its own."""
    if "PixelData" not in scan or not scan.get("Rows") or not scan.get("Columns"):
        raise Refusal("no_picture")
    if int(scan.get("NumberOfFrames") or 1) > 1:
        raise Refusal("frames")
    size = int(scan.Columns), int(scan.Rows)
    check_size(*size)
    colors = str(scan.get("PhotometricInterpretation", ""))
    if scan.SamplesPerPixel == 1 and colors in (_GRAY, _DARK_IS_HIGH):
        return _gray(scan, size)
    if scan.SamplesPerPixel == 3 and colors in _COLORS and scan.BitsAllocated == 8:
        return _colored(scan, size, colors)
    raise Refusal("coding")


def _packed(scan: Dataset, size: tuple[int, int]) -> tuple[bytes, Image.Image] | None:
    """The JPEG or JPEG 2000 picture, and as a file; nothing where the pixels lie there as they are."""
    if scan.file_meta.TransferSyntaxUID in _PLAIN:
        return None
    frame = next(generate_frames(scan.PixelData, number_of_frames=1))
    image = Image.open(io.BytesIO(frame), formats=("JPEG" if scan.file_meta.TransferSyntaxUID in _JPEG else "JPEG2000",))
    if image.size != size:
        raise Refusal("damaged")
    return frame, image


def _colored(scan: Dataset, size: tuple[int, int], colors: str) -> tuple[str, bytes]:
    packed = _packed(scan, size)
    if packed is None:
        return _png(_plain_colors(scan, size, colors))
    frame, image = packed
    if image.format == "JPEG" and colors == "RGB" and "adobe_transform" not in image.info:
        # Nothing in the JPEG says so: read as it usually is, red would be green.
        image.draft("YCbCr", image.size)
        return _png(Image.frombytes("RGB", size, image.tobytes()))
    return ("image/jpeg", frame) if image.format == "JPEG" else _png(image.convert("RGB"))


def _plain_colors(scan: Dataset, size: tuple[int, int], colors: str) -> Image.Image:
    if colors == "YBR_FULL_422":
        raise Refusal("coding")
    pixels, about = _pixels(scan)
    mode = "RGB" if about["photometric_interpretation"] == "RGB" else "YCbCr"
    if about.get("planar_configuration"):
        bands = [Image.frombytes("L", size, pixels[start : start + len(pixels) // 3]) for start in range(0, len(pixels) // 3 * 3, len(pixels) // 3)]
        return Image.merge(mode, bands).convert("RGB")
    return Image.frombytes(mode, size, pixels).convert("RGB")


def _pixels(scan: Dataset) -> tuple[bytes, dict[str, Any]]:
    pixels, about = get_decoder(scan.file_meta.TransferSyntaxUID).as_buffer(scan, index=0)
    return bytes(pixels), dict(about)


def _gray(scan: Dataset, size: tuple[int, int]) -> tuple[str, bytes]:
    if not (scan.BitsAllocated in (8, 16) and 1 <= scan.BitsStored <= scan.BitsAllocated):
        raise Refusal("coding")
    packed = _packed(scan, size)
    image = _stored(scan, size) if packed is None else _unpacked(scan, packed[1])
    factor, shift = _window(scan, image)
    if packed and packed[1].format == "JPEG" and (factor, shift) == (257, 0):
        return "image/jpeg", packed[0]
    drawn = image.point(lambda value: value * factor + shift)
    # Pillow cuts off what is beyond 16 bits when it makes fewer of them.
    return _png(drawn.convert("I;16") if scan.BitsStored > 8 else drawn.point(lambda value: value * (1 / 257) + 0.5).convert("L"))


def _stored(scan: Dataset, size: tuple[int, int]) -> Image.Image:
    """The pixels that lie in the file as they are, as whole numbers."""
    pixels, _ = _pixels(scan)
    signed = bool(scan.get("PixelRepresentation"))
    raw = {(8, False): "I;8", (8, True): "I;8S", (16, False): "I;16", (16, True): "I;16S"}[scan.BitsAllocated, signed]
    return Image.frombytes("I", size, pixels, "raw", raw)


def _unpacked(scan: Dataset, image: Image.Image) -> Image.Image:
    """The pixels of a JPEG, as whole numbers. Pillow gives those of a JPEG 2000 without a sign, and drawn out to 8 or 16 bits."""
    if image.mode not in ("L", "I;16"):
        raise Refusal("coding")
    bits = 16 if image.mode == "I;16" else 8
    below = 1 << scan.BitsStored - 1 if scan.get("PixelRepresentation") else 0
    factor = 1 / (1 << max(0, bits - scan.BitsStored)) if image.format == "JPEG2000" else 1
    return image.convert("I").point(lambda value: value * factor - below)


def _window(scan: Dataset, image: Image.Image) -> tuple[float, float]:
    """By what a stored number is multiplied, and what is added, so that it is a shade from 0, black, to 65,535, white (PS3.3, C.11.2)."""
    slope, intercept = _number(scan, "RescaleSlope", 1), _number(scan, "RescaleIntercept", 0)
    width, center = _number(scan, "WindowWidth", 0), _number(scan, "WindowCenter", 0)
    if width > 1:
        low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    else:
        darkest, brightest = cast(tuple[int, int], image.getextrema()) if scan.BitsStored > 8 else (0, 255)
        low, high = sorted((darkest * slope + intercept, brightest * slope + intercept))
    spread = max(high - low, 1e-9)
    factor, shift = slope * _WHITE / spread, (intercept - low) * _WHITE / spread
    dark_is_high = scan.PhotometricInterpretation == _DARK_IS_HIGH
    return (-factor, _WHITE - shift) if dark_is_high else (factor, shift)


def _number(scan: Dataset, name: str, otherwise: float) -> float:
    """The first number of a tag, which may say several."""
    value = scan.get(name)
    first = value[0] if isinstance(value, MultiValue) and value else value
    found = otherwise if first in (None, "") or isinstance(first, MultiValue) else float(first)
    if not abs(found) < 1e9:
        raise Refusal("damaged")
    return found


def _png(image: Image.Image) -> tuple[str, bytes]:
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=6)
    if target.tell() > limits.WRITTEN_BYTES:
        raise Refusal("costly")
    return "image/png", target.getvalue()


def _said(scan: Dataset) -> Iterator[tuple[str, str]]:
    """What the tags say, as text of a line."""
    for name, tags in _SAID.items():
        yield name, next((words for tag in tags if (words := _words(scan.get(tag)))), "")
    called = scan.get("PatientName")
    yield "last_name", _words(getattr(called, "family_name", ""))
    yield "first_name", _words(getattr(called, "given_name", ""))
    yield "teeth", ", ".join(sorted(set(_teeth(scan)), key=lambda tooth: (len(tooth), tooth)))[:100]


def _words(value: Any) -> str:
    return " ".join(str(value if value is not None else "").replace("^", " ").split())[:_LONGEST]


def _teeth(scan: Dataset) -> Iterator[str]:
    """The teeth that are named by the two digits of ISO 3950, as they are numbered here."""
    items = [item for region in _REGIONS for item in scan.get(region) or ()]
    items += [item for other in items for region in _REGIONS for item in other.get(region) or ()]
    for item in items:
        code = _words(item.get("CodeValue"))
        if _words(item.get("CodingSchemeDesignator")) in ("FDI", "ISO3950", "ISO-3950") and len(code) == 2 and code.isdecimal():
            yield from tooth_of(int(code[0]), int(code[1]))


def tooth_of(quadrant: int, place: int) -> Iterator[str]:
    """A tooth of ISO 3950 by its number or letter here; nothing where there is none."""
    if quadrant in (1, 2, 3, 4) and 1 <= place <= 8:
        yield str({1: 9 - place, 2: 8 + place, 3: 25 - place, 4: 24 + place}[quadrant])
    elif quadrant in _BABY_TEETH and 1 <= place <= 5:
        yield _BABY_TEETH[quadrant][place - 1]

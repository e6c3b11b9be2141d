"""Pictures, in the child: prove by decoding to the end, draw anew what is shown, strip what is kept."""

import io
import warnings
from datetime import date
from typing import BinaryIO

from PIL import ExifTags, Image, ImageChops, ImageCms, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

from core.safety import limits
from core.safety.refusal import Refusal
from core.safety.stripping import strip_jpeg, strip_png
from core.safety.webp import webp_size

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
STRIP = {"image/jpeg": strip_jpeg, "image/png": strip_png}
# Exif's ways to hold a camera, from the second on; the first is upright.
_WAYS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MOST_PROFILE = 1024 * 1024
_GRAY_SPREAD = 12
# Readers are loaded above, before rights are given up; no other format is ever tried. We count pixels ourselves.
Image.preinit()
Image.MAX_IMAGE_PIXELS = None
warnings.simplefilter("ignore")


def read_picture(content_type: str, data: bytes, clean: BinaryIO, display: BinaryIO, thumbnail: BinaryIO) -> dict:
    """Write the stripped picture, the one that pages show and the small one. Raises Refusal, or what the decoder raises."""
    if content_type == "image/webp":
        check_size(*webp_size(data))
    with Image.open(io.BytesIO(data), formats=(FORMATS[content_type],)) as image:
        check_size(*image.size)
        if content_type != "image/jpeg" and getattr(image, "n_frames", 1) > 1:
            raise Refusal("moving")
        exif, profile = image.getexif(), profile_of(image)
        turn = exif.get(ExifTags.Base.Orientation, 1)
        found = {**_size_as_shown(image, turn), "taken_on": _taken_on(exif)}
        if content_type == "image/webp":
            shown = _kept_webp(image, profile, turn, clean)
        else:
            shown = _drawn(image, profile, turn)
            clean.write(STRIP[content_type](data, profile is not None, turn))
    return {**found, "gray": write_shown(shown, display, thumbnail)}


def _size_as_shown(image: Image.Image, turn: int) -> dict[str, int]:
    width, height = reversed(image.size) if turn in {5, 6, 7, 8} else image.size
    return {"width": width, "height": height}


def write_shown(image: Image.Image, display: BinaryIO, thumbnail: BinaryIO) -> bool:
    """Write a fresh picture in the two sizes that pages show; answer whether it is gray, as radiographs are."""
    image.save(display, "JPEG", quality=88, optimize=True, progressive=True)
    image.thumbnail((limits.THUMBNAIL_PIXELS,) * 2)
    image.save(thumbnail, "WEBP", quality=80, method=4)
    return _is_gray(image)


def _is_gray(image: Image.Image) -> bool:
    """Whether there is no color in it; many programs save a gray picture in three channels."""
    if image.mode == "L":
        return True
    red, green, blue = image.split()
    spreads = (ImageChops.difference(one, green).histogram() for one in (red, blue))
    return not any(any(spread[_GRAY_SPREAD:]) for spread in spreads)


def check_size(width: int, height: int) -> None:
    """Refuse more pixels than are safe to decode. Raises Refusal."""
    if width * height > limits.MOST_PIXELS or max(width, height) > limits.MOST_SIDE:
        raise Refusal("pixels", width=width, height=height)


def _drawn(image: Image.Image, profile, turn: int) -> Image.Image:
    """Decode to the end, at most twice the size that is shown where the format allows it, and draw a new picture."""
    image.draft(image.mode, (limits.DISPLAY_PIXELS,) * 2)
    image.load()
    small = eight_bits(image)
    small.thumbnail((limits.DISPLAY_PIXELS,) * 2, reducing_gap=2.0)
    return _fresh(turned(in_standard_colors(small, profile), turn))


def _kept_webp(image: Image.Image, profile, turn: int, clean: BinaryIO) -> Image.Image:
    image.load()
    whole = _fresh(turned(in_standard_colors(eight_bits(image), profile), turn))
    whole.save(clean, "WEBP", quality=95, method=4)
    whole.thumbnail((limits.DISPLAY_PIXELS,) * 2, reducing_gap=2.0)
    return whole


def eight_bits(image: Image.Image) -> Image.Image:
    """Gray, or color, without transparency: a see-through picture is laid on white."""
    if image.mode.startswith(("I", "F")):
        # Sensors write 16 bits of gray; converting plainly would cut the bright part off.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"1", "L"} and "transparency" not in image.info:
        return image.convert("L")
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGB", layer.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    return image.convert("RGB")


def in_standard_colors(image: Image.Image, profile) -> Image.Image:
    """The picture in the colors of a screen, when it was made in others."""
    if profile is None or image.mode != "RGB":
        return image
    try:
        return ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except ImageCms.PyCMSError:
        return image


def turned(image: Image.Image, turn: int) -> Image.Image:
    """The picture upright, whichever way the camera was held."""
    return image.transpose(_WAYS[turn]) if turn in _WAYS else image


def _fresh(image: Image.Image) -> Image.Image:
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    return clean


def profile_of(image: Image.Image):
    """The color profile, if it is one."""
    data = image.info.get("icc_profile")
    if not data or len(data) > _MOST_PROFILE:
        return None
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(data))
    except (OSError, ImageCms.PyCMSError):
        return None


def _taken_on(exif: Image.Exif) -> str | None:
    """The day on which the camera says that it was taken, as ISO 8601."""
    text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    try:
        return date.fromisoformat(str(text)[:10].replace(":", "-")).isoformat()
    except ValueError:
        return None

"""The process that reads a logo or a photo: `python -I -m core.safety.emblem_child <content type> <logo, photo or portrait> <body> <small> <large>`.

The file is its standard input, the three numbers are open files to write to, and its standard output is one line of JSON.
"""

import io
import json
import os
import sys
from typing import BinaryIO

from PIL import ExifTags, Image, ImageOps

from core.safety import limits
from core.safety.child import limit, step_down
from core.safety.drawing import clean_drawing
from core.safety.pictures import FORMATS, check_size, eight_bits, in_standard_colors, profile_of, turned
from core.safety.refusal import Refusal
from core.safety.webp import webp_size

LOGO_SIDES = (512, 384, 256, 128)
PHOTO_SIDE, PORTRAIT_SIDE = 1_400, 320
FINE_BYTES = 200_000
"""A logo larger than this is made smaller, as it stands on every page."""
SMALL, LARGE = 32, 180
_PAGE = b"""#set page(width: 512pt, height: 512pt, margin: 0pt, fill: none)
#image(bytes(json(bytes(sys.inputs.drawing))), format: "svg", width: 512pt, height: 512pt, fit: "contain")"""


def start_drawing() -> None:
    """Have the drawing library begin its one thread: there is no other one after the limits."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    import typst

    typst.compile(b"#set page(width: 1pt, height: 1pt, margin: 0pt)\n#box()", format="png", ignore_system_fonts=True)


def read(content_type: str, purpose: str, body: BinaryIO, small: BinaryIO, large: BinaryIO) -> dict:
    """Write what is kept of standard input. Raises Refusal, or what a decoder raises."""
    data = sys.stdin.buffer.read(limits.MOST_BYTES + 1)
    if content_type == "image/svg+xml":
        drawing = clean_drawing(data)
        body.write(drawing)
        picture = _drawn(drawing)
    else:
        picture = _opened(content_type, data, LOGO_SIDES[0] if purpose == "logo" else PHOTO_SIDE)
        body.write(_as_logo(picture, content_type) if purpose == "logo" else _as_photo(picture if purpose == "photo" else _square(picture)))
    if purpose == "logo":
        small.write(_icon(picture, SMALL))
        large.write(_icon(picture, LARGE, margin=16, paper="white"))
    return {"done": True}


def _drawn(drawing: bytes) -> Image.Image:
    import typst

    made = typst.compile(_PAGE, format="png", ppi=72.0, sys_inputs={"drawing": json.dumps(list(drawing))}, ignore_system_fonts=True)
    return Image.open(io.BytesIO(made if isinstance(made, bytes) else made[0]), formats=("PNG",)).convert("RGBA")


def _opened(content_type: str, data: bytes, side: int) -> Image.Image:
    """Decoded to its end, upright, in the colors of a screen, at most this long a side; see-through where it was."""
    if content_type == "image/webp":
        check_size(*webp_size(data))
    with Image.open(io.BytesIO(data), formats=(FORMATS[content_type],)) as image:
        check_size(*image.size)
        if content_type != "image/jpeg" and getattr(image, "n_frames", 1) > 1:
            raise Refusal("moving")
        turn, profile = image.getexif().get(ExifTags.Base.Orientation, 1), profile_of(image)
        image.draft(image.mode, (side * 2,) * 2)
        image.load()
        layer = (eight_bits(image) if image.mode.startswith(("I", "F")) else image).convert("RGBA")
    see_through = layer.getchannel("A")
    colors = in_standard_colors(layer.convert("RGB"), profile)
    colors.putalpha(see_through)
    upright = turned(colors, turn)
    upright.thumbnail((side, side), reducing_gap=2.0)
    # A copy would take comments and camera with it.
    fresh = Image.new("RGBA", upright.size)
    fresh.paste(upright)
    return fresh


def _as_logo(picture: Image.Image, content_type: str) -> bytes:
    for side in LOGO_SIDES:
        picture.thumbnail((side, side))
        made = _saved(picture.convert("RGB"), "JPEG", quality=90) if content_type == "image/jpeg" else _saved(picture, "PNG", optimize=True)
        if len(made) <= FINE_BYTES:
            break
    return made


def _square(picture: Image.Image) -> Image.Image:
    """The middle of a picture of somebody; where it is tall, rather the upper part, where the face is."""
    return ImageOps.fit(picture, (PORTRAIT_SIDE, PORTRAIT_SIDE), centering=(0.5, 0.3))


def _as_photo(picture: Image.Image) -> bytes:
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    for quality in (80, 60, 40):
        made = _saved(paper, "WEBP", quality=quality, method=4)
        if len(made) <= FINE_BYTES * 2:
            break
    return made


def _icon(picture: Image.Image, side: int, margin: int = 0, paper: str = "") -> bytes:
    """A square with the whole picture in it; telephones lay what is see-through on black, so theirs has paper behind it."""
    fitted = picture.copy()
    fitted.thumbnail((side - 2 * margin,) * 2)
    if max(fitted.size) < side - 2 * margin:
        scale = (side - 2 * margin) / max(fitted.size)
        fitted = fitted.resize((max(1, round(fitted.width * scale)), max(1, round(fitted.height * scale))))
    square = Image.new("RGBA", (side, side), paper or (0, 0, 0, 0))
    square.alpha_composite(fitted, ((side - fitted.width) // 2, (side - fitted.height) // 2))
    return _saved(square, "PNG", optimize=True)


def _saved(picture: Image.Image, form: str, **options) -> bytes:
    target = io.BytesIO()
    picture.save(target, form, **options)
    return target.getvalue()


def answer(arguments: list[str]) -> dict:
    """What `read` says, or the word for why it could not be read."""
    try:
        with open(int(arguments[2]), "wb") as body, open(int(arguments[3]), "wb") as small, open(int(arguments[4]), "wb") as large:
            return read(arguments[0], arguments[1], body, small, large)
    except Refusal as refusal:
        return {"refused": refusal.word, **refusal.figures}
    except MemoryError:
        return {"refused": "costly"}
    except BaseException:
        # Decoders raise whatever they like on broken bytes, the drawing library even what is no Exception; all mean the same to the sender.
        return {"refused": "damaged"}


def main() -> None:
    """Limit, read, answer."""
    if sys.argv[1:2] == ["image/svg+xml"]:
        start_drawing()
    limit()
    step_down()
    sys.stdout.write(json.dumps(answer(sys.argv[1:])))


if __name__ == "__main__":
    main()

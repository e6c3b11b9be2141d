"""From the name of a file to the file: "both-jaws-implant.jpg" is a picture of both jaws with an implant."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import PurePath
from random import Random

from PIL import Image

from plugins.images.demo.forms import signed_form
from plugins.images.demo.photos import smile
from plugins.images.demo.radiographs import back_teeth, both_jaws

_PICTURES: dict[str, Callable[[Random, str], Image.Image]] = {
    "back-teeth-right": lambda draw, note: back_teeth(draw, f"{note}  right", filled=frozenset({2, 6})),
    "both-jaws": lambda draw, note: both_jaws(draw, note, missing=frozenset({1, 16})),
    "both-jaws-braces": lambda draw, note: both_jaws(draw, note, braces=True),
    "both-jaws-implant": lambda draw, note: both_jaws(draw, note, missing=frozenset({1, 13, 16, 17, 19, 32}), implant=19),
    "smile": smile,
    "smile-braces": lambda draw, note: smile(draw, note, braces=True),
}
_FORMS = {
    "consent-crown": (
        "Consent to a crown",
        "A crown covers a tooth that is too weak to hold by itself. The tooth is made smaller and numbed for it; a temporary crown is worn for two to three weeks.",
        "I know that the tooth may be tender for some days, that its nerve can need treatment later, and that a crown does not last forever.",
        "I could ask all my questions, I know what else could be done, and what it costs. I agree to the treatment.",
    ),
    "consent-implant": (
        "Consent to an implant",
        "An implant is a small screw of titanium that takes the place of a root. It heals in the jaw for some months before a crown is put on it.",
        "I know that it may swell and hurt for some days, that one implant in twenty does not heal in, and that smoking and high blood sugar make this more likely.",
        "I have told the office which medicines I take. I could ask all my questions. I agree to the treatment.",
    ),
    "letter-lab": ("Slip for the dental laboratory", "Crown for tooth 30, ceramic, shade A2.", "Please return by the date above."),
}


class NothingToDraw(Exception):
    """The demo announces a file whose name says nothing to us."""


def draw(file_name: str, seed: int, patient: str, day: date) -> bytes:
    """A picture (JPEG) or a form (PDF). Raises NothingToDraw."""
    name = PurePath(file_name).stem
    words = f"{day:%B} {day.day}, {day.year}"
    if name in _FORMS:
        title, *text = _FORMS[name]
        return signed_form(title, patient, words, text)
    if name not in _PICTURES:
        raise NothingToDraw(file_name)
    target = BytesIO()
    picture = _PICTURES[name](Random(seed), words)  # noqa: S311  (a picture, not a secret)
    picture.save(target, "JPEG", quality=88)
    return target.getvalue()

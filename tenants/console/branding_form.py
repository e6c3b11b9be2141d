"""The form of the look: what was typed and sent becomes what can be kept, or sentences that say what to do."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field

from core.safety.emblems import prove_logo, prove_photo
from core.theme import Theme
from core.web.forms import Form, Line, empty_form, read_form
from tenants import looks
from tenants.console.pictures import sent_mark
from tenants.contrast import CHOSEN, weak_colors
from tenants.resolver import theme_of

MOST_LINKS = 6
WHAT = {
    "name": "Name", "short_name": "Short name", "logo": "Logo", "icon": "Picture for browser tabs", "brand": "Brand color",
    "brand_dark": "Brand color on dark pages", "accent": "Accent color", "radius": "Corners", "font": "Typeface", "bar": "Bar", "welcome": "Welcome",
    "photo": "Photo", "photo_text": "What the photo shows", "links": "Links",
}  # fmt: skip
"""What can be chosen, in words."""
PROVE = {"logo": prove_logo, "icon": prove_logo, "photo": prove_photo}
NEEDED = frozenset({"brand", "accent"})
NEVER_EMPTY = NEEDED | {"short_name", "radius", "font", "bar"}
"""What a clinic cannot leave empty, if it does not use the practice's."""
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]{2,}", re.IGNORECASE)
_COLOR = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
Link = tuple[str, str]


def _shown(text: str) -> str:
    """Text without what nothing shows, such as marks that turn the direction of reading."""
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign)[0] != "C")


def _color(text: str) -> str:
    found = _COLOR.fullmatch(text)
    if text and not found:
        raise ValueError("Type the color as # and six digits or letters from a to f, such as #1d6f7a.")
    digits = found[1].lower() if found else ""
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)) if digits else ""


def _links(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINKS:
        raise ValueError(f"Keep to {MOST_LINKS} links.")
    for number, line in enumerate(lines, start=1):
        read_link(line, number)
    return "\n".join(lines)


def read_link(line: str, number: int) -> Link:
    """The words and the address of a line. Raises ValueError with what to do."""
    words, _, address = line.strip().rpartition(" ")
    if not words.strip() or not _is_address(address):
        raise ValueError(f"Line {number} of the links: write the words, a space, and the address as the browser shows it, beginning with https://.")
    if len(words) > 60:
        raise ValueError(f"Line {number} of the links: shorten the words to at most 60 characters.")
    return " ".join(words.split()), address


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        plain = parts.scheme == "https" and parts.username is None and parts.port in {None, 443} and _HOST.fullmatch(parts.hostname or "")
    except ValueError:
        return False
    return bool(plain) and len(address) <= 500 and address.isascii() and address.isprintable() and not set(address) & set('"<>\\^`{|}')


Shown = Annotated[Line, AfterValidator(_shown)]
Color = Annotated[str, AfterValidator(_color)]


class LookForm(BaseModel):
    """What can be typed and chosen. `same` names what a clinic takes over from its practice, `remove` the pictures to do without."""

    name: Shown = Field("", title="Name", max_length=80)
    short_name: Shown = Field("", title="Short name", max_length=24)
    brand: Color = Field("", title="Brand color", max_length=20)
    brand_dark: Color = Field("", title="Brand color on dark pages", max_length=20)
    accent: Color = Field("", title="Accent color", max_length=20)
    radius: Literal["soft", "round", "square", ""] = Field("", title="Corners")
    font: Literal["inter", "figtree", ""] = Field("", title="Typeface")
    bar: Literal["plain", "brand", ""] = Field("", title="Bar")
    welcome: Annotated[str, AfterValidator(_shown)] = Field("", title="Welcome", max_length=1500)
    photo_text: Shown = Field("", title="What the photo shows", max_length=200)
    links: Annotated[str, AfterValidator(_shown), AfterValidator(_links)] = Field("", title="Links", max_length=4000)
    same: list[str] = Field([], max_length=50)
    remove: list[str] = Field([], max_length=50)


@dataclass
class Asked:
    """A form of the look as it was sent: `look` is what it chooses, `whole` with what is inherited, `offers` a color for each that cannot be read."""

    form: Form
    look: dict[str, Any]
    whole: dict[str, Any]
    same: frozenset[str]
    offers: dict[str, str] = field(default_factory=dict)


def shown_form(own: Mapping[str, Any], inherited: Mapping[str, Any], defaults: Mapping[str, Any]) -> Form:
    """The form as its page shows it first: what is chosen, else what holds here."""
    values = {**defaults, **inherited, **own}
    values["links"] = "\n".join(f"{words} {address}" for words, address in values.get("links", ()))
    return empty_form(**{name: values.get(name, "") for name in WHAT})


def read_look(request, is_clinic: bool, own: Mapping[str, Any], inherited: Mapping[str, Any]) -> Asked:
    """Read what was sent. Pictures are kept at once, so that nobody has to send them twice; what is wrong stands in the form.

    `own` is what was chosen here before, `inherited` what a clinic takes over where it chooses nothing.
    """
    form = read_form(request, LookForm)
    # A clinic's name is one of its details, and has a page of its own.
    same = frozenset({"name", *request.POST.getall("same")}) if is_clinic else frozenset()
    typed = form.data or _what_is_right(form)
    _take_offer(request, form, typed)
    look = {name: getattr(typed, name) for name in WHAT if name not in looks.MARKS and name not in same}
    look |= {name: sent_mark(request, form, name, WHAT[name], PROVE[name]) for name in looks.MARKS if name not in same}
    if "links" in look:
        look["links"] = [list(read_link(line, 0)) for line in typed.links.splitlines()]
    _refuse_empty(form, look, is_clinic)
    look = _worth_keeping(look, is_clinic, own)
    asked = Asked(form, look, {**inherited, **look}, same)
    _refuse_unreadable(asked)
    return asked


def _what_is_right(form: Form) -> LookForm:
    """What was typed in the fields with which nothing is wrong."""
    right = {name: value for name, value in form.values.items() if name not in form.errors and name not in {"same", "remove"}}
    try:
        return LookForm.model_validate(right)
    except ValueError:
        return LookForm.model_validate({})


def _take_offer(request, form: Form, typed: LookForm) -> None:
    """The button of a color that can be read puts it in place of the one that cannot."""
    name, _, color = request.POST.get("offer", "").partition("=")
    if name in CHOSEN and _COLOR.fullmatch(color):
        setattr(typed, name, _color(color))
        form.values[name] = _color(color)


def _worth_keeping(look: Mapping[str, Any], is_clinic: bool, own: Mapping[str, Any]) -> dict[str, Any]:
    """What is a choice: not what is empty, and not what holds anyway. A clinic may choose to have none of what its practice has."""
    if is_clinic:
        kept = {name: value for name, value in look.items() if value or name not in NEVER_EMPTY}
        return kept if kept.get("brand_dark", "-") else kept | {"brand_dark": None}
    at_first = asdict(Theme())
    return {name: value for name, value in look.items() if value and (name in own or value != at_first.get(name))}


def _refuse_empty(form: Form, look: Mapping[str, Any], is_clinic: bool) -> None:
    for name in sorted(NEEDED & set(look)) if is_clinic else ():
        if not look[name] and name not in form.errors:
            form.refuse(f"Fill in the {WHAT[name].lower()}, or use the practice’s.", name)


def _refuse_unreadable(asked: Asked) -> None:
    """Colors that stand here themselves must be readable; those that are inherited were looked at where they were chosen."""
    for name, weak in weak_colors(theme_of(asked.whole)).items():
        if name in asked.look and name not in asked.form.errors:
            asked.form.refuse(weak.sentence(WHAT[name]), name)
            asked.offers[name] = weak.offer

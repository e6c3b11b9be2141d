"""The look of a practice and what it says of itself, as plain values. `tenants.branding` turns the look into colors that can be read."""

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

from core.colors import nearest_passing

Radius = Literal["soft", "round", "square"]
Font = Literal["inter", "figtree"]
Bar = Literal["plain", "brand"]

COLOR = re.compile(r"#[0-9a-f]{6}")
MARK = re.compile(r"[0-9a-f]{32}|")


@dataclass(frozen=True, slots=True)
class Theme:
    """What an office chooses of its look.

    Colors are written `#rrggbb`. `brand_dark` is the brand color for screens in dark mode; without it one is worked out from
    `brand`. `radius` is the shape of corners; `bar` says whether the bar with the office's name is plain or in the brand color.
    `logo` is the mark of a picture (see `Picture`), `icon` that of an own one for browsers' tabs; empty for none.
    Raises ValueError for a color, shape, font or mark that is not one of these.
    """

    brand: str = "#1d6f7a"
    brand_dark: str | None = None
    accent: str = "#af5116"
    radius: Radius = "soft"
    font: Font = "inter"
    bar: Bar = "plain"
    logo: str = ""
    icon: str = ""

    def __post_init__(self) -> None:
        for color in (self.brand, self.accent, self.brand_dark or self.brand):
            if not COLOR.fullmatch(color):
                raise ValueError(f"{color!r} is not a color: write it as #rrggbb, with small letters.")
        _one_of("radius", self.radius, get_args(Radius))
        _one_of("font", self.font, get_args(Font))
        _one_of("bar", self.bar, get_args(Bar))
        for mark in (self.logo, self.icon):
            if not MARK.fullmatch(mark):
                raise ValueError(f"{mark!r} is not the mark of a picture.")

    @property
    def version(self) -> str:
        """A short mark of the whole look, logo included, so that a new look gets a new address."""
        return _version(self)

    @property
    def on_paper(self) -> str:
        """The brand color as words on white, in mails and in print."""
        return nearest_passing(self.brand, "#ffffff")

    @property
    def small(self) -> str:
        """The mark of what stands in browsers' tabs and on telephones: the own picture for it, else the logo."""
        return self.icon or self.logo


@dataclass(frozen=True, slots=True)
class Greeting:
    """What an office says of itself: a name that is short enough for a telephone, a welcome, a photo's mark, links as (words, address)."""

    short_name: str = ""
    welcome: str = ""
    photo: str = ""
    photo_text: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an office. Its mark is the hash of what it shows, so what has been fetched once never changes.

    `small` (32 pixels) and `large` (180) are square PNGs made of a logo; a photo has none.
    """

    content_type: str
    body: bytes
    small: bytes = b""
    large: bytes = b""


# As many as a web process keeps practices (tenants/kept.py): with fewer it would be worked out on nearly every page of a large installation.
@lru_cache(maxsize=20_000)
def _version(theme: Theme) -> str:
    return sha256(repr(astuple(theme)).encode()).hexdigest()[:12]


def _one_of(name: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(sorted(choices))}; {value!r} is not.")

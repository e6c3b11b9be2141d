"""The look of a practice, as plain values. `tenants.branding` turns them into colors that can be read."""

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

Radius = Literal["soft", "round", "square"]
Font = Literal["inter", "figtree"]
Bar = Literal["plain", "brand"]

COLOR = re.compile(r"#[0-9a-f]{6}")
LOGO_TYPES = frozenset({"image/svg+xml", "image/png", "image/jpeg", "image/webp"})


@dataclass(frozen=True, slots=True)
class Theme:
    """What an office chooses of its look.

    Colors are written `#rrggbb`. `brand_dark` is the brand color for screens in dark mode; without it one is worked out from
    `brand`. `radius` is the shape of corners; `bar` says whether the bar with the office's name is plain or in the brand color.
    `logo` holds the picture itself, `logo_type` its media type.
    Raises ValueError for a color, shape, font or picture type that is not one of these.
    """

    brand: str = "#1d6f7a"
    brand_dark: str | None = None
    accent: str = "#b4561d"
    radius: Radius = "soft"
    font: Font = "inter"
    bar: Bar = "plain"
    logo: bytes | None = None
    logo_type: str = "image/svg+xml"

    def __post_init__(self) -> None:
        for color in (self.brand, self.accent, self.brand_dark or self.brand):
            if not COLOR.fullmatch(color):
                raise ValueError(f"{color!r} is not a color: write it as #rrggbb, with small letters.")
        _one_of("radius", self.radius, get_args(Radius))
        _one_of("font", self.font, get_args(Font))
        _one_of("bar", self.bar, get_args(Bar))
        _one_of("logo_type", self.logo_type, LOGO_TYPES)

    @property
    def version(self) -> str:
        """A short mark of the whole look, logo included, so that a new look gets a new address."""
        return _version(self)


@lru_cache(maxsize=1024)
def _version(theme: Theme) -> str:
    return sha256(repr(astuple(theme)).encode()).hexdigest()[:12]


def _one_of(name: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(sorted(choices))}; {value!r} is not.")

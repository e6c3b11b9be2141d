"""Whether the colors that an office chose can be read wherever they stand themselves, and the nearest shade of each that can.

A chosen color stands itself in buttons and badges, with words upon it, and as words and links on every ground of its page. Each other color
is worked out from it (`tenants.branding`), and reaches what it must by itself.
"""

from dataclasses import dataclass

from core.colors import READABLE, contrast, from_oklch, outward, to_oklch
from core.theme import Theme
from tenants.branding import grounds_of, tint_of, writing_on

CHOSEN = {"brand": False, "accent": False, "brand_dark": True}
"""The colors that are chosen, and whether they are for dark pages."""
GROUNDS = {"page": "on the page", "surface": "on a card", "sunk": "on a gray ground", "field": "in a field"}


@dataclass(frozen=True)
class Weak:
    """A chosen color that cannot be read somewhere: how strong its contrast is there, where that is, and the nearest shade that can be read."""

    ratio: float
    place: str
    offer: str

    def sentence(self, what: str) -> str:
        """What is wrong with the color of this name, and what to do."""
        # Rounded down: what is just too weak must not read as if it were enough.
        shown = int(self.ratio * 10) / 10
        return f"{what}: a contrast of {shown}:1 {self.place}; {READABLE}:1 is needed to read it. The nearest shade that can be read is {self.offer}."


def weak_colors(theme: Theme) -> dict[str, Weak]:
    """The chosen colors that cannot be read wherever they are used, by the theme's field."""
    found = {}
    for field, dark in CHOSEN.items():
        color = getattr(theme, field)
        if color and (worst := _worst(color, theme.brand, dark)):
            found[field] = Weak(*worst, nearest_readable(theme, field))
    return found


def nearest_readable(theme: Theme, field: str) -> str:
    """The shade nearest to a chosen color that can be read wherever it is used."""
    lightness, chroma, hue = to_oklch(getattr(theme, field))
    shades = (from_oklch(level, chroma, hue) for level in outward(lightness))
    # The page has a breath of the brand color itself.
    return next(shade for shade in shades if _worst(shade, shade if field == "brand" else theme.brand, CHOSEN[field]) is None)


def _worst(color: str, brand: str, dark: bool) -> tuple[float, str] | None:
    """The weakest pair of a chosen color that is too weak: its contrast, and where."""
    ratio, place = min(_pairs(color, brand, dark))
    return (ratio, place) if ratio < READABLE else None


def _pairs(color: str, brand: str, dark: bool) -> list[tuple[float, str]]:
    grounds = grounds_of(brand, dark)
    pairs = [(contrast(color, grounds[name]), f"as words {words}") for name, words in GROUNDS.items()]
    pairs.append((contrast(color, tint_of(color, dark)), "as words on its own pale ground"))
    pairs.append((contrast(color, writing_on(color)), "under the words of a button"))
    return pairs

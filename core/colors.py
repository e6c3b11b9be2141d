"""Colors that can be read: contrast as WCAG 2.2 counts it, and the nearest shade of a color that reaches it.

Shades are found in OKLCH, where a step of lightness looks the same in every hue. Colors are written `#rrggbb`.
"""

from functools import lru_cache
from math import atan2, cos, hypot, sin

READABLE = 4.5
"""The least contrast of text and its background."""
VISIBLE = 3.0
"""The least contrast of a control's edge and what is around it."""
_STEPS = 200


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def nearest_passing(color: str, *backgrounds: str, ratio: float = READABLE) -> str:
    """The shade of this color that is nearest to it and reaches `ratio` on each background.

    When none does on all of them, the one that comes closest.
    """
    if passes(color, backgrounds, ratio):
        return color
    lightness, chroma, hue = to_oklch(color)
    closest = color
    for level in outward(lightness):
        closest = max(closest, from_oklch(level, chroma, hue), key=lambda shade: _least(shade, backgrounds))
        if passes(closest, backgrounds, ratio):
            break
    return closest


def passes(color: str, backgrounds: tuple[str, ...], ratio: float = READABLE) -> bool:
    """Whether the color reaches `ratio` on each background."""
    return _least(color, backgrounds) >= ratio


def _least(color: str, backgrounds: tuple[str, ...]) -> float:
    return min(contrast(color, background) for background in backgrounds)


def outward(lightness: float) -> list[float]:
    """Every level of lightness, the nearest first, ending at black and white."""
    levels = [step / _STEPS for step in range(_STEPS + 1)]
    return sorted(levels, key=lambda level: abs(level - lightness))


@lru_cache(maxsize=4096)
def _luminance(color: str) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return _opened(red), _opened(green), _opened(blue)


def _opened(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _closed(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def to_oklch(color: str) -> tuple[float, float, float]:
    """Lightness from 0 to 1, chroma from 0 (gray) to about 0.3, hue in radians. The matrices are those of the CSS Color 4 text."""
    red, green, blue = _linear(color)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, hypot(a, b), atan2(b, a)


def from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """The color; where a screen cannot show it, with as much chroma as can be shown."""
    for part in range(20, -1, -1):
        channels = _channels(lightness, chroma * part / 20, hue)
        if all(-0.0005 <= channel <= 1.0005 for channel in channels):
            break
    return "#" + "".join(f"{round(255 * _closed(min(1.0, max(0.0, channel)))):02x}" for channel in channels)


def _channels(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * cos(hue), chroma * sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return red, green, blue


def shade(color: str, lightness: float, chroma: float | None = None) -> str:
    """The same hue at another lightness, with at most this chroma."""
    _, own, hue = to_oklch(color)
    return from_oklch(lightness, own if chroma is None else min(own, chroma), hue)

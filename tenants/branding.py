"""From the few colors that an office chooses to every color on the page, in light and in dark, each of them readable."""

from functools import lru_cache

from core.colors import READABLE, VISIBLE, contrast, nearest_passing, passes, shade, to_oklch
from core.theme import Theme

__all__ = ["READABLE", "contrast", "nearest_passing", "palette", "theme_css"]

WHITE = "#ffffff"
# What a color says is the same in every office: green is done, amber waits, red is wrong, blue informs.
DISTINCT = 1.2
SIGNALS = {"good": "#1f7a4d", "warn": "#a15c07", "bad": "#b3261e", "info": "#2563a8"}
CORNERS = {
    "square": {"radius": "0.25rem", "radius-small": "0.1875rem", "radius-button": "0.1875rem", "radius-pill": "0.1875rem"},
    "soft": {"radius": "0.875rem", "radius-small": "0.5rem", "radius-button": "0.625rem", "radius-pill": "999px"},
    "round": {"radius": "1.375rem", "radius-small": "0.75rem", "radius-button": "999px", "radius-pill": "999px"},
}
FONTS = {
    "inter": '"Inter Variable","Inter stand-in","Inter stand-in 2",system-ui,sans-serif',
    "figtree": '"Figtree Variable","Figtree stand-in","Figtree stand-in 2",system-ui,sans-serif',
}


@lru_cache(maxsize=256)
def theme_css(theme: Theme) -> str:
    """The style sheet of a look: custom properties and nothing else."""
    shape = CORNERS[theme.radius] | {"font": FONTS[theme.font]}
    light = _declarations(shape | palette(theme, dark=False))
    dark = _declarations(palette(theme, dark=True))
    return f":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"


def scheme_css(theme: Theme, dark: bool) -> str:
    """The style sheet of a look for light or for dark alone, whatever the screen asks for: for previews."""
    values = CORNERS[theme.radius] | {"font": FONTS[theme.font]} | palette(theme, dark)
    return f":root{{color-scheme:{'dark' if dark else 'light'};{_declarations(values)}}}\n"


def _declarations(values: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())


def palette(theme: Theme, dark: bool) -> dict[str, str]:
    """Every color of the page by its name. Text colors reach 4.5:1 on each ground they are used on, edges of controls 3:1."""
    brand = (theme.brand_dark or _lifted(theme.brand)) if dark else theme.brand
    grounds = grounds_of(theme.brand, dark)
    colors = grounds | _inks(theme.brand, grounds, dark)
    families = {"brand": brand, "accent": _lifted(theme.accent) if dark else theme.accent}
    families |= {name: _lifted(color) if dark else color for name, color in SIGNALS.items()}
    for name, color in families.items():
        colors |= _family(name, color, grounds, dark)
    return colors | _bar(theme, colors)


def grounds_of(brand: str, dark: bool) -> dict[str, str]:
    """What text stands on: the page, sheets upon it, sunk places, fields to type in; with a breath of the brand's hue."""
    levels = (
        {"page": 0.187, "surface": 0.23, "sunk": 0.27, "field": 0.2} if dark else {"page": 0.98, "surface": 1, "sunk": 0.955, "field": 1}
    )
    chroma = 0.008 if dark else 0.004
    return {name: shade(brand, level, chroma) for name, level in levels.items()}


def _inks(brand: str, grounds: dict[str, str], dark: bool) -> dict[str, str]:
    """Text, quieter text, hairlines, the edges of fields, and the shadow under a sheet."""
    behind = tuple(grounds.values())
    return {
        "ink": nearest_passing(shade(brand, 0.94 if dark else 0.25, 0.02), *behind, ratio=7),
        "ink-soft": nearest_passing(shade(brand, 0.76 if dark else 0.47, 0.02), *behind),
        "line": shade(brand, 0.33 if dark else 0.905, 0.014),
        "line-strong": nearest_passing(shade(brand, 0.58 if dark else 0.64, 0.02), *behind, ratio=VISIBLE),
        "shadow": "0 0 0/.5" if dark else _triple(shade(brand, 0.3, 0.04)) + "/.09",
    }


def _family(name: str, color: str, grounds: dict[str, str], dark: bool) -> dict[str, str]:
    """One color in its uses: filled (with what is written on it, and its shade under the pointer), as text, and as a tint behind it."""
    fill, on = filled(color)
    ink = nearest_passing(color, *grounds.values())
    if contrast(fill, grounds["surface"]) < DISTINCT:
        fill, on = ink, grounds["surface"]  # a white button on a white sheet would be no button
    tint = tint_of(color, dark)
    return {
        name: fill,
        f"on-{name}": on,
        f"{name}-strong": _pressed(fill, on),
        f"{name}-ink": nearest_passing(color, *grounds.values(), tint),
        f"{name}-tint": tint,
    }


def tint_of(color: str, dark: bool) -> str:
    """The ground in a breath of a color, behind text in the color itself."""
    return shade(color, 0.31 if dark else 0.952, 0.06 if dark else 0.035)


def filled(color: str) -> tuple[str, str]:
    """The color as a fill and what is written on it: white where it does not have to change much for that, else its own darkest shade."""
    ink = writing_on(color)
    return nearest_passing(color, ink), ink


def writing_on(color: str) -> str:
    """What is written on a color: white, or its own darkest shade."""
    return WHITE if contrast(color, WHITE) >= VISIBLE else shade(color, 0.2, 0.04)


def _pressed(fill: str, on: str) -> str:
    """A shade further away from what is written on it, or as near as that goes."""
    lightness, _, _ = to_oklch(fill)
    away = shade(fill, max(0.0, lightness - 0.06) if on == WHITE else min(1.0, lightness + 0.06))
    return away if passes(away, (on,)) else fill


def _lifted(color: str) -> str:
    """The shade of a color that suits a dark page."""
    lightness, chroma, _ = to_oklch(color)
    return shade(color, max(lightness, 0.72), min(chroma, 0.13))


def _bar(theme: Theme, colors: dict[str, str]) -> dict[str, str]:
    """The bar with the office's name: the same sheet as the rest, or the brand's color in light and in dark."""
    if theme.bar == "plain":
        return {
            "bar": colors["surface"],
            "on-bar": colors["ink"],
            "bar-soft": colors["ink-soft"],
            "bar-mark": colors["brand-ink"],
            "bar-hover": colors["sunk"],
        }
    ground, on = filled(shade(theme.brand, min(to_oklch(theme.brand)[0], 0.34)))
    hover = shade(ground, to_oklch(ground)[0] + 0.07)
    return {
        "bar": ground,
        "on-bar": on,
        "bar-soft": nearest_passing(shade(theme.brand, 0.84, 0.03), ground, hover),
        "bar-mark": nearest_passing(shade(theme.accent, 0.8), ground, hover),
        "bar-hover": hover,
    }


def _triple(color: str) -> str:
    return " ".join(str(int(color[place : place + 2], 16)) for place in (1, 3, 5))

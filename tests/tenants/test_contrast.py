"""Colors that were chosen can be read wherever they stand themselves, or are refused with the nearest that can."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.colors import contrast, shade, to_oklch
from core.theme import Theme
from tenants.branding import palette
from tenants.contrast import nearest_readable, weak_colors
from tenants.demo import STORIES

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
THEMES = st.builds(Theme, brand=COLORS, accent=COLORS, brand_dark=st.none() | COLORS)


@settings(deadline=None, max_examples=60)
@given(THEMES)
def test_a_color_that_is_let_through_is_used_as_it_is_in_every_pair(theme):
    weak = weak_colors(theme)
    for field, name, dark in (("brand", "brand", False), ("accent", "accent", False), ("brand_dark", "brand", True)):
        color, colors = getattr(theme, field), palette(theme, dark)
        if color and field not in weak:
            assert (colors[name], colors[f"{name}-ink"]) == (color, color), field
            pairs = [(color, colors[ground]) for ground in ("page", "surface", "sunk", "field", f"{name}-tint")] + [(colors[f"on-{name}"], color)]
            assert min(contrast(*pair) for pair in pairs) >= 4.5


@settings(deadline=None, max_examples=60)
@given(THEMES)
def test_a_color_that_is_refused_is_one_that_the_palette_would_not_have_used_as_it_is(theme):
    for field in weak_colors(theme):
        name, colors = field.removesuffix("_dark"), palette(theme, field == "brand_dark")
        assert {colors[name], colors[f"{name}-ink"]} != {getattr(theme, field)}


@settings(deadline=None, max_examples=40)
@given(THEMES)
def test_the_color_that_is_offered_passes_and_has_the_same_hue(theme):
    offers = {field: weak.offer for field, weak in weak_colors(theme).items()}
    better = Theme(brand=offers.get("brand", theme.brand), accent=theme.accent, brand_dark=theme.brand_dark)
    assert "brand" not in weak_colors(better)
    for field, offer in offers.items():
        others = {"brand": theme.brand, "accent": theme.accent, "brand_dark": theme.brand_dark} | {field: offer}
        assert field not in weak_colors(Theme(**others))
        _, chroma, hue = to_oklch(getattr(theme, field))
        _, kept, new_hue = to_oklch(offer)
        if min(chroma, kept) > 0.05:
            assert abs((hue - new_hue + 3.1416) % 6.2832 - 3.1416) < 0.25


def test_no_shade_between_a_color_and_the_offered_one_passes():
    theme = Theme(brand="#ffd400")
    offer = nearest_readable(theme, "brand")
    lightness, wanted = to_oklch("#ffd400")[0], to_oklch(offer)[0]
    for level in (wanted + (lightness - wanted) * part / 20 for part in range(2, 20)):
        assert weak_colors(Theme(brand=shade("#ffd400", level)))


def test_what_is_wrong_is_said_with_figures_that_are_not_rounded_up():
    weak = weak_colors(Theme(accent="#c73a63"))["accent"]
    assert weak.sentence("Accent color") == (
        "Accent color: a contrast of 4.2:1 as words on its own pale ground; 4.5:1 is needed to read it. The nearest shade that can be read is #c33660."
    )
    assert 4.2 <= weak.ratio < 4.5


@pytest.mark.parametrize("theme", [Theme(), *(Theme(**look.theme) for story in STORIES for look in story.looks.values())], ids=lambda theme: theme.brand)
def test_the_looks_that_we_made_ourselves_pass(theme):
    assert weak_colors(theme) == {}

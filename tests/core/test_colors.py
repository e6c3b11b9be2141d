from hypothesis import given
from hypothesis import strategies as st

from core.colors import contrast, from_oklch, nearest_passing, to_oklch

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_of_black_on_white_is_the_most_there_is():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert contrast("#123456", "#123456") == 1


def test_contrast_agrees_with_published_figures():
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert round(contrast("#ff0000", "#ffffff"), 2) == 4.0


@given(COLORS, COLORS)
def test_contrast_does_not_depend_on_the_order(one, other):
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.01


@given(COLORS)
def test_a_color_survives_the_way_there_and_back(color):
    back = from_oklch(*to_oklch(color))
    apart = [abs(int(color[place : place + 2], 16) - int(back[place : place + 2], 16)) for place in (1, 3, 5)]
    # At the rim of what a screen shows, a chroma step may be lost to rounding.
    assert max(apart) <= 14


@given(COLORS, COLORS)
def test_any_color_can_be_made_readable_on_any_ground(color, ground):
    assert contrast(nearest_passing(color, ground), ground) >= 4.5


@given(COLORS, COLORS)
def test_a_color_that_is_readable_is_left_alone(color, ground):
    if contrast(color, ground) >= 4.5:
        assert nearest_passing(color, ground) == color


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(-4, 4))
def test_every_color_can_be_shown(lightness, chroma, hue):
    color = from_oklch(lightness, chroma, hue)
    assert len(color) == 7
    assert 0 <= int(color[1:], 16) <= 0xFFFFFF

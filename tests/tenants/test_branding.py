import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import core
import tenants
from core.colors import contrast
from core.theme import Theme
from tenants.branding import CORNERS, FONTS, palette, theme_css

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
THEMES = st.builds(
    Theme, brand=COLORS, brand_dark=st.none() | COLORS, accent=COLORS, radius=st.sampled_from(sorted(CORNERS)), font=st.sampled_from(sorted(FONTS)),
    bar=st.sampled_from(["plain", "brand"]),
)  # fmt: skip
FAMILIES = ("brand", "accent", "good", "warn", "bad", "info")
GROUNDS = ("page", "surface", "sunk", "field")
CSS = Path(core.__file__).parent / "static" / "css"
LOGOS = sorted((Path(tenants.__file__).parent / "demo" / "logos").iterdir())


@settings(deadline=None)
@given(THEMES, st.booleans())
def test_whatever_an_office_chooses_every_text_can_be_read(theme, dark):
    colors = palette(theme, dark)
    pairs = [(text, ground) for text in ("ink", "ink-soft") for ground in GROUNDS]
    pairs += [(f"{family}-ink", ground) for family in FAMILIES for ground in (*GROUNDS, f"{family}-tint")]
    pairs += [(f"on-{family}", fill) for family in FAMILIES for fill in (family, f"{family}-strong")]
    pairs += [(text, ground) for text in ("on-bar", "bar-soft") for ground in ("bar", "bar-hover")] + [("bar-mark", "bar")]
    pairs += [("ink", f"{family}-tint") for family in FAMILIES]
    weak = {pair: contrast(colors[pair[0]], colors[pair[1]]) for pair in pairs if contrast(colors[pair[0]], colors[pair[1]]) < 4.5}
    assert weak == {}


@settings(deadline=None)
@given(THEMES, st.booleans())
def test_the_edge_of_a_field_can_be_seen(theme, dark):
    colors = palette(theme, dark)
    assert min(contrast(colors["line-strong"], colors[ground]) for ground in GROUNDS) >= 3


@settings(deadline=None)
@given(THEMES, st.booleans())
def test_a_button_can_be_told_from_the_sheet_it_stands_on(theme, dark):
    colors = palette(theme, dark)
    assert contrast(colors["brand"], colors["surface"]) >= 1.2


@settings(deadline=None)
@given(THEMES)
def test_the_style_sheet_sets_custom_properties_and_nothing_else(theme):
    css = theme_css(theme)
    rule = r":root\{(--[a-z-]+:[^;{}<>\\@]+;)+\}"
    assert re.fullmatch(rf"{rule}\n@media \(prefers-color-scheme: dark\)\{{{rule}\}}\n", css)


@settings(deadline=None)
@given(THEMES)
def test_light_and_dark_set_the_same_colors(theme):
    light, dark = palette(theme, dark=False), palette(theme, dark=True)
    assert light.keys() == dark.keys()


def test_a_readable_brand_color_is_used_as_it_is():
    assert palette(Theme(brand="#0f3557"), dark=False)["brand"] == "#0f3557"
    assert palette(Theme(brand="#0f3557", brand_dark="#8cc4f0"), dark=True)["brand"] == "#8cc4f0"


def test_a_light_brand_color_is_written_on_in_dark():
    colors = palette(Theme(brand="#ffd400"), dark=False)
    assert colors["brand"] == "#ffd400"
    assert contrast(colors["on-brand"], "#000000") < 3


def test_an_office_that_chose_nothing_looks_like_the_built_in_sheet():
    built_in = (CSS / "settings" / "theme.css").read_text()
    assert built_in.partition("\n")[2] == theme_css(Theme())


def test_every_custom_property_that_the_styles_use_is_set_somewhere():
    sheets = {path: path.read_text() for path in CSS.rglob("*.css")}
    known = {name for text in sheets.values() for name in re.findall(r"(--[a-z0-9-]+)\s*:", text)}
    used = {name for text in sheets.values() for name in re.findall(r"var\((--[a-z0-9-]+)", text)}
    assert used - known == set()


def test_every_block_is_in_the_bundle():
    bundle = (CSS / "portal.css").read_text()
    files = {f"./{path.relative_to(CSS).as_posix()}" for path in CSS.rglob("*.css") if path.name != "portal.css"}
    assert set(re.findall(r'@import "(\./[^"]+)"', bundle)) == files


@pytest.mark.parametrize("path", LOGOS, ids=lambda path: path.name)
def test_a_demo_logo_is_a_drawing_without_scripts(path):
    drawing = etree.fromstring(path.read_bytes())
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    names = {etree.QName(element).localname for element in drawing.iter()}
    assert names <= {"svg", "defs", "linearGradient", "stop", "circle", "path", "g", "rect"}
    assert not [name for element in drawing.iter() for name in element.attrib if name.startswith("on") or "href" in name]
    assert len(path.read_bytes()) < 4096

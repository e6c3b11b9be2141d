"""Drawings (SVG), in the child: what is on the lists below is copied into a new drawing, everything else is left behind.

A drawing is a program's text: it can hold scripts, listeners, pages of HTML, pictures from elsewhere and files of the server. What is kept
here is shape, color, letters and the references from one part to another part of the same drawing.
"""

import re
from typing import cast

from lxml import etree

from core.safety.refusal import Refusal

SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_HREF = f"{{{_XLINK}}}href"
_NAMES = cast(dict[str, str], {None: SVG, "xlink": _XLINK})  # the stubs know no unnamed one
MOST_ELEMENTS = 4_000
MOST_USES = 100
"""A part that is drawn again and again, and holds such parts itself, would be drawn a million times."""

_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text"})
_KEPT = _SHAPES | {"svg", "g", "defs", "title", "desc", "tspan", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "use", "style"}
_ATTRIBUTES = frozenset(
    ["id", "class", "transform", "viewBox", "preserveAspectRatio", "version", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "fr", "dx", "dy", "d", "points", "pathLength", "rotate", "textLength", "lengthAdjust", "offset", "gradientUnits", "gradientTransform", "spreadMethod", "clipPathUnits", "maskUnits", "maskContentUnits", "mask-type", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "stop-color", "stop-opacity", "color", "opacity", "display", "visibility", "overflow", "clip-path", "clip-rule", "mask", "paint-order", "vector-effect", "shape-rendering", "text-rendering", "text-anchor", "dominant-baseline", "alignment-baseline", "baseline-shift", "letter-spacing", "word-spacing", "font-family", "font-size", "font-weight", "font-style", "font-stretch", "font-variant", "isolation", "mix-blend-mode", "style"]
)
_OWN_PART = re.compile(r"#[A-Za-z_][\w.-]{0,99}")
_URL = re.compile(r"url\(\s*(['\"]?)#[A-Za-z_][\w.-]{0,99}\1\s*\)", re.IGNORECASE)
# Backslashes and comments would hide a word from us that a browser still reads.
_SUSPECT = re.compile(r"url\(|[\\@<>&]|/\*|expression|javascript|behaviou?r|-moz-binding|image\(|image-set\(|src\(|attr\(", re.IGNORECASE)
_RULES = re.compile(r"(?:[^{}]{1,400}\{[^{}]*\})*")
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*")


def clean_drawing(data: bytes) -> bytes:
    """The drawing with nothing in it but what can be seen. Raises Refusal, or what the parser raises."""
    source = _parse(data)
    if source.tag != f"{{{SVG}}}svg":
        raise Refusal("no_drawing")
    if sum(1 for _ in source.iter()) > MOST_ELEMENTS:
        raise Refusal("costly")
    drawing = _copied(source)
    if drawing is None or not any(_name(element) in _SHAPES for element in drawing.iter()):
        raise Refusal("no_drawing")
    _limit_uses(drawing)
    _give_size(drawing)
    etree.cleanup_namespaces(drawing)
    return etree.tostring(drawing, encoding="utf-8", xml_declaration=False)


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_pis=True, remove_comments=True
    )
    source = etree.fromstring(data, parser)
    if source.getroottree().docinfo.internalDTD is not None:
        raise Refusal("document_type")
    return source


def _copied(source: etree._Element) -> etree._Element | None:
    """A new element with what is kept of this one and of what it holds, or None."""
    name = _name(source)
    if name not in _KEPT or (name == "style" and not _is_plain_style(source)):
        return None
    made = etree.Element(f"{{{SVG}}}{name}", nsmap=_NAMES)
    for attribute, value in source.attrib.items():
        _copy_attribute(made, str(attribute), str(value))
    made.text = source.text
    for part in source:
        copied = _copied(part)
        if copied is not None:
            copied.tail = part.tail
            made.append(copied)
    return made


def _name(element: etree._Element) -> str:
    """The name within SVG; nothing for what is no element, or one of another language."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.removeprefix(f"{{{SVG}}}") if tag.startswith(f"{{{SVG}}}") else ""


def _copy_attribute(made: etree._Element, name: str, value: str) -> None:
    if name in {"href", _HREF}:
        if _OWN_PART.fullmatch(value.strip()):
            made.set(_HREF, value.strip())
    elif name in _ATTRIBUTES and is_harmless(value):
        made.set(name, value)


def is_harmless(value: str) -> bool:
    """Whether a value leads nowhere but to a part of its own drawing."""
    return not _SUSPECT.search(_URL.sub("", value))


def _is_plain_style(element: etree._Element) -> bool:
    text = (element.text or "").strip()
    return len(element) == 0 and _RULES.fullmatch(text) is not None and all(map(is_harmless, re.split(r"[{};]", text)))


def _limit_uses(drawing: etree._Element) -> None:
    """Parts that are drawn again stay when they hold no such parts themselves, and are not too many."""
    uses = list(drawing.iter(f"{{{SVG}}}use"))
    # Where a name was given twice, the first one is meant.
    parts = {element.get("id"): element for element in reversed(list(drawing.iter())) if element.get("id")}
    if len(uses) > MOST_USES:
        raise Refusal("costly")
    wanted = [(use, parts.get((use.get(_HREF) or "").removeprefix("#"))) for use in uses]
    for use in [use for use, part in wanted if part is None or next(part.iter(f"{{{SVG}}}use"), None) is not None]:
        if (parent := use.getparent()) is not None:
            parent.remove(use)


def _give_size(drawing: etree._Element) -> None:
    """Pages say how large it is; it says only in which proportion."""
    sides = [_NUMBER.fullmatch(drawing.get(side, "")) for side in ("width", "height")]
    if not drawing.get("viewBox"):
        if not all(sides):
            raise Refusal("no_size")
        drawing.set("viewBox", "0 0 " + " ".join(side[1] for side in sides if side))
    for side in ("width", "height"):
        if side in drawing.attrib:
            del drawing.attrib[side]

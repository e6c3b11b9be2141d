"""The readable part of a received document as HTML, made by our own allow-list.

Nothing of the document's markup is passed on. Each known element of the narrative becomes an element of ours, all text is
escaped, an unknown element is dropped and its text kept, and attributes are written by us alone: an id with a prefix, the
span of a cell, and the address of a link to http, https or mailto.
"""

import re
from collections.abc import Iterator

from lxml import etree
from markupsafe import Markup, escape

from plugins.summary.ccd.tables import Grid
from plugins.summary.ccd.words import all_text, honest, local

MAX_DEPTH = 60
"""How deep the narrative is followed; what lies deeper is shown as plain text."""

_STYLES = {"Bold": "strong", "Italics": "em", "Underline": "u"}
_PLAIN = {"sub": "sub", "sup": "sup", "item": "li"}
_BLOCKS = frozenset({"paragraph", "list", "item", "table", "caption"})
_IDENTITY = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_LINK = re.compile(r"https?://[^\s\"'<>\\@/?#]+([/?#][^\s\"'<>\\]*)?|mailto:[^\s\"'<>\\]+", re.IGNORECASE)
_EXTERNAL = 'class="summary-outward" target="_blank" rel="noopener noreferrer nofollow"'


class Narrative:
    """Turns the narrative blocks of one document into HTML; ids are unique in the document."""

    def __init__(self, prefix: str = "ccd-"):
        self._prefix = prefix
        self._seen: set[str] = set()
        self._known = {
            "br": self._br,
            "content": self._content,
            "paragraph": self._paragraph,
            "caption": self._paragraph,
            "sub": self._plain,
            "sup": self._plain,
            "list": self._list,
            "item": self._paragraph,
            "linkHtml": self._link,
            "footnoteRef": self._footnote_mark,
            "renderMultiMedia": self._picture,
            "table": self._table,
        }

    def html(self, block: etree._Element) -> Markup:
        """A `section/text` element as HTML that can stand in any page."""
        # Made of escaped text and of the fixed elements below, nothing else.
        return Markup("".join(self._inside(block, 0)))  # noqa: S704

    def _inside(self, element: etree._Element, depth: int) -> Iterator[str]:
        yield _text(element.text)
        for child in element:
            yield from self._element(child, depth + 1)
            yield _text(child.tail)

    def _element(self, element: etree._Element, depth: int) -> Iterator[str]:
        if depth > MAX_DEPTH:
            yield _text(all_text(element))
        elif local(element):
            yield from self._known.get(local(element), self._inside)(element, depth)

    def _wrap(self, tag: str, element: etree._Element, depth: int, attributes: str = "") -> Iterator[str]:
        yield f"<{tag}{attributes}{self._identity(element)}>"
        yield from self._inside(element, depth)
        yield f"</{tag}>"

    def _br(self, element: etree._Element, depth: int) -> Iterator[str]:
        yield "<br>"
        yield from self._inside(element, depth)

    def _plain(self, element: etree._Element, depth: int) -> Iterator[str]:
        yield from self._wrap(_PLAIN[local(element)], element, depth)

    def _paragraph(self, element: etree._Element, depth: int) -> Iterator[str]:
        # A paragraph of HTML cannot hold another block; the browser would close it and lay the rest out as it likes.
        blocks = any(local(inner) in _BLOCKS for inner in element.iterdescendants())
        yield from self._wrap("div" if blocks else "p", element, depth, _caption_class(element))

    def _content(self, element: etree._Element, depth: int) -> Iterator[str]:
        words = (element.get("styleCode") or "").split()
        tags = [tag for style, tag in _STYLES.items() if style in words]
        yield "".join(f"<{tag}>" for tag in tags)
        yield from self._wrap("span", element, depth)
        yield "".join(f"</{tag}>" for tag in reversed(tags))

    def _list(self, element: etree._Element, depth: int) -> Iterator[str]:
        tag = "ol" if element.get("listType") == "ordered" else "ul"
        yield from self._outside(element, frozenset({"item"}), depth)
        yield f"<{tag}{self._identity(element)}>"
        for item in element:
            if local(item) == "item":
                yield from self._plain(item, depth + 1)
        yield f"</{tag}>"

    def _outside(self, element: etree._Element, inside: frozenset[str], depth: int) -> Iterator[str]:
        """What stands in a list or a table without being a part of it: kept, and put before it."""
        yield _text(element.text)
        for child in element:
            if local(child) not in inside:
                yield from self._element(child, depth + 1)
            yield _text(child.tail)

    def _link(self, element: etree._Element, depth: int) -> Iterator[str]:
        attributes = "" if _in_link(element) else self._address((element.get("href") or "").strip())
        yield from self._wrap("a" if attributes else "span", element, depth, attributes)

    def _address(self, address: str) -> str:
        if address.startswith("#") and _IDENTITY.fullmatch(address[1:]):
            return f' href="#{self._prefix}{escape(address[1:])}"'
        return f' href="{escape(address)}" {_EXTERNAL}' if _LINK.fullmatch(address) else ""

    def _footnote_mark(self, element: etree._Element, depth: int) -> Iterator[str]:
        attributes = "" if _in_link(element) else self._address("#" + (element.get("IDREF") or ""))
        yield "<sup>"
        yield f"<a{attributes}>*</a>" if attributes else "*"
        yield from self._inside(element, depth)
        yield "</sup>"

    def _picture(self, element: etree._Element, depth: int) -> Iterator[str]:
        yield '<span class="summary-absent">[a picture that is not shown here]</span>'
        yield from self._inside(element, depth)

    def _table(self, element: etree._Element, depth: int) -> Iterator[str]:
        grid = Grid(element)
        for frame, inside in grid.frames:
            yield from self._outside(frame, inside, depth)
        for caption in grid.captions[1:]:
            yield from self._paragraph(caption, depth + 1)
        yield f'<div class="summary-table" role="group" aria-label="Table" tabindex="0"><table class="{grid.style}"{self._identity(element)}>'
        for caption in grid.captions[:1]:
            yield from self._wrap("caption", caption, depth + 1)
        for tag, rows in grid.groups:
            yield f"<{tag}>"
            for row in rows:
                yield from self._row(row, depth + 2)
            yield f"</{tag}>"
        yield "</table></div>"

    def _row(self, row, depth: int) -> Iterator[str]:
        yield f"<tr{self._identity(row.element)}>"
        for cell in row.cells:
            yield from self._cell(cell, depth)
        yield "</tr>"

    def _cell(self, cell, depth: int) -> Iterator[str]:
        if not cell.card:
            yield from self._wrap(cell.tag, cell.element, depth, cell.attributes)
            return
        # On a phone the cell stands beside its heading: as one block, or not at all when it says nothing.
        inner = f"<div>{''.join(self._inside(cell.element, depth))}</div>" if all_text(cell.element) else ""
        yield f"<{cell.tag}{cell.attributes}{self._identity(cell.element)}>{inner}</{cell.tag}>"

    def _identity(self, element: etree._Element) -> str:
        name = element.get("ID") or ""
        if not _IDENTITY.fullmatch(name) or name in self._seen:
            return ""
        self._seen.add(name)
        return f' id="{self._prefix}{escape(name)}"'


def _text(text: str | None) -> str:
    return str(escape(honest(text)))


def _caption_class(element: etree._Element) -> str:
    return ' class="summary-caption"' if local(element) == "caption" else ""


def _in_link(element: etree._Element) -> bool:
    return any(local(outer) == "linkHtml" for outer in element.iterancestors())

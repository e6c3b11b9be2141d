"""The tables of a narrative: their groups, rows and cells, and whether they can be read as cards on a phone."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from markupsafe import escape

from plugins.summary.ccd.words import all_text, local

_MOST_SPAN = 50
_GROUPS = ("thead", "tbody", "tfoot")


@dataclass(frozen=True)
class Cell:
    """One cell: the element to fill it with, the tag (th or td), the attributes that we give it, and whether it is part of a card."""

    element: etree._Element
    tag: str
    attributes: str
    card: bool


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    element: etree._Element
    cells: tuple[Cell, ...]


class Grid:
    """What a narrative table holds: captions, groups of rows as (thead, tbody or tfoot; rows), and the frames around the cells.

    A frame is an element with the names of its children that belong to the table; whatever else it holds is no part of it.
    """

    def __init__(self, table: etree._Element):
        found = list(_groups(table))
        self._heads = _headings(found)
        self.captions = _children(table, "caption")
        self.frames = list(_frames(table))
        self.groups = [(tag, [self._row(row, tag) for row in rows]) for tag, rows in found]

    @property
    def style(self) -> str:
        """How the table is laid out: as cards on a narrow screen where each cell has a heading, else it scrolls sideways."""
        return "summary-cards" if self._heads else "summary-plain"

    def _row(self, row: etree._Element, group: str) -> Row:
        return Row(row, tuple(self._cell(cell, group, place) for place, cell in enumerate(_cells(row))))

    def _cell(self, cell: etree._Element, group: str, place: int) -> Cell:
        tag = "th" if group == "thead" else local(cell)
        scope = "" if tag == "td" else ' scope="col"' if group == "thead" else ' scope="row"'
        card = bool(self._heads) and group != "thead"
        label = f' data-label="{escape(self._heads[place])}"' if card else ""
        return Cell(cell, tag, scope + _span(cell, "colspan") + _span(cell, "rowspan") + label, card)


def _headings(groups: list[tuple[str, list[etree._Element]]]) -> list[str]:
    """The words over each column, if the table has one row of them and every row has just as many cells."""
    heads = [row for tag, rows in groups if tag == "thead" for row in rows]
    rows = [row for _, rows in groups for row in rows]
    if len(heads) != 1 or len(rows) < 2:
        return []
    words = [all_text(cell) for cell in _cells(heads[0])]
    return words if all(len(_cells(row)) == len(words) and not _spans(row) for row in rows) else []


def _groups(table: etree._Element) -> Iterator[tuple[str, list[etree._Element]]]:
    for group in table:
        if local(group) in _GROUPS:
            yield local(group), _children(group, "tr")
    if loose := _children(table, "tr"):
        yield "tbody", loose


def _frames(table: etree._Element) -> Iterator[tuple[etree._Element, frozenset[str]]]:
    yield table, frozenset({"caption", "tr", *_GROUPS})
    for group in table:
        if local(group) in _GROUPS:
            yield group, frozenset({"tr"})
    for group in (table, *table):
        if group is table or local(group) in _GROUPS:
            yield from ((row, frozenset({"td", "th"})) for row in _children(group, "tr"))


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if local(child) == name]


def _cells(row: etree._Element) -> list[etree._Element]:
    return [child for child in row if local(child) in ("td", "th")]


def _spans(row: etree._Element) -> bool:
    return any(_span(cell, name) for cell in _cells(row) for name in ("colspan", "rowspan"))


def _span(cell: etree._Element, name: str) -> str:
    value = cell.get(name) or ""
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 1
    return f' {name}="{min(number, _MOST_SPAN)}"' if number > 1 else ""

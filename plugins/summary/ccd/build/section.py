"""A section: its heading, the table that people read, and the entries that machines read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from plugins.summary.ccd import codes
from plugins.summary.ccd.build.parts import Node, code, node, templates


@dataclass(frozen=True)
class Table:
    """The readable part of a section. Each row has an anchor, to which its entry points."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]

    def narrative(self) -> Node:
        """The table in the words of the document's narrative."""
        head = node("thead", node("tr", *(node("th", column) for column in self.columns)))
        return node("table", head, node("tbody", *(_row(anchor, cells) for anchor, cells in self.rows)))


def _row(anchor: str, cells: Sequence[str]) -> Node:
    return node("tr", *(node("td", cell) for cell in cells), ID=anchor)


def section(kind: codes.SectionKind, narrative: "Node | str", entries: Sequence[Node]) -> Node:
    """A section with entries."""
    return node("section", *_heading(kind), node("text", narrative), *entries)


def empty(kind: codes.SectionKind, sentence: str) -> Node:
    """A section about which the practice holds nothing: no information, which is not the same as none."""
    return node("section", *_heading(kind), node("text", sentence), nullFlavor="NI")


def listed(kind: codes.SectionKind, columns: tuple[str, ...], entries: Sequence, cells: Callable, entry: Callable, nothing: str) -> Node:
    """A section with one row and one entry for each of `entries`, or the sentence `nothing`."""
    if not entries:
        return empty(kind, nothing)
    anchors = [f"{kind.title.split()[0].lower()}-{number}" for number in range(1, len(entries) + 1)]
    rows = tuple((anchor, cells(one)) for anchor, one in zip(anchors, entries, strict=True))
    return section(kind, Table(columns, rows).narrative(), [entry(one, anchor) for anchor, one in zip(anchors, entries, strict=True)])


def _heading(kind: codes.SectionKind) -> list[Node]:
    return [*templates(kind.template, kind.extension), code(kind.loinc, codes.LOINC, kind.name), node("title", kind.title)]


def words(value: date | None) -> str:
    """A date in words, or an empty cell."""
    return f"{value:%B} {value.day}, {value.year}" if value else ""

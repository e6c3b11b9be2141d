"""Where the parts of a chart stand: the templates `components/column_chart.jinja2` and `components/row_chart.jinja2` draw them as SVG, without a script."""

from collections.abc import Sequence
from dataclasses import dataclass

LEFT, TOP, BOTTOM = 34, 18, 24
"""Room for the numbers beside the columns, above them, and for the words below."""
WIDEST, LABEL, NUMBER = 44, 56, 30
"""How wide a column may be, and how much room a word and a number want."""


@dataclass(frozen=True)
class Column:
    """Two numbers about one thing, one a part of the other: the columns' places and sizes, and where their words stand."""

    title: str
    number: int
    part: int
    x: float
    width: float
    y: float
    height: float
    part_y: float
    part_height: float
    is_labelled: bool
    is_numbered: bool

    @property
    def middle(self) -> float:
        """The middle of the column."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class ColumnChart:
    """A chart of columns: its size, its columns, and the lines behind them with their numbers."""

    width: int
    height: int
    columns: list[Column]
    lines: list[tuple[float, int]]


@dataclass(frozen=True)
class Row:
    """A number as a bar below its words."""

    title: str
    number: int
    y: int
    length: float


@dataclass(frozen=True)
class RowChart:
    """A chart of bars that lie below each other."""

    width: int
    height: int
    rows: list[Row]


def column_chart(points: Sequence[tuple[str, int, int]], width: int, height: int) -> ColumnChart:
    """A chart of (title, number, part of it), from left to right."""
    step, top = _step(max((number for _, number, _ in points), default=0))
    room, ground = height - TOP - BOTTOM, height - BOTTOM
    space = (width - LEFT) / max(len(points), 1)
    wide, every = min(space * 0.7, WIDEST), max(1, -(-LABEL // max(int(space), 1)))
    columns = []
    for place, (title, number, part) in enumerate(points):
        tall, part_tall = room * number / top, room * part / top
        x = LEFT + space * place + (space - wide) / 2
        columns.append(
            Column(title, number, part, round(x, 1), round(wide, 1), round(ground - tall, 1), round(tall, 1), round(ground - part_tall, 1), round(part_tall, 1),
                   (len(points) - 1 - place) % every == 0, bool(number) and space >= NUMBER)
        )  # fmt: skip
    lines = [(round(ground - room * number / top, 1), number) for number in range(0, top + 1, step)]
    return ColumnChart(width, height, columns, lines)


def row_chart(points: Sequence[tuple[str, int]], whole: int | None = None, width: int = 360) -> RowChart:
    """A chart of (words, number), from top to bottom; a bar that is as long as the chart is wide is `whole`, else the largest number."""
    most = max(whole or 0, *(number for _, number in points), 1)
    rows = [Row(title, number, place * 44, round(width * number / most, 1)) for place, (title, number) in enumerate(points)]
    return RowChart(width, len(rows) * 44, rows)


def _step(most: int) -> tuple[int, int]:
    """How far the lines are apart, and the number of the highest one: at most five lines, with numbers that are easily read."""
    step = 1
    while step * 4 < most:
        step = step * 2 if str(step)[0] in "15" else step // 2 * 5
    return step, max(-(-most // step), 1) * step

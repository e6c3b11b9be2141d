"""Saying by hand which column of a table is what, and the mapping file that comes of it."""

import csv
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import BinaryIO

from core.records.importing.readers import Chosen, Columns, WrongChoice
from plugins.formats.tables import known
from plugins.formats.tables.mapping import WrongMapping
from plugins.formats.tables.reading import NEEDED, check_names, opened

EXAMPLES, LONGEST = 3, 60
"""So many rows are shown as examples, and so much of each cell."""


def columns(handle: BinaryIO, chosen: Chosen) -> Columns:
    """The columns of a table. Raises WrongChoice."""
    try:
        with opened(handle) as (header, rows):
            check_names(header)
            examples = [tuple(cell[:LONGEST] for cell in cells) for cells in islice(_rows(rows), EXAMPLES)]
    except (WrongMapping, csv.Error) as wrong:
        raise WrongChoice(str(wrong) if isinstance(wrong, WrongMapping) else "The first line is no line of a table.") from None
    fields = {column: field for field, column in known.columns_of(chosen.choice, header).items()}
    return Columns(tuple(header), examples, known.TITLES[chosen.choice], frozenset(NEEDED[chosen.choice]), fields)


def mapping(chosen: Chosen, fields: Mapping[str, str]) -> bytes:
    """The mapping file of what was said of each column. Where several are one field, such as a day and a time, they are joined. Raises WrongChoice."""
    titles = known.TITLES[chosen.choice]
    columns_of = {field: [column for column, of in fields.items() if of == field] for field in titles}
    if lacking := [titles[field] for field in titles if field in NEEDED[chosen.choice] and not columns_of[field]]:
        raise WrongChoice(f"Say which column is: {', '.join(lacking)}.")
    rules = [f"{field} = {{ columns = {_text(columns)} }}" for field, columns in columns_of.items() if columns]
    return "\n".join([f"table = {_text(chosen.choice)}", "only_named = true", "[fields]", *rules, ""]).encode()


def _text(value: str | list[str]) -> str:
    # What JSON writes is TOML, but for one sign.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _rows(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows that are not empty; one that cannot be read is none."""
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            continue
        if any(cell.strip() for cell in cells):
            yield cells

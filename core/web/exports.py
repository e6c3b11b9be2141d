"""Lists as files: CSV that no spreadsheet takes for formulas, and JSON lines."""

import csv
import io
import json
from collections.abc import Iterable, Mapping

# What makes a spreadsheet read a cell as a formula, in its narrow and its wide form; some skip what cannot be seen before it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """A cell as text, whatever it holds: what a spreadsheet would take for a formula begins with a quote."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(cells: Iterable[str]) -> bytes:
    """One line of a CSV file."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
    return line.getvalue().encode()


def json_line(values: Mapping[str, object]) -> bytes:
    """One line of a file of JSON lines."""
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"

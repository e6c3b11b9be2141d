"""Lists as files: CSV that no spreadsheet takes for formulas, and JSON lines."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from core.plugins.parts import ExportFile

# What makes a spreadsheet read a cell as a formula, in its narrow and its wide form; some skip what cannot be seen before it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """A cell as text, whatever it holds: what a spreadsheet would take for a formula begins with a quote."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(cells: Iterable[str | int | float]) -> bytes:
    """One line of a CSV file. A number of our own is no formula, also below zero: amounts can be added up."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    return line.getvalue().encode()


def json_line(values: Mapping[str, object]) -> bytes:
    """One line of a file of JSON lines."""
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def list_files(name: str, about: str, rows: Sequence[Mapping[str, object]], office_only: bool = False) -> Iterator[ExportFile]:
    """Rows as two files, `<name>.csv` to be read and `<name>.json` with exactly what the rows hold; none where there are no rows."""
    if rows:
        # The mark before it tells spreadsheets that it is UTF-8.
        table = b"\xef\xbb\xbf" + csv_line(rows[0]) + b"".join(csv_line(map(_cell, row.values())) for row in rows)
        yield ExportFile(f"{name}.csv", f"{about}, for a spreadsheet", table, office_only=office_only)
        yield json_file(name, f"{about}, for programs", rows, office_only)


def json_file(name: str, about: str, value: object, office_only: bool = False) -> ExportFile:
    """Anything as a file of JSON; moments with their offset from UTC, amounts in cents."""
    return ExportFile(f"{name}.json", about, json.dumps(value, ensure_ascii=False, indent=1, default=_plain).encode() + b"\n", office_only=office_only)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _cell(value: object) -> str | int | float:
    if value is None or isinstance(value, bool):
        return "" if value is None else "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, list | dict) else _plain(value)

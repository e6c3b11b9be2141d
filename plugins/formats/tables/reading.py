"""Reading a table row by row: each becomes a record, or a fault with its line and column."""

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from core.records.importing.found import Fault, Found, Record
from plugins.formats.tables import known, values
from plugins.formats.tables.mapping import Rule, TableMapping, WrongMapping, completed

CHUNK = 1 << 16
DELIMITERS = ",;\t|"
MOST_COLUMNS = 500
NO_HEADER = "The first line holds the names of the columns, and none of these is known. Add that line, or say in a mapping file which column is what."
NEEDED = {known.PEOPLE: {"external_id", "first_name", "last_name"}, known.VISITS: {"patient", "starts_at", "minutes"}, known.LEDGER: {"patient", "entered_on", "description", "amount_cents", "entry_type"}}
"""What a row cannot do without. Visits and lines of a ledger without a number get one of what stands in the row."""
_PAID = frozenset({"payment", "insurance_payment"})


def read(handle: BinaryIO, zone: ZoneInfo, mapping: TableMapping) -> Iterator[Found]:
    """The rows of a table as records; moments are by the clock of `zone`."""
    try:
        codecs.lookup(mapping.encoding or "utf-8")
    except LookupError:
        yield Fault("The mapping", f"There is no encoding called {mapping.encoding!r}.")
        return
    try:
        with opened(handle, mapping.encoding, mapping.delimiter) as (header, rows):
            yield from _Table(mapping, header, zone).read(rows)
    except (WrongMapping, csv.Error) as wrong:
        yield Fault("Line 1", str(wrong) if isinstance(wrong, WrongMapping) else NO_HEADER)


@contextmanager
def opened(handle: BinaryIO, encoding: str = "", delimiter: str = "") -> Iterator[tuple[list[str], Any]]:
    """What the columns of a table are called, and the rows below. Raises csv.Error, and WrongMapping where there is no header."""
    text = io.TextIOWrapper(handle, encoding or _encoding(handle), errors="replace", newline="")
    try:
        first = text.readline(CHUNK)
        text.seek(0)
        rows = csv.reader(text, delimiter=delimiter or max(DELIMITERS, key=first.count))
        yield _header(rows), rows
    finally:
        text.detach()


def _header(rows: Iterator[list[str]]) -> list[str]:
    header = [column.strip() for column in next(rows, [])]
    header[:1] = [column.removeprefix("\ufeff") for column in header[:1]]
    if len(header) > MOST_COLUMNS or not any(header):
        raise WrongMapping(NO_HEADER)
    return header


def check_names(header: list[str]) -> None:
    """No two columns are called the same. Raises WrongMapping."""
    if double := [column for column, number in Counter(filter(None, header)).items() if number > 1]:
        raise WrongMapping(f"Two columns are called {double[0]!r}. Call one of them otherwise.")


class _Table:
    """A table whose header was read."""

    def __init__(self, mapping: TableMapping, header: list[str], zone: ZoneInfo):
        # Without one that is known it is probably somebody's row, of which nothing is repeated.
        if not mapping.rules and not known.columns_of(mapping.table, header):
            raise WrongMapping(NO_HEADER)
        check_names(header)
        self._mapping, self._header, self._zone = completed(mapping, header), header, zone
        if lacking := sorted(NEEDED[mapping.table] - self._mapping.rules.keys()):
            raise WrongMapping(f"No column is known as {', '.join(lacking)}. Say in a mapping file which it is; the table has {', '.join(map(repr, header))}.")
        self._alike: Counter[str] = Counter()

    def read(self, rows) -> Iterator[Found]:
        """The rows below the header; one that is too long to be a row costs only itself."""
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:
                yield Fault(f"Line {rows.line_num:,}", "It is no row of a table: a cell in it is too long, or a quotation mark has no end.")
                continue
            if any(cell.strip() for cell in cells):
                yield self._row(f"Line {rows.line_num:,}", cells)

    def _row(self, place: str, cells: list[str]) -> Record | Fault:
        if len(cells) > len(self._header):
            return Fault(place, f"It has {len(cells)} cells, but there are {len(self._header)} columns.")
        named = dict(zip(self._header, (cell.strip() for cell in cells), strict=False))
        record: Record = {"kind": self._mapping.kind}
        for name, rule in self._mapping.rules.items():
            try:
                found = self._value(name, rule, named)
            except values.NoValue as wrong:
                return Fault(f"{place}, {' and '.join(rule.named)}", f"What stands there {wrong}.")
            if found not in ("", None):
                record[name] = found
        return self._whole(place, record, cells)

    def _whole(self, place: str, record: Record, cells: list[str]) -> Record | Fault:
        if lacking := sorted(NEEDED[self._mapping.table] - record.keys()):
            return Fault(place, f"There is no {', '.join(lacking)} in it.")
        if record.get("entry_type") in _PAID and self._mapping.signs_by_type:
            record["amount_cents"] = -abs(record["amount_cents"])
        if "external_id" not in record:
            digest = hashlib.sha256("\x1f".join(cells).encode("utf-8", "replace")).hexdigest()[:24]
            self._alike[digest] += 1
            record["external_id"] = f"{digest}-{self._alike[digest]}"
        return record

    def _value(self, name: str, rule: Rule, named: dict[str, str]) -> Any:
        if rule.fixed is not None:
            return rule.fixed
        words = rule.between.join(filter(None, (named.get(column, "") for column in rule.named)))
        if not words:
            return None
        meant = rule.values or known.VALUES.get(name)
        if meant is not None:
            return _meant(words, meant)
        return self._of_sort(rule.sort or known.SORTS.get(name, "text"), words, rule.formats)

    def _of_sort(self, sort: str, words: str, formats: list[str]) -> Any:
        if sort == "day":
            return values.day(words, formats)
        if sort == "moment":
            return self._at(values.moment(words, formats)).isoformat()
        return {"cents": values.cents, "yes_no": values.yes_no, "whole": values.whole, "number": values.number}.get(sort, str)(words)

    def _at(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=self._zone)


def _meant(words: str, meant: Any) -> str:
    by_words = {key.lower(): value for key, value in meant.items()}
    if words.lower() not in by_words:
        raise values.NoValue("is none of the words that are known; say in the mapping what it means")
    return by_words[words.lower()]


def _encoding(handle: BinaryIO) -> str:
    """UTF-8 or UTF-16 where it is that, else what spreadsheets in English write."""
    start = handle.read(2)
    handle.seek(0)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := handle.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        handle.seek(0)
    return "utf-8-sig"

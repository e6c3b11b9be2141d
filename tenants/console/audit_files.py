"""Entries of the audit log as a file: CSV for a spreadsheet, JSON lines for a program."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from core.audit_search import Found
from core.web.exports import csv_line, json_line

AS_CSV, AS_JSON = "text/csv", "application/jsonl"
COLUMNS = {
    "When (UTC)": lambda one: _moment(one.at),
    "What": lambda one: one.what,
    "Action": lambda one: one.action,
    "Who": lambda one: one.who,
    "As": lambda one: one.who_kind,
    "User name": lambda one: one.user_name,
    "For whom": lambda one: one.patient,
    "Chart": lambda one: one.chart,
    "To whom": lambda one: one.target,
    "From": lambda one: one.address,
    "Reason": lambda one: one.reason,
    "Request": lambda one: one.request_id,
    "Entry": lambda one: str(one.id),
}


def csv_file(entries: Iterable[Found]) -> Iterator[bytes]:
    """The lines of a CSV file, its head first; the mark before it tells spreadsheets that it is UTF-8."""
    yield b"\xef\xbb\xbf" + csv_line(COLUMNS)
    for entry in entries:
        yield csv_line(cell(entry) for cell in COLUMNS.values())


def json_file(entries: Iterable[Found]) -> Iterator[bytes]:
    """One JSON object a line, with every id."""
    for entry in entries:
        values = {name: _moment(value) if isinstance(value, datetime) else value for name, value in asdict(entry).items()}
        yield json_line({name: value if value is None else str(value) for name, value in values.items()})


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")

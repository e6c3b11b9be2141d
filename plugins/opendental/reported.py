"""Rows that Open Dental has sent by itself go through the same door as those that are pulled.

They may be late, or never come: the pulls find whatever was not told. All of one day are one run.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import uuid5

from sqlalchemy.orm import Session

from core.records import runs
from plugins.opendental import pulling
from plugins.opendental.known import setup_of
from plugins.opendental.mapping import visits
from plugins.opendental.mapping.reading import Record, Row, Unreadable
from plugins.opendental.mapping.setup import Setup
from plugins.opendental.pulling import Office
from plugins.opendental.resources import BY_NAME

WATCHED: Mapping[str, str] = {"Appointment": "appointments", "Patient": "patients", "Schedule": "schedules", "Provider": "providers", "Operatory": "operatories"}
"""Their tables of which they report changes, and what is pulled of the same."""
DELETED = "AppointmentDeleted"


def take_rows(session: Session, office: Office, watched: str, rows: Sequence[Row], now: datetime) -> None:
    """Take in rows of a table that they watch; of another, or before all was loaded once, none: the pulls bring them."""
    connection = pulling.connection_of(session, office.practice_id)
    if not connection.is_running or connection.loaded_at is None or watched not in {*WATCHED, DELETED}:
        return
    connection.heard_at = now
    setup = setup_of(session, office.practice_id, office.time_zone, now)
    if watched == DELETED:
        records, unreadable = _read(visits.deleted_appointment, rows, setup)
    else:
        records, unreadable = _changed(session, office, WATCHED[watched], rows, setup)
    records = [record for record in records if record["kind"] in office.kinds]
    if records or unreadable:
        run = runs.Run(uuid5(connection.id, f"{now:%Y-%m-%d}"), pulling.SOURCE, now)
        runs.take_in(session, run, office.kinds, records, now, unreadable)
        runs.end(session, run, office.kinds, now)


def _changed(session: Session, office: Office, name: str, rows: Sequence[Row], setup: Setup) -> tuple[list[Record], int]:
    if name == "patients":
        pulling.keep_charts(session, office.practice_id, rows)
    records, unreadable = pulling.read(BY_NAME[name], rows, setup)
    if name == "patients":
        pulling.put_off(session, office.practice_id, records)
    return records, unreadable


def _read(maker: Callable[[Row, Setup], Record], rows: Sequence[Row], setup: Setup) -> tuple[list[Record], int]:
    found: list[Record] = []
    unreadable = 0
    for row in rows:
        try:
            found.append(maker(row, setup))
        except Unreadable:
            unreadable += 1
    return found, unreadable

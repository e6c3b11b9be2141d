"""The kind of record that brings visits in."""

from typing import Literal

from pydantic import AwareDatetime, Field

from core.records import Record, RecordKind
from plugins.appointments.models import Appointment


class AppointmentRecord(Record):
    """A visit; `starts_at` carries its offset from UTC, `minutes` is 5 to 720, `reason` is in plain words."""

    patient: str
    provider: str | None = None
    clinic: str | None = None
    starts_at: AwareDatetime
    minutes: int = Field(ge=5, le=720)
    status: Literal["scheduled", "complete", "broken", "planned"] = "scheduled"
    confirmation: Literal["unconfirmed", "confirmed", "callback"] = "unconfirmed"
    reason: str = ""


KINDS = [
    RecordKind("appointment", AppointmentRecord, Appointment, {"patient": "patient", "provider": "provider", "clinic": "clinic"}),
]

"""Visits, recalls, and how patients want to be reached about them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from core.records import LinkedRecord, Record
from core.records.fields import ExternalId, Note, Words, example
from plugins.appointments.records.book import Days, Months, Pattern, Procedures


class PreferenceRecord(Record):
    """Whether a patient may book, and how they want to be reached about visits."""

    model_config = example({"external_id": "AP1", "patient": "P1", "prefers": "email"})

    patient: ExternalId
    """Whose wish it is."""
    is_restricted: bool = False
    """Whether the patient books by telephone only."""
    prefers: Literal["", "email", "text", "phone", "none"] = ""
    """How they want to be reached; empty where they have not said."""
    excluded: Annotated[list[Literal["email", "text"]], Field(max_length=2)] = []
    """How they are not to be reached."""


class AppointmentRecord(LinkedRecord):
    """A visit."""

    model_config = example(
        {
            "external_id": "V1", "patient": "P1", "provider": "D1", "clinic": "C1", "operatory": "OP1", "appointment_type": "AT1", "confirmation_status": "CS1",
            "starts_at": "2026-03-04T09:00:00-07:00", "minutes": 30, "status": "complete", "confirmation": "confirmed", "reason": "White filling", "pattern": "/XXXX/",
            "procedures": [{"code": "D2391", "words": "White filling"}], "entered_at": "2026-02-11T15:20:00-07:00",
        }
    )  # fmt: skip

    patient: ExternalId
    """Who comes."""
    provider: ExternalId | None = None
    """The dentist."""
    hygienist: ExternalId | None = None
    """The hygienist."""
    clinic: ExternalId | None = None
    """Where."""
    operatory: ExternalId | None = None
    """The chair."""
    appointment_type: ExternalId | None = None
    """The reason for the visit, as the office calls it."""
    confirmation_status: ExternalId | None = None
    """How it is confirmed, as the office calls it."""
    starts_at: AwareDatetime
    """When it begins, with its offset from UTC."""
    minutes: int = Field(ge=5, le=720)
    """How long it takes."""
    status: Literal["scheduled", "complete", "broken", "planned", "unscheduled"] = "scheduled"
    """How it stands."""
    confirmation: Literal["unconfirmed", "asked", "confirmed", "callback", "failed"] = "unconfirmed"
    """How it is confirmed, as the portal knows it."""
    reason: Words = ""
    """What it is for, in plain words."""
    pattern: Pattern = ""
    """How the time is shared out, in signs of five minutes: X of the provider's own time, / of other time."""
    is_hygiene: bool = False
    """Whether it is the hygienist's visit."""
    arrive_at: AwareDatetime | None = None
    """When the patient is asked to be there."""
    procedures: Procedures = []
    """What is done in it."""
    wants_earlier: bool = False
    """Whether the patient would come sooner if there were time."""
    is_new_patient: bool = False
    """Whether it is the first visit."""
    entered_at: AwareDatetime | None = None
    """When it was entered: patients are thanked for booking only where that is known, or it came after the first fill."""


class RecallRecord(Record):
    """When a patient is due for one sort of recall."""

    model_config = example(
        {"external_id": "RC1", "patient": "P1", "recall_type": "RT1", "appointment": "V1", "previous_on": "2025-09-04", "due_on": "2026-03-04", "scheduled_on": "2026-03-04"}
    )

    patient: ExternalId
    """Who is due."""
    recall_type: ExternalId
    """For what."""
    appointment: ExternalId | None = None
    """The visit that was made for it."""
    previous_on: date | None = None
    """The day of the last one."""
    due_on: date | None = None
    """The day from which it is due."""
    interval_months: Months | None = None
    """How often for this patient, in months, where that is not as usual …"""
    interval_days: Days | None = None
    """… and days."""
    pattern: Pattern = ""
    """How long it takes for this patient, where that is not as usual."""
    priority: Literal["normal", "asap"] = "normal"
    """Whether the patient is to come as soon as there is time."""
    status: Words = ""
    """What the office has written about reaching the patient, such as "Left message"."""
    note: Note = ""
    """What else the office has written; patients do not see it."""
    is_disabled: bool = False
    """Whether the patient is not to be recalled for it."""
    disabled_until: date | None = None
    """The day until which not."""
    scheduled_on: date | None = None
    """The day of the visit that was made for it."""

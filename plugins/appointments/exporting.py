"""Visits, recalls and requests for a full export, and the practice's book without its patients."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from core.people.charts import rows_of
from core.plugins import ExportFile
from core.web.exports import list_files
from plugins.appointments.models import (
    Appointment,
    AppointmentRule,
    AppointmentType,
    BlockoutType,
    Confirmation,
    ConfirmationStatus,
    Guest,
    Notice,
    NoticeChoice,
    NoticeRule,
    Offer,
    Opening,
    Operatory,
    Preference,
    Recall,
    RecallType,
    Request,
    ScheduleBlock,
    WaitListEntry,
)

_OF_PATIENT = (
    ("appointments", "Visits, in UTC", Appointment),
    ("recalls", "When the patient is due for which sort of visit", Recall),
    ("appointment_preferences", "Whether the patient may book, and how to reach them about visits", Preference),
    ("appointment_requests", "What the patient asked the office about visits", Request),
    ("appointment_guests", "What was typed when a visit was booked without signing in", Guest),
    ("appointment_confirmations", "When the patient was asked to confirm a visit, and what became of it", Confirmation),
    ("wait_list", "For what the patient waits or waited, and what suits: days are weekdays from Monday (0) on, hours minutes from midnight", WaitListEntry),
    ("wait_list_offers", "Which open times were offered to the patient, and what became of it", Offer),
    ("appointment_notices", "Mails and text messages about visits that were sent, or why not", Notice),
    ("appointment_notice_choices", "Which notices the patient wants", NoticeChoice),
)
_OF_PRACTICE = (
    ("operatories", "Operatories", Operatory),
    ("appointment_types", "Types of appointment that patients may choose", AppointmentType),
    ("recall_types", "Types of recall", RecallType),
    ("blockout_types", "Types of blockout", BlockoutType),
    ("confirmation_statuses", "Confirmation statuses", ConfirmationStatus),
    ("appointment_rules", "Procedures during which their provider sees nobody else", AppointmentRule),
    ("notice_rules", "When notices of visits go out, and in which words", NoticeRule),
    ("schedules", "Hours of providers and blockouts, in minutes from midnight by the clinic’s clock", ScheduleBlock),
    ("openings", "Times that came open for the wait list", Opening),
)


def files(session: Session, practice_id: UUID, patient_id: UUID) -> Iterator[ExportFile]:
    """What there is of one patient."""
    for name, words, model in _OF_PATIENT:
        yield from list_files(name, words, rows_of(session, practice_id, model, model.patient_id == patient_id, without=["token_hash"]))


def book(session: Session, practice_id: UUID) -> Iterator[ExportFile]:
    """Of the practice."""
    for name, words, model in _OF_PRACTICE:
        yield from list_files(name, words, rows_of(session, practice_id, model))

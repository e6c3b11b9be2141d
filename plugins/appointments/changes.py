"""What is done here about visits, as the practice's system is told of it. What its own records bring in is not told."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.people.models import Provider
from core.records.changes import ChangeKind, Details, Thing, note, thing
from plugins.appointments.models import (
    Appointment,
    AppointmentType,
    ConfirmationStatus,
    Operatory,
    Recall,
    RecallType,
    Request,
    WaitListEntry,
)
from tenants.models import Clinic


class VisitDetails(Details):
    """A visit as it stands now. `minutes` is its length, `note` is what the patient wrote, `made_by` how it was made, `was_at` when it was before it was moved."""

    starts_at: datetime
    minutes: int
    pattern: str
    status: str
    confirmation: str
    confirmation_status: Thing | None
    provider: Thing | None
    hygienist: Thing | None
    is_hygiene: bool
    operatory: Thing | None
    clinic: Thing | None
    appointment_type: Thing | None
    recall_type: Thing | None
    reason: str
    procedures: list[dict[str, Any]]
    note: str
    is_new_patient: bool
    wants_earlier: bool
    made_by: str
    was_at: datetime | None = None


class CancelDetails(Details):
    """When the visit would have been, and what the patient gave as the reason."""

    starts_at: datetime
    reason: str


class AnswerDetails(Details):
    """How the visit is confirmed now, in the portal's word and in the office's own status."""

    starts_at: datetime
    confirmation: str
    status: Thing | None


class RequestDetails(Details):
    """What is asked for: `what` is callback, cancel, move or visit; `wanted` are days and times that suit; `answer` is the office's."""

    what: str
    words: str
    wanted: dict[str, Any]
    appointment: Thing | None
    clinic: Thing | None
    state: str
    answer: str


class WaitDetails(Details):
    """For what a patient waits and what suits: weekdays (Monday is 0), minutes from midnight, how many minutes ahead; `end_reason` when the patient waits no more."""

    appointment: Thing | None
    recall: Thing | None
    appointment_type: Thing | None
    provider: Thing | None
    days: list[int]
    earliest: int
    latest: int
    notice: int
    is_priority: bool
    end_reason: str




BOOKED = ChangeKind("appointment.booked", "A visit was booked", "appointment", Appointment, VisitDetails)
MOVED = ChangeKind("appointment.moved", "A visit was moved", "appointment", Appointment, VisitDetails)
CANCELED = ChangeKind("appointment.canceled", "A visit was called off", "appointment", Appointment, CancelDetails)
RESTORED = ChangeKind("appointment.restored", "Calling off or moving a visit was taken back", "appointment", Appointment, VisitDetails)
CONFIRMED = ChangeKind("appointment.confirmed", "The patient has confirmed a visit", "appointment", Appointment, AnswerDetails)
CALLBACK = ChangeKind("appointment.callback_asked", "The patient wants to be called about a visit", "appointment", Appointment, AnswerDetails)
ANSWER_SET = ChangeKind(
    "appointment.confirmation_set", "A request to confirm went out or failed, or the office has set how a visit is confirmed", "appointment", Appointment, AnswerDetails
)
ARRIVED = ChangeKind("appointment.arrived", "The patient says to be here", "appointment", Appointment, AnswerDetails)
ASKED = ChangeKind("appointment_request.made", "A patient asks the office about a visit, or for one", "appointment_request", Request, RequestDetails)
WITHDRAWN = ChangeKind("appointment_request.withdrawn", "A patient does not need it any more", "appointment_request", Request, RequestDetails)
ANSWERED = ChangeKind("appointment_request.answered", "The office has answered a request", "appointment_request", Request, RequestDetails)
WAITS = ChangeKind("wait_list.joined", "A patient waits for an earlier time, or something about that has changed", "wait_list_entry", WaitListEntry, WaitDetails)
WAITS_NO_MORE = ChangeKind("wait_list.left", "A patient is off the wait list", "wait_list_entry", WaitListEntry, WaitDetails)
KINDS = [BOOKED, MOVED, CANCELED, RESTORED, CONFIRMED, CALLBACK, ANSWER_SET, ARRIVED, ASKED, WITHDRAWN, ANSWERED, WAITS, WAITS_NO_MORE]


def note_visit(session: Session, kind: ChangeKind, visit: Appointment, now: datetime, was_at: datetime | None = None) -> None:
    """A visit was booked, moved, or is as it was before."""
    session.flush()
    own = ("starts_at", "minutes", "pattern", "status", "confirmation", "is_hygiene", "reason", "procedures", "note", "is_new_patient", "wants_earlier", "made_by")
    details = VisitDetails(
        **{name: getattr(visit, name) for name in own},
        confirmation_status=thing(ConfirmationStatus, visit.confirmation_status_id),
        provider=thing(Provider, visit.provider_id),
        hygienist=thing(Provider, visit.hygienist_id),
        operatory=thing(Operatory, visit.operatory_id),
        clinic=thing(Clinic, visit.clinic_id),
        appointment_type=thing(AppointmentType, visit.appointment_type_id),
        recall_type=thing(RecallType, visit.recall_type_id),
        was_at=was_at,
    )
    note(session, visit.practice_id, kind, visit.patient_id, visit.id, now, details)


def note_canceled(session: Session, visit: Appointment, now: datetime) -> None:
    """A visit was called off."""
    note(session, visit.practice_id, CANCELED, visit.patient_id, visit.id, now, CancelDetails(starts_at=visit.starts_at, reason=visit.end_reason))


def note_answer(session: Session, kind: ChangeKind, visit: Appointment, now: datetime) -> None:
    """How a visit is confirmed has changed."""
    details = AnswerDetails(starts_at=visit.starts_at, confirmation=visit.confirmation, status=thing(ConfirmationStatus, visit.confirmation_status_id))
    note(session, visit.practice_id, kind, visit.patient_id, visit.id, now, details)


def note_request(session: Session, kind: ChangeKind, request: Request, now: datetime) -> None:
    """Something was asked of the office, or answered."""
    details = RequestDetails(
        what=request.kind, words=request.words, wanted=request.wanted, appointment=thing(Appointment, request.appointment_id), clinic=thing(Clinic, request.clinic_id),
        state=request.state, answer=request.answer or "",
    )  # fmt: skip
    note(session, request.practice_id, kind, request.patient_id, request.id, now, details)


def note_wait(session: Session, kind: ChangeKind, entry: WaitListEntry, now: datetime) -> None:
    """A patient waits for an earlier time, or no more."""
    own = {name: getattr(entry, name) for name in ("days", "earliest", "latest", "notice", "is_priority", "end_reason")}
    details = WaitDetails(
        **own, appointment=thing(Appointment, entry.appointment_id), recall=thing(Recall, entry.recall_id),
        appointment_type=thing(AppointmentType, entry.appointment_type_id), provider=thing(Provider, entry.provider_id),
    )  # fmt: skip
    note(session, entry.practice_id, kind, entry.patient_id, entry.id, now, details)

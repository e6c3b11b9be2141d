"""What is done here about people, as the practice's system is told of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.people.models import Patient, RecordsRequest
from core.records.changes import ChangeKind, Details, Thing, note, thing


class PatientDetails(Details):
    """A chart that was written down here: by the `office`, or by the patient who booked a first visit (`web`)."""

    first_name: str
    last_name: str
    preferred_name: str
    birthdate: date | None
    phone: str
    email: str
    clinic: Thing | None
    guarantor: Thing | None
    source: str


class MergedDetails(Details):
    """The chart that became part of this one: its id here, and its number in the practice's own system, if it has one."""

    absorbed_id: UUID
    absorbed_number: str | None
    reason: str


class UnmergedDetails(Details):
    """The chart that is one of its own again, and why."""

    restored: Thing
    reason: str


class EmailDetails(Details):
    """The address that the patient has confirmed; messages from the portal go there."""

    email: str


class LanguageDetails(Details):
    """The language that the patient likes best, such as es-MX; empty where what the practice has counts."""

    language: str


class TextDetails(Details):
    """Whether text messages may be sent, as somebody has said from the number itself by STOP or START."""

    phone: str
    may_text: bool


class NoticeDetails(Details):
    """A kind of notice that the patient wants, or not, by this way: email or text."""

    what: str
    channel: str
    is_on: bool


class RecordsRequestDetails(Details):
    """A request for the own record: what is wanted and in which form, the day by which the law wants an answer, and the office's words."""

    act: str
    state: str
    wanted: list[str]
    format: str
    recipient: str
    recipient_address: str
    first_on: date | None
    last_on: date | None
    words: str
    due_on: date
    answer: str


ADDED = ChangeKind("patient.added", "A chart was written down here", "patient", Patient, PatientDetails)
CHANGED = ChangeKind("patient.changed", "The office has changed a chart that was written down here", "patient", Patient, PatientDetails)
MERGED = ChangeKind("patient.merged", "The office has made one chart of two", "patient", Patient, MergedDetails)
UNMERGED = ChangeKind("patient.unmerged", "The office has taken back that it made one chart of two", "patient", Patient, UnmergedDetails)
ACCESS = ChangeKind("patient.access_opened", "A patient has an account of the portal", "patient", Patient)
EMAIL = ChangeKind("patient.email_changed", "A patient has confirmed another e-mail address", "patient", Patient, EmailDetails)
LANGUAGE = ChangeKind("patient.language_changed", "A patient has chosen a language", "patient", Patient, LanguageDetails)
TEXTS = ChangeKind("patient.text_consent", "STOP or START came from a patient’s telephone", "patient", Patient, TextDetails)
NOTICE = ChangeKind("patient.notice_switched", "A kind of notice was turned on or off for a patient", "patient", Patient, NoticeDetails)
RECORDS_REQUEST = ChangeKind("records_request.changed", "A patient asks for the record, or something became of it", "records_request", RecordsRequest, RecordsRequestDetails)
KINDS = [ADDED, CHANGED, MERGED, UNMERGED, ACCESS, EMAIL, LANGUAGE, TEXTS, NOTICE, RECORDS_REQUEST]


def note_patient(session: Session, kind: ChangeKind, patient: Patient, now: datetime) -> None:
    """A chart was written down, or changed."""
    own = {name: getattr(patient, name) for name in ("first_name", "last_name", "preferred_name", "birthdate", "phone", "email", "source")}
    clinic = Thing(portal_id=patient.clinic_id, table="clinic") if patient.clinic_id else None
    note_of(session, kind, patient.practice_id, patient.id, now, PatientDetails(**own, clinic=clinic, guarantor=thing(Patient, patient.guarantor_id)))


def note_records_request(session: Session, request: RecordsRequest, act: str, answer: str, now: datetime) -> None:
    """A record was asked for, or something became of that."""
    own = {name: getattr(request, name) for name in RecordsRequestDetails.model_fields if name not in ("act", "answer")}
    note(session, request.practice_id, RECORDS_REQUEST, request.patient_id, request.id, now, RecordsRequestDetails(**own, act=act, answer=answer))


def note_of(session: Session, kind: ChangeKind, practice_id: UUID, patient_id: UUID, now: datetime, details: Details | None = None) -> None:
    """Something about a patient."""
    note(session, practice_id, kind, patient_id, patient_id, now, details)

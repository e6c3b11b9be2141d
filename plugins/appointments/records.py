"""The kinds of record that bring visits, recalls and the practice's book in."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator
from sqlalchemy import update

from core.records import LinkedRecord, Record, RecordKind
from plugins.appointments.models import (
    Appointment,
    AppointmentRule,
    AppointmentType,
    BlockoutType,
    Confirmation,
    ConfirmationStatus,
    Guest,
    Hold,
    Notice,
    Opening,
    Operatory,
    Preference,
    Recall,
    RecallType,
    Request,
    ScheduleBlock,
    WaitListEntry,
)
from plugins.appointments.services import holds
from plugins.appointments.waiting import from_records

Pattern = Annotated[str, Field(pattern="^[X/]*$", max_length=144)]
"""A time pattern of five-minute signs: `X` of the provider's own time, `/` of other time."""
Age = Annotated[int, Field(ge=0, le=150)]
Months = Annotated[int, Field(ge=0, le=120)]
Days = Annotated[int, Field(ge=0, le=3650)]


class Procedure(BaseModel):
    """A procedure of a visit: its CDT number, and our own plain words."""

    code: str = ""
    words: str


class ConfirmationStatusRecord(Record):
    """A confirmation status as the practice calls it."""

    name: str
    position: int = 0
    is_hidden: bool = False


class OperatoryRecord(Record):
    """A chair; `position` counts from the left. Which visits patients may book there is set here by the office, or sent along."""

    name: str
    abbreviation: str = Field("", max_length=5)
    clinic: str | None = None
    provider: str | None = None
    hygienist: str | None = None
    is_hygiene: bool = False
    position: int = 0
    is_hidden: bool = False
    takes_recalls: bool = False
    appointment_types: list[str] = []


class BlockoutTypeRecord(Record):
    """A sort of blockout."""

    name: str
    is_open_to_web: bool = False
    is_hidden: bool = False


class VisitRecord(Record):
    """What types of appointment and of recall have in common: `words` are the patient's, empty when it is not offered."""

    name: str
    words: str = ""
    pattern: Pattern = ""
    procedures: list[Procedure] = []
    max_age: Age | None = None
    blockout_types: list[str] = []
    only_in_blockouts: bool = False
    instructions_before: str = ""
    instructions_after: str = ""
    bring: str = ""
    position: int = 0
    is_hidden: bool = False


class AppointmentTypeRecord(VisitRecord):
    """A reason for a visit."""

    for_existing: bool = True
    for_new: bool = False
    min_age: Age | None = None


class RecallTypeRecord(VisitRecord):
    """A sort of recall, such as a cleaning every six months."""

    special: Literal["", "prophy", "child_prophy", "perio"] = ""
    joins_special: bool = False
    interval_months: Months = 6
    interval_days: Days = 0


class AppointmentRuleRecord(Record):
    """Procedures during which their provider sees nobody else, from one CDT number to another, both included."""

    name: str
    first_code: str
    last_code: str
    is_enabled: bool = True

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.first_code > self.last_code:
            raise ValueError("the first code comes after the last one")
        return self


class PreferenceRecord(Record):
    """Whether a patient may book, and how they want to be reached about visits."""

    patient: str
    is_restricted: bool = False
    prefers: Literal["", "email", "text", "phone", "none"] = ""
    excluded: list[Literal["email", "text"]] = []


class ScheduleRecord(Record):
    """Hours of a provider or a blockout on one day; `starts` and `ends` are minutes from midnight by the clinic's clock."""

    provider: str | None = None
    blockout_type: str | None = None
    clinic: str | None = None
    held_on: date
    starts: int = Field(ge=0, le=1439)
    ends: int = Field(ge=1, le=1440)
    operatories: list[str] = []
    note: str = ""

    @model_validator(mode="after")
    def _is_one_block(self) -> Self:
        if self.starts >= self.ends:
            raise ValueError("a schedule must end after it starts")
        if (self.provider is None) == (self.blockout_type is None):
            raise ValueError("a schedule names either a provider or a blockout type")
        return self


class AppointmentRecord(LinkedRecord):
    """A visit; `starts_at` carries its offset from UTC, `minutes` is 5 to 720, `reason` is in plain words.

    `entered_at` is when it was entered: patients are thanked for booking only where that is known, or it came after the first fill.
    """

    patient: str
    provider: str | None = None
    hygienist: str | None = None
    clinic: str | None = None
    operatory: str | None = None
    appointment_type: str | None = None
    confirmation_status: str | None = None
    starts_at: AwareDatetime
    minutes: int = Field(ge=5, le=720)
    status: Literal["scheduled", "complete", "broken", "planned", "unscheduled"] = "scheduled"
    confirmation: Literal["unconfirmed", "asked", "confirmed", "callback", "failed"] = "unconfirmed"
    reason: str = ""
    pattern: Pattern = ""
    is_hygiene: bool = False
    arrive_at: AwareDatetime | None = None
    procedures: list[Procedure] = []
    wants_earlier: bool = False
    is_new_patient: bool = False
    entered_at: AwareDatetime | None = None


class RecallRecord(Record):
    """When a patient is due for one sort of recall."""

    patient: str
    recall_type: str
    appointment: str | None = None
    previous_on: date | None = None
    due_on: date | None = None
    interval_months: Months | None = None
    interval_days: Days | None = None
    pattern: Pattern = ""
    priority: Literal["normal", "asap"] = "normal"
    status: str = ""
    note: str = ""
    is_disabled: bool = False
    disabled_until: date | None = None
    scheduled_on: date | None = None


def _hold_time(session: Any, visit_ids: Any) -> None:
    practice_id, now = session.info["practice_id"], datetime.now(UTC)
    before = from_records.held(session, practice_id, visit_ids)
    holds.renew(session, practice_id, visit_ids)
    from_records.look_for_openings(session, practice_id, before, now)
    from_records.take_in(session, practice_id, "visit", visit_ids, now)


def _put_on_list(session: Any, recall_ids: Any) -> None:
    from_records.take_in(session, session.info["practice_id"], "recall", recall_ids, datetime.now(UTC))


def _call_off(session: Any, visit_ids: Any) -> None:
    """Before visits go: nobody waits for an earlier time than theirs any more, and what they held is offered as that of any visit that is called off."""
    practice_id = session.info["practice_id"]
    session.execute(update(Appointment).where(Appointment.practice_id == practice_id, Appointment.id.in_(visit_ids)).values(status="broken"))
    waits = (WaitListEntry.practice_id == practice_id, WaitListEntry.appointment_id.in_(visit_ids), WaitListEntry.ended_at.is_(None))
    session.execute(update(WaitListEntry).where(*waits).values(ended_at=datetime.now(UTC), end_reason="over"))
    _hold_time(session, visit_ids)


_BLOCKOUTS = {"blockout_types": "blockout_type"}
_CHAIR = {"clinic": "clinic", "provider": "provider", "hygienist": "provider"}
_VISIT = _CHAIR | {
    "patient": "patient", "operatory": "operatory", "appointment_type": "appointment_type", "confirmation_status": "confirmation_status",
}  # fmt: skip
_OF_VISIT = [one.appointment_id for one in (Guest, Notice, Opening, Recall, Request, WaitListEntry)]
KINDS = [
    RecordKind("confirmation_status", ConfirmationStatusRecord, ConfirmationStatus),
    RecordKind("blockout_type", BlockoutTypeRecord, BlockoutType),
    RecordKind("appointment_type", AppointmentTypeRecord, AppointmentType, _BLOCKOUTS),
    RecordKind("recall_type", RecallTypeRecord, RecallType, _BLOCKOUTS),
    RecordKind("operatory", OperatoryRecord, Operatory, _CHAIR | {"appointment_types": "appointment_type"}),
    RecordKind("appointment_rule", AppointmentRuleRecord, AppointmentRule),
    RecordKind("appointment_preference", PreferenceRecord, Preference, {"patient": "patient"}),
    RecordKind(
        "schedule", ScheduleRecord, ScheduleBlock,
        {"provider": "provider", "blockout_type": "blockout_type", "clinic": "clinic", "operatories": "operatory"},
    ),
    RecordKind("appointment", AppointmentRecord, Appointment, _VISIT, written=_hold_time, ages=True, going=_call_off, parts=[Confirmation.appointment_id, Hold.appointment_id], let_go=_OF_VISIT, linked={}),
    RecordKind("recall", RecallRecord, Recall, {"patient": "patient", "recall_type": "recall_type", "appointment": "appointment"}, written=_put_on_list, let_go=[Notice.recall_id, WaitListEntry.recall_id]),
]  # fmt: skip

"""The kinds of record that bring visits, recalls and the practice's book in."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update

from core.records import RecordKind
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
from plugins.appointments.records.book import (
    AppointmentRuleRecord,
    AppointmentTypeRecord,
    BlockoutTypeRecord,
    ConfirmationStatusRecord,
    OperatoryRecord,
    RecallTypeRecord,
    ScheduleRecord,
)
from plugins.appointments.records.visits import AppointmentRecord, PreferenceRecord, RecallRecord
from plugins.appointments.services import holds
from plugins.appointments.waiting import from_records


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

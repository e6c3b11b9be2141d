"""The link of a recall notice: it books this recall for this patient without signing in, and nothing else.

Its token is made of the notice (plugins/appointments/notices/signed.py), so it is the same whenever the message is written anew; what it comes to
is read from the recall.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from core.tenant import Tenant
from plugins.appointments.models import Notice, Recall
from plugins.appointments.notices import signed
from plugins.appointments.offering import RECALL, Reason
from plugins.appointments.services import recalls
from plugins.appointments.services.recalls import Offered

FOR = "recall"
LIVES = timedelta(days=365)
State = Literal["open", "booked", "over"]
"""What a link comes to: `over` when it is too old, or the patient is not due for this any more."""


class NoSuchLink(Exception):
    """This is no link of a recall notice of this practice."""


@dataclass(frozen=True, slots=True)
class Link:
    """For whom a link books, and which recall; `due_on` is the day that the notice told of."""

    patient: Patient
    recall: Recall
    due_on: date | None
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """What may be booked by a link; a reason is there only while it is open."""

    state: State
    offered: Offered
    reason: Reason | None = None


def path(secret_key: str, practice_id: UUID, notice_id: UUID) -> str:
    """Where the message leads."""
    return f"/appointments/recall/{signed.sign(secret_key, practice_id, notice_id, FOR)}"


def find(session: Session, secret_key: str, practice_id: UUID, token: str) -> Link:
    """Whose link it is. Raises NoSuchLink, whatever is wrong with it."""
    notice_id = signed.row_in(token) if signed.is_for(secret_key, practice_id, token, FOR) else None
    recall = and_(Recall.practice_id == Notice.practice_id, Recall.id == Notice.recall_id)
    patient = and_(Patient.practice_id == Notice.practice_id, Patient.id == Recall.patient_id)
    query = select(Patient, Recall, Notice.due_on, Notice.written_at).select_from(Notice).join(Recall, recall).join(Patient, patient)
    row = session.execute(query.where(Notice.practice_id == practice_id, Notice.id == notice_id)).one_or_none() if notice_id else None
    if row is None:
        raise NoSuchLink
    return Link(*row)


def look(session: Session, link: Link, tenant: Tenant, now: datetime) -> Opened:
    """What a link comes to now; `tenant` is the practice as the patient sees it."""
    patient, today = link.patient, now.astimezone(tenant.time_zone).date()
    offered = recalls.offered(session, patient.practice_id, [patient.id], now, today)
    if any(due.id == link.recall.id and due.is_scheduled for due in offered.dues.get(patient.id, ())):
        return Opened("booked", offered)
    is_good = link.due_on == link.recall.due_on and now < link.written_at + LIVES
    reasons = offered.for_patient(patient.id, patient.birthdate, today, tenant.settings) if is_good else []
    reason = next((one for one in reasons if one.what == RECALL and link.recall.id in one.recall_ids), None)
    return Opened("open", offered, reason) if reason else Opened("over", offered)
